//! JPEG XL images (`.jxl`).
//!
//! # What it stores
//!
//! Gray and colour of up to 32 bits and floats, with or without opacity; without loss, or by a distance as the eye sees it.
//!
//! # What pimage reads
//!
//! Files and bare codestreams, without a system library: integers of up to 8 bits become `uint8`, of up to 16 `uint16` of that
//! depth, floats `float32`. Of an animation the first picture is read; a colour profile changes no pixel.
//!
//! # What it writes
//!
//! `uint8` and `uint16`, through libjxl; not floats, of which libjxl 0.7 garbles some even where nothing may be lost.
//!
//! # What is lost
//!
//! Detail, by the distance.
//!
//! # Specification
//!
//! ISO/IEC 18181.

#[cfg(feature = "jxl")]
mod decode;
#[cfg(feature = "ffmpeg")]
mod encode;

use pimage_core::{FrameFormat, SampleType};

use crate::{Choice, Codec, Loss, Scale, Values};

/// The row of the table.
#[cfg(all(feature = "jxl", feature = "ffmpeg"))]
pub(crate) static CODEC: Codec = Codec {
    encoder: Some(encode::encode),
    probe: || crate::stream::probe(pimage_video::still::Encoder::Jxl),
    ..READING
};

/// The row of the table.
#[cfg(all(feature = "jxl", not(feature = "ffmpeg")))]
pub(crate) static CODEC: Codec = READING;

/// The row of the table.
#[cfg(not(feature = "jxl"))]
pub(crate) static CODEC: Codec = UNBUILT;

#[cfg(feature = "jxl")]
const READING: Codec = Codec {
    read_format: Some(decode::format),
    decoder: Some(decode::decode),
    ..UNBUILT
};

const UNBUILT: Codec = Codec {
    title: "JPEG XL image by libjxl",
    extensions: &["jxl"],
    feature: "jxl",
    loss: Loss::UnlessAsked,
    scales: &[Scale {
        name: "distance",
        help: "the greatest Butteraugli distance; 1 is hardly seen",
        range: (0.01, 15.0),
        is_whole: false,
        usual: 1.0,
        steps: &[15.0, 8.0, 4.0, 2.0, 1.0, 0.5],
    }],
    options: &[Choice {
        name: "effort",
        help: "libjxl's effort: greater ones make smaller files",
        values: Values::Whole(1, 9),
        usual: "7",
    }],
    samples: &[SampleType::U8, SampleType::U16],
    bits: (8, 16),
    refuse,
    ..Codec::unbuilt("jxl", "JPEG XL", detect)
};

/// A bare codestream, or the box that begins a file.
fn detect(head: &[u8]) -> bool {
    head.starts_with(&[0xff, 0x0a]) || head.starts_with(b"\0\0\0\x0cJXL \r\n\x87\n")
}

/// Depths that would come back as another.
fn refuse(format: &FrameFormat) -> Option<&'static str> {
    let is_stored = format.sample == SampleType::U8 || format.bit_depth == 16;
    (!is_stored)
        .then_some("it stores uint8, and uint16 of 16 bits; `.png` and `.tif` keep every depth")
}
