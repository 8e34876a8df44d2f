//! Starting tasks, collecting them, bounding them and stopping them.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use tokio::{
    sync::{Semaphore, mpsc},
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle, task::TaskTracker};

#[derive(Debug)]
pub enum LoadError {
    Missing(u64),
    Task(JoinError),
}

impl From<JoinError> for LoadError {
    fn from(error: JoinError) -> Self {
        Self::Task(error)
    }
}

pub async fn load(id: u64) -> Result<u64, LoadError> {
    sleep(Duration::from_millis(100)).await;
    if id == 13 { Err(LoadError::Missing(id)) } else { Ok(id * 10) }
}

// region: join-set
pub async fn load_all(ids: Vec<u64>) -> Result<Vec<u64>, LoadError> {
    let mut tasks = JoinSet::new();
    for id in ids {
        tasks.spawn(load(id));
    }
    let mut loaded = Vec::new();
    while let Some(finished) = tasks.join_next().await {
        loaded.push(finished??); // outer: panic or abort; inner: the task's own error
    }
    Ok(loaded) // an early return drops the set, which aborts the other tasks
}
// endregion: join-set

// region: bounded-fan-out
pub async fn load_some_at_once(ids: Vec<u64>, most: usize) -> Result<Vec<u64>, LoadError> {
    stream::iter(ids).map(load).buffer_unordered(most).try_collect().await
}
// endregion: bounded-fan-out

// region: bounded-spawn
pub async fn consume(mut jobs: mpsc::Receiver<u64>, most: usize, tasks: TaskTracker) {
    let slots = Arc::new(Semaphore::new(most));
    loop {
        let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
        let Some(job) = jobs.recv().await else { break }; // taken only when a slot is free
        tasks.spawn(async move {
            let _slot = slot; // freed when the task ends, by a panic too
            process(job).await;
        });
    }
}
// endregion: bounded-spawn

async fn process(_job: u64) {
    sleep(Duration::from_millis(100)).await;
}

pub async fn work(mut jobs: mpsc::Receiver<u64>, stop: CancellationToken) -> u64 {
    let mut done = 0;
    // region: stop-loop
    loop {
        let job = tokio::select! {
            biased; // looks at the token first
            () = stop.cancelled() => break,
            job = jobs.recv() => job,
        };
        let Some(job) = job else { break }; // all senders are gone
        process(job).await; // outside select!: a started job is finished
        done += 1;
    }
    // endregion: stop-loop
    done
}

// region: stop-tasks
pub async fn stop_all(stop: &CancellationToken, tasks: &TaskTracker, grace: Duration) -> bool {
    stop.cancel(); // tells every task that listens to the token or to a child of it
    tasks.close(); // without it wait() does not end
    timeout(grace, tasks.wait()).await.is_ok()
}
// endregion: stop-tasks

// region: abort-on-drop
pub async fn first_answer(id: u64) -> Result<u64, LoadError> {
    let main = AbortOnDropHandle::new(tokio::spawn(load(id)));
    let spare = AbortOnDropHandle::new(tokio::spawn(load(id + 1)));
    tokio::select! {
        answer = main => answer?,
        answer = spare => answer?,
    } // the slower task, and both when the caller goes away, are aborted
}
// endregion: abort-on-drop

pub struct Account {
    pub from: u64,
    pub to: u64,
}

// region: finish-anyway
pub async fn transfer(account: Arc<tokio::sync::Mutex<Account>>, amount: u64) -> Result<(), JoinError> {
    let whole = tokio::spawn(async move {
        let mut account = account.lock().await;
        account.from -= amount;
        sleep(Duration::from_millis(50)).await; // a caller that gives up cannot stop here
        account.to += amount;
    });
    whole.await
}
// endregion: finish-anyway

/// The mistake: the caller's timeout drops the future between the two steps.
pub async fn transfer_bad(account: Arc<tokio::sync::Mutex<Account>>, amount: u64) {
    let mut account = account.lock().await;
    account.from -= amount;
    sleep(Duration::from_millis(50)).await;
    account.to += amount;
}

// region: lost-future
#[expect(unused_must_use)] // the compiler's warning: futures do nothing unless polled
pub async fn audit_bad(log: mpsc::Sender<&'static str>) {
    record(log); // nothing runs
}

pub async fn audit(log: mpsc::Sender<&'static str>) {
    record(log).await;
}
// endregion: lost-future

async fn record(log: mpsc::Sender<&'static str>) {
    log.send("signed in").await.expect("a reader");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use tokio::{sync::Mutex, time::Instant};

    #[tokio::test(start_paused = true)]
    async fn all_are_loaded_at_once() {
        let start = Instant::now();
        let mut loaded = load_all(vec![1, 2, 3]).await.expect("all there");
        loaded.sort();
        assert_eq!((loaded, start.elapsed().as_millis()), (vec![10, 20, 30], 100));
        assert!(matches!(load_all(vec![1, 13, 2]).await, Err(LoadError::Missing(13))));
    }

    #[tokio::test(start_paused = true)]
    async fn dropping_a_set_aborts_and_dropping_a_handle_detaches() {
        let ended = Arc::new(AtomicUsize::new(0));
        let task = |ended: Arc<AtomicUsize>| async move {
            sleep(Duration::from_millis(100)).await;
            ended.fetch_add(1, SeqCst);
        };
        let mut set = JoinSet::new();
        set.spawn(task(ended.clone()));
        drop(set);
        drop(AbortOnDropHandle::new(tokio::spawn(task(ended.clone()))));
        sleep(Duration::from_secs(1)).await;
        assert_eq!(ended.load(SeqCst), 0);
        drop(tokio::spawn(task(ended.clone())));
        let tracker = TaskTracker::new();
        tracker.spawn(task(ended.clone()));
        drop(tracker);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(ended.load(SeqCst), 2, "detached tasks, and those of a dropped tracker, go on");
    }

    #[tokio::test]
    async fn a_panic_ends_one_task_only() {
        let failed = tokio::spawn(async { panic!("broken") }).await.expect_err("a panic");
        assert!(failed.is_panic() && !failed.is_cancelled());
        assert_eq!(failed.into_panic().downcast_ref::<&str>(), Some(&"broken"));
        let aborted = tokio::spawn(std::future::pending::<()>());
        aborted.abort();
        assert!(aborted.await.expect_err("aborted").is_cancelled());
    }

    #[tokio::test]
    async fn join_all_of_a_set_panics_with_a_task() {
        let mut set = JoinSet::new();
        set.spawn(async { panic!("broken") });
        let task = tokio::spawn(async move { set.join_all().await });
        assert!(task.await.expect_err("panicked").is_panic());
    }

    #[tokio::test(start_paused = true)]
    async fn the_stream_bounds_the_calls() {
        let start = Instant::now();
        assert_eq!(load_some_at_once((1..=6).collect(), 2).await.expect("all there").len(), 6);
        assert_eq!(start.elapsed().as_millis(), 300);
    }

    #[tokio::test(start_paused = true)]
    async fn the_semaphore_bounds_the_tasks() {
        let (sender, jobs) = mpsc::channel(10);
        let tasks = TaskTracker::new();
        for job in 0..6 {
            sender.send(job).await.expect("room");
        }
        drop(sender);
        let start = Instant::now();
        consume(jobs, 2, tasks.clone()).await;
        assert!(tasks.len() <= 2);
        tasks.close();
        tasks.wait().await;
        assert_eq!(start.elapsed().as_millis(), 300);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopped_worker_finishes_its_job() {
        let (sender, jobs) = mpsc::channel(10);
        for job in 0..6 {
            sender.send(job).await.expect("room");
        }
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let worker = tasks.spawn(work(jobs, stop.child_token()));
        sleep(Duration::from_millis(250)).await;
        assert!(stop_all(&stop, &tasks, Duration::from_secs(5)).await);
        assert_eq!(worker.await.expect("no panic"), 3, "two done, and the third was running");
    }

    #[tokio::test(start_paused = true)]
    async fn a_tracker_that_is_not_closed_waits_for_ever() {
        let tasks = TaskTracker::new();
        tasks.spawn(async {});
        tokio::task::yield_now().await;
        assert!(tasks.is_empty());
        assert!(timeout(Duration::from_secs(3600), tasks.wait()).await.is_err());
        tasks.close();
        tasks.spawn(async {}); // a closed tracker still takes tasks
        tasks.wait().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_listen_outlives_the_grace() {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(std::future::pending::<()>());
        assert!(!stop_all(&stop, &tasks, Duration::from_secs(5)).await);
        assert_eq!(tasks.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn cancelling_a_child_spares_the_parent() {
        let parent = CancellationToken::new();
        let child = parent.child_token();
        child.cancel();
        assert!(!parent.is_cancelled());
        let guarded = parent.clone().drop_guard();
        drop(guarded);
        assert!(parent.is_cancelled());
        assert!(parent.run_until_cancelled(load(1)).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_answer_wins() {
        assert_eq!(first_answer(4).await.expect("an answer") % 10, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_spawned_transfer_survives_its_caller() {
        for (spawned, expected) in [(true, 100), (false, 70)] {
            let account = Arc::new(Mutex::new(Account { from: 100, to: 0 }));
            let wait = Duration::from_millis(10);
            if spawned {
                assert!(timeout(wait, transfer(account.clone(), 30)).await.is_err());
            } else {
                assert!(timeout(wait, transfer_bad(account.clone(), 30)).await.is_err());
            }
            sleep(Duration::from_secs(1)).await;
            let account = account.lock().await;
            assert_eq!(account.from + account.to, expected);
        }
    }

    #[tokio::test]
    async fn a_future_that_is_not_polled_does_nothing() {
        let (log, mut lines) = mpsc::channel(1);
        audit_bad(log.clone()).await;
        assert!(lines.try_recv().is_err());
        audit(log).await;
        assert_eq!(lines.recv().await, Some("signed in"));
    }

    tokio::task_local! {
        static TENANT: u32;
    }

    #[tokio::test]
    async fn a_spawned_task_does_not_inherit_task_locals() {
        TENANT
            .scope(7, async {
                assert_eq!(TENANT.get(), 7);
                let inner = tokio::spawn(async { TENANT.try_with(|tenant| *tenant).is_err() });
                assert!(inner.await.expect("no panic"));
                let tenant = TENANT.get();
                let passed = tokio::spawn(TENANT.scope(tenant, async { TENANT.get() }));
                assert_eq!(passed.await.expect("no panic"), 7);
            })
            .await;
    }
}
