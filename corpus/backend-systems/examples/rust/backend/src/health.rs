//! Liveness and readiness.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::extract::State;
use axum::{Router, http::StatusCode, routing::get};
use sqlx::PgPool;
use tokio::time::timeout;

#[derive(Clone)]
pub struct Health {
    pub db: PgPool,
    pub draining: Arc<AtomicBool>,
}

// region: health
/// Ready while the database answers within a second and no shutdown has begun.
async fn ready(State(health): State<Health>) -> StatusCode {
    let ping = timeout(Duration::from_secs(1), sqlx::query("SELECT 1").execute(&health.db));
    match ping.await {
        Ok(Ok(_)) if !health.draining.load(Relaxed) => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

pub fn routes(health: Health) -> Router {
    Router::new().route("/live", get(|| async {})).route("/ready", get(ready)).with_state(health)
}
// endregion: health
