//! YUV4MPEG2 (`.y4m`): uncompressed video with a line of text before the stream and before each frame.
//!
//! # What it stores
//!
//! Planes of luma and chroma, or luma alone, of 8 to 16 bits, and a constant rate.
//!
//! # What pimage reads
//!
//! `mono` of 8 to 16 bits as gray, unchanged; 4:2:0, 4:2:2, 4:4:4 (8, 10, 12, 14, 16 bits) and 4:1:1 (8 bits) as RGB, or as gray with `gray`.
//! Range is limited unless `XCOLORRANGE=FULL`; for gray it is not heeded.
//! Luma below black counts as black.
//! The matrix, which y4m does not tell, is BT.601 below 720 rows, else BT.709. Chroma samples are repeated, not interpolated.
//! Files seek; streams do not.
//!
//! # What it writes
//!
//! Gray of 8 to 16 bits as `mono`, unchanged: FFmpeg reads the same levels.
//! RGB as 4:4:4, full range, by the same matrix rule: this loses up to two levels, which the summary says; with `lossless` it is refused.
//!
//! # What is lost
//!
//! Times other than a constant rate, frame numbers, metadata; exact RGB.
//!
//! # Specification
//!
//! <https://wiki.multimedia.cx/index.php/YUV4MPEG2>, with the names of more than 8 bits as FFmpeg has them.

mod layout;
mod pixels;
mod reader;
mod writer;

use crate::{Format, Probe};

pub(crate) use self::reader::open_stream;
pub(crate) use self::writer::create_stream;

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "y4m",
    title: "uncompressed video with text headers (YUV4MPEG2)",
    extensions: &["y4m"],
    reads: "gray, 4:2:0, 4:2:2, 4:4:4",
    writes: "the same",
    detect: Some(detect),
    feature: "",
    open: Some(reader::open),
    create: Some(writer::create),
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.head.starts_with(layout::MAGIC)
}
