//! A service with readiness, metrics, a worker and an orderly end; it asks itself, so that its end can be seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use axum::{Router, http::StatusCode, middleware, routing::get};
use backend::lifecycle::{Workers, drain, serve, spawn_worker};
use backend::telemetry::{install_metrics, measure, metrics_route};
use tokio::sync::oneshot;
use tokio::time::sleep;

async fn slow() -> &'static str {
    sleep(Duration::from_millis(300)).await;
    "finished"
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let workers = Workers::default();
    let metrics = install_metrics(&workers)?;
    let (draining, runs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let ready = draining.clone();
    let check = move || async move {
        if ready.load(SeqCst) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    let app = Router::new()
        .route("/slow", get(slow))
        .route("/ready", get(check))
        .layer(middleware::from_fn(measure))
        .merge(metrics_route(metrics));

    let counted = runs.clone();
    spawn_worker(&workers, Duration::from_millis(20), move || {
        let counted = counted.clone();
        async move { _ = counted.fetch_add(1, SeqCst) }
    });

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>(); // in production: backend::lifecycle::stop_signal()
    let signal = drain(async { _ = stopped.await }, draining, Duration::from_millis(100));
    let server = tokio::spawn(serve(listener, app, signal, workers, Duration::from_secs(5)));

    let client = reqwest::Client::new();
    println!("ready: {}", client.get(format!("{url}/ready")).send().await?.status());
    let running = tokio::spawn(client.get(format!("{url}/slow")).send());
    sleep(Duration::from_millis(50)).await;
    _ = stop.send(());
    sleep(Duration::from_millis(50)).await;
    println!("while draining: {}", client.get(format!("{url}/ready")).send().await?.status());
    println!("running request: {}", running.await??.text().await?);
    server.await??;
    println!(
        "after the end: refused = {}",
        client.get(format!("{url}/ready")).send().await.is_err_and(|e| e.is_connect())
    );
    println!("worker ran: {}", runs.load(SeqCst) > 0);
    Ok(())
}
