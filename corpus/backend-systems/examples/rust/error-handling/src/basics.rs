//! Results, options and the question mark.

use std::{collections::HashMap, error::Error, fmt, num::ParseIntError, str::FromStr, time::Duration};

/// A port that is a number from 1 on.
#[derive(Debug, PartialEq)]
pub struct Port(pub u16);

// region: parse-error
#[derive(Debug, thiserror::Error)]
pub enum ParsePortError {
    #[error("port {text:?} is not a number")]
    NotANumber { text: String, source: ParseIntError },
    #[error("port 0 cannot be listened on")]
    Zero,
}
// endregion: parse-error

// region: from-str
impl FromStr for Port {
    type Err = ParsePortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(0) => Err(ParsePortError::Zero),
            Ok(number) => Ok(Self(number)),
            Err(source) => Err(ParsePortError::NotANumber { text: text.to_owned(), source }),
        }
    }
}
// endregion: from-str

/// What a setting is missing.
#[derive(Debug, thiserror::Error)]
#[error("setting {0} is missing")]
pub struct MissingSetting(pub &'static str);

/// The value of a setting that has to be there.
pub fn setting<'a>(
    settings: &'a HashMap<String, String>,
    name: &'static str,
) -> Result<&'a str, MissingSetting> {
    // region: ok-or-else
    let Some(value) = settings.get(name) else {
        return Err(MissingSetting(name)); // leaves early and keeps the happy path flat
    };
    let trimmed = Some(value.trim()).filter(|text| !text.is_empty());
    trimmed.ok_or(MissingSetting(name))
    // endregion: ok-or-else
}

/// All ports, or the first error.
pub fn ports(texts: &[&str]) -> Result<Vec<Port>, ParsePortError> {
    // region: collect-result
    texts.iter().map(|text| text.parse()).collect()
    // endregion: collect-result
}

/// All good ports and all errors.
pub fn ports_and_errors(texts: &[&str]) -> (Vec<Port>, Vec<ParsePortError>) {
    // region: partition
    let mut ports = Vec::new();
    let mut errors = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(port) => ports.push(port),
            Err(error) => errors.push(error),
        }
    }
    // endregion: partition
    (ports, errors)
}

// region: chain
/// The error and everything that it comes from, on one line.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
// endregion: chain

/// Says its source in its own text and returns it as well.
#[derive(Debug)]
pub struct SaysItTwice(pub ParseIntError);

// region: display-source-bad
impl fmt::Display for SaysItTwice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bad port: {}", self.0) // and `source` returns it too: printed twice in a chain
    }
}

impl Error for SaysItTwice {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
// endregion: display-source-bad

/// The source of an error is somewhere below.
pub fn is_not_found(error: &(dyn Error + 'static)) -> bool {
    // region: find-in-chain
    std::iter::successors(Some(error), |&error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::NotFound)
    // endregion: find-in-chain
}

/// What a slow call ends with.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("the other side answered {0}")]
    Status(u16),
}

/// A call with a deadline.
pub async fn fetch(
    limit: Duration,
    call: impl Future<Output = Result<String, FetchError>>,
) -> Result<String, FetchError> {
    // region: timeout
    tokio::time::timeout(limit, call).await.map_err(|_| FetchError::Timeout(limit))?
    // endregion: timeout
}

/// An error as large as a page of text.
#[derive(Debug)]
pub struct Large(pub [u8; 256]);

// region: large-error
pub enum ParseError {
    Syntax { line: usize },
    Rejected(Box<Large>), // boxed: every Result with this error stays small
}
// endregion: large-error

/// The question mark needs a conversion.
///
/// ```compile_fail,E0277
/// #[derive(Debug)]
/// struct ConfigError;
///
/// fn port(text: &str) -> Result<u16, ConfigError> {
///     Ok(text.parse::<u16>()?) // no From<ParseIntError> for ConfigError
/// }
/// ```
///
/// A boxed error without `Send` cannot leave a task.
///
/// ```compile_fail,E0277
/// async fn work() -> Result<(), Box<dyn std::error::Error>> {
///     Ok(())
/// }
///
/// # async fn f() {
/// tokio::spawn(work()).await.unwrap().unwrap();
/// # }
/// ```
///
/// With the bounds it can.
///
/// ```
/// async fn work() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     Ok(())
/// }
///
/// # async fn f() {
/// tokio::spawn(work()).await.unwrap().unwrap();
/// # }
/// ```
///
/// A question mark in a function that returns nothing.
///
/// ```compile_fail,E0277
/// fn main() {
///     let number: u16 = "7".parse()?;
/// }
/// ```
pub struct Proofs;
