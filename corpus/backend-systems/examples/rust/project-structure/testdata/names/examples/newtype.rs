use names::orders::Order;

// region: orphan-good
struct Listing<'a>(&'a [Order]); // a type of this crate

impl std::fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|order| writeln!(f, "order {}", order.id))
    }
}
// endregion: orphan-good

fn main() {
    print!("{}", Listing(&[Order::new(1, 5), Order::new(2, 7)]));
}
