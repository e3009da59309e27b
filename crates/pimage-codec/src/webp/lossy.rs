//! The library in C: libwebp, which writes lossy images, and lossless ones smaller and slower.

use std::path::PathBuf;

use libwebp::{Encoder, PixelLayout, WebPConfig};
use pimage_core::{Error, Frame};

use super::EFFORT;
use crate::gray::rgb_bytes;
use crate::held::cannot_hold;
use crate::settings::Asked;

/// Greatest width and height, pixels.
const MAX_SIDE: u32 = (1 << 14) - 1;

/// What libwebp calls quality where nothing is lost: how long it searches, of 100.
const LOSSLESS_SEARCH: f32 = 75.0;

/// Appends the image to `out`.
pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    if format.width.max(format.height) > MAX_SIDE {
        let hint =
            format!("libwebp has at most {MAX_SIDE} pixels a side; `.png` has no such bound");
        return Err(cannot_hold("WebP", format, hint));
    }
    let failed = |reason: String| Error::Codec {
        codec: "webp".to_owned(),
        path: PathBuf::new(),
        frame: None,
        reason,
    };
    let mut config =
        WebPConfig::new().map_err(|()| failed("libwebp is of another version".to_owned()))?;
    config.lossless = i32::from(asked.is_lossless());
    config.exact = config.lossless;
    config.quality = match asked.is_lossless() {
        true => LOSSLESS_SEARCH,
        false => asked.quality_or_usual() as f32,
    };
    if let Some(effort) = asked.number(EFFORT) {
        config.method = effort as i32;
    }
    config.thread_level = i32::from(asked.threads() > 1);
    let layout = if format.color.has_alpha() {
        PixelLayout::Rgba
    } else {
        PixelLayout::Rgb
    };
    let pixels = rgb_bytes(frame);
    let bytes = Encoder::new(&pixels, layout, format.width, format.height)
        .encode_advanced(&config)
        .map_err(|error| failed(format!("{error:?}")))?;
    out.extend_from_slice(&bytes);
    Ok(())
}
