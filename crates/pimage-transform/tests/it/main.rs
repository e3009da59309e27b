//! Operations over every format, and chains over readers.

#![expect(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    reason = "a test helper reports by panicking, and results are exact"
)]

mod chain;
mod color;
mod filter;
mod geometry;
mod intensity;
mod table;
mod text;
mod time;
