//! Where orders are kept; here in memory, in production behind a pool.

use shop_domain::{Order, Orders, StoreError};

/// Keeps orders in memory.
#[derive(Default)]
pub struct MemoryOrders(Vec<Order>);

impl Orders for MemoryOrders {
    fn save(&mut self, order: &Order) -> Result<(), StoreError> {
        self.0.push(order.clone());
        Ok(())
    }
}

impl MemoryOrders {
    /// How many orders are kept.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}
