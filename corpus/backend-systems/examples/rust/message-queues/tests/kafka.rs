//! Against the mock cluster of librdkafka, in this process.

use message_queues::HandleError;
use message_queues::kafka::{Retries, producer, run, send};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

fn kafka(partitions: i32, topics: &[&str]) -> (MockCluster<'static, DefaultProducerContext>, String) {
    let cluster = MockCluster::new(1).unwrap();
    for topic in topics {
        cluster.create_topic(topic, partitions, 1).unwrap();
    }
    let brokers = cluster.bootstrap_servers();
    (cluster, brokers)
}

/// A member that continues after the last commit of its group. Assigned by hand: joining takes the mock three seconds.
fn member(brokers: &str, topic: &str, settings: &[(&str, &str)]) -> StreamConsumer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", "billing");
    for (name, value) in settings {
        config.set(*name, *value);
    }
    let consumer: StreamConsumer = config.create().unwrap();
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset(topic, 0, Offset::Stored).unwrap();
    consumer.assign(&partitions).unwrap();
    consumer
}

const STORE_BY_HAND: &[(&str, &str)] =
    &[("enable.auto.offset.store", "false"), ("auto.offset.reset", "earliest")];

#[tokio::test]
async fn a_bad_message_is_put_aside_and_the_end_commits() {
    let (_cluster, brokers) = kafka(1, &["payments", "payments.dead"]);
    let producer = producer(&brokers).unwrap();
    for value in ["1", "broken", "busy", "4"] {
        send(&producer, "payments", "ada", value.as_bytes()).await.unwrap();
    }
    let (stop, tries) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let handle = |value: Vec<u8>| {
        let (stop, tries) = (stop.clone(), tries.clone());
        async move {
            match value.as_slice() {
                b"broken" => Err(HandleError::Permanent("not JSON".into())),
                b"busy" => {
                    tries.fetch_add(1, SeqCst);
                    Err(HandleError::Transient("database is away".into()))
                }
                b"4" => {
                    stop.cancel();
                    Ok(())
                }
                _ => Ok(()),
            }
        }
    };
    let retries = Retries { tries: 3, pause: Duration::from_millis(1) };
    let consumer = member(&brokers, "payments", STORE_BY_HAND);
    run(consumer, &producer, &retries, stop.clone(), handle).await.unwrap();
    assert_eq!(tries.load(SeqCst), 3);

    let dead = member(&brokers, "payments.dead", STORE_BY_HAND);
    for (value, source) in [("broken", "payments/0/1"), ("busy", "payments/0/2")] {
        let message = timeout(Duration::from_secs(5), dead.recv()).await.unwrap().unwrap();
        assert_eq!(message.payload(), Some(value.as_bytes()));
        assert_eq!(message.headers().unwrap().get(1).value, Some(source.as_bytes()));
    }
    send(&producer, "payments", "ada", b"5").await.unwrap();
    let again = member(&brokers, "payments", STORE_BY_HAND);
    let message = timeout(Duration::from_secs(5), again.recv()).await.unwrap().unwrap();
    assert_eq!(message.payload(), Some("5".as_bytes()), "dropping the consumer committed what was stored");
}

#[tokio::test]
async fn automatic_storing_commits_what_was_only_received() {
    let (_cluster, brokers) = kafka(1, &["payments"]);
    let producer = producer(&brokers).unwrap();
    for value in ["1", "2"] {
        send(&producer, "payments", "ada", value.as_bytes()).await.unwrap();
    }
    let earliest = &[("auto.offset.reset", "earliest")];
    let first = member(&brokers, "payments", earliest);
    timeout(Duration::from_secs(5), first.recv()).await.unwrap().unwrap().detach(); // received, not handled
    drop(first); // commits; it may also throw away what was fetched ahead, and commits that too
    send(&producer, "payments", "ada", b"3").await.unwrap();
    let second = member(&brokers, "payments", earliest);
    let message = timeout(Duration::from_secs(5), second.recv()).await.unwrap().unwrap();
    assert_ne!(message.payload(), Some("1".as_bytes()), "message 1 is lost, and often message 2 as well");
}

#[tokio::test]
async fn a_new_group_starts_at_the_end_unless_it_is_told_otherwise() {
    let (_cluster, brokers) = kafka(1, &["payments"]);
    let producer = producer(&brokers).unwrap();
    send(&producer, "payments", "ada", b"1").await.unwrap();
    let latest = member(&brokers, "payments", &[]);
    assert!(timeout(Duration::from_millis(800), latest.recv()).await.is_err());
    let earliest = member(&brokers, "payments", &[("auto.offset.reset", "earliest")]);
    assert!(timeout(Duration::from_secs(5), earliest.recv()).await.is_ok());
}

#[test]
fn defaults_of_librdkafka() {
    let config = ClientConfig::new().create_native_config().unwrap();
    for (name, value) in [
        ("enable.auto.commit", "true"),
        ("enable.auto.offset.store", "true"),
        ("auto.commit.interval.ms", "5000"),
        ("max.poll.interval.ms", "300000"),
        ("session.timeout.ms", "45000"),
        ("isolation.level", "read_committed"),
        ("enable.idempotence", "false"),
        ("group.protocol", "classic"),
        ("message.max.bytes", "1000000"),
        ("queue.buffering.max.messages", "100000"),
    ] {
        assert_eq!(config.get(name).unwrap().trim_end_matches('\0'), value, "{name}");
    }
}

async fn partitions(brokers: &str, partitioner: Option<&str>) -> Vec<i32> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    if let Some(name) = partitioner {
        config.set("partitioner", name);
    }
    let producer: FutureProducer = config.create().unwrap();
    let mut chosen = Vec::new();
    for n in 0..8 {
        let key = format!("key-{n}");
        let record = FutureRecord::to("payments").key(&key).payload("");
        chosen.push(producer.send(record, Duration::from_secs(5)).await.unwrap().partition);
    }
    chosen
}

#[tokio::test]
async fn the_default_partitioner_differs_from_the_one_of_java_and_franz_go() {
    let (_cluster, brokers) = kafka(12, &["payments"]);
    // the same numbers stand in go/messaging/kafka_test.go, where franz-go chooses
    assert_eq!(partitions(&brokers, Some("murmur2_random")).await, [1, 0, 2, 11, 9, 8, 8, 7]);
    assert_eq!(partitions(&brokers, None).await, [0, 2, 0, 2, 1, 3, 5, 11]);
}

#[tokio::test]
async fn errors_of_the_producer() {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", "127.0.0.1:1").set("queue.buffering.max.messages", "1");
    let producer: FutureProducer = config.create().unwrap();
    let record = || FutureRecord::<String, _>::to("payments").payload("1");
    let _first = producer.send_result(record()).unwrap();
    let Err((error, _)) = producer.send_result(record()) else { panic!("the buffer holds one message") };
    assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
    assert_eq!(error.to_string(), "Message production error: QueueFull (Local: Queue full)");
    let large = vec![0; 2 << 20];
    let Err((error, _)) = producer.send_result(FutureRecord::<String, _>::to("payments").payload(&large))
    else {
        panic!("two megabytes")
    };
    assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge));
    assert_eq!(
        error.to_string(),
        "Message production error: MessageSizeTooLarge (Broker: Message size too large)"
    );
}
