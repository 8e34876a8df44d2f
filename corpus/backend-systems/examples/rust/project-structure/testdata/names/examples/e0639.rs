fn main() {
    let limits = names::Limits { page_size: 5, ..Default::default() };
    println!("{}", limits.page_size);
}
