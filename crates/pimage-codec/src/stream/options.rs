//! The scales and options that these codecs share.

use crate::{Choice, Scale, Values};

/// The constant rate factor of x264.
pub(super) const CRF_X264: Scale = Scale {
    name: "crf",
    help: "x264's constant rate factor",
    range: (0.0, 51.0),
    is_whole: false,
    usual: 23.0,
    steps: &[45.0, 40.0, 34.0, 28.0, 23.0, 17.0],
};

/// The constant rate factor of x265.
pub(super) const CRF_X265: Scale = Scale {
    name: "crf",
    help: "x265's constant rate factor",
    range: (0.0, 51.0),
    is_whole: false,
    usual: 28.0,
    steps: &[45.0, 40.0, 34.0, 28.0, 23.0, 17.0],
};

/// The fixed quantiser of x264 and x265.
pub(super) const QP: Scale = Scale {
    name: "qp",
    help: "a fixed quantiser",
    range: (0.0, 51.0),
    is_whole: true,
    usual: 28.0,
    steps: &[45.0, 40.0, 34.0, 28.0, 23.0, 17.0],
};

/// The quality of AV1 encoders.
pub(crate) const CRF_AV1: Scale = Scale {
    name: "crf",
    help: "a constant quality factor",
    range: (0.0, 63.0),
    is_whole: true,
    usual: 30.0,
    steps: &[60.0, 52.0, 44.0, 36.0, 28.0, 20.0],
};

/// The quantiser of FFmpeg's JPEG encoder.
pub(super) const Q_MJPEG: Scale = Scale {
    name: "q",
    help: "FFmpeg's quantiser scale",
    range: (1.0, 31.0),
    is_whole: false,
    usual: 5.0,
    steps: &[31.0, 20.0, 12.0, 8.0, 5.0, 3.0, 2.0],
};

/// The presets of x264 and x265, quickest first.
pub(crate) const X26X_PRESETS: Values = Values::OneOf(&[
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
]);

pub(super) const PRESET: Choice = Choice {
    name: "preset",
    help: "the encoder's preset: slower ones make smaller streams",
    values: X26X_PRESETS,
    usual: "medium",
};

pub(super) const TUNE_X264: Choice = Choice {
    name: "tune",
    help: "what x264 optimises for",
    values: Values::OneOf(&[
        "film",
        "animation",
        "grain",
        "stillimage",
        "psnr",
        "ssim",
        "fastdecode",
        "zerolatency",
    ]),
    usual: "",
};

pub(super) const TUNE_X265: Choice = Choice {
    name: "tune",
    help: "what x265 optimises for",
    values: Values::OneOf(&[
        "psnr",
        "ssim",
        "grain",
        "animation",
        "fastdecode",
        "zerolatency",
    ]),
    usual: "",
};

/// libaom's trade of time for size.
pub(crate) const AOM_PRESET: Choice = Choice {
    name: "preset",
    help: "libaom's cpu-used: lower ones are slower and make smaller files",
    values: Values::Whole(0, 8),
    usual: "6",
};

pub(super) const SVT_PRESET: Choice = Choice {
    name: "preset",
    help: "SVT-AV1's preset: lower ones are slower and make smaller streams",
    values: Values::Whole(0, 13),
    usual: "8",
};

pub(crate) const SUBSAMPLING: Choice = Choice {
    name: "subsampling",
    help: "resolution of the chroma",
    values: Values::OneOf(&["4:2:0", "4:2:2", "4:4:4"]),
    usual: "4:2:0",
};

pub(crate) const COLORS: Choice = Choice {
    name: "colors",
    help: "what the planes are: luma and chroma of BT.601 (ycbcr), BT.709 or BT.2020, or RGB; lossless is always rgb",
    values: Values::OneOf(&["ycbcr", "bt709", "bt2020", "rgb"]),
    usual: "ycbcr",
};

pub(super) const COLORS_YCBCR: Choice = Choice {
    name: "colors",
    help: "what the planes are: luma and chroma of BT.601 (ycbcr), BT.709 or BT.2020",
    values: Values::OneOf(&["ycbcr", "bt709", "bt2020"]),
    usual: "ycbcr",
};

pub(super) const RANGE: Choice = Choice {
    name: "range",
    help: "which numbers are black and white in luma and chroma: all (full), or those of television (limited), which the ffmpeg program takes",
    values: Values::OneOf(&["full", "limited"]),
    usual: "full",
};

pub(super) const DEPTH: Choice = Choice {
    name: "depth",
    help: "bits of a stored sample; usually those of the frame, over more of which the levels of uint8 are spread",
    values: Values::OneOf(&["8", "10", "12"]),
    usual: "",
};

pub(super) const DEPTH_10: Choice = Choice {
    values: Values::OneOf(&["8", "10"]),
    ..DEPTH
};
