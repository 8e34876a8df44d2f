//! Counts clicks beside the requests, so that a redirect does not wait for a write.

use sqlx::PgPool;
use tokio::sync::mpsc::UnboundedReceiver;

/// Writes every click that comes in, one statement each.
pub async fn write_clicks(pool: PgPool, mut received: UnboundedReceiver<i64>) {
    while let Some(link) = received.recv().await {
        let written = sqlx::query("INSERT INTO clicks (link_id) VALUES ($1)")
            .bind(link)
            .execute(&pool)
            .await;
        if let Err(error) = written {
            tracing::error!(%error, link, "click lost");
        }
    }
}
