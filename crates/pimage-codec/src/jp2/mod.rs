//! JPEG 2000 images (`.jp2`, `.j2k`).
//!
//! # What it stores
//!
//! Gray and colour of 1 to 38 bits, with or without opacity; without loss, or in as many bytes as are wanted.
//!
//! # What pimage reads
//!
//! Files and bare codestreams of unsigned samples of up to 16 bits, through `OpenJPEG`: up to 8 bits become `uint8`, more become `uint16` of that depth.
//!
//! # What it writes
//!
//! `uint8` and `uint16` of 10, 12, 14 and 16 bits (with opacity of 16), without loss where that is asked for, else by the ratio of
//! sizes or, trying several ratios, by the PSNR that is to be reached.
//!
//! # What is lost
//!
//! Detail, by the ratio.
//!
//! # Specification
//!
//! ITU-T T.800 (ISO/IEC 15444-1).

#[cfg(feature = "ffmpeg")]
mod coding;
#[cfg(feature = "ffmpeg")]
mod header;

use pimage_core::{FrameFormat, SampleType};

use crate::{Choice, Codec, Loss, Scale, Values};

/// The row of the table.
#[cfg(feature = "ffmpeg")]
pub(crate) static CODEC: Codec = Codec {
    read_format: Some(header::format),
    encoder: Some(coding::encode),
    decoder: Some(coding::decode),
    payload_of: Some(header::payload),
    probe: || crate::stream::probe(pimage_video::still::Encoder::OpenJpeg),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "ffmpeg"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "JPEG 2000 image by OpenJPEG",
    extensions: &["jp2", "j2k", "jpf", "jpx", "j2c", "jpc"],
    feature: "ffmpeg",
    loss: Loss::UnlessAsked,
    scales: &[
        Scale {
            name: "ratio",
            help: "bytes of the pixels for each byte of the file; odd ones are taken as the even one below",
            range: (2.0, 1000.0),
            is_whole: true,
            usual: 10.0,
            steps: &[160.0, 80.0, 40.0, 20.0, 10.0, 4.0],
        },
        Scale {
            name: "psnr",
            help: "the peak signal-to-noise ratio to be reached, decibels",
            range: (10.0, 120.0),
            is_whole: false,
            usual: 40.0,
            steps: &[28.0, 32.0, 36.0, 40.0, 44.0, 48.0],
        },
    ],
    options: &[Choice {
        name: "irreversible",
        help: "the wavelet of real numbers, better where something is lost anyway",
        values: Values::Flag,
        usual: "false",
    }],
    samples: &[SampleType::U8, SampleType::U16],
    bits: (8, 16),
    payload: "the codestream, without the file's boxes",
    refuse,
    ..Codec::unbuilt("jp2", "JPEG 2000", detect)
};

/// The box that begins a file, and the markers that begin a codestream.
fn detect(head: &[u8]) -> bool {
    head.starts_with(b"\0\0\0\x0cjP  \r\n\x87\n") || head.starts_with(&[0xff, 0x4f, 0xff, 0x51])
}

/// Depths that would come back as another.
fn refuse(format: &FrameFormat) -> Option<&'static str> {
    let is_stored = match (format.sample, format.color.has_alpha()) {
        (SampleType::U8, _) => true,
        (_, false) => matches!(format.bit_depth, 10 | 12 | 14 | 16),
        (_, true) => format.bit_depth == 16,
    };
    (!is_stored).then_some(
        "it stores uint8, and uint16 of 10, 12, 14 and 16 bits (with opacity of 16); `.png` and `.tif` keep every depth",
    )
}
