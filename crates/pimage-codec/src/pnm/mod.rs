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

use crate::Codec;

/// The rows of the table: the one that names the family stands first among the extensions' owners.
pub(crate) static PBM: Codec = row("pbm", "Netpbm bitmap (1 bit)", &["pbm"], is_pbm);
/// Gray.
pub(crate) static PGM: Codec = row("pgm", "Netpbm gray image", &["pgm"], is_pgm);
/// RGB.
pub(crate) static PPM: Codec = row("ppm", "Netpbm colour image", &["ppm"], is_ppm);
/// Any of the three, by the frame.
pub(crate) static PNM: Codec = row("pnm", "Netpbm image", &["pnm"], is_none);
/// All colours, with opacity.
pub(crate) static PAM: Codec = row("pam", "Netpbm image with opacity", &["pam"], is_pam);
/// Floats.
pub(crate) static PFM: Codec = row("pfm", "image of floats (PFM)", &["pfm"], is_pfm);

#[cfg(feature = "pnm")]
const fn row(
    name: &'static str,
    title: &'static str,
    extensions: &'static [&'static str],
    detect: fn(&[u8]) -> bool,
) -> Codec {
    let encode: crate::EncodeFrame = match name.as_bytes() {
        b"pbm" => encode::pbm,
        b"pgm" => encode::pgm,
        b"ppm" => encode::ppm,
        b"pnm" => encode::pnm,
        b"pam" => encode::pam,
        _ => encode::pfm,
    };
    Codec {
        title,
        extensions,
        feature: "pnm",
        format: Some(header::format),
        metadata: Some(header::metadata),
        encode: Some(encode),
        decode: Some(decode::decode),
        ..Codec::unbuilt(name, detect)
    }
}

#[cfg(not(feature = "pnm"))]
const fn row(
    name: &'static str,
    title: &'static str,
    extensions: &'static [&'static str],
    detect: fn(&[u8]) -> bool,
) -> Codec {
    Codec {
        title,
        extensions,
        feature: "pnm",
        ..Codec::unbuilt(name, detect)
    }
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
