//! JPEG images (`.jpg`).
//!
//! # What it stores
//!
//! Gray or colour of 8 bits, close to what it was.
//!
//! # What pimage reads
//!
//! Baseline and progressive images with Huffman codes: gray stays gray, colour becomes RGB.
//! The orientation in the EXIF data is told and not applied; a colour profile changes no pixel.
//! CMYK, 12-bit, lossless and arithmetic-coded images are refused by name.
//! Two decoders may differ by a level or two where the format leaves the rounding and the interpolation of colour open.
//!
//! # What it writes
//!
//! Gray and RGB `uint8`, baseline, with a quality of 1 to 100 (usually 95); colour at half resolution below 90.
//!
//! # What is lost
//!
//! Detail, by the quality.
//!
//! # Specification
//!
//! ITU-T T.81, <https://www.w3.org/Graphics/JPEG/itu-t81.pdf>; JFIF: ITU-T T.871.

#[cfg(feature = "jpeg")]
mod encode;
#[cfg(feature = "jpeg")]
mod exif;
#[cfg(feature = "jpeg")]
mod header;
#[cfg(all(feature = "jpeg", not(feature = "turbojpeg")))]
mod rust;
#[cfg(feature = "turbojpeg")]
mod turbo;
#[cfg(all(feature = "jpeg", not(feature = "turbojpeg")))]
use rust as library;
#[cfg(feature = "turbojpeg")]
use turbo as library;

use crate::Codec;

/// The row of the table.
#[cfg(feature = "jpeg")]
pub(crate) static CODEC: Codec = Codec {
    format: Some(header::format),
    metadata: Some(header::metadata),
    encode: Some(encode::encode),
    decode: Some(library::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "jpeg"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "JPEG image",
    extensions: &["jpg", "jpeg", "jpe"],
    is_lossless: false,
    ..Codec::unbuilt("jpeg", detect)
};

fn detect(head: &[u8]) -> bool {
    head.starts_with(b"\xFF\xD8\xFF")
}
