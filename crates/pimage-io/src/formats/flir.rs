//! FLIR thermal recordings (`.seq`, `.fff`): recognised, so that the error names them.
//!
//! # What it stores
//!
//! Concatenated FFF files, each with a raw 16-bit image and the constants from which temperatures are computed.
//!
//! # What pimage reads
//!
//! Nothing yet: the error says what the file is.

use std::path::Path;

use pimage_core::{Error, FrameReader};

use crate::{Format, Probe, ReadOptions};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "flir",
    title: "FLIR thermal recording (recognised, not read)",
    extensions: &["fff"],
    reads: "recognised and named in the error",
    writes: "",
    detect: Some(detect),
    feature: "",
    open: Some(open),
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.head.starts_with(b"FFF\0")
}

fn open(path: &Path, _options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let reason = "a FLIR thermal recording (FFF), which pimage does not read";
    Err(Error::unsupported(path, reason))
}
