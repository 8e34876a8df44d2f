//! One binary for all integration tests: each file directly below `tests` would be linked on its own.

mod api;
mod rates;
mod support;
