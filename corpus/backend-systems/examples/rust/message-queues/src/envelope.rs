//! Messages that outlive the version of the program that wrote them.

use crate::HandleError;
use serde::Deserialize;
use serde_json::Value;

/// What every message of every service carries.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    pub id: uuid::Uuid, // the inbox key: the same for each repetition
    pub version: u32,
    pub data: Value,
}

#[derive(Debug, PartialEq, Deserialize)]
pub struct OrderPlaced {
    pub order_id: String,
    pub cents: i64,
}

#[derive(Deserialize)]
struct OrderPlacedV1 {
    order_id: String,
    euros: i64,
}

/// Lifts each version that is still in a queue or a log to the newest one.
// region: upcast
pub fn decode_order_placed(envelope: Envelope) -> Result<OrderPlaced, HandleError> {
    let permanent = |error: serde_json::Error| HandleError::Permanent(error.into());
    match envelope.version {
        1 => {
            let old: OrderPlacedV1 = serde_json::from_value(envelope.data).map_err(permanent)?;
            Ok(OrderPlaced { order_id: old.order_id, cents: old.euros * 100 })
        }
        2 => serde_json::from_value(envelope.data).map_err(permanent), // unknown fields are ignored
        other => Err(HandleError::Permanent(format!("order.placed version {other}").into())),
    }
}
// endregion: upcast

// region: unknown-variant
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedStatus {
    Paid,
    Shipped, // a producer that adds "refunded" breaks every consumer
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenStatus {
    Paid,
    Shipped,
    #[serde(other)]
    Unknown,
}
// endregion: unknown-variant
