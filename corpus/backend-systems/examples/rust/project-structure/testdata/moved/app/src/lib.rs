pub fn old_and_new(invoice: shop::Invoice) -> billing::Invoice {
    invoice
}
