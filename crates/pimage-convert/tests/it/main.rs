//! The pipeline from outside: order, errors, panics, stopping, memory, ranges.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test helper reports by panicking"
)]

mod kit;
mod ranges;
mod reduce;
mod stats;
mod stopping;
mod streaming;
