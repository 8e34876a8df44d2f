use names::orders::{Order, audit, store::Rows}; // audit is pub(crate), store is private

fn main() {
    println!("{} {}", audit(&Order::new(1, 5)), size_of::<Rows>());
}
