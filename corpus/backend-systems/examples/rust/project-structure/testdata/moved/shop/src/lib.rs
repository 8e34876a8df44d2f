//! The old home: callers keep compiling and are told where to go.

// region: moved
#[deprecated(since = "0.2.0", note = "moved to billing::Invoice")]
pub type Invoice = billing::Invoice; // the same type under its old name
// endregion: moved
