//! Against PostgreSQL 18: GNOMON_TEST_POSTGRES_DSN. Without it these tests skip.

use message_queues::inbox::{Payment, apply, apply_marked_first, set_status};
use message_queues::outbox::{Outgoing, after_cursor, place_order, place_order_then_publish, relay_once};
use message_queues::pgqueue::{Config, JobError, Queue, enqueue, pause};
use message_queues::saga;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A pool in a schema of its own, with the tables of examples/sql/queues.sql.
async fn database(name: &str) -> Option<PgPool> {
    let Ok(dsn) = std::env::var("GNOMON_TEST_POSTGRES_DSN") else {
        eprintln!("skipped: set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test");
        return None;
    };
    let schema = format!("rust_mq_{name}");
    let options: PgConnectOptions = dsn.parse().expect("a DSN");
    let options = options.options([("search_path", schema.as_str())]);
    let pool = PgPoolOptions::new().max_connections(10).connect_with(options).await.expect("a server");
    let script = include_str!("../../../sql/queues.sql");
    let tables = script.split("INSERT INTO accounts").next().expect("the tables come first");
    let create = format!(
        "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; {tables}
         INSERT INTO accounts VALUES ('ada', 0);"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&pool).await.expect("tables");
    Some(pool)
}

async fn number(pool: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.expect("a number")
}

fn payment() -> Payment {
    Payment { id: Uuid::from_u128(1), account: "ada".into(), cents: 500 }
}

#[tokio::test]
async fn an_inbox_applies_concurrent_duplicates_once() {
    let Some(pool) = database("inbox").await else { return };
    let mut deliveries = JoinSet::new();
    for _ in 0..8 {
        let pool = pool.clone();
        deliveries.spawn(async move { apply(&pool, &payment()).await });
    }
    assert!(deliveries.join_all().await.iter().all(Result::is_ok));
    assert_eq!(number(&pool, "SELECT cents FROM accounts").await, 500);
}

#[tokio::test]
async fn a_failed_effect_leaves_no_inbox_row() {
    let Some(pool) = database("inbox_split").await else { return };
    sqlx::raw_sql("ALTER TABLE accounts ADD CONSTRAINT small CHECK (cents < 100)")
        .execute(&pool)
        .await
        .unwrap();
    assert!(apply(&pool, &payment()).await.is_err());
    assert_eq!(number(&pool, "SELECT count(*) FROM inbox").await, 0);
    assert!(apply_marked_first(&pool, &payment()).await.is_err());
    sqlx::raw_sql("ALTER TABLE accounts DROP CONSTRAINT small").execute(&pool).await.unwrap();
    apply_marked_first(&pool, &payment()).await.unwrap();
    assert_eq!(number(&pool, "SELECT cents FROM accounts").await, 0, "the split variant loses the payment");
}

#[tokio::test]
async fn the_newer_version_wins() {
    let Some(pool) = database("versions").await else { return };
    let mut applied = Vec::new();
    for (status, version) in [("new", 1), ("shipped", 3), ("paid", 2), ("shipped", 3)] {
        applied.push(set_status(&pool, "o-1", status, version).await.unwrap());
    }
    assert_eq!(applied, [true, true, false, false]);
}

#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    #[error("broker is away")]
    Broker,
}

#[tokio::test]
async fn order_and_event_are_stored_together_and_relayed_in_order() {
    let Some(pool) = database("outbox").await else { return };
    for n in 0..5 {
        place_order(&pool, &format!("o-{n}"), &json!({"n": n})).await.unwrap();
    }
    assert!(place_order(&pool, "o-1", &json!({})).await.is_err(), "the order exists");
    assert_eq!(number(&pool, "SELECT count(*) FROM outbox").await, 5);

    let away = relay_once(&pool, |_| async { Err(RelayError::Broker) }).await;
    assert!(matches!(away, Err(RelayError::Broker)));
    let other = &pool;
    let mut sent = 0;
    while sent == 0 {
        // sqlx rolls a dropped transaction back a moment later, and until then its lock is held
        let relayed = relay_once(&pool, |batch: Vec<Outgoing>| async move {
            let keys: Vec<_> = batch.iter().map(|row| row.key.as_str()).collect();
            assert_eq!(keys, ["o-0", "o-1", "o-2", "o-3", "o-4"]);
            let second = relay_once(other, |_| async { Err(RelayError::Broker) }).await;
            assert!(matches!(second, Ok(0)), "two relays at once");
            Ok::<_, RelayError>(())
        });
        sent = relayed.await.unwrap();
    }
    assert_eq!(sent, 5);
    assert_eq!(number(&pool, "SELECT count(*) FROM outbox").await, 0);

    let failed = place_order_then_publish(&pool, "o-9", async { Err(RelayError::Broker) }).await;
    assert!(failed.is_err());
    assert_eq!(
        number(&pool, "SELECT count(*) FROM orders WHERE id = 'o-9'").await,
        1,
        "an order without its event"
    );
}

#[tokio::test]
async fn a_cursor_skips_what_commits_late() {
    let Some(pool) = database("cursor").await else { return };
    let insert = "INSERT INTO outbox (topic, key, payload) VALUES ('orders', 'k', '{}')";
    let mut slow = pool.begin().await.unwrap();
    sqlx::query(insert).execute(&mut *slow).await.unwrap(); // has id 1
    sqlx::query(insert).execute(&pool).await.unwrap(); // has id 2 and commits first
    let (cursor, found) = after_cursor(&pool, 0).await.unwrap();
    assert_eq!(found, [2]);
    slow.commit().await.unwrap();
    assert!(after_cursor(&pool, cursor).await.unwrap().1.is_empty(), "row 1 is lost");
}

#[tokio::test]
async fn a_repeated_reply_sends_one_command() {
    let Some(pool) = database("saga").await else { return };
    let id = Uuid::from_u128(7);
    let saga = sqlx::query("INSERT INTO sagas (id, state) VALUES ($1, 'charging')");
    saga.bind(id).execute(&pool).await.unwrap();
    let mut replies = JoinSet::new();
    for _ in 0..4 {
        let pool = pool.clone();
        replies.spawn(async move { saga::on_reply(&pool, id, "payment.declined").await });
    }
    assert!(replies.join_all().await.iter().all(Result::is_ok));
    assert_eq!(number(&pool, "SELECT count(*) FROM outbox WHERE topic = 'stock.release'").await, 1);
}

#[tokio::test]
async fn notify_is_sent_on_commit_and_folds_equal_payloads() {
    let Some(pool) = database("notify").await else { return };
    let mut listener = PgListener::connect_with(&pool).await.unwrap();
    listener.listen("rust_mq_notify").await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    for payload in ["a", "a", "a", "b"] {
        sqlx::query("SELECT pg_notify('rust_mq_notify', $1)").bind(payload).execute(&mut *tx).await.unwrap();
    }
    let wait = Duration::from_millis(100);
    assert!(tokio::time::timeout(wait, listener.recv()).await.is_err(), "nothing before the commit");
    tx.commit().await.unwrap();
    let mut received = 0;
    while tokio::time::timeout(wait, listener.recv()).await.is_ok() {
        received += 1;
    }
    assert_eq!(received, 2);
}

async fn add(pool: &PgPool, n: usize) {
    let mut tx = pool.begin().await.unwrap();
    for n in 0..n {
        enqueue(&mut tx, "mail", &json!({"n": n})).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn queue(pool: &PgPool) -> Arc<Queue> {
    Queue::new(Config {
        pool: pool.clone(),
        workers: 4,
        lease: Duration::from_secs(10),
        max_attempts: 3,
        poll: Duration::from_secs(5),
        grace: Duration::from_secs(1),
    })
}

async fn eventually(pool: &PgPool, query: &'static str, wanted: i64) {
    for _ in 0..200 {
        if number(pool, query).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{query} is {} after two seconds", number(pool, query).await);
}

#[tokio::test]
async fn every_job_runs_once_and_notifications_wake_all_workers() {
    let Some(pool) = database("queue").await else { return };
    let (queue, stop, ran) = (queue(&pool), CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let counted = ran.clone();
    let running = tokio::spawn(queue.clone().run(
        move |_| {
            let ran = counted.clone();
            async move {
                ran.fetch_add(1, SeqCst);
                Ok(())
            }
        },
        stop.clone(),
    ));
    tokio::time::sleep(Duration::from_millis(150)).await; // the workers are idle and wait; poll is five seconds
    add(&pool, 40).await;
    eventually(&pool, "SELECT count(*) FROM jobs", 0).await;
    stop.cancel();
    running.await.unwrap();
    assert_eq!((ran.load(SeqCst), queue.lost.load(SeqCst)), (40, 0));
}

#[tokio::test]
async fn failures_are_retried_later_and_permanent_ones_die_at_once() {
    let Some(pool) = database("queue_failures").await else { return };
    add(&pool, 3).await;
    let (queue, stop) = (queue(&pool), CancellationToken::new());
    let handle = |job: message_queues::pgqueue::Job| async move {
        match job.payload["n"].as_i64() {
            Some(0) => Err(JobError::Permanent("no such template".into())),
            Some(1) => Err(JobError::Transient("smtp: connection refused".into())),
            _ => panic!("a bug"),
        }
    };
    let running = tokio::spawn(queue.run(handle, stop.clone()));
    eventually(&pool, "SELECT count(*) FROM jobs WHERE dead_at IS NOT NULL AND attempts = 1", 1).await;
    let delayed =
        "SELECT count(*) FROM jobs WHERE dead_at IS NULL AND run_at > now() AND last_error IS NOT NULL";
    eventually(&pool, delayed, 2).await;
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_worker_whose_lease_ended_cannot_finish_and_killers_die() {
    let Some(pool) = database("queue_lease").await else { return };
    add(&pool, 1).await;
    let queue = queue(&pool);
    let end_lease = || sqlx::query("UPDATE jobs SET run_at = now()").execute(&pool);
    let slow = queue.claim().await.unwrap().expect("a job");
    assert!(queue.claim().await.unwrap().is_none(), "leased");
    end_lease().await.unwrap();
    let second = queue.claim().await.unwrap().expect("the lease ended");
    queue.finish(&slow, Ok(())).await;
    assert_eq!((queue.lost.load(SeqCst), number(&pool, "SELECT count(*) FROM jobs").await), (1, 1));
    end_lease().await.unwrap();
    queue.claim().await.unwrap().expect("the third worker that was killed");
    end_lease().await.unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(queue.clone().run(|_| async { panic!("handled once more") }, stop.clone()));
    eventually(&pool, "SELECT count(*) FROM jobs WHERE dead_at IS NOT NULL", 1).await;
    stop.cancel();
    running.await.unwrap();
    queue.finish(&second, Ok(())).await;
    assert_eq!(queue.lost.load(SeqCst), 2);
}

#[tokio::test]
async fn shutdown_waits_for_running_jobs_and_claims_no_more() {
    let Some(pool) = database("queue_stop").await else { return };
    add(&pool, 20).await;
    let (queue, stop, started) = (queue(&pool), CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let counted = started.clone();
    let handle = move |_| {
        counted.fetch_add(1, SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            Ok(())
        }
    };
    let running = tokio::spawn(queue.run(handle, stop.clone()));
    while started.load(SeqCst) < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(number(&pool, "SELECT count(*) FROM jobs").await, 16);
    assert_eq!(number(&pool, "SELECT count(*) FROM jobs WHERE last_error IS NOT NULL").await, 0);
}

#[test]
fn pauses_grow_and_are_bounded() {
    for attempts in 1..40 {
        let longest = (1u64 << (attempts - 1).clamp(0, 10)).min(600) as f64;
        let pause = pause(attempts).as_secs_f64();
        assert!((longest / 2.0..=longest).contains(&pause), "{attempts}: {pause}");
    }
}
