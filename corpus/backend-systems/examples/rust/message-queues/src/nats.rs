//! NATS JetStream.

use crate::HandleError;
use async_nats::jetstream::consumer::{PullConsumer, pull};
use async_nats::jetstream::{AckKind, Context, Message, message::PublishMessage, stream};
use futures::StreamExt;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub const MAX_DELIVER: i64 = 5;

pub async fn durable(js: &Context, name: &str, subject: &str) -> Result<PullConsumer, async_nats::Error> {
    let stream = stream::Config {
        name: name.into(),
        subjects: vec![subject.into()],
        max_age: Duration::from_secs(7 * 24 * 3600),
        duplicate_window: Duration::from_secs(120),
        ..Default::default()
    };
    // region: nats-consumer
    let consumer = pull::Config {
        durable_name: Some("billing".into()),
        ack_wait: Duration::from_secs(30),
        max_deliver: MAX_DELIVER, // without a limit a poison message comes back for ever
        max_ack_pending: 100,     // back-pressure: no more are delivered and unacknowledged
        ..Default::default()
    };
    Ok(js.get_or_create_stream(stream).await?.get_or_create_consumer("billing", consumer).await?)
    // endregion: nats-consumer
}

pub async fn consume<Fut: Future<Output = Result<(), HandleError>>>(
    js: &Context,
    consumer: PullConsumer,
    stop: CancellationToken,
    handle: impl Fn(Vec<u8>) -> Fut,
) -> Result<(), async_nats::Error> {
    // region: nats-loop
    let mut messages = consumer.stream().max_messages_per_batch(50).messages().await?;
    while let Some(Some(message)) = stop.run_until_cancelled(messages.next()).await {
        let message = message?;
        let outcome = handle(message.payload.to_vec()).await; // not cancelled: it ends, then the loop does
        settle(js, &message, outcome).await?;
    }
    Ok(()) // what was pulled and not handled comes again after ack_wait
    // endregion: nats-loop
}

async fn settle(
    js: &Context,
    message: &Message,
    outcome: Result<(), HandleError>,
) -> Result<(), async_nats::Error> {
    // region: nats-settle
    let Err(error) = outcome else { return message.double_ack().await };
    let delivered = message.info()?.delivered;
    if delivered < MAX_DELIVER && matches!(error, HandleError::Transient(_)) {
        let pause = Duration::from_secs(1 << delivered);
        return message.ack_with(AckKind::Nak(Some(pause))).await;
    }
    let dead = PublishMessage::build().payload(message.payload.clone()).header("Error", error.to_string());
    js.send_publish(format!("dead.{}", message.subject), dead).await?.await?;
    message.ack_with(AckKind::Term).await // only after the copy is stored
    // endregion: nats-settle
}

// region: nats-publish
pub async fn publish_once(
    js: &Context,
    subject: &str,
    message_id: &str,
    data: Vec<u8>,
) -> Result<bool, async_nats::Error> {
    let message = PublishMessage::build().message_id(message_id).payload(data.into());
    let ack = js.send_publish(subject.to_string(), message).await?; // sent, not yet stored
    Ok(ack.await?.duplicate) // stored; after an error publish again with the same id
}
// endregion: nats-publish
