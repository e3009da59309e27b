//! `open()` and `create()`: every format that pimage reads and writes, behind one call each.
//!
//! ```
//! use pimage_core::{Error, Frame};
//! use pimage_io::{ReadOptions, WriteOptions, create, open};
//!
//! fn convert(input: &str, output: &str) -> Result<u64, Error> {
//!     let mut reader = open(input, &ReadOptions::default())?;
//!     let mut writer = create(output, reader.info(), &WriteOptions::default())?;
//!     let mut frame = Frame::empty();
//!     while reader.read_into(&mut frame)? {
//!         writer.write(&frame)?;
//!     }
//!     Ok(writer.finish()?.frames)
//! }
//! # let error = convert("missing.seq", "out.npy").expect_err("there is no such file");
//! # assert_eq!(error.to_string(), "cannot open `missing.seq`");
//! ```
//!
//! [`FORMATS`] is the table of what is known; pages of the modules behind it say what each format keeps and loses.

mod bytes;
mod create;
mod flat;
mod foreign;
mod format;
mod formats;
mod gather;
mod noted;
mod open;
mod options;
#[cfg(any(feature = "grib", feature = "netcdf"))]
mod positions;
mod source;
mod summary;
mod target;
mod times;
mod wrap;

use pimage_codec::samples;

pub use create::{create, create_stream, writes_over};
pub use format::{CreateWriter, FORMATS, Format, OpenReader, Probe};
pub use formats::images::numbered_name;
pub use formats::npy::NpyWriter;
pub use formats::raw::{RawPacking, RawSpec};
pub use open::{open, open_stream, split_variable};
pub use options::{Dither, GifOptions, ReadOptions, TiffMetadata, WriteOptions, ZarrOptions};
