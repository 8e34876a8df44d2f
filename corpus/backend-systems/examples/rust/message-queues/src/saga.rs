//! An order as a saga: one row for its state, one transition for each reply, commands through the outbox.

use sqlx::PgPool;
use uuid::Uuid;

/// The whole saga: which command follows which reply, and how a refusal is undone.
// region: saga-next
pub fn next(state: &str, reply: &str) -> Option<(&'static str, &'static str)> {
    Some(match (state, reply) {
        ("reserving", "stock.reserved") => ("charging", "payment.charge"),
        ("charging", "payment.charged") => ("confirmed", "order.confirm"),
        ("charging", "payment.declined") => ("releasing", "stock.release"), // undo in reverse order
        ("releasing", "stock.released") => ("cancelled", "order.cancel"),
        ("reserving", "stock.missing") => ("cancelled", "order.cancel"),
        _ => return None, // a repeated or late reply changes nothing
    })
}
// endregion: saga-next

/// Moves one saga by one step; state and next command commit together.
pub async fn on_reply(pool: &PgPool, saga: Uuid, reply: &str) -> sqlx::Result<()> {
    // region: saga-step
    let mut tx = pool.begin().await?;
    let row = sqlx::query_scalar("SELECT state FROM sagas WHERE id = $1 FOR UPDATE");
    let state: String = row.bind(saga).fetch_one(&mut *tx).await?;
    let Some((next, command)) = next(&state, reply) else { return Ok(()) };
    let moved = sqlx::query("UPDATE sagas SET state = $2, changed_at = now() WHERE id = $1");
    moved.bind(saga).bind(next).execute(&mut *tx).await?;
    let row = sqlx::query(
        "INSERT INTO outbox (topic, key, payload) VALUES ($1, $2::text, jsonb_build_object('saga', $2))",
    );
    row.bind(command).bind(saga).execute(&mut *tx).await?;
    tx.commit().await
    // endregion: saga-step
}
