//! HTTP for orders: paths, JSON and status codes.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};

use super::model::Orders;
use crate::StoreError;

/// The JSON form, apart from the rules' own type.
#[derive(serde::Serialize)]
struct OrderView {
    id: u64,
    cents: u64,
}

// region: handler-layer
pub fn routes<S: Orders>(orders: S) -> Router {
    Router::new().route("/orders/{id}", get(show::<S>)).with_state(orders)
}

async fn show<S: Orders>(
    State(orders): State<S>,
    Path(id): Path<u64>,
) -> Result<Json<OrderView>, StatusCode> {
    let found = orders.find(id).await.map_err(unavailable)?;
    let order = found.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(OrderView { id: order.id, cents: order.cents() }))
}
// endregion: handler-layer

/// The reason goes to the log, and the caller sees the status alone.
fn unavailable(error: StoreError) -> StatusCode {
    tracing::error!(reason = error.reason, "orders cannot be read");
    StatusCode::INTERNAL_SERVER_ERROR
}
