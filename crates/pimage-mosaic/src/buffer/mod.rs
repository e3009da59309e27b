//! Resized frames kept in compressed chunks, so that a source is decoded once.
//!
//! [`Buffered`] is a reader over any reader, which answers in any order; what it keeps, all of them together, is bounded by a [`BufferPool`].
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

mod chunk;
mod chunks;
#[cfg(feature = "zarr")]
mod place;
mod pool;
mod ranges;
mod reader;
#[cfg(feature = "zarr")]
mod stamps;
#[cfg(feature = "zarr")]
mod store;
#[cfg(not(feature = "zarr"))]
#[path = "store_absent.rs"]
mod store;

pub use pool::{BufferMode, BufferOptions, BufferPool};
pub use reader::Buffered;
