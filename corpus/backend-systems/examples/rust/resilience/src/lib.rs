//! Timeouts, retries, breakers, shedding, idempotency and error bodies.

pub mod guard;
pub mod idempotency;
pub mod kinds;
pub mod limits;
pub mod problem;
pub mod retry;
