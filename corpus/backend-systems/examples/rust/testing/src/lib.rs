//! Compiled examples of the corpus: testing.
