//! What the chunks before the pixels say.

use std::io::{Cursor, ErrorKind};

use pimage_core::{Color, Error, FrameFormat, Limits, Metadata, SampleType};
use png::{BitDepth, ColorType, Decoder, DecodingError, Info, Reader, Unit};

use crate::density::insert_pixel_size;

/// The keyword of the text in which pimage says the bit depth.
pub(super) const KEYWORD: &str = "pimage";

/// What stands before the number of bits in that text.
pub(super) const BITS: &str = "bits=";

/// An image whose header is read.
pub(super) struct Opened<'a> {
    pub(super) reader: Reader<Cursor<&'a [u8]>>,
    pub(super) format: FrameFormat,
}

/// Reads up to the pixels.
pub(super) fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Opened<'a>, Error> {
    let metadata_bytes = usize::try_from(limits.max_metadata_bytes).unwrap_or(usize::MAX);
    // The library counts one row to the metadata: at most eight bytes a pixel.
    let row_bytes = (limits.max_side as usize).saturating_mul(8);
    let bounds = png::Limits {
        bytes: metadata_bytes.saturating_add(row_bytes),
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), bounds);
    decoder.set_ignore_iccp_chunk(true);
    let claim = decoder
        .read_header_info()
        .map_err(|error| refused(&error))?;
    // Without what comes later: a palette, opacity, the depth.
    limits.check_format(&size_of(claim))?;
    let reader = decoder.read_info().map_err(|error| refused(&error))?;
    let format = format_of(reader.info());
    limits.check_format(&format)?;
    Ok(Opened { reader, format })
}

/// The format that decoding gives.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    open(bytes, limits).map(|opened| opened.format)
}

/// Pixel size, gamma, significant bits, animation.
pub(super) fn metadata(bytes: &[u8], limits: &Limits) -> Result<Metadata, Error> {
    let opened = open(bytes, limits)?;
    let info = opened.reader.info();
    let mut metadata = Metadata::new();
    if let Some(size) = info.pixel_dims {
        let density = [size.xppu, size.yppu].map(f64::from);
        match size.unit {
            Unit::Meter => insert_pixel_size(&mut metadata, density),
            Unit::Unspecified => {}
        }
    }
    if let Some(gamma) = info.gama_chunk {
        metadata.insert("gamma".to_owned(), f64::from(gamma.into_value()).into());
    }
    if let Some(bits) = &info.sbit {
        let bits: Vec<_> = bits.iter().map(u8::to_string).collect();
        metadata.insert("significant_bits".to_owned(), bits.join(", ").into());
    }
    if let Some(animation) = info.animation_control {
        metadata.insert("animation_frames".to_owned(), animation.num_frames.into());
    }
    Ok(metadata)
}

/// Its size, with the sample type and one channel.
fn size_of(info: &Info<'_>) -> FrameFormat {
    let sample = match info.bit_depth {
        BitDepth::Sixteen => SampleType::U16,
        _ => SampleType::U8,
    };
    FrameFormat::new(info.width, info.height, Color::Gray, sample)
}

fn format_of(info: &Info<'_>) -> FrameFormat {
    let has_key = info.trns.is_some();
    let mut format = size_of(info);
    format.color = match info.color_type {
        ColorType::Grayscale if has_key => Color::GrayAlpha,
        ColorType::Grayscale => Color::Gray,
        ColorType::GrayscaleAlpha => Color::GrayAlpha,
        ColorType::Rgb if has_key => Color::Rgba,
        ColorType::Rgb => Color::Rgb,
        ColorType::Rgba => Color::Rgba,
        ColorType::Indexed => palette_color(info),
    };
    let is_indexed = info.color_type == ColorType::Indexed;
    let stored_bits = info.bit_depth as u8;
    if !is_indexed && stored_bits < 8 && !has_key {
        return format.with_bit_depth(stored_bits);
    }
    match said_bits(info) {
        Some(bits) if !is_indexed => format.with_bit_depth(bits),
        _ => format,
    }
}

fn palette_color(info: &Info<'_>) -> Color {
    let palette = info.palette.as_deref().unwrap_or_default();
    let is_gray = palette
        .as_chunks()
        .0
        .iter()
        .all(|[red, green, blue]| red == green && green == blue);
    let opacity = info.trns.as_deref().unwrap_or_default();
    let is_opaque = opacity.iter().all(|&opacity| opacity == u8::MAX);
    match (is_gray, is_opaque) {
        (true, true) => Color::Gray,
        (true, false) => Color::GrayAlpha,
        (false, true) => Color::Rgb,
        (false, false) => Color::Rgba,
    }
}

/// The depth in the text that pimage writes.
fn said_bits(info: &Info<'_>) -> Option<u8> {
    let text = info
        .uncompressed_latin1_text
        .iter()
        .find(|text| text.keyword == KEYWORD)?;
    text.text.strip_prefix(BITS)?.parse().ok()
}

/// What the library says, in the words of pimage.
pub(super) fn refused(error: &DecodingError) -> Error {
    let reason = match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "it is cut short".to_owned()
        }
        DecodingError::LimitsExceeded => {
            "its texts and tables are over the limit of metadata".to_owned()
        }
        other => other.to_string().trim_end_matches('.').to_owned(),
    };
    Error::malformed("PNG", "", reason)
}
