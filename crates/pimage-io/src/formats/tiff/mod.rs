//! TIFF stacks (`.tif`).

#[cfg(feature = "tiff")]
mod writer;

use crate::{CreateWriter, Format, Probe};

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
    open: None,
    create: CREATE,
};

fn detect(probe: &Probe<'_>) -> bool {
    matches!(
        probe.head.first_chunk(),
        Some(b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+")
    )
}
