//! Compiled examples of the corpus: nosql.
