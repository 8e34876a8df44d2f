//! A complete axum service: bounded bodies and time, problem documents, a clean stop.

use std::{net::SocketAddr, time::Duration};

use axum::{Json, Router, http::StatusCode, routing::post};
use http_handlers::bodies::{NewOrder, Valid, problem};
use tokio::{net::TcpListener, signal};
use tower::ServiceBuilder;
use tower_http::{catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

async fn create(Valid(order): Valid<NewOrder>) -> (StatusCode, Json<NewOrder>) {
    (StatusCode::CREATED, Json(order))
}

fn router() -> Router {
    let layers = ServiceBuilder::new()
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(5)))
        .layer(RequestBodyLimitLayer::new(1 << 20));
    Router::new()
        .route("/orders", post(create))
        .fallback(|| async { problem(StatusCode::NOT_FOUND, "no such page") })
        .layer(layers)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("listening on a free port: {}", listener.local_addr()?.port() != 0);
    axum::serve(listener, router()).with_graceful_shutdown(stopped()).await?;
    println!("stopped");
    Ok(())
}

async fn stopped() {
    tokio::select! {
        _ = signal::ctrl_c() => {}
        () = tokio::time::sleep(Duration::from_millis(200)) => {} // so that the example ends by itself
    }
}
