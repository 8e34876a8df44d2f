#[cfg(feature = "metrics")]
pub fn measure() {}
