//! Code shown by the methodology documents.
