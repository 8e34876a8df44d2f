//! What a function takes and what it returns.

use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub customer: String,
    pub lines: Vec<u32>,
}

// region: borrow-params
pub fn total(lines: &[u32]) -> u32 {
    lines.iter().sum() // takes &Vec<u32>, an array, a part of either
}

pub fn is_internal(customer: &str) -> bool {
    customer.ends_with("@example.org") // takes &String and a literal
}

pub fn log_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension("log")
}
// endregion: borrow-params

/// The mistake; clippy's ptr_arg reports both, and `expect` asserts that it does.
// region: borrow-params-bad
#[expect(clippy::ptr_arg)]
pub fn total_bad(lines: &Vec<u32>) -> u32 {
    lines.iter().sum()
}

#[expect(clippy::ptr_arg)]
pub fn is_internal_bad(customer: &String) -> bool {
    customer.ends_with("@example.org")
}
// endregion: borrow-params-bad

// region: own-params
impl Order {
    pub fn new(customer: impl Into<String>, lines: Vec<u32>) -> Self {
        Self { customer: customer.into(), lines } // stored, so taken by value
    }

    pub fn customer(&self) -> &str {
        &self.customer // lent to the caller
    }

    pub fn into_lines(self) -> Vec<u32> {
        self.lines // given away; the order is gone
    }
}
// endregion: own-params

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_take_every_kind_of_list() {
        let lines = vec![1, 2, 3];
        assert_eq!((total(&lines), total(&[1, 2]), total(&lines[1..])), (6, 3, 5));
        assert_eq!(total_bad(&lines), 6);
        let name = String::from("ada@example.org");
        assert!(is_internal(&name) && is_internal("bob@example.org") && is_internal_bad(&name));
        assert_eq!(log_file("var".as_ref(), "orders"), Path::new("var/orders.log"));
    }

    #[test]
    fn an_order_lends_and_gives_away() {
        let order = Order::new("ada", vec![1]);
        assert_eq!(Order::new(String::from("ada"), vec![1]), order);
        assert_eq!(order.customer(), "ada");
        assert_eq!(order.into_lines(), [1]);
    }
}
