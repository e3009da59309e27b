//! WebP images (`.webp`).
//!
//! # What it stores
//!
//! RGB of 8 bits, with or without opacity; without loss, or close to what it was.
//!
//! # What pimage reads
//!
//! Both kinds. Of an animated image only the first picture is read; a colour profile changes no pixel.
//!
//! # What it writes
//!
//! Lossless images of `uint8`: RGB with or without opacity.
//!
//! # What is lost
//!
//! Nothing of the pixels, but gray comes back as RGB, for WebP has no gray.
//!
//! # Specification
//!
//! <https://www.rfc-editor.org/rfc/rfc9649>

#[cfg(feature = "webp")]
mod decode;
#[cfg(feature = "webp")]
mod encode;

use pimage_core::SampleType;

use crate::Codec;

/// The row of the table.
#[cfg(feature = "webp")]
pub(crate) static CODEC: Codec = Codec {
    read_format: Some(decode::format),
    read_metadata: Some(decode::metadata),
    encoder: Some(encode::encode),
    decoder: Some(decode::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "webp"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "WebP image",
    extensions: &["webp"],
    samples: &[SampleType::U8],
    bits: (8, 8),
    max_side: 1 << 14,
    note: Some(note),
    ..Codec::unbuilt("webp", "WebP", detect)
};

fn detect(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}

fn note(format: &pimage_core::FrameFormat) -> Option<String> {
    use pimage_core::Color;
    match format.color {
        Color::Gray | Color::GrayAlpha => {
            Some("WebP has no gray: the images are RGB of equal channels".to_owned())
        }
        _ => None,
    }
}
