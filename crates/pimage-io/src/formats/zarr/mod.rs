//! Zarr arrays and OME-Zarr images (`.zarr`).

use crate::{Format, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "zarr",
    title: "Zarr array or OME-Zarr image",
    extensions: &["zarr"],
    detect: Some(detect),
    feature: "zarr",
    open: None,
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.is_folder
        && ["zarr.json", ".zarray", ".zgroup"]
            .iter()
            .any(|name| probe.path.join(name).is_file())
}
