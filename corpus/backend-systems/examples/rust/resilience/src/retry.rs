//! When to try again, how long to wait, and how many retries a client may afford.

use std::sync::Mutex;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use chrono::{DateTime, Utc};

#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("the service is in trouble")]
    Transient,
    #[error("the service says: slow down")]
    Limited(Duration),
    #[error("the request is wrong")]
    Rejected,
}

// region: full-jitter
/// The pause before attempt `n` (1, 2, ...): random between zero and a capped exponential.
pub fn delay(base: Duration, limit: Duration, n: u32) -> Duration {
    let ceiling = base.saturating_mul(1 << (n - 1).min(20)).min(limit);
    ceiling.mul_f64(rand::random_range(0.0..1.0))
}
// endregion: full-jitter

pub async fn fetch<F>(call: impl FnMut() -> F) -> Result<String, CallError>
where
    F: Future<Output = Result<String, CallError>>,
{
    // region: backoff-library
    let backoff = ExponentialBuilder::default().with_min_delay(Duration::from_millis(100));
    call.retry(backoff.with_max_times(2).with_jitter()) // two retries: three attempts
        .when(|error| !matches!(error, CallError::Rejected))
        .adjust(|error, pause| match error {
            CallError::Limited(wait) => pause.map(|pause| pause.max(*wait)), // Retry-After
            _ => pause,
        })
        .await
    // endregion: backoff-library
}

/// Wrong: every client that failed together comes back together, and a refusal is asked again.
pub async fn fetch_in_step<F>(mut call: impl FnMut() -> F) -> Result<String, CallError>
where
    F: Future<Output = Result<String, CallError>>,
{
    // region: fixed-sleep
    for _ in 0..2 {
        if let Ok(body) = call().await {
            return Ok(body);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    call().await
    // endregion: fixed-sleep
}

/// Lets retries be a tenth of all calls.
#[derive(Default)]
pub struct Budget(Mutex<f64>); // one retry costs one

impl Budget {
    // region: budget
    pub fn called(&self) {
        let mut tokens = self.0.lock().expect("no panic holds it");
        *tokens = (*tokens + 0.1).min(10.0); // ten calls pay for one retry; at most ten are saved up
    }

    pub fn may_retry(&self) -> bool {
        let mut tokens = self.0.lock().expect("no panic holds it");
        let affordable = *tokens >= 1.0;
        *tokens -= f64::from(u8::from(affordable));
        affordable // if not, return the first error
    }
    // endregion: budget
}

// region: reqwest-retry
/// Two retries a request, within 20 % of the requests to this host and a reserve of ten a second.
pub fn retrying_client(host: &'static str) -> reqwest::Result<reqwest::Client> {
    let policy = reqwest::retry::for_host(host).max_retries_per_request(2).classify_fn(|answer| {
        let busy = answer.status().is_some_and(|status| status.as_u16() == 503);
        if answer.method().is_safe() && (busy || answer.error().is_some()) {
            answer.retryable()
        } else {
            answer.success()
        }
    });
    reqwest::Client::builder().timeout(Duration::from_secs(5)).retry(policy).build()
}
// endregion: reqwest-retry

// region: retry-after
/// Reads both forms of the header: seconds, and an HTTP date. `None` when it is unreadable.
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds.min(3600)));
    }
    let at = DateTime::parse_from_rfc2822(value).ok()?;
    Some((at.to_utc() - now).to_std().unwrap_or_default()) // a time in the past: no wait
}
// endregion: retry-after
