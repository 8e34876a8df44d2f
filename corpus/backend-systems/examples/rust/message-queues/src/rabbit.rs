//! RabbitMQ through lapin. No server runs here: the code compiles, the behaviour is the documented one.

use crate::HandleError;
use futures::StreamExt;
use lapin::message::Delivery;
use lapin::options::*;
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel};

fn arguments<const N: usize>(entries: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert(name.into(), value);
    }
    table
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

pub async fn declare_queues(channel: &Channel) -> lapin::Result<()> {
    let (durable, quorum) = (QueueDeclareOptions::durable(), ("x-queue-type", text("quorum")));
    channel.queue_declare("payments.dead".into(), durable, arguments([quorum.clone()])).await?;
    // region: rabbit-topology
    let work = arguments([
        quorum,
        ("x-delivery-limit", AMQPValue::LongInt(5)),
        ("x-dead-letter-exchange", text("")), // the default exchange: routes to the queue of that name
        ("x-dead-letter-routing-key", text("payments.dead")),
        ("x-dead-letter-strategy", text("at-least-once")), // needs the overflow below
        ("x-overflow", text("reject-publish")),
        ("x-delayed-retry-type", text("failed")), // RabbitMQ 4.3
        ("x-delayed-retry-min", AMQPValue::LongInt(1_000)),
        ("x-delayed-retry-max", AMQPValue::LongInt(60_000)),
    ]);
    channel.queue_declare("payments".into(), durable, work).await?;
    // endregion: rabbit-topology
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("RabbitMQ: {0}")]
    Rabbit(#[from] lapin::Error),
    #[error("no queue has stored the message")]
    NotStored,
}

/// The channel is in confirm mode: `channel.confirm_select(ConfirmSelectOptions::default())`.
// region: rabbit-publish
pub async fn publish(channel: &Channel, key: &str, body: &[u8], id: &str) -> Result<(), PublishError> {
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    let properties = BasicProperties::default().with_delivery_mode(2).with_message_id(id.into()); // persistent
    let sent = channel.basic_publish("".into(), key.into(), options, body, properties).await?;
    let confirmation = sent.await?; // resolves when the broker has answered
    if !confirmation.is_ack() || confirmation.take_message().is_some() {
        return Err(PublishError::NotStored); // refused, or returned as unroutable
    }
    Ok(())
}
// endregion: rabbit-publish

pub async fn consume<Fut>(channel: &Channel, handle: impl Fn(Vec<u8>) -> Fut) -> lapin::Result<()>
where
    Fut: Future<Output = Result<(), HandleError>>,
{
    // region: rabbit-consume
    channel.basic_qos(20, BasicQosOptions::default()).await?; // at most 20 unacknowledged messages here
    let manual_ack = BasicConsumeOptions { no_ack: false, ..Default::default() };
    let mut deliveries =
        channel.basic_consume("payments".into(), "".into(), manual_ack, FieldTable::default()).await?;
    while let Some(delivery) = deliveries.next().await {
        let delivery = delivery?;
        settle(&delivery, handle(delivery.data.clone()).await).await?;
    }
    // endregion: rabbit-consume
    Ok(())
}

// region: rabbit-settle
async fn settle(delivery: &Delivery, outcome: Result<(), HandleError>) -> lapin::Result<()> {
    match outcome {
        Ok(()) => delivery.ack(BasicAckOptions::default()).await?,
        Err(HandleError::Permanent(_)) => {
            // to the dead-letter queue now
            delivery.nack(BasicNackOptions { requeue: false, ..Default::default() }).await?
        }
        // counts towards x-delivery-limit; nack with requeue does not since 4.3
        Err(HandleError::Transient(_)) => delivery.reject(BasicRejectOptions { requeue: true }).await?,
    };
    Ok(())
}
// endregion: rabbit-settle

// region: rabbit-auto-ack
pub async fn consume_carelessly<Fut>(channel: &Channel, handle: impl Fn(Vec<u8>) -> Fut) -> lapin::Result<()>
where
    Fut: Future<Output = Result<(), HandleError>>,
{
    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let mut deliveries =
        channel.basic_consume("payments".into(), "".into(), options, FieldTable::default()).await?;
    while let Some(delivery) = deliveries.next().await {
        _ = handle(delivery?.data).await; // the broker has already forgotten the message
    }
    Ok(())
}
// endregion: rabbit-auto-ack
