//! PNG images (`.png`).
//!
//! # What it stores
//!
//! Gray of 1, 2, 4, 8 or 16 bits, RGB of 8 or 16 bits, either with opacity, or up to 256 colours of a palette; without loss.
//!
//! # What pimage reads
//!
//! All of it, interlaced or not, with the values that are stored: gray of 1, 2 and 4 bits is not stretched to 8 bits but says so in the bit depth.
//! A palette becomes the colours that it names: gray when all of them are gray, with opacity when one of them is not opaque.
//! A colour that stands for transparent (`tRNS`) becomes an opacity channel.
//! Colour profiles and gamma change no pixel.
//! Of an animated image only the default image is read.
//!
//! # What it writes
//!
//! `uint8` and `uint16` in every colour, and gray of 1, 2 and 4 bits packed.
//! Any other bit depth is said in a text of the keyword `pimage`; `sBIT` is not used for it, because there the significant bits are the upper ones.
//!
//! # What is lost
//!
//! Nothing of the pixels.
//!
//! # Specification
//!
//! <https://www.w3.org/TR/png-3/>

#[cfg(feature = "png")]
mod decode;
#[cfg(feature = "png")]
mod encode;
#[cfg(feature = "png")]
mod expand;
#[cfg(feature = "png")]
mod open;

use pimage_core::SampleType;

use crate::{COMPRESSION, Choice, Codec, Values};

/// The row of the table.
#[cfg(feature = "png")]
pub(crate) static CODEC: Codec = Codec {
    read_format: Some(open::format),
    read_metadata: Some(open::metadata),
    encoder: Some(encode::encode),
    decoder: Some(decode::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "png"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "PNG image",
    extensions: &["png"],
    options: &[Choice {
        name: COMPRESSION,
        help: "how hard to compress",
        values: Values::Text(
            "`none`, `fast`, or `1` (quickest) to `9` (smallest)",
            takes_compression,
        ),
        usual: "fast",
    }],
    samples: &[SampleType::U8, SampleType::U16],
    bits: (1, 16),
    max_side: 0x7FFF_FFFF,
    ..Codec::unbuilt("png", "PNG", detect)
};

#[cfg(feature = "png")]
fn takes_compression(text: &str) -> bool {
    encode::effort_of(text).is_some()
}

#[cfg(not(feature = "png"))]
fn takes_compression(_: &str) -> bool {
    true
}

fn detect(head: &[u8]) -> bool {
    head.starts_with(b"\x89PNG\r\n\x1a\n")
}
