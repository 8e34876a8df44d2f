//! A service with a thin main: the program is this library and a few lines that start it.

// region: facade
mod app;
pub mod currency;
pub mod orders;
mod store_errors; // private: its path may change

pub use app::{app, serve}; // callers write project_structure::app
pub use store_errors::StoreError;
// endregion: facade

pub mod growth;
