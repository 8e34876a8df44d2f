//! A small router with state, as a subject for integration tests.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Order {
    pub sku: String,
    pub cents: u64,
}

#[derive(Clone, Default)]
pub struct Orders(Arc<Mutex<Vec<Order>>>);

async fn create(State(orders): State<Orders>, Json(order): Json<Order>) -> (StatusCode, Json<usize>) {
    let mut orders = orders.0.lock().expect("no code panics while it holds the lock");
    orders.push(order);
    (StatusCode::CREATED, Json(orders.len()))
}

async fn show(State(orders): State<Orders>, Path(id): Path<usize>) -> Result<Json<Order>, StatusCode> {
    let orders = orders.0.lock().expect("no code panics while it holds the lock");
    id.checked_sub(1).and_then(|at| orders.get(at).cloned()).map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// What main serves and what tests call.
pub fn router(orders: Orders) -> Router {
    Router::new().route("/orders", post(create)).route("/orders/{id}", get(show)).with_state(orders)
}
