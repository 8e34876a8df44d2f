#![deny(unreachable_pub)]

mod store {
    pub fn rows() -> usize {
        3
    }
}

fn main() {
    println!("{}", store::rows());
}
