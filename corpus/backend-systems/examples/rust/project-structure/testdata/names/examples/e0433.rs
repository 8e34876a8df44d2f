fn main() {
    let amount = serde_json::json!({ "cents": 5 }); // not in Cargo.toml
    let map: HashMap<u64, u64> = HashMap::new(); // no use
    println!("{amount} {map:?}");
}
