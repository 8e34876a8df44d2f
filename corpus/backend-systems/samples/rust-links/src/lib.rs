//! A link shortener: create a link, follow it, count the clicks.

pub mod clicks;
pub mod router;
pub mod settings;
