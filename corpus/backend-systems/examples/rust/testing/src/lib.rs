//! Code shown by the methodology rust-testing.

pub mod api;
pub mod checkout;
pub mod flaky;
pub mod price;
pub mod rates;
pub mod refused;
pub mod store;
