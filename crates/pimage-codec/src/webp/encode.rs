//! From a frame to the bytes of a file.

use std::path::PathBuf;

use image_webp::{ColorType, WebPEncoder};
use pimage_core::{Color, Error, Frame, SampleType};

use crate::EncodeOptions;
use crate::held::{cannot_hold, check_held};
use crate::options::{refuse_compression, refuse_quality};

/// Greatest width and height, pixels.
const MAX_SIDE: u32 = 1 << 14;

/// Appends the image to `out`.
pub(super) fn encode(
    frame: &Frame,
    options: &EncodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    refuse_quality("WebP", options)?;
    refuse_compression("WebP", options)?;
    let format = check_held("WebP", frame)?;
    if format.sample != SampleType::U8 || format.bit_depth != 8 {
        return Err(cannot_hold(
            "WebP",
            format,
            "it stores uint8 of 8 bits; add `--range auto` (or MIN,MAX) to map them, or write .png, .tif or .npy, which keep them as they are",
        ));
    }
    if format.width.max(format.height) > MAX_SIDE {
        let hint = format!("it has at most {MAX_SIDE} pixels a side; `.png` has no such bound");
        return Err(cannot_hold("WebP", format, hint));
    }
    let color = match format.color {
        Color::Gray => ColorType::L8,
        Color::GrayAlpha => ColorType::La8,
        Color::Rgb => ColorType::Rgb8,
        _ => ColorType::Rgba8,
    };
    WebPEncoder::new(out)
        .encode(frame.bytes(), format.width, format.height, color)
        .map_err(|error| Error::Codec {
            codec: "webp".to_owned(),
            path: PathBuf::new(),
            frame: None,
            reason: error.to_string(),
        })
}
