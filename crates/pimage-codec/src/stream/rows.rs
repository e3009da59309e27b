//! The rows of the table.

use pimage_core::{Color, FrameFormat, SampleType};

#[cfg(feature = "ffmpeg")]
use super::coding;
use super::options::{
    AOM_PRESET, COLORS, COLORS_YCBCR, CRF_AV1, CRF_X264, CRF_X265, DEPTH, DEPTH_10, PRESET,
    Q_MJPEG, QP, RANGE, SUBSAMPLING, SVT_PRESET, TUNE_X264, TUNE_X265,
};
use crate::{Codec, Loss};

/// Bare streams are known by their name only.
const fn detect(_head: &[u8]) -> bool {
    false
}

/// Levels of at most eight bits in larger samples, which would come back in smaller ones.
fn refuse(format: &FrameFormat) -> Option<&'static str> {
    (format.sample == SampleType::U16 && format.bit_depth <= 8).then_some(
        "it stores uint16 of more than 8 bits; `.png` and `.tif` keep every depth, and `--range full` maps to 8 bits",
    )
}

/// The row of the table.
#[cfg(feature = "ffmpeg")]
pub(crate) static X264: Codec = Codec {
    read_format: Some(coding::format_h264),
    encoder: Some(coding::encode_x264),
    decoder: Some(coding::decode_h264),
    probe: || coding::probe(pimage_video::still::Encoder::X264),
    ..UNBUILT_X264
};

/// The row of the table.
#[cfg(not(feature = "ffmpeg"))]
pub(crate) static X264: Codec = UNBUILT_X264;

const UNBUILT_X264: Codec = Codec {
    title: "H.264 picture by x264",
    extensions: &["h264", "264"],
    is_file: false,
    feature: "ffmpeg",
    loss: Loss::UnlessAsked,
    scales: &[CRF_X264, QP],
    options: &[PRESET, TUNE_X264, SUBSAMPLING, COLORS, RANGE, DEPTH_10],
    samples: &[SampleType::U8, SampleType::U16],
    colors: &[Color::Gray, Color::Rgb],
    bits: (8, 10),
    max_side: 16_384,
    payload: "the bare stream, without x264's words on itself",
    refuse,
    ..Codec::unbuilt("x264", "x264", detect)
};

/// The row of the table.
#[cfg(feature = "ffmpeg")]
pub(crate) static X265: Codec = Codec {
    read_format: Some(coding::format_hevc),
    encoder: Some(coding::encode_x265),
    decoder: Some(coding::decode_hevc),
    probe: || coding::probe(pimage_video::still::Encoder::X265),
    ..UNBUILT_X265
};

/// The row of the table.
#[cfg(not(feature = "ffmpeg"))]
pub(crate) static X265: Codec = UNBUILT_X265;

const UNBUILT_X265: Codec = Codec {
    title: "HEVC picture by x265",
    extensions: &["hevc", "265"],
    is_file: false,
    feature: "ffmpeg",
    loss: Loss::UnlessAsked,
    scales: &[CRF_X265, QP],
    options: &[PRESET, TUNE_X265, SUBSAMPLING, COLORS, RANGE, DEPTH],
    samples: &[SampleType::U8, SampleType::U16],
    colors: &[Color::Gray, Color::Rgb],
    bits: (8, 12),
    max_side: 16_384,
    payload: "the bare stream, without x265's words on itself",
    refuse,
    ..Codec::unbuilt("x265", "x265", detect)
};

/// The row of the table.
#[cfg(feature = "ffmpeg")]
pub(crate) static AV1: Codec = Codec {
    read_format: Some(coding::format_av1),
    encoder: Some(coding::encode_av1),
    decoder: Some(coding::decode_av1),
    probe: || coding::probe(pimage_video::still::Encoder::Aom),
    ..UNBUILT_AV1
};

/// The row of the table.
#[cfg(not(feature = "ffmpeg"))]
pub(crate) static AV1: Codec = UNBUILT_AV1;

const UNBUILT_AV1: Codec = Codec {
    title: "AV1 picture by libaom",
    extensions: &["obu"],
    is_file: false,
    feature: "ffmpeg",
    loss: Loss::UnlessAsked,
    scales: &[CRF_AV1],
    options: &[AOM_PRESET, SUBSAMPLING, COLORS, RANGE, DEPTH],
    samples: &[SampleType::U8, SampleType::U16],
    colors: &[Color::Gray, Color::Rgb],
    bits: (8, 12),
    max_side: 65_535,
    payload: "the open bitstream units",
    refuse,
    ..Codec::unbuilt("av1", "AV1", detect)
};

/// The row of the table.
#[cfg(feature = "ffmpeg")]
pub(crate) static SVTAV1: Codec = Codec {
    read_format: Some(coding::format_av1),
    encoder: Some(coding::encode_svtav1),
    decoder: Some(coding::decode_av1),
    probe: || coding::probe(pimage_video::still::Encoder::Svt),
    ..UNBUILT_SVTAV1
};

/// The row of the table.
#[cfg(not(feature = "ffmpeg"))]
pub(crate) static SVTAV1: Codec = UNBUILT_SVTAV1;

const UNBUILT_SVTAV1: Codec = Codec {
    title: "AV1 picture by SVT-AV1, 4:2:0 in 8 or 10 bits",
    extensions: &["obu"],
    is_file: false,
    feature: "ffmpeg",
    loss: Loss::Always,
    scales: &[CRF_AV1],
    options: &[SVT_PRESET, COLORS_YCBCR, RANGE, DEPTH_10],
    samples: &[SampleType::U8, SampleType::U16],
    colors: &[Color::Gray, Color::Rgb],
    bits: (8, 10),
    max_side: 8192,
    payload: "the open bitstream units",
    refuse,
    ..Codec::unbuilt("svtav1", "SVT-AV1", detect)
};

/// The row of the table.
#[cfg(feature = "ffmpeg")]
pub(crate) static MJPEG: Codec = Codec {
    read_format: Some(coding::format_jpeg),
    encoder: Some(coding::encode_mjpeg),
    decoder: Some(coding::decode_jpeg),
    probe: || coding::probe(pimage_video::still::Encoder::Mjpeg),
    ..UNBUILT_MJPEG
};

/// The row of the table.
#[cfg(not(feature = "ffmpeg"))]
pub(crate) static MJPEG: Codec = UNBUILT_MJPEG;

const UNBUILT_MJPEG: Codec = Codec {
    title: "JPEG picture by FFmpeg's own encoder",
    extensions: &["jpg"],
    is_file: false,
    feature: "ffmpeg",
    loss: Loss::Always,
    scales: &[Q_MJPEG],
    options: &[SUBSAMPLING],
    samples: &[SampleType::U8],
    colors: &[Color::Gray, Color::Rgb],
    bits: (8, 8),
    max_side: 65_500,
    payload: "the whole JPEG file",
    refuse,
    ..Codec::unbuilt("mjpeg", "MJPEG", detect)
};
