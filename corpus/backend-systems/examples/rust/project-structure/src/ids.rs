//! Types that keep things apart.

use std::fmt;

// region: newtype
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderId(u64); // the field is private: an OrderId is made in one place

impl OrderId {
    /// Zero is no order.
    pub fn new(id: u64) -> Option<Self> {
        (id != 0).then_some(Self(id))
    }
}
// endregion: newtype

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order-{}", self.0)
    }
}
