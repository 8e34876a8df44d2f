//! References in structs and in results.

// region: borrowing-struct
pub struct LogLine<'a> {
    pub level: &'a str,
    pub text: &'a str,
}

impl<'a> LogLine<'a> {
    pub fn parse(line: &'a str) -> Option<Self> {
        let (level, text) = line.split_once(' ')?;
        Some(Self { level, text })
    }
}
// endregion: borrowing-struct

pub struct Orders {
    rows: Vec<(u64, String)>,
}

impl Orders {
    pub fn new(rows: Vec<(u64, String)>) -> Self {
        Self { rows }
    }

    // region: return-iterator
    pub fn names_over(&self, least: u64) -> impl Iterator<Item = &str> {
        let matching = self.rows.iter().filter(move |(amount, _)| *amount >= least);
        matching.map(|(_, name)| name.as_str())
    }

    pub fn first_name(&self) -> Option<&str> {
        self.names_over(0).next()
    }
    // endregion: return-iterator

    // region: precise-capture
    pub fn amounts(&self) -> impl Iterator<Item = u64> + use<> {
        let amounts: Vec<u64> = self.rows.iter().map(|(amount, _)| *amount).collect();
        amounts.into_iter() // holds no borrow of self, and `use<>` says so
    }
    // endregion: precise-capture

    pub fn push(&mut self, amount: u64, name: &str) {
        self.rows.push((amount, name.to_owned()));
    }
}

// region: longest
pub fn longer<'a>(left: &'a str, right: &'a str) -> &'a str {
    if left.len() >= right.len() { left } else { right }
}

pub fn after_prefix<'a>(text: &'a str, prefix: &str) -> &'a str {
    text.strip_prefix(prefix).unwrap_or(text) // the result borrows from `text` only
}
// endregion: longest

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_borrows_from_its_text() {
        let text = String::from("WARN disk is full");
        let line = LogLine::parse(&text).expect("two words");
        assert_eq!((line.level, line.text), ("WARN", "disk is full"));
        assert_eq!(line.level.as_ptr(), text.as_ptr());
        assert!(LogLine::parse("WARN").is_none());
    }

    #[test]
    fn iterators_borrow_or_not() {
        let mut orders = Orders::new(vec![(5, "ada".into()), (9, "bob".into())]);
        assert_eq!(orders.names_over(6).collect::<Vec<_>>(), ["bob"]);
        assert_eq!(orders.first_name(), Some("ada"));
        for amount in orders.amounts() {
            orders.push(amount + 1, "copy"); // possible, because `amounts` captures nothing
        }
        assert_eq!(orders.rows.len(), 4);
    }

    #[test]
    fn results_borrow_from_their_arguments() {
        assert_eq!(longer("abc", "de"), "abc");
        let text = String::from("order-7");
        let rest = {
            let prefix = String::from("order-");
            after_prefix(&text, &prefix)
        };
        assert_eq!(rest, "7");
    }
}
