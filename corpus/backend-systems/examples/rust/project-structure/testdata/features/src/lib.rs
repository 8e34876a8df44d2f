//! Messages by the ways that are compiled in.

// region: additive
/// Each feature adds a way; none takes one away.
pub fn ways() -> Vec<&'static str> {
    let mut ways = Vec::new();
    if cfg!(feature = "mail") {
        ways.push("mail");
    }
    #[cfg(feature = "sms")]
    ways.push(sms_gateway::NAME);
    ways
}
// endregion: additive

#[cfg(test)]
mod tests {
    #[test]
    fn ways_are_those_of_the_features() {
        assert_eq!(super::ways().contains(&"mail"), cfg!(feature = "mail"));
        assert_eq!(super::ways().contains(&"sms"), cfg!(feature = "sms"));
    }
}
