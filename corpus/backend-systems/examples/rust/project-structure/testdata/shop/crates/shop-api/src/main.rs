fn main() {
    println!("{}", shop_api::answer(&shop_storage::SqlOrders, 7));
}
