#[derive(Debug)]
pub struct Order(pub u64);

pub fn archive(order: Order) -> u64 {
    order.0
}
