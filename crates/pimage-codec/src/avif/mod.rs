//! AVIF images (`.avif`).
//!
//! # What it stores
//!
//! Gray and colour of 8, 10 and 12 bits, with or without opacity, as a picture of AV1 in boxes.
//!
//! # What pimage reads
//!
//! Single pictures of all depths and subsamplings, with their opacity: 8 bits become `uint8`, more become `uint16` of that depth. Rotation,
//! mirroring and clean apertures change no pixel. Pictures that are put together of tiles are not read.
//!
//! # What it writes
//!
//! `uint8`, and `uint16` of 10 and 12 bits, through libaom.
//!
//! # What is lost
//!
//! Detail, by the factor; nothing where that is asked for, for which RGB is stored as it is.
//!
//! # Specification
//!
//! <https://aomediacodec.github.io/av1-avif/>, ISO/IEC 23008-12.

#[cfg(feature = "ffmpeg")]
mod boxes;
#[cfg(feature = "ffmpeg")]
mod decode;
#[cfg(feature = "ffmpeg")]
mod encode;
#[cfg(feature = "ffmpeg")]
mod items;

use pimage_core::{FrameFormat, SampleType};

use crate::stream::{AOM_PRESET, COLORS, CRF_AV1, SUBSAMPLING};
use crate::{Codec, Loss};

/// The row of the table.
#[cfg(feature = "ffmpeg")]
pub(crate) static CODEC: Codec = Codec {
    read_format: Some(decode::format),
    encoder: Some(encode::encode),
    decoder: Some(decode::decode),
    payload_of: Some(decode::payload),
    probe: || crate::stream::probe(pimage_video::still::Encoder::Aom),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "ffmpeg"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "AVIF image: AV1 by libaom",
    extensions: &["avif"],
    feature: "ffmpeg",
    loss: Loss::UnlessAsked,
    scales: &[CRF_AV1],
    options: &[AOM_PRESET, SUBSAMPLING, COLORS],
    samples: &[SampleType::U8, SampleType::U16],
    bits: (8, 12),
    max_side: 65_535,
    payload: "the open bitstream units, without the file's boxes",
    refuse,
    ..Codec::unbuilt("avif", "AVIF", detect)
};

/// A file type box that names a brand of AVIF.
fn detect(head: &[u8]) -> bool {
    let Some(length) = head.first_chunk().map(|four| u32::from_be_bytes(*four)) else {
        return false;
    };
    let brands = head
        .get(8..(length as usize).min(head.len()))
        .unwrap_or(&[]);
    head.get(4..8) == Some(b"ftyp")
        && brands
            .chunks_exact(4)
            .any(|brand| brand == b"avif" || brand == b"avis")
}

/// Depths that AV1 does not have.
fn refuse(format: &FrameFormat) -> Option<&'static str> {
    let is_stored = match format.sample {
        SampleType::U8 => true,
        _ => matches!(format.bit_depth, 10 | 12),
    };
    (!is_stored).then_some(
        "it stores uint8, and uint16 of 10 and 12 bits; add `--range auto` (or MIN,MAX) to map them to 8 bits, or write `.png` or `.tif`, which keep every depth",
    )
}
