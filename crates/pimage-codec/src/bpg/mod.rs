//! BPG images (`.bpg`): Better Portable Graphics.
//!
//! # What it stores
//!
//! One HEVC picture, without the headers that can be told from a few bytes: gray or colour of 8 to 14 bits, with or without opacity.
//!
//! # What pimage reads
//!
//! Every colour space and subsampling, both ranges, and opacity, of 8, 9, 10 and 12 bits, which are those that FFmpeg decodes:
//! 8 bits become `uint8`, more become `uint16` of that depth.
//! Colours that were multiplied with opacity are divided by it again, and those of CMYK are multiplied with its white.
//! Shared chroma stands for all the pixels that share it. Of an animation the first picture is read.
//! Of EXIF data, colour profiles and XMP the size is told; they change no pixel.
//!
//! # What it writes
//!
//! `uint8`, and `uint16` of 10 or 12 bits, through x265, with a quantiser of 0 to 51 (usually 29): 4:2:0 in the full range of BT.601, unless `colors`
//! and `subsampling` say otherwise; shared chroma is the mean of the pixels that share it.
//! Where no pixel may be lost, gray or RGB as it is.
//!
//! # What is lost
//!
//! Detail, by the quantiser.
//!
//! # Specification
//!
//! <http://www.bellard.org/bpg/bpg_spec.txt>, version 0.9.5; HEVC: ITU-T H.265.

#[cfg(feature = "ffmpeg")]
mod bits;
#[cfg(feature = "ffmpeg")]
mod coding;
#[cfg(feature = "ffmpeg")]
mod decode;
#[cfg(feature = "ffmpeg")]
mod encode;
#[cfg(feature = "ffmpeg")]
mod header;
#[cfg(feature = "ffmpeg")]
mod nal;
#[cfg(feature = "ffmpeg")]
mod parameters;
#[cfg(feature = "ffmpeg")]
mod sequence;
#[cfg(feature = "ffmpeg")]
mod streams;

use pimage_core::{FrameFormat, SampleType};

use crate::stream::X26X_PRESETS;
use crate::{Choice, Codec, Loss, Scale, Values};

/// The option that sets what the planes are.
const COLORS: &str = "colors";

/// The option that sets the resolution of the colour.
const SUBSAMPLING: &str = "subsampling";

/// The option that sets the bits of a stored sample.
const DEPTH: &str = "depth";

/// The option that trades time for size.
const PRESET: &str = "preset";

/// The option that sets what x265 optimises for.
const TUNE: &str = "tune";

/// The row of the table.
#[cfg(feature = "ffmpeg")]
pub(crate) static CODEC: Codec = Codec {
    read_format: Some(decode::format),
    read_metadata: Some(decode::metadata),
    encoder: Some(encode::encode),
    decoder: Some(decode::decode),
    payload_of: Some(decode::payload),
    probe: encode::probe,
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "ffmpeg"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "BPG image: one HEVC picture",
    extensions: &["bpg"],
    feature: "ffmpeg",
    loss: Loss::UnlessAsked,
    scales: &[Scale {
        name: "qp",
        help: "x265's quantiser",
        range: (0.0, 51.0),
        is_whole: true,
        usual: 29.0,
        steps: &[45.0, 40.0, 35.0, 29.0, 24.0, 18.0],
    }],
    options: &[
        Choice {
            name: COLORS,
            help: "what the planes are: luma and chroma of BT.601 (ycbcr), BT.709 or BT.2020, YCgCo or RGB; lossless is always rgb",
            values: Values::OneOf(&["ycbcr", "bt709", "bt2020", "ycgco", "rgb"]),
            usual: "",
        },
        Choice {
            name: SUBSAMPLING,
            help: "resolution of the chroma; usually half (4:2:0), full for RGB",
            values: Values::OneOf(&["4:4:4", "4:2:2", "4:2:0"]),
            usual: "",
        },
        Choice {
            name: DEPTH,
            help: "bits of a stored sample; usually those of the frame, over more of which the levels of uint8 are spread",
            values: Values::OneOf(&["8", "10", "12"]),
            usual: "",
        },
        Choice {
            name: PRESET,
            help: "x265's preset: slower ones make smaller files",
            values: X26X_PRESETS,
            usual: "medium",
        },
        Choice {
            name: TUNE,
            help: "what x265 optimises for",
            values: Values::OneOf(&["psnr", "ssim", "grain", "animation"]),
            usual: "",
        },
    ],
    samples: &[SampleType::U8, SampleType::U16],
    bits: (8, 12),
    max_side: 0xFFFF,
    payload: "the coded picture, without the file's header",
    refuse,
    ..Codec::unbuilt("bpg", "BPG", detect)
};

fn detect(head: &[u8]) -> bool {
    head.starts_with(b"BPG\xFB")
}

/// Depths that x265 does not have.
fn refuse(format: &FrameFormat) -> Option<&'static str> {
    let is_stored = match format.sample {
        SampleType::U8 => true,
        _ => matches!(format.bit_depth, 10 | 12),
    };
    (!is_stored).then_some(
        "x265 stores uint8, and uint16 of 10 or 12 bits; add `--range auto` (or MIN,MAX) to map them to 8 bits, or write `.png` or `.tif`, which keep every depth",
    )
}
