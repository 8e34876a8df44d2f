//! Wires the parts together, for main and for tests.

use crate::orders::{self, MemoryOrders, Order};

// region: wire
pub fn app() -> axum::Router {
    let orders = MemoryOrders::with([Order::new(7, 1250)]);
    axum::Router::new().merge(orders::routes(orders))
}
// endregion: wire
