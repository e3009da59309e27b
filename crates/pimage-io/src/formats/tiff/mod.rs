//! TIFF stacks (`.tif`).

#[cfg(feature = "tiff")]
mod describe;
#[cfg(feature = "tiff")]
mod file;
#[cfg(feature = "tiff")]
mod imagej;
#[cfg(feature = "tiff")]
mod lsm;
#[cfg(feature = "tiff")]
mod ome;
#[cfg(feature = "tiff")]
mod reader;
#[cfg(feature = "tiff")]
mod sequence;
#[cfg(feature = "tiff")]
mod shaped;
#[cfg(feature = "tiff")]
mod stk;
#[cfg(feature = "tiff")]
mod writer;

use crate::{CreateWriter, Format, OpenReader, Probe};

#[cfg(feature = "tiff")]
const OPEN: Option<OpenReader> = Some(reader::open);
#[cfg(not(feature = "tiff"))]
const OPEN: Option<OpenReader> = None;

#[cfg(feature = "tiff")]
const CREATE: Option<CreateWriter> = Some(writer::create);
#[cfg(not(feature = "tiff"))]
const CREATE: Option<CreateWriter> = None;

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "tiff",
    title: "TIFF stack",
    extensions: &["tif", "tiff", "btf", "stk", "lsm"],
    detect: Some(detect),
    feature: "tiff",
    open: OPEN,
    create: CREATE,
};

fn detect(probe: &Probe<'_>) -> bool {
    matches!(
        probe.head.first_chunk(),
        Some(b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+")
    )
}
