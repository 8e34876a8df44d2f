impl<T: AsRef<names::orders::Order>> From<T> for String {
    fn from(order: T) -> Self {
        order.as_ref().id.to_string()
    }
}

fn main() {}
