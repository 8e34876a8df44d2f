pub mod orders;

pub fn load() -> orders::Order {
    orders::Order(7)
}
