//! Windows bitmaps (`.bmp`).
//!
//! # What it stores
//!
//! Up to 256 colours of a palette, or RGB of up to 8 bits a channel, the last row first; without loss.
//!
//! # What pimage reads
//!
//! Palettes of 1, 4 and 8 bits, also run-length coded, 16, 24 and 32 bits with the usual or any other masks, in headers of every age.
//! A palette becomes the colours that it names: gray when all of them are gray.
//! Channels of fewer than 8 bits are stretched to 8, so that full intensity is 255.
//! The fourth byte of 32 bits is opacity where a mask says so and is skipped where none does.
//!
//! # What it writes
//!
//! `uint8` as a gray palette, 24 bits of RGB, or 32 bits with opacity.
//!
//! # What is lost
//!
//! Nothing of the pixels.
//!
//! # Specification
//!
//! <https://learn.microsoft.com/en-us/windows/win32/gdi/bitmap-storage>

#[cfg(feature = "bmp")]
mod decode;
#[cfg(feature = "bmp")]
mod encode;
#[cfg(feature = "bmp")]
mod header;
#[cfg(feature = "bmp")]
mod masks;
#[cfg(feature = "bmp")]
mod runs;

use pimage_core::{Color, SampleType};

use crate::Codec;

/// The row of the table.
#[cfg(feature = "bmp")]
pub(crate) static CODEC: Codec = Codec {
    read_format: Some(header::format),
    read_metadata: Some(header::metadata),
    encoder: Some(encode::encode),
    decoder: Some(decode::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "bmp"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "Windows bitmap",
    extensions: &["bmp", "dib"],
    samples: &[SampleType::U8],
    colors: &[Color::Gray, Color::Rgb, Color::Rgba],
    bits: (8, 8),
    max_side: 0x7FFF_FFFF,
    ..Codec::unbuilt("bmp", "BMP", detect)
};

/// The two letters, and a header of a size that exists.
fn detect(head: &[u8]) -> bool {
    let size = head.get(14..).and_then(|rest| rest.first_chunk());
    head.starts_with(b"BM")
        && size.is_some_and(|size| {
            matches!(
                u32::from_le_bytes(*size),
                12 | 16 | 40 | 52 | 56 | 64 | 108 | 124
            )
        })
}
