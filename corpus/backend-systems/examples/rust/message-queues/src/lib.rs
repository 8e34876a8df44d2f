//! Consumers and producers that lose nothing and repeat nothing: inbox, outbox, sagas, Kafka, RabbitMQ, NATS, Redis
//! Streams and a queue in PostgreSQL.

pub mod envelope;
pub mod inbox;
pub mod kafka;
pub mod nats;
pub mod outbox;
pub mod perkey;
pub mod pgqueue;
pub mod rabbit;
pub mod saga;
pub mod streams;

use std::error::Error;

/// What a handler answers.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    #[error("{0}")]
    Transient(#[source] Box<dyn Error + Send + Sync>),
    /// No retry will ever handle the message.
    #[error("permanent: {0}")]
    Permanent(#[source] Box<dyn Error + Send + Sync>),
}
