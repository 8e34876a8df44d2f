fn main() {
    println!("{}", ledger::post(money::Cents(5))); // money 2, and ledger wants money 1
}
