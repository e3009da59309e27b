//! Archives of numpy arrays (`.npz`).
//!
//! # What it stores
//!
//! Named arrays, each as an `.npy` file in a ZIP archive, as they are or deflated.
//!
//! # What pimage reads
//!
//! One array, by its name (`a.npz:x`) or the only one of two or more dimensions, as `.npy` is read: any type, order and axes that frames hold.
//! Numbers that are stored as they are come from a memory map; deflated ones are inflated as they are read, once in order, and again from the start for each step back.
//! `times` (seconds) and `numbers` beside an array `frames` become the stamps of its frames.
//! A checksum that is wrong is damage, noticed when the last frame of an array that was read in order is reached.
//! Nothing is ever unpickled; encrypted members and other compressions are refused.
//! Memory is that of a frame (or a block of 64 MiB when frames lie between each other), whatever a member claims to hold.
//!
//! # What it writes
//!
//! As `np.savez` does: the member `frames`, as `.npy` is written, then `times` where frames have times and `numbers` where all have numbers.
//! `--compression deflate` (`deflate=1` to `deflate=9`) is `np.savez_compressed`. ZIP64 where sizes need it.
//! The table of contents comes last: of the temporary file of a writer that was killed without compression, `--raw WIDTHxHEIGHT:TYPE,offset=188` reads the frames.
//!
//! # What is lost
//!
//! What `.npy` loses, but for numbers and times (to the precision of seconds as a 64-bit float; whether since the start or the epoch is lost).
//!
//! # Specification
//!
//! <https://numpy.org/doc/stable/reference/generated/numpy.savez.html> and APPNOTE.TXT of ZIP, version 6.3.10.

#[cfg(feature = "npz")]
mod archive;
#[cfg(feature = "npz")]
mod columns;
#[cfg(feature = "npz")]
mod deflate;
#[cfg(feature = "npz")]
pub(crate) mod member;
#[cfg(feature = "npz")]
mod reader;
#[cfg(feature = "npz")]
mod writer;
#[cfg(feature = "npz")]
mod zip;

use crate::{Format, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "npz",
    title: "archive of numpy arrays",
    extensions: &["npz"],
    reads: "stored and deflated arrays by name (`a.npz:x`)",
    writes: "frames, times and numbers",
    detect: Some(detect),
    feature: "npz",
    #[cfg(feature = "npz")]
    open: Some(reader::open),
    #[cfg(not(feature = "npz"))]
    open: None,
    #[cfg(feature = "npz")]
    create: Some(writer::create),
    #[cfg(not(feature = "npz"))]
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.extension == "npz" && probe.head.starts_with(b"PK")
}
