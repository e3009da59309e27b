//! Which frames can be coded, and how well.

use std::path::PathBuf;

use pimage_core::{Color, Error, Frame, SampleType};

use super::library;
use crate::EncodeOptions;
use crate::held::{cannot_hold, check_held};
use crate::options::refuse_compression;

/// Quality when none is asked for: differences are hard to see.
const USUAL_QUALITY: u8 = 95;

/// Appends the image to `out`.
pub(super) fn encode(
    frame: &Frame,
    options: &EncodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    refuse_compression("JPEG", options)?;
    let quality = quality_of(options)?;
    let format = check_held("JPEG", frame)?;
    if options.lossless {
        return Err(cannot_hold(
            "lossless JPEG",
            format,
            "`.png` and `.webp` are lossless",
        ));
    }
    if format.sample != SampleType::U8 || format.bit_depth != 8 {
        return Err(cannot_hold(
            "JPEG",
            format,
            "add `--range auto` (or MIN,MAX) to map them to 8 bits; `.png`, `.tif` and `.npy` keep them as they are",
        ));
    }
    if !matches!(format.color, Color::Gray | Color::Rgb) {
        return Err(cannot_hold(
            "JPEG",
            format,
            "it has no opacity; `.png` and `.webp` have",
        ));
    }
    library::encode(frame, quality, out).map_err(|reason| Error::Codec {
        codec: "jpeg".to_owned(),
        path: PathBuf::new(),
        frame: None,
        reason,
    })
}

fn quality_of(options: &EncodeOptions) -> Result<u8, Error> {
    let Some(text) = options.quality.as_deref() else {
        return Ok(USUAL_QUALITY);
    };
    text.parse()
        .ok()
        .filter(|quality| (1..=100).contains(quality))
        .ok_or_else(|| {
            let expected = "1 (smallest) to 100 (best) for JPEG";
            Error::bad_option("--quality", format!("`{text}`"), expected)
        })
}
