fn main() {
    shop::pay(money::Cents(5));
}
