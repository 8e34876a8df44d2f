//! Storage of orders. A service with sqlx keeps its queries here.

use std::{collections::HashMap, sync::Arc};

use super::model::{Order, Orders};
use crate::StoreError;

/// Orders in memory; a real one holds a pool.
#[derive(Clone)]
pub struct MemoryOrders(Arc<HashMap<u64, Order>>);

impl MemoryOrders {
    pub fn with(orders: impl IntoIterator<Item = Order>) -> Self {
        Self(Arc::new(orders.into_iter().map(|order| (order.id, order)).collect()))
    }
}

// region: adapter
impl Orders for MemoryOrders {
    async fn find(&self, id: u64) -> Result<Option<Order>, StoreError> {
        Ok(self.0.get(&id).cloned()) // with sqlx: the query, and rows turned into Order
    }
}
// endregion: adapter
