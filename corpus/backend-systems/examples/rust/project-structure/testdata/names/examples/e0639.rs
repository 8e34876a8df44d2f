fn main() {
    let limits = names::Limits { page_size: 5 };
    println!("{}", limits.page_size);
}
