//! What the segments before the picture say.

use pimage_core::{Color, Error, FrameFormat, Limits, Metadata, SampleType};

use super::exif;
use crate::density::insert_pixel_size;

/// What the segments say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header {
    pub(super) format: FrameFormat,
    /// Pixels in an inch or a centimetre, across and down.
    density: Option<(Unit, u16, u16)>,
    /// The EXIF orientation, 1 to 8.
    orientation: Option<u16>,
}

/// The unit of a density.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// Only the ratio means something.
    Aspect,
    Inch,
    Centimeter,
}

/// The format that decoding gives.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    parse(bytes, limits).map(|header| header.format)
}

/// Pixel size and orientation.
pub(super) fn metadata(bytes: &[u8], limits: &Limits) -> Result<Metadata, Error> {
    let header = parse(bytes, limits)?;
    let mut metadata = Metadata::new();
    let in_a_meter = |(unit, across, down): (Unit, u16, u16)| {
        let factor = match unit {
            Unit::Aspect => return None,
            Unit::Inch => 1.0 / 0.0254,
            Unit::Centimeter => 100.0,
        };
        Some([across, down].map(|pixels| f64::from(pixels) * factor))
    };
    if let Some(density) = header.density.and_then(in_a_meter) {
        insert_pixel_size(&mut metadata, density);
    }
    if let Some(orientation) = header.orientation {
        metadata.insert("exif_orientation".to_owned(), u32::from(orientation).into());
    }
    Ok(metadata)
}

pub(super) fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("JPEG", "", reason)
}

/// Walks over the segments up to the one that tells the size, and checks the size.
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Header, Error> {
    if !super::detect(bytes) {
        return Err(malformed("it does not begin with FF D8 FF"));
    }
    let (mut density, mut orientation) = (None, None);
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        let (marker, segment, after) = next_segment(rest)?;
        match marker {
            0xC0..=0xC2 => {
                let format = format_of(segment)?;
                limits.check_format(&format)?;
                return Ok(Header {
                    format,
                    density,
                    orientation,
                });
            }
            0xC3 | 0xC5..=0xC7 | 0xCB | 0xCD..=0xCF => {
                return Err(unsupported(
                    "lossless or hierarchical JPEG; pimage reads baseline and progressive ones",
                ));
            }
            0xC9 | 0xCA => {
                return Err(unsupported(
                    "an arithmetic-coded JPEG; pimage reads those with Huffman codes",
                ));
            }
            0xDA => return Err(malformed("its picture begins before its size is told")),
            0xE0 => density = density.or_else(|| density_of(segment)),
            0xE1 => orientation = orientation.or_else(|| exif::orientation(segment)),
            _ => {}
        }
        rest = after;
    }
}

/// An error when the marker that ends the picture is missing: a decoder may take what is there for the whole.
pub(super) fn check_end(bytes: &[u8]) -> Result<(), Error> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        let (marker, _, after) = next_segment(rest)?;
        if marker == 0xDA {
            return if after.windows(2).rev().any(|pair| pair == [0xFF, 0xD9]) {
                Ok(())
            } else {
                Err(malformed("it is cut short: its end is missing"))
            };
        }
        rest = after;
    }
}

fn unsupported(reason: &str) -> Error {
    Error::unsupported("", reason)
}

/// The next marker, its segment without the length, and what follows.
fn next_segment(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), Error> {
    let cut = || malformed("its header is cut short");
    let start = bytes
        .iter()
        .position(|&byte| byte != 0xFF)
        .ok_or_else(cut)?;
    if start == 0 {
        return Err(malformed("a segment does not begin with FF"));
    }
    let (&marker, after) = bytes
        .get(start..)
        .and_then(<[u8]>::split_first)
        .ok_or_else(cut)?;
    // These stand alone.
    if matches!(marker, 0x01 | 0xD0..=0xD8) {
        return Ok((marker, &[], after));
    }
    if marker == 0xD9 {
        return Err(malformed("it ends without a picture"));
    }
    let length = after
        .first_chunk()
        .map(|bytes| usize::from(u16::from_be_bytes(*bytes)))
        .ok_or_else(cut)?;
    let segment = after.get(2..length).ok_or_else(cut)?;
    Ok((marker, segment, after.get(length..).unwrap_or_default()))
}

/// The format from the segment that begins a frame.
fn format_of(segment: &[u8]) -> Result<FrameFormat, Error> {
    let &[precision, h1, h0, w1, w0, components, ..] = segment else {
        return Err(malformed("its header is cut short"));
    };
    let height = u32::from(u16::from_be_bytes([h1, h0]));
    let width = u32::from(u16::from_be_bytes([w1, w0]));
    if precision != 8 {
        return Err(unsupported(&format!(
            "a JPEG of {precision} bits; pimage reads 8"
        )));
    }
    if width == 0 || height == 0 {
        return Err(malformed(format!("its size is {width}x{height}")));
    }
    let color = match components {
        1 => Color::Gray,
        3 => Color::Rgb,
        4 => return Err(unsupported("a CMYK JPEG; pimage reads gray and RGB")),
        other => {
            return Err(unsupported(&format!(
                "a JPEG of {other} components; pimage reads gray and RGB"
            )));
        }
    };
    Ok(FrameFormat::new(width, height, color, SampleType::U8))
}

/// The density in a JFIF segment.
fn density_of(segment: &[u8]) -> Option<(Unit, u16, u16)> {
    let &[unit, x1, x0, y1, y0, ..] = segment.strip_prefix(b"JFIF\0")?.get(2..)? else {
        return None;
    };
    let unit = match unit {
        0 => Unit::Aspect,
        1 => Unit::Inch,
        2 => Unit::Centimeter,
        _ => return None,
    };
    let across = u16::from_be_bytes([x1, x0]);
    Some((unit, across, u16::from_be_bytes([y1, y0])))
}
