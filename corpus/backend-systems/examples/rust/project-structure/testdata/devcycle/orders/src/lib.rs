pub struct Order(pub u64);

#[cfg(test)]
mod tests {
    fn id(order: super::Order) -> u64 {
        order.0
    }

    #[test]
    fn a_fake_has_an_id() {
        assert_eq!(id(fakes::order()), 7); // the Order of the other build of this crate
    }
}
