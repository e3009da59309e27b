//! pimage-mosaic as its users have it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test reports by panicking"
)]

mod buffer;
mod layout;
mod layout_file;
mod reader;
mod timing;
