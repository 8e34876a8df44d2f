//! Decimal places of currencies, from a list that the build script reads.

// region: include-generated
include!(concat!(env!("OUT_DIR"), "/currencies.rs"));
// endregion: include-generated

#[cfg(test)]
mod tests {
    #[test]
    fn the_generated_function_knows_the_list() {
        assert_eq!(super::digits("JPY"), Some(0));
        assert_eq!(super::digits("KWD"), Some(3));
        assert_eq!(super::digits("XXX"), None);
    }
}
