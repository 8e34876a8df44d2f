mod payments {
    fn charge() {}
}

fn main() {
    payments::charge();
}
