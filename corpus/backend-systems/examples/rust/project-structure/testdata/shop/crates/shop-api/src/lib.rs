//! Answers requests.

use shop_domain::{Orders, price_of};

pub fn answer(orders: &impl Orders, id: u64) -> String {
    match price_of(orders, id) {
        Ok(cents) => format!("200 {cents}{}", receipt()),
        Err(reason) => format!("404 {reason}"),
    }
}

// region: feature-code
/// Both builds compile, and the feature only adds.
#[cfg(feature = "mail")]
fn receipt() -> String {
    format!(", {}", shop_mail::send("customer"))
}

#[cfg(not(feature = "mail"))]
fn receipt() -> String {
    String::new()
}
// endregion: feature-code

#[cfg(test)]
mod tests {
    use shop_domain::Order;
    use shop_storage::fakes::MemoryOrders;

    #[test]
    fn an_order_has_a_price() {
        let orders = MemoryOrders([(1, Order { id: 1, cents: 5 })].into());
        assert!(super::answer(&orders, 1).starts_with("200 5"));
    }
}
