//! Compiled examples of the corpus: error-handling.
