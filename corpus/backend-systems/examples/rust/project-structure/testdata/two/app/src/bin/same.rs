fn main() {
    println!("{}", ledger::post(ledger::money::Cents(5)));
}
