//! Probabilistic early expiry.

use crate::users::User;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

// region: early-expiry
/// What Redis stores: the value, its expiry and how long the last rebuild took.
#[derive(Serialize, Deserialize)]
pub struct Entry {
    pub value: User,
    pub expires: SystemTime,
    pub rebuild: Duration,
}

/// Says, more often the nearer the expiry, that this reader should rebuild the entry.
pub fn rebuild_now(entry: &Entry, now: SystemTime, beta: f64) -> bool {
    let exponential = -(1.0 - rand::random::<f64>()).ln();
    now + entry.rebuild.mul_f64(beta * exponential) >= entry.expires
}
// endregion: early-expiry
