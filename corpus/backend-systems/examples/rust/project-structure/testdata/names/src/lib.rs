//! A library whose examples show what the compiler refuses.

pub mod orders {
    pub struct Order {
        pub id: u64,
        cents: u64, // private: only this module reads it
    }

    impl Order {
        pub fn new(id: u64, cents: u64) -> Self {
            Self { id, cents }
        }

        pub fn cents(&self) -> u64 {
            self.cents
        }
    }

    pub(crate) fn audit(order: &Order) -> String {
        format!("order {} over {} cents", order.id, order.cents)
    }

    mod store {
        pub struct Rows;
    }

    pub fn rows() -> usize {
        size_of::<store::Rows>()
    }
}

pub fn report(order: &orders::Order) -> String {
    orders::audit(order)
}

#[derive(Default)]
#[non_exhaustive]
pub struct Limits {
    pub page_size: u32,
}
