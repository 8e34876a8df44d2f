//! Compiled examples of the corpus: tokio-async.
