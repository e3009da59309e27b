//! From a frame to the bytes of a file.

use pimage_core::{Color, Error, Frame, FrameFormat, SampleType};

use super::decode::flip_rows;
use crate::samples;
use crate::settings::Asked;

pub(super) fn pbm(frame: &Frame, _asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
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

pub(super) fn pgm(frame: &Frame, _asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    counted("P5", frame, out)
}

pub(super) fn ppm(frame: &Frame, _asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    counted("P6", frame, out)
}

pub(super) fn pnm(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    if is_bits(format) {
        return pbm(frame, asked, out);
    }
    match format.color {
        Color::Gray => pgm(frame, asked, out),
        Color::Rgb => ppm(frame, asked, out),
        _ => pam(frame, asked, out),
    }
}

pub(super) fn pam(frame: &Frame, _asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
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

pub(super) fn pfm(frame: &Frame, _asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    let kind = match format.color {
        Color::Gray => "Pf",
        _ => "PF",
    };
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
