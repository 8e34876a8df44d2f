use crate::billing::total;

fn main() {
    total();
}
