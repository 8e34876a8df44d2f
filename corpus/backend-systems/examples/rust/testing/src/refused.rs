//! What a test in another crate cannot see. A doctest is such a crate, as is a file below `tests`.
//!
//! Code below `cfg(test)`, test modules and generated mocks included:
//!
//! ```compile_fail,E0432
//! use testing::price::tests;
//! ```
//! ```compile_fail,E0432
//! use testing::checkout::MockPayments; // made by automock below cfg(test)
//! ```
//! ```
//! use testing::checkout::FakePayments; // compiled always
//! ```
//!
//! Private functions:
//!
//! ```compile_fail,E0603
//! use testing::rates::from_reqwest;
//! ```
