use names::order::Order; // the module is called orders

fn main() {
    println!("{}", Order::new(1, 5).cents());
}
