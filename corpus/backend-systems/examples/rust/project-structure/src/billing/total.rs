//! Sums of invoices.

use super::rates::per_mille;

/// What is charged.
pub struct Invoice {
    pub country: String,
    pub cents: u64,
}

/// The sum with tax, rounded down.
pub fn total_cents(invoice: &Invoice) -> u64 {
    invoice.cents + invoice.cents * per_mille(&invoice.country) / 1000
}
