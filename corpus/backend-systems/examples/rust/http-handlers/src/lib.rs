//! Code shown by the methodology rust-http-handlers.

pub mod actix_app;
pub mod axum_app;
pub mod bodies;
pub mod files;
pub mod layers;
pub mod problem;
pub mod refused;
pub mod responses;
pub mod rocket_app;
