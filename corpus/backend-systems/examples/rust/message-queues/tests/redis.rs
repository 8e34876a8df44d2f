//! Against a Redis server: GNOMON_TEST_REDIS_ADDR holds host:port. Without it these tests skip.

use message_queues::HandleError;
use message_queues::streams::{StreamConsumer, blocking_connection};
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamId, StreamMaxlen, StreamPendingReply,
    StreamRangeReply, StreamReadOptions, StreamReadReply,
};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

async fn consumer(stream: &str) -> Option<StreamConsumer> {
    let Ok(addr) = std::env::var("GNOMON_TEST_REDIS_ADDR") else {
        eprintln!("skipped: GNOMON_TEST_REDIS_ADDR is not set, no Redis server to test against");
        return None;
    };
    let mut con = blocking_connection(&format!("redis://{addr}/")).await.expect("a server");
    let _: usize = con.unlink(&[stream, &format!("{stream}:dead")]).await.expect("a server");
    Some(StreamConsumer {
        con,
        stream: stream.into(),
        group: "billing".into(),
        member: "pod-1".into(),
        min_idle: Duration::ZERO,
        max_deliveries: 2,
    })
}

async fn pending(consumer: &mut StreamConsumer) -> usize {
    let reply: StreamPendingReply = consumer.con.xpending(&consumer.stream, &consumer.group).await.unwrap();
    reply.count()
}

#[tokio::test]
async fn a_failed_entry_is_claimed_and_then_put_aside() {
    let Some(mut consumer) = consumer("t:mq:rust:claim").await else { return };
    for n in ["1", "2"] {
        consumer.add(&[("n", n)]).await.unwrap();
        consumer.create().await.unwrap(); // the second call finds the group
    }
    let handled = AtomicUsize::new(0);
    let handle = |entry: StreamId| {
        handled.fetch_add(1, SeqCst);
        async move {
            match entry.get::<String>("n").as_deref() {
                Some("2") => Err(HandleError::Transient("database is away".into())),
                _ => Ok(()),
            }
        }
    };
    consumer.once(handle).await.unwrap();
    assert_eq!((pending(&mut consumer).await, handled.load(SeqCst)), (1, 2));
    for _ in 0..2 {
        consumer.reclaim(handle).await.unwrap();
    }
    assert_eq!((pending(&mut consumer).await, handled.load(SeqCst)), (0, 3));
    let dead: StreamRangeReply = consumer.con.xrange_all("t:mq:rust:claim:dead").await.unwrap();
    assert_eq!(dead.ids[0].get::<String>("n").as_deref(), Some("2"));
    assert_eq!(consumer.con.xlen::<_, usize>("t:mq:rust:claim").await.unwrap(), 2, "XACK does not delete");
}

#[tokio::test]
async fn trimming_deletes_what_nobody_has_read() {
    let Some(mut consumer) = consumer("t:mq:rust:trim").await else { return };
    consumer.create().await.unwrap();
    let mut con = consumer.con.clone();
    let add = async |con: &mut ConnectionManager, n: u8| {
        let _: String =
            con.xadd_maxlen("t:mq:rust:trim", StreamMaxlen::Equals(2), "*", &[("n", n)]).await.unwrap();
    };
    for n in 1..=5 {
        add(&mut con, n).await;
    }
    let options = StreamReadOptions::default().group("billing", "pod-1");
    let read: StreamReadReply = con.xread_options(&["t:mq:rust:trim"], &[">"], &options).await.unwrap();
    let seen: Vec<Option<u8>> = read.keys[0].ids.iter().map(|entry| entry.get("n")).collect();
    assert_eq!(seen, [Some(4), Some(5)], "of five entries");
    add(&mut con, 6).await;
    add(&mut con, 7).await; // 4 and 5 are pending and now deleted
    assert_eq!(pending(&mut consumer).await, 2);
    let options = StreamAutoClaimOptions::default();
    let claimed: StreamAutoClaimReply =
        con.xautoclaim_options("t:mq:rust:trim", "billing", "pod-2", 0, "0", options).await.unwrap();
    assert_eq!((claimed.claimed.len(), claimed.deleted_ids.len()), (0, 2));
    assert_eq!(pending(&mut consumer).await, 0);
}

#[tokio::test]
async fn a_blocking_read_needs_a_longer_response_timeout() {
    let Some(mut consumer) = consumer("t:mq:rust:block").await else { return };
    consumer.create().await.unwrap();
    let addr = std::env::var("GNOMON_TEST_REDIS_ADDR").unwrap();
    let client = redis::Client::open(format!("redis://{addr}/")).unwrap();
    let mut default = ConnectionManager::new(client).await.unwrap();
    let options = StreamReadOptions::default().group("billing", "pod-1").block(900);
    let read = |con: &mut ConnectionManager| {
        let (mut con, options) = (con.clone(), &options);
        async move {
            con.xread_options::<_, _, Option<StreamReadReply>>(&["t:mq:rust:block"], &[">"], options).await
        }
    };
    let error = read(&mut default).await.expect_err("500 milliseconds by default");
    assert!(error.is_timeout(), "{error}");
    assert!(read(&mut consumer.con).await.unwrap().is_none(), "nothing came, and that is no error");
}
