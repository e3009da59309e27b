//! numpy array files (`.npy`).
//!
//! # What it stores
//!
//! One array of numbers of one type, with its shape.
//!
//! # What pimage reads
//!
//! (time, height, width), (time, height, width, 1 to 4 channels), or one frame (height, width); row or column order, either byte order.
//! Any number of dimensions in any order when [`ReadOptions::axes`] has a letter for each: `h` or `y` rows, `w` or `x` columns;
//! `c` is colour when it is last and has 1 to 4 positions, `C` is colour anywhere; every other letter is an axis that the frames run through, in the order of the letters.
//! `bool` becomes `U8` 0 and 1, `int8` becomes `I16` and `float16` becomes `F32`: all exact.
//! 64-bit integers become `F64`, and one that no `F64` is, beyond 2^53, is an error. Complex numbers, records, text and Python objects are refused, because no frame holds them; nothing is ever unpickled.
//! Frames that lie between each other (H×W×T, column order) need a pass over the file for each 64 MiB of frames.
//! Of an array that is cut, the frames before the first one that is not whole are read.
//!
//! # What it writes
//!
//! (time, height, width) for gray, else (time, height, width, channels); row order, little-endian, streamed.
//! With several axes, or planes bundled in a frame, (t, z, c, height, width): as many dimensions as there are axes.
//! [`NpyWriter`] writes frames in any order.
//! The header says how many frames there are when the file is finished: the temporary file of a writer that was killed says 0 and has them all behind 128 bytes (or a multiple of 64 with many axes), which `--raw WIDTHxHEIGHT:TYPE,offset=128` reads.
//!
//! # What is lost
//!
//! Bit depth, colour meaning, names of axes, rate, times and metadata.
//!
//! # Specification
//!
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, versions 1 to 3.

mod array;
mod layout;
mod shape;
mod writer;

use std::path::Path;

use pimage_codec::npy::header::MAGIC;
use pimage_core::{Error, FrameReader};
use pimage_fs::MappedFile;

pub(crate) use self::array::open_array;
#[cfg(feature = "npz")]
pub(crate) use self::array::read_header;
#[cfg(feature = "npz")]
pub(crate) use self::shape::ArrayShape;
pub use self::writer::NpyWriter;
use crate::source::Source;
use crate::{Format, Probe, ReadOptions};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "npy",
    title: "numpy array (time, height, width[, channels])",
    extensions: &["npy"],
    reads: "every real numeric type (64-bit integers as float64 where that is exact), any axes, both orders",
    writes: "(t, y, x[, c]), or the stack's own axes",
    detect: Some(detect),
    feature: "",
    open: Some(open),
    create: Some(writer::create),
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.head.starts_with(MAGIC)
}

fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    if let Some(name) = &options.variable {
        let reason = format!("it is one array, which has no parts: there is no `{name}` in it");
        return Err(Error::unsupported(path, reason));
    }
    let source = Source::Map(MappedFile::open(path)?);
    Ok(Box::new(open_array(path, source, "npy", options)?))
}
