fn main() {
    println!("{}", shop::greet("serve"));
}
