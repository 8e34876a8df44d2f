//! Reads an access log once, works on borrowed parts in several threads, and keeps only the result.

use std::{borrow::Cow, collections::HashMap, thread};

/// One line of the log. It borrows from the text and copies nothing.
struct Hit<'a> {
    path: &'a str,
    status: u16,
    bytes: u64,
}

impl<'a> Hit<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut parts = line.split(' ');
        let path = parts.next()?;
        Some(Self { path, status: parts.next()?.parse().ok()?, bytes: parts.next()?.parse().ok()? })
    }

    /// Paths differ in their ids; only those with an id need a text of their own.
    fn route(&self) -> Cow<'a, str> {
        match self.path.rsplit_once('/') {
            Some((start, id)) if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) => {
                Cow::Owned(format!("{start}/:id"))
            }
            _ => Cow::Borrowed(self.path),
        }
    }
}

#[derive(Default)]
struct Totals {
    hits: u64,
    errors: u64,
    bytes: u64,
}

/// The result of one thread still borrows: its keys are parts of the text where they can be.
type Report<'a> = HashMap<Cow<'a, str>, Totals>;

fn count<'a>(lines: &[&'a str]) -> Report<'a> {
    let mut report = Report::new();
    for hit in lines.iter().filter_map(|line| Hit::parse(line)) {
        let totals = report.entry(hit.route()).or_default();
        totals.hits += 1;
        totals.errors += u64::from(hit.status >= 500);
        totals.bytes += hit.bytes;
    }
    report
}

fn merge<'a>(mut into: Report<'a>, from: Report<'a>) -> Report<'a> {
    for (route, totals) in from {
        let sum = into.entry(route).or_default(); // the key moves; nothing is copied
        sum.hits += totals.hits;
        sum.errors += totals.errors;
        sum.bytes += totals.bytes;
    }
    into
}

/// Splits the work over scoped threads, which may borrow `text`. The result owns its keys, so the text can go.
fn analyse(text: &str, threads: usize) -> HashMap<String, Totals> {
    let lines: Vec<&str> = text.lines().collect();
    let size = lines.len().div_ceil(threads.max(1)).max(1);
    let report = thread::scope(|scope| {
        let parts: Vec<_> = lines.chunks(size).map(|part| scope.spawn(|| count(part))).collect();
        parts.into_iter().map(|part| part.join().expect("counting does not panic")).fold(Report::new(), merge)
    });
    report.into_iter().map(|(route, totals)| (route.into_owned(), totals)).collect()
}

fn main() {
    let mut text = String::from("/health 200 2\nbroken line\n/login 200 400\n");
    for id in 0..1000 {
        let status = if id % 100 == 0 { 503 } else { 200 };
        text.push_str(&format!("/orders/{id} {status} 50\n"));
    }
    let report = analyse(&text, 4);
    drop(text); // the report lives on

    let mut rows: Vec<_> = report.into_iter().collect();
    rows.sort_by(|left, right| right.1.hits.cmp(&left.1.hits).then_with(|| left.0.cmp(&right.0)));
    for (route, totals) in &rows {
        println!("{route:12} {:5} hits {:3} errors {:6} bytes", totals.hits, totals.errors, totals.bytes);
    }
}
