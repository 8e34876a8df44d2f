//! What bounds the time and the number of calls.

use std::time::Duration;

use axum::BoxError;
use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use tower::ServiceBuilder;

use crate::guard::{Config, Guard};

// region: client
/// Without these lines a reqwest client waits for ever.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_millis(500))
        .read_timeout(Duration::from_secs(2)) // between two reads of the body
        .timeout(Duration::from_secs(5)) // the whole call, body included
        .build()
}
// endregion: client

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("no time left")]
pub struct Late;

// region: leave-margin
/// Keeps 100 ms of the caller's time to answer with, and asks for at most two seconds.
pub async fn call_downstream<T>(deadline: Instant, call: impl Future<Output = T>) -> Result<T, Late> {
    let until = (deadline - Duration::from_millis(100)).min(Instant::now() + Duration::from_secs(2));
    if until <= Instant::now() {
        return Err(Late); // too late to be worth a call
    }
    timeout_at(until, call).await.map_err(|_| Late)
}
// endregion: leave-margin

/// How long the answer to a request is of use.
#[derive(Clone, Copy)]
pub struct Deadline(pub Instant);

// region: honour-timeout
/// Gives the handler no more time than the caller waits, and never more than ten seconds.
pub async fn honour_timeout(mut request: Request, next: Next) -> Response {
    let asked =
        request.headers().get("x-request-timeout-ms").and_then(|value| value.to_str().ok()?.parse().ok());
    let limit = Duration::from_millis(asked.unwrap_or(10_000)).min(Duration::from_secs(10));
    request.extensions_mut().insert(Deadline(Instant::now() + limit));
    match timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}
// endregion: honour-timeout

// region: send-timeout
pub fn send_timeout(headers: &mut HeaderMap, deadline: Deadline) {
    let left = deadline.0.saturating_duration_since(Instant::now()).as_millis();
    headers.insert("x-request-timeout-ms", (left as u64).into());
}
// endregion: send-timeout

// region: shed
/// Answers 503 at once when `limit` requests are already running.
pub fn shed(router: Router, limit: usize) -> Router {
    router.layer(
        ServiceBuilder::new()
            .layer(HandleErrorLayer::new(|_: BoxError| async {
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], "overloaded")
            }))
            .load_shed()
            .layer(tower::limit::GlobalConcurrencyLimitLayer::new(limit)),
    )
}
// endregion: shed

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("too many calls to this dependency")]
pub struct Busy;

/// Bounds the calls to one dependency.
pub struct Bulkhead(Semaphore);

impl Bulkhead {
    pub fn new(limit: usize) -> Self {
        Self(Semaphore::new(limit))
    }

    // region: bulkhead
    pub async fn run<T>(&self, call: impl Future<Output = T>) -> Result<T, Busy> {
        let waiting = timeout(Duration::from_millis(50), self.0.acquire());
        let Ok(Ok(_slot)) = waiting.await else {
            return Err(Busy); // the slow dependency holds its own slots and no others
        };
        Ok(call.await)
    }
    // endregion: bulkhead
}

// region: degrade
/// Suggestions are worth 150 ms and never an error: a page without them is a page.
pub async fn suggestions<E>(
    ask: impl Future<Output = Result<Vec<String>, E>>,
    bestsellers: &[String],
) -> (Vec<String>, bool) {
    match timeout(Duration::from_millis(150), ask).await {
        Ok(Ok(items)) => (items, false),
        _ => (bestsellers.to_vec(), true), // count it: a fallback that nobody sees is an outage that nobody sees
    }
}
// endregion: degrade

// region: hedge
/// Asks again after the time that 95 of 100 answers need, and takes the first answer. Reads only.
pub async fn hedge<T, F: Future<Output = T>>(after: Duration, read: impl Fn() -> F) -> T {
    let mut first = std::pin::pin!(read());
    if let Ok(value) = timeout(after, first.as_mut()).await {
        return value;
    }
    tokio::select! { // the slower one is dropped, and so cancelled
        value = first => value,
        value = read() => value,
    }
}
// endregion: hedge

// region: breaker
pub fn guard_for_orders() -> Guard {
    Guard::new(Config {
        timeout: Duration::from_secs(1),
        attempts: 2,
        base: Duration::from_millis(100),
        limit: Duration::from_secs(1),
        retry_share: 0.1,
        window: Duration::from_secs(10), // opens when half of at least 20 calls in it are in trouble
        open_for: Duration::from_secs(5), // then one probe decides
    })
}
// endregion: breaker

// region: is-trouble
/// Refused requests are answers; timeouts, lost connections and 5xx are trouble.
pub fn is_trouble(error: &reqwest::Error) -> bool {
    error.is_timeout() || error.is_connect() || error.status().is_some_and(|status| status.is_server_error())
}
// endregion: is-trouble
