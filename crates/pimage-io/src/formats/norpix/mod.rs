//! NorPix StreamPix recordings (`.seq`).

use std::path::Path;

use pimage_core::{Error, FrameReader};

use crate::{Format, Probe, ReadOptions};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "norpix",
    title: "NorPix StreamPix recording (.seq)",
    extensions: &["seq"],
    detect: Some(detect),
    feature: "",
    open: Some(open),
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.head.starts_with(&0xFEED_u32.to_le_bytes())
}

fn open(path: &Path, _options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    Err(Error::unsupported(path, "a NorPix recording"))
}

/// Whether a header was reserved and never filled in.
pub(crate) fn is_empty_header(head: &[u8]) -> bool {
    head.len() >= 1024 && head.iter().take(1024).all(|byte| *byte == 0)
}
