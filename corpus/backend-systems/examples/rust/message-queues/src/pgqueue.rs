//! Runs jobs from the table jobs in PostgreSQL: leases, growing pauses, dead jobs, clean shutdown.

use sqlx::{PgConnection, PgPool, postgres::PgListener};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Job {
    pub id: i64,
    pub kind: String,
    pub payload: serde_json::Value,
    pub attempts: i32, // counts this one
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("{0}")]
    Transient(#[source] Box<dyn Error + Send + Sync>),
    #[error("permanent: {0}")]
    Permanent(#[source] Box<dyn Error + Send + Sync>),
}

/// The parameters. All of them are required.
pub struct Config {
    pub pool: PgPool,
    pub workers: usize,    // jobs at the same time in this process
    pub lease: Duration,   // after it another worker takes the job; the handler gets 4/5 of it
    pub max_attempts: i32, // then the job is dead and waits for a person
    pub poll: Duration,    // longest wait for a job when a notification was lost
    pub grace: Duration,   // on shutdown running handlers are dropped after it
}

pub struct Queue {
    pub lost: AtomicU64, // jobs finished after their lease had ended: raise the lease
    config: Config,
    wake: Notify,
}

/// Adds a job in the caller's transaction: it exists if and only if that transaction commits.
// region: enqueue
pub async fn enqueue(tx: &mut PgConnection, kind: &str, payload: &serde_json::Value) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO jobs (kind, payload) VALUES ($1, $2)")
        .bind(kind)
        .bind(payload)
        .execute(&mut *tx)
        .await?;
    sqlx::query("SELECT pg_notify('jobs', '')").execute(tx).await?; // sent on commit
    Ok(())
}
// endregion: enqueue

impl Queue {
    pub fn new(config: Config) -> Arc<Self> {
        Arc::new(Self { lost: AtomicU64::new(0), config, wake: Notify::new() })
    }

    /// Works until `stop`, then claims nothing more and waits for the running handlers. A handler
    /// may run twice for one job: make it idempotent.
    pub async fn run<F, Fut>(self: Arc<Self>, handle: F, stop: CancellationToken)
    where
        F: Fn(Job) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        // region: run
        let abandon = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(self.clone().listen(stop.clone()));
        for _ in 0..self.config.workers {
            running.spawn(self.clone().worker(handle.clone(), stop.clone(), abandon.clone()));
        }
        stop.cancelled().await; // no worker claims from now on
        _ = timeout(self.config.grace, async { while running.join_next().await.is_some() {} }).await;
        abandon.cancel();
        // endregion: run
        while running.join_next().await.is_some() {}
    }

    async fn worker<F, Fut>(self: Arc<Self>, handle: F, stop: CancellationToken, abandon: CancellationToken)
    where
        F: Fn(Job) -> Fut,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        while !stop.is_cancelled() {
            match self.claim().await {
                Ok(Some(job)) => {
                    self.wake.notify_one(); // there may be more: pass the notification on
                    let outcome = self.handle(&job, &handle, &abandon).await;
                    self.finish(&job, outcome).await;
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "claim job"),
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(self.config.poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Hides one due job from the other workers until its lease ends.
    pub async fn claim(&self) -> sqlx::Result<Option<Job>> {
        // region: claim
        sqlx::query_as(
            "WITH due AS MATERIALIZED (
                 SELECT id FROM jobs WHERE dead_at IS NULL AND run_at <= now()
                 ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
             UPDATE jobs SET attempts = attempts + 1, run_at = now() + make_interval(secs => $1)
             FROM due WHERE jobs.id = due.id
             RETURNING jobs.id, kind, payload, attempts",
        )
        .bind(self.config.lease.as_secs_f64())
        .fetch_optional(&self.config.pool)
        // endregion: claim
        .await
    }

    async fn handle<F, Fut>(&self, job: &Job, handle: &F, abandon: &CancellationToken) -> Result<(), JobError>
    where
        F: Fn(Job) -> Fut,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        if job.attempts > self.config.max_attempts {
            return Err(JobError::Permanent("each earlier attempt ended with the process".into()));
        }
        let mut task = JoinSet::new(); // a panic stays in the task; dropping the set aborts it
        task.spawn(handle(job.clone()));
        tokio::select! {
            ended = timeout(self.config.lease * 4 / 5, task.join_next()) => match ended {
                Ok(Some(Ok(outcome))) => outcome,
                Ok(Some(Err(panic))) => Err(JobError::Transient(panic.into())),
                Ok(None) | Err(_) => Err(JobError::Transient("out of time".into())),
            },
            () = abandon.cancelled() => Err(JobError::Transient("shutdown".into())),
        }
    }

    /// Changes the job only while its lease is ours: attempts is the fencing token.
    pub async fn finish(&self, job: &Job, outcome: Result<(), JobError>) {
        let spent = job.attempts >= self.config.max_attempts;
        let statement = match &outcome {
            Ok(()) => sqlx::query("DELETE FROM jobs WHERE id = $1 AND attempts = $2"),
            Err(JobError::Transient(_)) if !spent => sqlx::query(
                "UPDATE jobs SET run_at = now() + make_interval(secs => $4), last_error = $3
                 WHERE id = $1 AND attempts = $2",
            ),
            Err(_) => sqlx::query(
                "UPDATE jobs SET dead_at = now(), last_error = $3 WHERE id = $1 AND attempts = $2",
            ),
        };
        let mut statement = statement.bind(job.id).bind(job.attempts);
        if let Err(error) = &outcome {
            statement = statement.bind(error.to_string());
            if !spent && matches!(error, JobError::Transient(_)) {
                statement = statement.bind(pause(job.attempts).as_secs_f64());
            }
        }
        let done = statement.execute(&self.config.pool).await;
        if done.map_or(0, |done| done.rows_affected()) == 0 {
            self.lost.fetch_add(1, Relaxed); // the job will run again
        }
    }

    /// Holds one connection, which must not go through a transaction pooler.
    async fn listen(self: Arc<Self>, stop: CancellationToken) {
        let listening = async {
            loop {
                // region: listen
                if let Ok(mut listener) = PgListener::connect_with(&self.config.pool).await
                    && listener.listen("jobs").await.is_ok()
                {
                    while listener.recv().await.is_ok() {
                        self.wake.notify_one();
                    }
                }
                sleep(Duration::from_secs(1)).await; // polling bridges the gap
                // endregion: listen
            }
        };
        _ = stop.run_until_cancelled(listening).await;
    }
}

/// One second, doubled for each attempt, at most ten minutes, half of it random.
pub fn pause(attempts: i32) -> Duration {
    let longest = Duration::from_secs(1 << (attempts - 1).clamp(0, 10)).min(Duration::from_secs(600));
    longest.mul_f64(rand::random_range(0.5..1.0))
}
