//! Operations over every format, and chains over readers.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper reports by panicking"
)]

mod chain;
mod color;
mod filter;
mod geometry;
mod intensity;
mod table;
mod text;
mod time;
