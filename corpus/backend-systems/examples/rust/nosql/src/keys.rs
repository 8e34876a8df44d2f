//! The only place that spells keys.

use chrono::{DateTime, SecondsFormat, Utc};

// region: key-names
/// Braces keep one user's keys on one slot of a cluster.
pub fn user_key(id: i64) -> String {
    format!("shop:{{user:{id}}}")
}

pub fn cart_key(id: i64) -> String {
    format!("{}:cart", user_key(id))
}
// endregion: key-names

// region: dynamo-keys
/// One table: a customer and the orders of the customer share a partition, so one Query reads both.
pub fn customer_key(id: &str) -> (String, String) {
    (format!("CUSTOMER#{id}"), "PROFILE".into())
}

pub fn order_key(customer: &str, at: DateTime<Utc>, order: &str) -> (String, String) {
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    (format!("CUSTOMER#{customer}"), format!("ORDER#{at}#{order}"))
}
// endregion: dynamo-keys

// region: dynamo-shard
/// Spreads one hot key over `n` partitions; a reader asks all of them.
pub fn sharded_key(day: &str, event: &str, n: u32) -> String {
    let hash = event
        .bytes()
        .fold(2_166_136_261, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    format!("DAY#{day}#{}", hash % n)
}
// endregion: dynamo-shard

// region: cassandra-bucket
/// The partition of one sensor and one day: bounded, and known to the reader.
pub fn reading_key(sensor: &str, at: DateTime<Utc>) -> ((String, String), DateTime<Utc>) {
    ((sensor.into(), at.format("%F").to_string()), at)
}
// endregion: cassandra-bucket

/// Visits the items of all pages; `fetch` asks for the page behind a key.
pub async fn each_item<T, K, E>(
    mut fetch: impl AsyncFnMut(Option<K>) -> Result<(Vec<T>, Option<K>), E>,
    mut visit: impl FnMut(T),
) -> Result<(), E> {
    // region: dynamo-pages
    let mut start = None; // ExclusiveStartKey
    loop {
        let (items, last) = fetch(start).await?; // one page holds at most 1 MB
        items.into_iter().for_each(&mut visit);
        match last {
            Some(key) => start = Some(key), // LastEvaluatedKey: there is more
            None => return Ok(()),
        }
    }
    // endregion: dynamo-pages
}

// region: dynamo-create
/// The request as DynamoDB receives it; without the condition a Put replaces what is there.
pub fn create_request(table: &str, item: serde_json::Value) -> serde_json::Value {
    serde_json::json!({
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(pk)", // else ConditionalCheckFailedException
    })
}
// endregion: dynamo-create
