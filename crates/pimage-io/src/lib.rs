//! `open()` and `create()`: every format that pimage reads and writes, behind one call each.

mod create;
mod format;
mod formats;
mod open;
mod options;

pub use create::{create, create_stream};
pub use format::{FORMATS, Format, Probe};
pub use open::{open, open_stream};
pub use options::{RawSpec, ReadOptions, WriteOptions};
