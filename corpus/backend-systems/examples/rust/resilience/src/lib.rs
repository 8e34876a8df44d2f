//! Compiled examples of the corpus: resilience.
