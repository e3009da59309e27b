//! Animated GIF (`.gif`).

use crate::{Format, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "gif",
    title: "animated GIF",
    extensions: &["gif"],
    detect: Some(detect),
    feature: "gif",
    open: None,
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.head.starts_with(b"GIF87a") || probe.head.starts_with(b"GIF89a")
}
