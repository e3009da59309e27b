//! TIFF pages: directories, strips and tiles.
//!
//! The parser is pimage's own because pages are decoded on several threads at once, each from bytes of its own window of the file,
//! because a chain of 50,000 directories is walked without reading one page, and because every dialect needs tags as they are:
//! the `tiff` crate reads through one seeking reader and parses each directory that it passes.
//! What unpacks the strips are libraries.

pub mod chain;
mod decode;
pub mod encode;
mod flaw;
pub mod ifd;
mod jpeg;
mod line;
pub mod page;
mod predict;
pub mod tags;
mod unpack;
mod ycbcr;

pub use decode::PageDecoder;
pub use flaw::Flaw;
pub use line::copy_samples;
