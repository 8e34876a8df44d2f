pub fn order() -> orders::Order {
    orders::Order(7)
}
