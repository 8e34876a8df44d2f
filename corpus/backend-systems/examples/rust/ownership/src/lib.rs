//! Code shown by the methodology rust-ownership.

pub mod inner;
pub mod lifetimes;
pub mod moves;
pub mod params;
pub mod refused;
pub mod sessions;
pub mod shared;
pub mod strings;
