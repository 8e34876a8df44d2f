//! The new home of invoices.

#[derive(Debug, Default)]
pub struct Invoice {
    pub cents: u64,
}
