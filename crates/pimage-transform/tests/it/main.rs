//! Operations over every format, and chains over readers.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper reports by panicking"
)]

mod chain;
mod filter;
mod intensity;
mod table;
mod text;
mod time;
