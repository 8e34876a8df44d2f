//! The Rust code of the methodology caching-strategy.

pub mod aside;
pub mod client;
pub mod collapse;
pub mod early;
pub mod etag;
pub mod invalidate;
pub mod lease;
pub mod local;
pub mod negative;
pub mod readcache;
pub mod users;
