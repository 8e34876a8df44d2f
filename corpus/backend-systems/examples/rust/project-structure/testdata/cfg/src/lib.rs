#[cfg(feature = "metric")]
pub fn count() {}

#[cfg(tokio_unstable)]
pub fn dump() {}
