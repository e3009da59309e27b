//! TIFF stacks (`.tif`).

use crate::{Format, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "tiff",
    title: "TIFF stack",
    extensions: &["tif", "tiff", "btf", "stk", "lsm"],
    detect: Some(detect),
    feature: "tiff",
    open: None,
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    matches!(
        probe.head.first_chunk(),
        Some(b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+")
    )
}
