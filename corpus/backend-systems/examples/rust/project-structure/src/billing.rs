//! A module with files of its own: `billing.rs` and the folder `billing/`.

// region: facade
mod rates; // private: nobody outside of billing knows how rates are found
mod total;

pub use total::{Invoice, total_cents}; // the module's whole surface, on one screen
// endregion: facade
