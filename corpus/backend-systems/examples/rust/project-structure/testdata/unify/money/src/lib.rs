#[cfg(feature = "json")]
pub fn to_json(cents: u64) -> String {
    cents.to_string()
}
