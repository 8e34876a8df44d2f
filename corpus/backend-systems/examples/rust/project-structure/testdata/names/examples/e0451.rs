fn main() {
    let order = names::orders::Order { id: 1, cents: 5 };
    println!("{}", order.id);
}
