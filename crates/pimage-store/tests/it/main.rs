//! pimage-store as its users have it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test reports by panicking"
)]

mod chosen;
mod crash;
mod emptied;
mod followed;
mod index;
mod kit;
mod power;
mod reader;
mod repaired;
mod unharmed;
mod writer;
