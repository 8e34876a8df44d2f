fn main() {
    println!("{}", core_rules::is_strict());
}
