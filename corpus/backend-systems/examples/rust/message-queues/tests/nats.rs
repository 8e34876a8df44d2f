//! Against a NATS server with JetStream: GNOMON_TEST_NATS_ADDR holds host:port. Without it these tests skip.

use async_nats::jetstream::{self, Context, consumer::pull, stream};
use futures::StreamExt;
use message_queues::HandleError;
use message_queues::nats::{consume, durable, publish_once};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Every test uses its own streams, because they share one server.
async fn server(streams: &[&str]) -> Option<Context> {
    let Ok(addr) = std::env::var("GNOMON_TEST_NATS_ADDR") else {
        eprintln!("skipped: GNOMON_TEST_NATS_ADDR is not set, no NATS server to test against");
        return None;
    };
    let js = jetstream::new(async_nats::connect(addr).await.expect("a server"));
    for stream in streams {
        _ = js.delete_stream(stream).await; // of an earlier run
    }
    Some(js)
}

#[tokio::test]
async fn the_same_message_id_is_stored_once() {
    let Some(js) = server(&["RUST_DEDUP"]).await else { return };
    durable(&js, "RUST_DEDUP", "rust.dedup.>").await.unwrap();
    let mut duplicates = Vec::new();
    for _ in 0..3 {
        duplicates.push(publish_once(&js, "rust.dedup.placed", "id-1", b"1".to_vec()).await.unwrap());
    }
    assert_eq!(duplicates, [false, true, true]);
    assert_eq!(js.get_stream("RUST_DEDUP").await.unwrap().cached_info().state.messages, 1);
}

#[tokio::test]
async fn failures_are_delayed_and_bad_messages_put_aside() {
    let Some(js) = server(&["RUST_WORK", "RUST_DEAD"]).await else { return };
    let mut consumer = durable(&js, "RUST_WORK", "rust.work.>").await.unwrap();
    let dead = stream::Config {
        name: "RUST_DEAD".into(),
        subjects: vec!["dead.rust.work.>".into()],
        ..Default::default()
    };
    let mut dead = js.create_stream(dead).await.unwrap();
    for body in ["good", "broken", "busy"] {
        publish_once(&js, "rust.work.placed", body, body.into()).await.unwrap();
    }
    let (stop, handled) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let consuming = tokio::spawn({
        let (js, consumer, stop, handled) = (js.clone(), consumer.clone(), stop.clone(), handled.clone());
        async move {
            let handle = |body: Vec<u8>| {
                handled.fetch_add(1, SeqCst);
                async move {
                    match body.as_slice() {
                        b"broken" => Err(HandleError::Permanent("not JSON".into())),
                        b"busy" => Err(HandleError::Transient("database is away".into())),
                        _ => Ok(()),
                    }
                }
            };
            consume(&js, consumer, stop, handle).await
        }
    });
    for _ in 0..200 {
        let info = consumer.info().await.unwrap();
        if handled.load(SeqCst) == 3 && info.num_ack_pending == 1 && info.num_pending == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    consuming.await.unwrap().unwrap();
    assert_eq!(handled.load(SeqCst), 3);
    assert_eq!(dead.info().await.unwrap().state.messages, 1);
    let message = dead.get_last_raw_message_by_subject("dead.rust.work.placed").await.unwrap();
    assert_eq!(message.payload, "broken");
}

#[tokio::test]
async fn max_deliver_stops_silently_and_sends_an_advisory() {
    let Some(js) = server(&["RUST_MAX"]).await else { return };
    let advisory = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.RUST_MAX.w";
    let mut advisories = js.client().subscribe(advisory).await.unwrap();
    let stream = stream::Config {
        name: "RUST_MAX".into(),
        subjects: vec!["rust.max".into()],
        retention: stream::RetentionPolicy::WorkQueue,
        ..Default::default()
    };
    let mut stream = js.create_stream(stream).await.unwrap();
    let config = pull::Config {
        durable_name: Some("w".into()),
        ack_wait: Duration::from_millis(50),
        max_deliver: 2,
        ..Default::default()
    };
    let consumer = stream.create_consumer(config).await.unwrap();
    js.publish("rust.max", "poison".into()).await.unwrap().await.unwrap();
    let mut delivered = 0;
    let mut messages =
        consumer.batch().max_messages(3).expires(Duration::from_millis(500)).messages().await.unwrap();
    while let Some(Ok(_)) = messages.next().await {
        delivered += 1; // never acknowledged, like a process that dies
    }
    assert_eq!(delivered, 2);
    let advisory = tokio::time::timeout(Duration::from_secs(1), advisories.next()).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&advisory.payload).contains(r#""stream_seq":1"#));
    assert_eq!(stream.info().await.unwrap().state.messages, 1, "it stays in the work queue");
}

#[tokio::test]
async fn publishing_without_a_stream_is_seen_only_by_jetstream() {
    let Some(js) = server(&[]).await else { return };
    js.client().publish("rust.nobody", "1".into()).await.expect("core NATS knows no receiver and no error");
    let error = js.publish("rust.no.stream", "1".into()).await.unwrap().await.unwrap_err();
    assert_eq!(error.to_string(), "no stream found for given subject");
}
