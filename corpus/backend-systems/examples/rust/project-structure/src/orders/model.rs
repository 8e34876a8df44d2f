//! Rules about orders. Imports neither axum nor a database.

use crate::StoreError;

// region: private-fields
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub(super) id: u64, // orders and its parts
    cents: u64,         // this file only
}

impl Order {
    pub fn new(id: u64, cents: u64) -> Option<Self> {
        (cents > 0).then_some(Self { id, cents }) // no order is free
    }
}
// endregion: private-fields

impl Order {
    pub fn cents(&self) -> u64 {
        self.cents
    }
}

// region: port
/// What the handlers need from a storage, in words of the domain.
pub trait Orders: Clone + Send + Sync + 'static {
    fn find(&self, id: u64) -> impl Future<Output = Result<Option<Order>, StoreError>> + Send;
}
// endregion: port
