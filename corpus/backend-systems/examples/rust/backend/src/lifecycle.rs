//! Starting, draining and stopping.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

// region: signals
/// SIGTERM is what an orchestrator sends; Ctrl-C is what a person presses.
pub async fn stop_signal() {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate()).expect("a Unix system");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = signal::ctrl_c() => {}
    }
}
// endregion: signals

// region: drain
/// Readiness fails first, so that no new requests are routed here, and only then the listener closes.
pub async fn drain(signal: impl Future<Output = ()>, draining: Arc<AtomicBool>, pause: Duration) {
    signal.await;
    draining.store(true, Relaxed);
    sleep(pause).await; // longer than the readiness period of the load balancer
}
// endregion: drain

/// What runs beside the server.
#[derive(Clone, Default)]
pub struct Workers {
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
}

/// Serves until `stop`, then gives running requests and workers `grace` to end.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
    workers: Workers,
    grace: Duration,
) -> anyhow::Result<()> {
    // region: serve
    let stopping = workers.stop.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        stopping.cancel(); // workers take nothing new
    });
    let mut server = tokio::spawn(server.into_future());
    tokio::select! {
        biased; // a stop counts first, also when the server has ended with it
        () = workers.stop.cancelled() => {}
        ended = &mut server => return Ok(ended??), // the server failed by itself
    }
    // endregion: serve
    // region: end
    workers.tasks.close();
    timeout(grace, async {
        _ = (&mut server).await;
        workers.tasks.wait().await
    })
    .await
    .map_err(|_| anyhow::anyhow!("requests or workers were still running after {grace:?}"))?;
    // endregion: end
    Ok(())
}

// region: worker
/// A worker ends between two pieces of work, never in the middle of one.
pub fn spawn_worker<F>(workers: &Workers, every: Duration, mut work: impl FnMut() -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let stop = workers.stop.clone();
    workers.tasks.spawn(async move {
        while stop.run_until_cancelled(sleep(every)).await.is_some() {
            work().await;
        }
    });
}
// endregion: worker
