#[derive(Debug)]
pub struct Cents(pub u64);
