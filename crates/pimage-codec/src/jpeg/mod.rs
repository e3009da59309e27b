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
//! Gray and RGB `uint8`, baseline or progressive, with a quality of 1 to 100 (usually 95); colour at half resolution below 90, unless `subsampling` says otherwise.
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

use pimage_core::{Color, SampleType};

use crate::{Choice, Codec, Loss, Scale, Values};

/// The option that sets the resolution of the colour.
const SUBSAMPLING: &str = "subsampling";

/// The option that makes Huffman codes for the image.
const OPTIMIZED: &str = "optimized";

/// The option that stores coarse to fine.
const PROGRESSIVE: &str = "progressive";

/// The row of the table.
#[cfg(feature = "jpeg")]
pub(crate) static CODEC: Codec = Codec {
    read_format: Some(header::format),
    read_metadata: Some(header::metadata),
    encoder: Some(encode::encode),
    decoder: Some(library::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "jpeg"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "JPEG image",
    extensions: &["jpg", "jpeg", "jpe"],
    loss: Loss::Always,
    scales: &[Scale {
        name: "quality",
        help: "libjpeg's quality",
        range: (1.0, 100.0),
        is_whole: true,
        usual: 95.0,
        steps: &[10.0, 30.0, 50.0, 70.0, 80.0, 90.0, 95.0],
    }],
    options: &[
        Choice {
            name: SUBSAMPLING,
            help: "resolution of the colour; full from quality 90 on, half below; gray keeps none of it",
            values: Values::OneOf(&["4:4:4", "4:2:2", "4:2:0", "gray"]),
            usual: "",
        },
        Choice {
            name: OPTIMIZED,
            help: "Huffman codes made for the image: smaller files, more time",
            values: Values::Flag,
            usual: "false",
        },
        Choice {
            name: PROGRESSIVE,
            help: "coarse to fine: smaller files, more time",
            values: Values::Flag,
            usual: "false",
        },
    ],
    samples: &[SampleType::U8],
    colors: &[Color::Gray, Color::Rgb],
    bits: (8, 8),
    max_side: 0xFFFF,
    ..Codec::unbuilt("jpeg", "JPEG", detect)
};

fn detect(head: &[u8]) -> bool {
    head.starts_with(b"\xFF\xD8\xFF")
}
