//! From a frame to the bytes of a file.

use pimage_core::{Color, Error, Frame, FrameFormat, SampleType};

use super::decode::flip_rows;
use crate::depth::WIDE_HINT;
use crate::held::{cannot_hold, check_held};
use crate::options::{refuse_compression, refuse_quality};
use crate::{EncodeOptions, samples};

pub(super) fn pbm(frame: &Frame, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = check("PBM", frame, options)?;
    if !is_bits(format) {
        return Err(cannot_hold(
            "PBM",
            format,
            "it stores gray of 1 bit; `.pgm` stores gray of up to 16",
        ));
    }
    out.extend(format!("P4\n{} {}\n", format.width, format.height).bytes());
    let width = (format.width as usize).max(1);
    for row in frame.bytes().chunks_exact(width) {
        out.extend(row.chunks(8).map(|group| {
            let filled = group.iter().fold(0, |byte, &value| byte << 1 | (value ^ 1));
            filled << (8 - group.len())
        }));
    }
    Ok(())
}

pub(super) fn pgm(frame: &Frame, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = check("PGM", frame, options)?;
    if format.color != Color::Gray {
        return Err(cannot_hold(
            "PGM",
            format,
            "it stores gray; `.ppm` stores RGB and `.pam` opacity",
        ));
    }
    counted("P5", frame, out)
}

pub(super) fn ppm(frame: &Frame, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = check("PPM", frame, options)?;
    if format.color != Color::Rgb {
        return Err(cannot_hold(
            "PPM",
            format,
            "it stores RGB; `.pgm` stores gray and `.pam` opacity",
        ));
    }
    counted("P6", frame, out)
}

pub(super) fn pnm(frame: &Frame, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    if is_bits(format) {
        return pbm(frame, options, out);
    }
    match format.color {
        Color::Gray => pgm(frame, options, out),
        Color::Rgb => ppm(frame, options, out),
        _ => pam(frame, options, out),
    }
}

pub(super) fn pam(frame: &Frame, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = check("PAM", frame, options)?;
    let kind = match format.color {
        Color::Gray if is_bits(format) => "BLACKANDWHITE",
        Color::Gray => "GRAYSCALE",
        Color::GrayAlpha => "GRAYSCALE_ALPHA",
        Color::Rgb => "RGB",
        _ => "RGB_ALPHA",
    };
    let header = format!(
        "P7\nWIDTH {}\nHEIGHT {}\nDEPTH {}\nMAXVAL {}\nTUPLTYPE {kind}\nENDHDR\n",
        format.width,
        format.height,
        format.color.channels(),
        format.full_scale()
    );
    out.extend(header.bytes());
    append(frame, out);
    Ok(())
}

pub(super) fn pfm(frame: &Frame, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<(), Error> {
    refuse_quality("PFM", options)?;
    refuse_compression("PFM", options)?;
    let format = check_held("PFM", frame)?;
    let kind = match format.color {
        Color::Gray => "Pf",
        Color::Rgb => "PF",
        _ => {
            return Err(cannot_hold(
                "PFM",
                format,
                "it stores gray and RGB; `.tif` and `.npy` also store opacity",
            ));
        }
    };
    if format.sample != SampleType::F32 {
        return Err(cannot_hold(
            "PFM",
            format,
            "it stores float32; `.pgm` and `.png` store whole numbers, `.tif` and `.npy` all types",
        ));
    }
    out.extend(format!("{kind}\n{} {}\n-1.0\n", format.width, format.height).bytes());
    let start = out.len();
    out.extend_from_slice(&samples::little_endian(frame));
    let row_bytes = format.row_bytes().unwrap_or(1).max(1);
    flip_rows(out.get_mut(start..).unwrap_or_default(), row_bytes);
    Ok(())
}

/// Gray of one bit.
fn is_bits(format: &FrameFormat) -> bool {
    (format.color, format.sample, format.bit_depth) == (Color::Gray, SampleType::U8, 1)
}

/// What all that store whole numbers have in common.
fn check<'a>(
    name: &str,
    frame: &'a Frame,
    options: &EncodeOptions,
) -> Result<&'a FrameFormat, Error> {
    refuse_quality(name, options)?;
    refuse_compression(name, options)?;
    let format = check_held(name, frame)?;
    // A file of two-byte samples has a maximum of at least 256.
    let is_held = match format.sample {
        SampleType::U8 => true,
        SampleType::U16 => format.bit_depth > 8,
        _ => false,
    };
    if is_held {
        return Ok(format);
    }
    let hint = if format.sample == SampleType::U16 {
        "samples of up to 8 bits would come back as uint8; `.png` keeps the type"
    } else {
        WIDE_HINT
    };
    Err(cannot_hold(name, format, hint))
}

fn counted(magic: &str, frame: &Frame, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    let (width, height, top) = (format.width, format.height, format.full_scale());
    out.extend(format!("{magic}\n{width} {height}\n{top}\n").bytes());
    append(frame, out);
    Ok(())
}

/// The samples, highest byte first.
fn append(frame: &Frame, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(frame.bytes());
    if cfg!(target_endian = "little") {
        let added = out.get_mut(start..).unwrap_or_default();
        samples::swap(added, frame.format().sample.bytes());
    }
}
