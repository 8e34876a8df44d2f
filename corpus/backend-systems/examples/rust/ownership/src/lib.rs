//! Compiled examples of the corpus: ownership.
