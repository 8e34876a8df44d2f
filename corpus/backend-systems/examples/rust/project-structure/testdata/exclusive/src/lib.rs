// region: exclusive-bad
#[cfg(feature = "postgres")]
pub fn placeholder(n: usize) -> String {
    format!("${n}")
}

#[cfg(feature = "mysql")]
pub fn placeholder(_: usize) -> String {
    "?".into() // a second definition as soon as both features are on
}
// endregion: exclusive-bad

pub mod additive {
    // region: exclusive-good
    /// The caller chooses with a value; a feature only decides what can be chosen.
    pub enum Dialect {
        #[cfg(feature = "postgres")]
        Postgres,
        #[cfg(feature = "mysql")]
        MySql,
    }
    // endregion: exclusive-good
}
