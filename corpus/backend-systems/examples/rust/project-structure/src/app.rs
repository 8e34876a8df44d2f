//! Wires the parts together, for main and for tests.

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::orders::{self, MemoryOrders, Order};

pub fn app() -> axum::Router {
    let orders = MemoryOrders::with(Order::new(7, 1250));
    axum::Router::new().merge(orders::routes(orders))
}

/// Serves until the process is asked to stop, and lets running requests end.
pub async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    axum::serve(listener, app()).with_graceful_shutdown(stop).await
}
