//! What the end-to-end tests share, and the README's example, which is compiled here.

/// The README, whose example is a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
