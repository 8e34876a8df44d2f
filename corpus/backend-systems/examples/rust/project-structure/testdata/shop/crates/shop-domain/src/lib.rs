//! Rules of the shop. Knows neither HTTP nor SQL.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: u64,
    pub cents: u64,
}

/// What the rules need from a storage; the storage crate implements it.
pub trait Orders {
    fn find(&self, id: u64) -> Option<Order>;
}

/// An order with its price, or why there is none.
pub fn price_of(orders: &impl Orders, id: u64) -> Result<u64, String> {
    orders.find(id).map(|order| order.cents).ok_or_else(|| format!("no order {id}"))
}
