//! A complete axum service with bounded bodies, time and parallel work; every refusal is a problem document.

use std::{sync::Arc, sync::Mutex, time::Duration};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    error_handling::HandleErrorLayer,
    extract::State,
    http::{Request, StatusCode},
    routing::{get, post},
};
use http_handlers::{
    bodies::NewOrder,
    problem::{ApiPath, Problem, Valid},
};
use tower::{
    BoxError, ServiceBuilder, ServiceExt, limit::GlobalConcurrencyLimitLayer, load_shed::LoadShedLayer,
};
use tower_http::{
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

type Orders = Arc<Mutex<Vec<NewOrder>>>;

async fn create(State(orders): State<Orders>, Valid(order): Valid<NewOrder>) -> (StatusCode, Json<usize>) {
    let mut orders = orders.lock().expect("no code panics while it holds the lock");
    orders.push(order);
    (StatusCode::CREATED, Json(orders.len()))
}

async fn show(State(orders): State<Orders>, ApiPath(id): ApiPath<usize>) -> Result<Json<String>, Problem> {
    let orders = orders.lock().expect("no code panics while it holds the lock");
    let order = id.checked_sub(1).and_then(|at| orders.get(at));
    let missing = || Problem::new(StatusCode::NOT_FOUND, "/problems/no-order", "There is no such order.");
    Ok(Json(order.ok_or_else(missing)?.customer.clone()))
}

async fn report() -> &'static str {
    tokio::time::sleep(Duration::from_millis(100)).await;
    "report"
}

fn router(orders: Orders) -> Router {
    let busy = |_: BoxError| async {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/busy", "Too many reports at once.")
    };
    let one_report = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(busy))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(1));
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(5)))
        .layer(RequestBodyLimitLayer::new(1 << 20));
    Router::new()
        .route("/orders", post(create))
        .route("/orders/{id}", get(show))
        .route("/report", get(report).layer(one_report))
        .fallback(|| async {
            Problem::new(StatusCode::NOT_FOUND, "/problems/no-page", "There is no such page.")
        })
        .with_state(orders)
        .layer(layers)
}

/// Sends one request through the router and prints the answer; `axum::serve` would do it over a socket.
async fn send(app: Router, method: &str, path: &str, body: &'static str) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let response =
        app.oneshot(request.body(Body::from(body)).expect("a valid request")).await.expect("infallible");
    let (status, named) = (response.status().as_u16(), response.headers().contains_key("x-request-id"));
    let bytes = to_bytes(response.into_body(), 10_000).await.expect("a short body");
    println!("{method:4} {path:9} {status} id={named} {}", String::from_utf8_lossy(&bytes));
}

#[tokio::main]
async fn main() {
    let app = router(Orders::default());
    send(app.clone(), "POST", "/orders", r#"{"customer":"ada","quantity":2}"#).await;
    send(app.clone(), "GET", "/orders/1", "").await;
    send(app.clone(), "POST", "/orders", r#"{"customer":"","quantity":2}"#).await;
    send(app.clone(), "POST", "/orders", "{").await;
    send(app.clone(), "GET", "/orders/x", "").await;
    send(app.clone(), "GET", "/nothing", "").await;
    tokio::join!(send(app.clone(), "GET", "/report", ""), send(app.clone(), "GET", "/report", ""));
}
