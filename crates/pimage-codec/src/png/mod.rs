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

use crate::Codec;

/// The row of the table.
#[cfg(feature = "png")]
pub(crate) static CODEC: Codec = Codec {
    format: Some(open::format),
    metadata: Some(open::metadata),
    encode: Some(encode::encode),
    decode: Some(decode::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "png"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "PNG image",
    extensions: &["png"],
    ..Codec::unbuilt("png", detect)
};

fn detect(head: &[u8]) -> bool {
    head.starts_with(b"\x89PNG\r\n\x1a\n")
}
