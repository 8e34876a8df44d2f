//! Errors of a domain, apart from where they come from.

use crate::store::StoreError;

// region: domain-error
/// What a caller can do about a failed sign-up.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    #[error("the e-mail address is taken")]
    Taken,
    #[error("{0}")]
    Invalid(&'static str),
    #[error("the service is not available")]
    Unavailable(#[source] StoreError),
    #[error("internal error")]
    Internal(#[source] StoreError),
}
// endregion: domain-error

// region: from-store
impl From<StoreError> for SignUpError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken { .. } => Self::Taken,
            error if error.is_transient() => Self::Unavailable(error),
            error => Self::Internal(error),
        }
    }
}
// endregion: from-store
