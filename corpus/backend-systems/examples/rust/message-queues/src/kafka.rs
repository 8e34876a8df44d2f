//! Kafka through librdkafka.

use crate::HandleError;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaResult;
use rdkafka::message::{BorrowedMessage, Header, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

// region: kafka-consumer
pub fn group_consumer(brokers: &str, group: &str) -> KafkaResult<StreamConsumer> {
    ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .set("enable.auto.offset.store", "false") // the loop stores an offset after the effect
        .set("auto.offset.reset", "earliest") // of a group without a commit
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("max.poll.interval.ms", "300000") // longest time between two calls of recv
        .create()
}
// endregion: kafka-consumer

pub struct Retries {
    pub tries: u32,
    pub pause: Duration,
}

/// Ends when `stop` is cancelled, after the message in hand.
pub async fn run<Fut: Future<Output = Result<(), HandleError>>>(
    consumer: StreamConsumer,
    producer: &FutureProducer,
    retries: &Retries,
    stop: CancellationToken,
    handle: impl Fn(Vec<u8>) -> Fut,
) -> KafkaResult<()> {
    // region: kafka-loop
    while let Some(received) = stop.run_until_cancelled(consumer.recv()).await {
        let message = received?;
        deliver(&message, producer, retries, &handle).await?;
        consumer.store_offset_from_message(&message)?; // committed in the background, every five seconds
    }
    Ok(()) // dropping the consumer commits what is stored and leaves the group
    // endregion: kafka-loop
}

/// Retries in place, then puts the message aside, so that one bad message cannot hold its partition.
async fn deliver<Fut: Future<Output = Result<(), HandleError>>>(
    message: &BorrowedMessage<'_>,
    producer: &FutureProducer,
    retries: &Retries,
    handle: impl Fn(Vec<u8>) -> Fut,
) -> KafkaResult<()> {
    let body = message.payload().unwrap_or_default();
    // region: kafka-poison
    let mut outcome = handle(body.to_vec()).await;
    for attempt in 1..retries.tries {
        if !matches!(outcome, Err(HandleError::Transient(_))) {
            break;
        }
        tokio::time::sleep(retries.pause * 2u32.pow(attempt)).await; // seconds: the partition waits
        outcome = handle(body.to_vec()).await;
    }
    match outcome {
        Ok(()) => Ok(()),
        Err(error) => dead_letter(producer, message, &error).await, // before the offset is stored
    }
    // endregion: kafka-poison
}

async fn dead_letter(
    producer: &FutureProducer,
    message: &BorrowedMessage<'_>,
    error: &HandleError,
) -> KafkaResult<()> {
    let (topic, reason) = (format!("{}.dead", message.topic()), error.to_string());
    let source = format!("{}/{}/{}", message.topic(), message.partition(), message.offset());
    let headers = message
        .headers()
        .map_or_else(OwnedHeaders::new, |headers| headers.detach())
        .insert(Header { key: "error", value: Some(&reason) })
        .insert(Header { key: "source", value: Some(&source) });
    let (key, body) = (message.key().unwrap_or_default(), message.payload().unwrap_or_default());
    let dead = FutureRecord::to(&topic).key(key).payload(body).headers(headers);
    producer.send(dead, Duration::from_secs(5)).await.map(|_| ()).map_err(|(error, _)| error)
}

// region: kafka-producer
pub fn producer(brokers: &str) -> KafkaResult<FutureProducer> {
    ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("enable.idempotence", "true") // off by default: a retry can duplicate and reorder
        .set("partitioner", "murmur2_random") // the partitions that Java and franz-go choose
        .set("delivery.timeout.ms", "30000")
        .create()
}

pub async fn send(producer: &FutureProducer, topic: &str, key: &str, value: &[u8]) -> KafkaResult<()> {
    let record = FutureRecord::to(topic).key(key).payload(value); // one key, one partition, one order
    producer.send(record, Duration::from_secs(5)).await.map(|_| ()).map_err(|(error, _)| error)
}
// endregion: kafka-producer

// region: kafka-fire-and-forget
pub fn send_unchecked(producer: &FutureProducer, topic: &str, key: &str, value: &[u8]) {
    let _ = producer.send_result(FutureRecord::to(topic).key(key).payload(value)); // the error goes nowhere
} // and what is still buffered when the process ends is lost
// endregion: kafka-fire-and-forget
