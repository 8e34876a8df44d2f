//! What every storage may answer.

/// The storage could not answer. Its reason goes to the log, not to the caller.
#[derive(Debug)]
#[non_exhaustive]
pub struct StoreError {
    pub reason: String,
}

impl StoreError {
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}
