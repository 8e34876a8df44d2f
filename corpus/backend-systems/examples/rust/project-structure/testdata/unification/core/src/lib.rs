pub fn is_strict() -> bool {
    cfg!(feature = "strict")
}
