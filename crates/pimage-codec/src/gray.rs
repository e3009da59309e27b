//! Gray frames in codecs that have colour only.

#[cfg(any(feature = "qoi", feature = "libwebp"))]
use std::borrow::Cow;

#[cfg(any(feature = "qoi", feature = "libwebp"))]
use pimage_core::Frame;
use pimage_core::{Color, FrameFormat};

/// What is lost of gray, in a codec of this name.
pub(crate) fn note(codec: &str, format: &FrameFormat) -> Option<String> {
    match format.color {
        Color::Gray | Color::GrayAlpha => Some(format!(
            "{codec} has no gray: the images are RGB of equal channels"
        )),
        _ => None,
    }
}

/// The pixels of a `uint8` frame as RGB, or with opacity as RGBA.
#[cfg(any(feature = "qoi", feature = "libwebp"))]
pub(crate) fn rgb_bytes(frame: &Frame) -> Cow<'_, [u8]> {
    let bytes = frame.bytes();
    match frame.format().color {
        Color::Gray => Cow::Owned(bytes.iter().flat_map(|&gray| [gray; 3]).collect()),
        Color::GrayAlpha => {
            let pixels = bytes.as_chunks().0.iter();
            Cow::Owned(
                pixels
                    .flat_map(|&[gray, opacity]| [gray, gray, gray, opacity])
                    .collect(),
            )
        }
        _ => Cow::Borrowed(bytes),
    }
}
