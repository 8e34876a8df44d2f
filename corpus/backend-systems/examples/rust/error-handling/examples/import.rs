//! Imports prices from text: all bad lines are reported, the good ones are kept, and the exit status says so.

use std::{num::ParseIntError, process::ExitCode};

#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error("line {line}: expected NAME=CENTS, got {text:?}")]
    Form { line: usize, text: String },
    #[error("line {line}: price of {name}")]
    Price { line: usize, name: String, source: ParseIntError },
}

fn parse(line: usize, text: &str) -> Result<(String, i64), LineError> {
    let Some((name, cents)) = text.split_once('=') else {
        return Err(LineError::Form { line, text: text.to_owned() });
    };
    let price = cents.trim().parse().map_err(|source| {
        let name = name.trim().to_owned();
        LineError::Price { line, name, source }
    })?;
    Ok((name.trim().to_owned(), price))
}

fn main() -> ExitCode {
    let input = "bolt = 12\nnut\nscrew = 1.50\nwasher = 3";
    let (good, bad): (Vec<_>, Vec<_>) =
        input.lines().enumerate().map(|(at, text)| parse(at + 1, text)).partition(Result::is_ok);
    println!("{} prices imported", good.len());
    for error in bad.into_iter().filter_map(Result::err) {
        println!("{}", error_handling::basics::chain(&error));
    }
    ExitCode::from(2)
}
