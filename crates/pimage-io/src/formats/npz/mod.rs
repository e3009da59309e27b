//! Archives of numpy arrays (`.npz`).

use crate::{Format, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "npz",
    title: "archive of numpy arrays",
    extensions: &["npz"],
    detect: Some(detect),
    feature: "npz",
    open: None,
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.extension == "npz" && probe.head.starts_with(b"PK")
}
