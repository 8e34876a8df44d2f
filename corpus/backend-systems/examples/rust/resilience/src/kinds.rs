//! What the kind of an error settles.

use axum::http::StatusCode;
use tracing::Level;

pub enum Kind {
    Invalid,
    NotFound,
    Limited,
    Unavailable,
    Internal,
}

impl Kind {
    /// The HTTP status, and whether a caller may repeat the call.
    pub fn contract(&self) -> (StatusCode, bool) {
        // region: kinds
        match self {
            Kind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, false),
            Kind::NotFound => (StatusCode::NOT_FOUND, false),
            Kind::Limited => (StatusCode::TOO_MANY_REQUESTS, true),
            Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, true),
            Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, false),
        }
        // endregion: kinds
    }
}

// region: log-level
/// How loud the one log line of a failed request is.
pub fn level_of(caller_left: bool, status: StatusCode) -> Level {
    match status {
        _ if caller_left => Level::DEBUG,
        status if status.is_server_error() => Level::ERROR,
        _ => Level::INFO, // the caller's mistake
    }
}
// endregion: log-level

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    Done,
    Failed,
    Pending,
}

#[derive(Debug, thiserror::Error)]
pub enum ChargeError {
    #[error("declined")]
    Declined,
    #[error("no answer")]
    Unknown,
}

/// Records the intent before it calls the provider.
pub async fn pay<E>(
    mut save: impl AsyncFnMut(Outcome) -> Result<(), E>,
    charge: impl Future<Output = Result<(), ChargeError>>,
) -> Result<Outcome, E> {
    // region: unknown-outcome
    save(Outcome::Pending).await?; // an error here: nothing was sent
    let outcome = match charge.await {
        Ok(()) => Outcome::Done,
        Err(ChargeError::Declined) => Outcome::Failed,
        Err(ChargeError::Unknown) => return Ok(Outcome::Pending), // a job asks the provider by the key
    };
    save(outcome).await?;
    Ok(outcome)
    // endregion: unknown-outcome
}
