fn main() {
    println!("{}", env!("COMMIT"));
}
