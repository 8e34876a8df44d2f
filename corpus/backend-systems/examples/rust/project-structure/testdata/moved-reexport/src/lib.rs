pub mod billing {
    pub struct Invoice;
}

pub mod shop {
    #[deprecated(note = "moved to billing")]
    pub use super::billing::Invoice;
}

pub fn user(_: shop::Invoice) {}
