fn main() {
    println!("{}", shop::greet("migrate"));
}
