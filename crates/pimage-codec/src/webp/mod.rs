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
//! `uint8`, RGB with or without opacity: lossless images, and lossy ones where a quality is given.
//!
//! # What is lost
//!
//! Detail, by the quality, where one is given; opacity never.
//! Gray comes back as RGB, for WebP has no gray.
//!
//! # Specification
//!
//! <https://www.rfc-editor.org/rfc/rfc9649>

#[cfg(feature = "webp")]
mod decode;
#[cfg(feature = "webp")]
mod encode;
#[cfg(feature = "libwebp")]
mod lossy;

use pimage_core::SampleType;

use crate::{Choice, Codec, Loss, Scale, Values};

/// The option that sets how hard to search.
const EFFORT: &str = "effort";

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
    loss: Loss::WithQuality,
    scales: &[Scale {
        name: "quality",
        help: "libwebp's quality; without one nothing is lost",
        range: (0.0, 100.0),
        is_whole: false,
        usual: 75.0,
        steps: &[10.0, 30.0, 50.0, 70.0, 80.0, 90.0, 95.0],
    }],
    options: &[Choice {
        name: EFFORT,
        help: "how hard libwebp searches, from 0 (quickest); without a quality and an effort a quicker library writes",
        values: Values::Whole(0, 6),
        usual: "",
    }],
    note: Some(|format| crate::gray::note("WebP", format)),
    ..Codec::unbuilt("webp", "WebP", detect)
};

fn detect(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}
