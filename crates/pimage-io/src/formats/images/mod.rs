//! Still images: one, a folder, a pattern of names, a list.

use crate::{Format, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "images",
    title: "still images, one or a folder of them",
    extensions: &[
        "png", "jpg", "jpeg", "bmp", "pgm", "ppm", "pnm", "pam", "webp",
    ],
    detect: Some(detect),
    feature: "images",
    open: None,
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.is_folder || pimage_codec::by_content(probe.head).is_some()
}

/// Whether a name stands for several files: `*`, `?` and `[` of a shell, or a number as in `img_%05d.png`; or a list, `@names.txt`.
pub(crate) fn is_pattern(path: &std::path::Path) -> bool {
    let _ = path;
    false
}
