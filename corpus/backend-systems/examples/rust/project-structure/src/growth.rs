//! Public types that may grow without breaking their users.

// region: non-exhaustive
#[non_exhaustive] // other crates cannot write the literal or match without `..`
#[derive(Debug, Clone)]
pub struct Limits {
    pub page_size: u32,
    pub max_items: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { page_size: 50, max_items: 1000 }
    }
}
// endregion: non-exhaustive
