//! Events that exist if and only if the change they report was committed.

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

#[derive(Debug, sqlx::FromRow)]
pub struct Outgoing {
    pub id: i64,
    pub message_id: Uuid,
    pub topic: String,
    pub key: String,
    pub payload: Value,
}

// region: outbox-write
pub async fn place_order(pool: &PgPool, id: &str, event: &Value) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    let order = sqlx::query("INSERT INTO orders (id, status, version) VALUES ($1, 'new', 1)");
    order.bind(id).execute(&mut *tx).await?;
    let row = sqlx::query("INSERT INTO outbox (topic, key, payload) VALUES ('orders', $1, $2)");
    row.bind(id).bind(event).execute(&mut *tx).await?;
    tx.commit().await // both or neither
}
// endregion: outbox-write

// region: dual-write
pub async fn place_order_then_publish<E: From<sqlx::Error>>(
    pool: &PgPool,
    id: &str,
    publish: impl Future<Output = Result<(), E>>,
) -> Result<(), E> {
    let order = sqlx::query("INSERT INTO orders (id, status, version) VALUES ($1, 'new', 1)");
    order.bind(id).execute(pool).await?;
    publish.await // the order stays when this fails, and nobody hears of it
}
// endregion: dual-write

/// Sends up to 100 rows in the order of their ids. Only one relay of the fleet sends at a time.
pub async fn relay_once<E, Fut>(pool: &PgPool, publish: impl FnOnce(Vec<Outgoing>) -> Fut) -> Result<u64, E>
where
    E: From<sqlx::Error>,
    Fut: Future<Output = Result<(), E>>, // ends when the broker has stored all of them
{
    let mut tx = pool.begin().await?;
    // region: outbox-relay
    let lock = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtext('outbox-relay'))");
    if !lock.fetch_one(&mut *tx).await? {
        return Ok(0); // another pod relays
    }
    let rows = sqlx::query_as("SELECT id, message_id, topic, key, payload FROM outbox ORDER BY id LIMIT 100");
    let batch: Vec<Outgoing> = rows.fetch_all(&mut *tx).await?;
    let ids: Vec<i64> = batch.iter().map(|row| row.id).collect();
    publish(batch).await?; // a crash after it repeats the batch: consumers have an inbox
    let sent = sqlx::query("DELETE FROM outbox WHERE id = ANY($1)").bind(ids).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(sent.rows_affected())
    // endregion: outbox-relay
}

/// Reads what came after the last id. Ids are given before the commit, so it skips rows.
// region: outbox-cursor
pub async fn after_cursor(pool: &PgPool, last: i64) -> sqlx::Result<(i64, Vec<i64>)> {
    let rows = sqlx::query_scalar("SELECT id FROM outbox WHERE id > $1 ORDER BY id");
    let found: Vec<i64> = rows.bind(last).fetch_all(pool).await?;
    let next = found.last().copied().unwrap_or(last); // a smaller id that commits later is never read
    Ok((next, found))
}
// endregion: outbox-cursor
