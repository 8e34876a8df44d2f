//! Prices in cents, as a subject for unit, table, property and documentation tests.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cents(pub u64);

#[derive(Debug, PartialEq)]
pub enum PriceError {
    Empty,
    NotANumber(String),
    TooPrecise { digits: usize },
    TooLarge,
}

// region: doc-test
/// Reads a price such as `12.50` or `7`.
///
/// ```
/// # use testing::price::{Cents, PriceError, parse_price};
/// assert_eq!(parse_price("12.50")?, Cents(1250));
/// assert_eq!(parse_price("1.234"), Err(PriceError::TooPrecise { digits: 3 }));
/// # Ok::<(), PriceError>(())
/// ```
pub fn parse_price(text: &str) -> Result<Cents, PriceError> {
    // endregion: doc-test
    if text.is_empty() {
        return Err(PriceError::Empty);
    }
    let not_a_number = || PriceError::NotANumber(text.to_owned());
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return Err(not_a_number());
    }
    let cents: u64 = match part.len() {
        1 => part.parse::<u64>().map_err(|_| not_a_number())? * 10,
        2 => part.parse().map_err(|_| not_a_number())?,
        digits => return Err(PriceError::TooPrecise { digits }),
    };
    let whole: u64 = whole.parse().map_err(|_| PriceError::TooLarge)?;
    whole.checked_mul(100).and_then(|sum| sum.checked_add(cents)).map(Cents).ok_or(PriceError::TooLarge)
}

/// The mistake that a few examples do not show: binary floating point.
pub fn parse_price_bad(text: &str) -> Option<Cents> {
    let value: f64 = text.parse().ok()?;
    Some(Cents((value * 100.0) as u64))
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

// region: unit-test
#[cfg(test)]
mod tests {
    use super::*; // private functions too

    #[test]
    fn a_price_with_one_digit_means_tens_of_cents() {
        assert_eq!(parse_price("1.5"), Ok(Cents(150)));
    }

    #[test]
    fn the_digits_of_a_refused_price_are_counted() {
        assert_eq!(parse_price("1.2345"), Err(PriceError::TooPrecise { digits: 4 }));
    }
}
// endregion: unit-test

#[cfg(test)]
mod tables {
    use super::*;
    use rstest::{fixture, rstest};

    // region: rstest-cases
    #[rstest]
    #[case::whole("7", Ok(Cents(700)))]
    #[case::two_digits("0.05", Ok(Cents(5)))]
    #[case::empty("", Err(PriceError::Empty))]
    #[case::sign("-1", Err(PriceError::NotANumber("-1".into())))]
    #[case::too_large("184467440737095517", Err(PriceError::TooLarge))]
    fn prices_are_read(#[case] text: &str, #[case] expected: Result<Cents, PriceError>) {
        assert_eq!(parse_price(text), expected);
    }
    // endregion: rstest-cases

    // region: rstest-fixture
    #[fixture]
    fn prices(#[default(3)] count: u64) -> Vec<Cents> {
        (1..=count).map(Cents).collect()
    }

    #[rstest]
    fn every_price_is_read_back(prices: Vec<Cents>, #[values("", "0")] zeros: &str) {
        for price in prices {
            assert_eq!(parse_price(&format!("{zeros}{price}")), Ok(price));
        }
    }
    // endregion: rstest-fixture

    #[rstest]
    fn a_fixture_takes_arguments(#[with(7)] prices: Vec<Cents>) {
        assert_eq!(prices.len(), 7);
    }
}

#[cfg(test)]
mod properties {
    use super::*;
    use proptest::prelude::*;

    // region: proptest
    proptest! {
        #[test]
        fn a_printed_price_is_read_back(cents in any::<u64>()) {
            prop_assert_eq!(parse_price(&Cents(cents).to_string()), Ok(Cents(cents)));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*") {
            let _ = parse_price(&text); // an Err is fine
        }
    }
    // endregion: proptest

    // region: proptest-strategy
    fn order_lines() -> impl Strategy<Value = Vec<(String, u32)>> {
        prop::collection::vec(("[a-z]{1,8}", 1..1000_u32), 0..20)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_total_does_not_depend_on_the_order(lines in order_lines()) {
            let sum = |lines: &[(String, u32)]| lines.iter().map(|line| u64::from(line.1)).sum::<u64>();
            let reversed: Vec<_> = lines.iter().rev().cloned().collect();
            prop_assert_eq!(sum(&lines), sum(&reversed));
        }
    }
    // endregion: proptest-strategy
}
