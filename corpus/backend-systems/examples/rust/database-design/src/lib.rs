//! Compiled examples of the corpus: database-design.
