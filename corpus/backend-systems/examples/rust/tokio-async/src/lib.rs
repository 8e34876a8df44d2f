//! Code shown by the methodology rust-tokio-async.

pub mod actor;
pub mod blocking;
pub mod channels;
pub mod locks;
pub mod refused;
pub mod runtime;
pub mod select;
pub mod tasks;
pub mod time;
pub mod traits;
