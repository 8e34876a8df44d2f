//! Keeps orders. The only crate that would know SQL.

use shop_domain::{Order, Orders};

/// Stands for a pool of connections.
#[derive(Debug, Default)]
pub struct SqlOrders;

impl Orders for SqlOrders {
    fn find(&self, id: u64) -> Option<Order> {
        (id == 7).then_some(Order { id, cents: 1250 })
    }
}

// region: test-util-code
#[cfg(feature = "test-util")]
pub mod fakes {
    use std::collections::HashMap;

    /// A storage in memory, for the tests of other crates.
    #[derive(Default)]
    pub struct MemoryOrders(pub HashMap<u64, shop_domain::Order>);

    impl shop_domain::Orders for MemoryOrders {
        fn find(&self, id: u64) -> Option<shop_domain::Order> {
            self.0.get(&id).cloned()
        }
    }
}
// endregion: test-util-code
