//! Errors of Rust services: types, context, conversion, HTTP answers, panics.

pub mod app;
pub mod basics;
pub mod http;
pub mod kinds;
pub mod panics;
pub mod store;
