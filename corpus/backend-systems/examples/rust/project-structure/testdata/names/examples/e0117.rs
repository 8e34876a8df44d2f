// region: orphan-bad
impl std::fmt::Display for Vec<names::orders::Order> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.iter().try_for_each(|order| writeln!(f, "order {}", order.id))
    }
}
// endregion: orphan-bad

fn main() {}
