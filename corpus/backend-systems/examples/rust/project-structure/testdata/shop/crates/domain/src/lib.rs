//! What the shop does. Knows no database, no HTTP and no clock.

// region: port
/// What the domain needs from a store; the storage crate implements it.
pub trait Orders {
    /// Keeps the order, or says why not.
    fn save(&mut self, order: &Order) -> Result<(), StoreError>;
}
// endregion: port

/// An order of one article.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The number of pieces.
    pub pieces: u32,
}

/// The store did not keep it.
#[derive(Debug)]
pub struct StoreError;

/// Why an order was not placed.
#[derive(Debug)]
pub enum PlaceError {
    /// Nothing was ordered.
    Empty,
    /// The store failed.
    Store(StoreError),
}

// region: use-case
/// Places an order. Runs without a database in every test.
pub fn place(orders: &mut impl Orders, pieces: u32) -> Result<Order, PlaceError> {
    if pieces == 0 {
        return Err(PlaceError::Empty);
    }
    let order = Order { pieces };
    orders.save(&order).map_err(PlaceError::Store)?;
    Ok(order)
}
// endregion: use-case

#[cfg(test)]
mod tests {
    use super::*;

    impl Orders for Vec<Order> {
        fn save(&mut self, order: &Order) -> Result<(), StoreError> {
            self.push(order.clone());
            Ok(())
        }
    }

    #[test]
    fn an_empty_order_is_refused_and_nothing_is_kept() {
        let mut kept = Vec::new();
        assert!(matches!(place(&mut kept, 0), Err(PlaceError::Empty)));
        assert!(kept.is_empty());
        assert!(place(&mut kept, 2).is_ok());
        assert_eq!(kept.len(), 1);
    }
}
