//! Compiled examples of the corpus: message-queues.
