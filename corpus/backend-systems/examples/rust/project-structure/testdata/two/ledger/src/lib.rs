pub use money; // callers name the version that this crate uses

pub fn post(amount: money::Cents) -> u64 {
    amount.0
}
