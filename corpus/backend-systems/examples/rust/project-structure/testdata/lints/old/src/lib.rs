pub fn port(text: &str) -> u16 {
    text.parse().unwrap()
}
