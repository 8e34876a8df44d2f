//! Effects that happen once, however often a message is delivered.

use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Payment {
    pub id: Uuid,
    pub account: String,
    pub cents: i64,
}

// region: inbox
pub async fn apply(pool: &PgPool, payment: &Payment) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    let row = "INSERT INTO inbox (consumer, message_id) VALUES ('billing', $1) ON CONFLICT DO NOTHING";
    let inserted = sqlx::query(row).bind(payment.id).execute(&mut *tx).await?;
    if inserted.rows_affected() == 1 {
        let add = sqlx::query("UPDATE accounts SET cents = cents + $2 WHERE id = $1");
        add.bind(&payment.account).bind(payment.cents).execute(&mut *tx).await?;
    } // a duplicate is acknowledged like the first delivery
    tx.commit().await // acknowledge the message after this
}
// endregion: inbox

// region: inbox-split
pub async fn apply_marked_first(pool: &PgPool, payment: &Payment) -> sqlx::Result<()> {
    let row = "INSERT INTO inbox (consumer, message_id) VALUES ('billing', $1) ON CONFLICT DO NOTHING";
    let inserted = sqlx::query(row).bind(payment.id).execute(pool).await?;
    if inserted.rows_affected() == 1 {
        // a crash or an error here: the redelivery is taken for a duplicate
        let add = sqlx::query("UPDATE accounts SET cents = cents + $2 WHERE id = $1");
        add.bind(&payment.account).bind(payment.cents).execute(pool).await?;
    }
    Ok(())
}
// endregion: inbox-split

// region: newer-wins
pub async fn set_status(pool: &PgPool, id: &str, status: &str, version: i64) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "INSERT INTO orders (id, status, version) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version
         WHERE orders.version < excluded.version",
    );
    let done = done.bind(id).bind(status).bind(version).execute(pool).await?;
    Ok(done.rows_affected() == 1)
}
// endregion: newer-wins
