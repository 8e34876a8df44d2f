pub struct Cents(pub u64);
