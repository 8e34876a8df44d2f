//! Logs and metrics.

use std::future::ready;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::prelude::*;

use crate::lifecycle::{Workers, spawn_worker};

// region: logging
/// JSON lines on standard output. Call it once, in main; libraries only emit.
pub fn init_logging() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into()) // without RUST_LOG; otherwise only errors
        .from_env_lossy();
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true);
    tracing_subscriber::registry().with(filter).with(json).init();
}
// endregion: logging

// region: trace-requests
/// One span per request; every event inside carries its fields.
pub fn traced(router: Router) -> Router {
    let layer = TraceLayer::new_for_http().make_span_with(|request: &Request| {
        let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
        tracing::info_span!("request", method = %request.method(), route, user = tracing::field::Empty)
    });
    router.layer(layer.on_response(DefaultOnResponse::new().level(Level::INFO))) // DEBUG by default
}
// endregion: trace-requests

// region: instrument
#[tracing::instrument(skip_all, fields(order = %id), err)]
pub async fn ship(id: u64, address: &str) -> Result<(), std::io::Error> {
    tracing::info!(street_chars = address.len(), "shipping"); // not the address itself
    if address.is_empty() { Err(std::io::Error::other("no address")) } else { Ok(()) }
}
// endregion: instrument

// region: metrics
/// Labels are the route template and the status, never the path itself.
pub async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("http_request_seconds", "route" => route, "status" => status)
        .record(started.elapsed());
    response
}
// endregion: metrics

// region: install-metrics
/// With buckets a histogram can be added up over replicas; without them it becomes a summary.
pub fn install_metrics(workers: &Workers) -> anyhow::Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets(&[0.005, 0.025, 0.1, 0.5, 2.5])?;
    let handle = builder.install_recorder()?;
    let upkeep = handle.clone(); // install_recorder starts no upkeep: without it, memory grows between scrapes
    spawn_worker(workers, Duration::from_secs(5), move || {
        upkeep.run_upkeep();
        ready(())
    });
    Ok(handle)
}
// endregion: install-metrics

// region: panic-hook
/// A panic becomes one JSON event with its place, and not plain text on standard error.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let text = panic.payload_as_str().unwrap_or("no text");
        tracing::error!(place, text, "panicked");
    }));
}
// endregion: panic-hook

pub fn metrics_route(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(move || async move { handle.render() }))
}
