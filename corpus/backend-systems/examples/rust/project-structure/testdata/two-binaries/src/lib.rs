pub fn greet(program: &str) -> String {
    format!("{program} is here")
}
