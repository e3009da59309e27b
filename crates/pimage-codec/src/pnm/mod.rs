//! Netpbm images: `.pbm`, `.pgm`, `.ppm`, `.pnm`, `.pam`, and `.pfm` of floats.
//!
//! # What it stores
//!
//! A short header in words and the samples as they are: one bit, or whole numbers up to a maximum of at most 65,535, or floats.
//!
//! # What pimage reads
//!
//! The binary and the plain variant of each, with the values that are stored: a maximum of 1023 makes 10-bit samples and scales nothing.
//! In a `.pbm`, where 1 is black, 0 becomes 1 (white).
//! `.pfm` of gray and RGB in both byte orders, whose rows are stored from the bottom; its scale factor changes no sample.
//! A file of several images is refused.
//!
//! # What it writes
//!
//! The binary variants, with the maximum that the bit depth has: `.pbm` of 1-bit gray, `.pgm` of gray, `.ppm` of RGB, `.pam` of every colour, `.pnm` as the first of these that fits, `.pfm` of `float32`.
//!
//! # What is lost
//!
//! A maximum that is not of the form 2^n − 1 becomes the next one that is.
//!
//! # Specification
//!
//! <https://netpbm.sourceforge.net/doc/pnm.html>, <https://netpbm.sourceforge.net/doc/pam.html>, <https://www.pauldebevec.com/Research/HDR/PFM/>

#[cfg(feature = "pnm")]
mod decode;
#[cfg(feature = "pnm")]
mod encode;
#[cfg(feature = "pnm")]
mod header;

use pimage_core::{Color, FrameFormat, SampleType};

use crate::Codec;

/// One bit.
pub(crate) static PBM: Codec = Codec {
    samples: &[SampleType::U8],
    colors: &[Color::Gray],
    bits: (1, 1),
    ..row("pbm", "PBM", "Netpbm bitmap (1 bit)", &["pbm"], is_pbm)
};

/// Gray.
pub(crate) static PGM: Codec = Codec {
    colors: &[Color::Gray],
    refuse: |format| match format.color {
        Color::Gray => refuse(format),
        _ => Some("it stores gray; `.ppm` stores RGB and `.pam` opacity"),
    },
    ..row("pgm", "PGM", "Netpbm gray image", &["pgm"], is_pgm)
};

/// RGB.
pub(crate) static PPM: Codec = Codec {
    colors: &[Color::Rgb],
    refuse: |format| match format.color {
        Color::Rgb => refuse(format),
        _ => Some("it stores RGB; `.pgm` stores gray and `.pam` opacity"),
    },
    ..row("ppm", "PPM", "Netpbm colour image", &["ppm"], is_ppm)
};

/// Any of the three, or with opacity, by the frame.
pub(crate) static PNM: Codec = row("pnm", "PNM", "Netpbm image", &["pnm"], is_none);

/// All colours, with opacity.
pub(crate) static PAM: Codec = row("pam", "PAM", "Netpbm image with opacity", &["pam"], is_pam);

/// Floats.
pub(crate) static PFM: Codec = Codec {
    samples: &[SampleType::F32],
    colors: &[Color::Gray, Color::Rgb],
    bits: (32, 32),
    ..row("pfm", "PFM", "image of floats (PFM)", &["pfm"], is_pfm)
};

/// A row; without more, of whole numbers of up to 16 bits.
const fn row(
    name: &'static str,
    label: &'static str,
    title: &'static str,
    extensions: &'static [&'static str],
    detect: fn(&[u8]) -> bool,
) -> Codec {
    Codec {
        title,
        extensions,
        feature: "pnm",
        samples: &[SampleType::U8, SampleType::U16],
        bits: (1, 16),
        refuse,
        ..built(name, Codec::unbuilt(name, label, detect))
    }
}

#[cfg(feature = "pnm")]
const fn built(name: &'static str, row: Codec) -> Codec {
    let encode: crate::codec::EncodeFrame = match name.as_bytes() {
        b"pbm" => encode::pbm,
        b"pgm" => encode::pgm,
        b"ppm" => encode::ppm,
        b"pnm" => encode::pnm,
        b"pam" => encode::pam,
        _ => encode::pfm,
    };
    Codec {
        read_format: Some(header::format),
        read_metadata: Some(header::metadata),
        encoder: Some(encode),
        decoder: Some(decode::decode),
        ..row
    }
}

#[cfg(not(feature = "pnm"))]
const fn built(_: &'static str, row: Codec) -> Codec {
    row
}

/// A file of two-byte samples has a maximum of at least 256.
fn refuse(format: &FrameFormat) -> Option<&'static str> {
    let is_small = format.sample == SampleType::U16 && format.bit_depth <= 8;
    is_small.then_some("samples of up to 8 bits would come back as uint8; `.png` keeps the type")
}

/// Whether it begins with `P`, one of these, and what ends a word.
fn begins(head: &[u8], kinds: &[u8]) -> bool {
    match head {
        [b'P', kind, after, ..] => {
            kinds.contains(kind) && (after.is_ascii_whitespace() || *after == b'#')
        }
        _ => false,
    }
}

fn is_pbm(head: &[u8]) -> bool {
    begins(head, b"14")
}

fn is_pgm(head: &[u8]) -> bool {
    begins(head, b"25")
}

fn is_ppm(head: &[u8]) -> bool {
    begins(head, b"36")
}

fn is_pam(head: &[u8]) -> bool {
    begins(head, b"7")
}

fn is_pfm(head: &[u8]) -> bool {
    begins(head, b"fF")
}

fn is_none(_: &[u8]) -> bool {
    false
}
