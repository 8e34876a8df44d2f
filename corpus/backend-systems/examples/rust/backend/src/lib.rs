//! Compiled examples of the corpus: backend.
