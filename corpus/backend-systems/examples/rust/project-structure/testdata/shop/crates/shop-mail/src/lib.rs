//! Sends mail, as an optional part.

pub fn send(to: &str) -> String {
    let note = if cfg!(feature = "tracing") { " (traced)" } else { "" };
    format!("mail to {to}{note}")
}
