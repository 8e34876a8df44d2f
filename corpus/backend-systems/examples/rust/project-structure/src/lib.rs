//! How the parts of a Rust service are laid out. The projects under `testdata/` are judged by cargo in the tests.

pub mod billing;
pub mod ids;
