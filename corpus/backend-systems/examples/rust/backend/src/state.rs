//! What handlers share.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::extract::{FromRef, State};
use axum::routing::get;
use axum::{Router, http::StatusCode};
use sqlx::PgPool;

/// Sends mail; a service in production, a list in tests.
pub trait Mailer: Send + Sync {
    fn send(&self, to: &str) -> anyhow::Result<()>;
}

/// May change while the service runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub max_items: usize,
}

// region: app-state
/// Cloned for each request: every field is a handle, so a clone costs a counter.
#[derive(Clone, FromRef)]
pub struct App {
    pub db: PgPool,
    pub http: reqwest::Client,
    pub mailer: Arc<dyn Mailer>,
    pub limits: Arc<ArcSwap<Limits>>,
}
// endregion: app-state

// region: substate
/// Takes only what it needs: any state that can give a `Limits` handle serves it.
async fn max_items(State(limits): State<Arc<ArcSwap<Limits>>>) -> String {
    limits.load().max_items.to_string()
}

async fn invite(State(mailer): State<Arc<dyn Mailer>>) -> StatusCode {
    match mailer.send("ann@example.com") {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}
// endregion: substate

pub fn router(app: App) -> Router {
    Router::new().route("/limits", get(max_items)).route("/invite", get(invite)).with_state(app)
}

// region: reload
/// Readers see the old or the new limits, never a mixture, and never wait.
pub fn reload(app: &App, limits: Limits) {
    app.limits.store(Arc::new(limits));
}
// endregion: reload

// region: http-client
/// One client for the process: it holds the pool of connections. Cloning it is cheap.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_millis(500))
        .timeout(Duration::from_secs(5))
        .pool_max_idle_per_host(32)
        .build()
}
// endregion: http-client

// region: client-per-call
/// Wrong: no timeout, and a new pool, so a new TLS handshake, for each call.
pub async fn fetch_carelessly(url: &str) -> reqwest::Result<String> {
    reqwest::get(url).await?.text().await
}
// endregion: client-per-call
