//! QOI images (`.qoi`).
//!
//! # What it stores
//!
//! RGB of 8 bits, with or without opacity; without loss.
//!
//! # What pimage reads
//!
//! All of it; the colour space that the header names changes no pixel.
//!
//! # What it writes
//!
//! `uint8`: RGB with or without opacity.
//!
//! # What is lost
//!
//! Nothing of the pixels, but gray comes back as RGB, for QOI has no gray.
//!
//! # Specification
//!
//! <https://qoiformat.org/qoi-specification.pdf>

#[cfg(feature = "qoi")]
mod image;

use pimage_core::SampleType;

use crate::Codec;

/// The row of the table.
#[cfg(feature = "qoi")]
pub(crate) static CODEC: Codec = Codec {
    note: Some(|format| crate::gray::note("QOI", format)),
    read_format: Some(image::format),
    encoder: Some(image::encode),
    decoder: Some(image::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "qoi"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "QOI image",
    extensions: &["qoi"],
    samples: &[SampleType::U8],
    bits: (8, 8),
    ..Codec::unbuilt("qoi", "QOI", |head| head.starts_with(b"qoif"))
};
