//! Tax rates.

// region: visibility
/// Seen in `billing` only.
pub(super) fn per_mille(country: &str) -> u64 {
    match country {
        "DE" => 190,
        "CH" => 81,
        _ => default_rate(),
    }
}

/// Seen in this file only.
fn default_rate() -> u64 {
    200
}
// endregion: visibility
