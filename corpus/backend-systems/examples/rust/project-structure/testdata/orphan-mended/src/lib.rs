// region: orphan-mended
pub struct Payload(pub Vec<u8>); // a type of this crate

impl std::fmt::Display for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
// endregion: orphan-mended
