//! pimage-plot as its users have it.

#![expect(clippy::expect_used, reason = "a test helper reports by panicking")]

mod data;
mod golden;
mod numbers;
mod reader;
