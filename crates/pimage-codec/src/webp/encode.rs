//! From a frame to the bytes of a file.

use std::path::PathBuf;

use image_webp::{ColorType, WebPEncoder};
use pimage_core::{Color, Error, Frame};

use super::EFFORT;
#[cfg(feature = "libwebp")]
use super::lossy::encode as through_libwebp;
use crate::settings::Asked;

/// Appends the image to `out`.
pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    // The library in Rust has neither.
    if !asked.is_lossless() || asked.text(EFFORT).is_some() {
        return through_libwebp(frame, asked, out);
    }
    let format = frame.format();
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

#[cfg(not(feature = "libwebp"))]
fn through_libwebp(_: &Frame, _: &Asked<'_>, _: &mut Vec<u8>) -> Result<(), Error> {
    Err(Error::NotBuilt {
        format: "WebP with a quality or an effort".to_owned(),
        feature: "libwebp",
    })
}
