//! NorPix StreamPix recordings (`.seq`): a header of 1024 bytes, then images, each with its time.
//!
//! # What it stores
//!
//! Gray, Bayer and colour images in many layouts, uncompressed or compressed one by one, with the time of each in the recorder's local clock.
//!
//! # What pimage reads
//!
//! Versions 3 to 5; gray and Bayer of 8 to 16 bits in either byte order, with the unused bits above or below (shifted down); 10 and 12 bits packed;
//! BGR, RGB and BGRx; JPEG, and the JPEG and PNG that a MATLAB toolbox writes.
//! Bayer images stay raw gray with `bayer_pattern` in the metadata, unless `demosaic` asks for RGB by bilinear interpolation.
//! Each frame has its time to the microsecond (to the millisecond before version 5), with the header's time offset added.
//! A loop recording begins with its oldest frame.
//! The frame count is the lesser of what the header promises and what the file holds, or the latter when the header was never finished;
//! `norpix_frames_disagree` in the metadata says so when they differ.
//!
//! Two things could not be checked with a file: p-packed samples are taken as GenICam `p` (lowest bit first), 8448 ones as GigE Vision packed;
//! Bayer codes 0 to 3 are GBRG, GRBG, BGGR, RGGB (`norpix_bayer_code` keeps the code).
//!
//! # What it writes
//!
//! Nothing.
//!
//! # What is lost
//!
//! Side files (`.seq.metadata`); the reserved parts of the header.
//!
//! # Specification
//!
//! The header as the maker's notes for developers describe it.

mod compressed;
mod demosaic;
mod header;
mod pixels;
mod reader;

use crate::{Format, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "norpix",
    title: "NorPix StreamPix recording (.seq)",
    extensions: &["seq"],
    reads: "versions 3 to 5: mono 8 to 16 bit, packed, Bayer, BGR, JPEG",
    writes: "",
    detect: Some(detect),
    feature: "",
    open: Some(reader::open),
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.head.starts_with(&header::MAGIC.to_le_bytes())
}

/// Whether a header was reserved and never filled in.
pub(crate) fn is_empty_header(head: &[u8]) -> bool {
    let header = head.get(..header::BYTES);
    header.is_some_and(|header| header.iter().all(|byte| *byte == 0))
}
