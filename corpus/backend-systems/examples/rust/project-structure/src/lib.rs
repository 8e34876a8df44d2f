//! Compiled examples of the corpus: project-structure.
