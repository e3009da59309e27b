//! From a frame to the bytes of a file.

use pimage_core::{Color, Error, Frame, SampleType};
use png::{BitDepth, ColorType, DeflateCompression, Encoder, EncodingError, Filter};

use super::open::{BITS, KEYWORD};
use crate::depth::WIDE_HINT;
use crate::held::{cannot_hold, check_held};
use crate::options::refuse_quality;
use crate::{EncodeOptions, samples};

/// How hard to compress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Effort {
    deflate: DeflateLevel,
    filter: Filter,
}

/// The deflate part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DeflateLevel {
    None,
    Fast,
    Level(u8),
}

/// Appends the image to `out`.
pub(super) fn encode(
    frame: &Frame,
    options: &EncodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let effort = effort_of(options)?;
    let format = frame.format();
    let depth = depth_of(frame)?;
    let color = match format.color {
        Color::Gray => ColorType::Grayscale,
        Color::GrayAlpha => ColorType::GrayscaleAlpha,
        Color::Rgb => ColorType::Rgb,
        _ => ColorType::Rgba,
    };
    let mut encoder = Encoder::new(&mut *out, format.width, format.height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_deflate_compression(match effort.deflate {
        DeflateLevel::None => DeflateCompression::NoCompression,
        DeflateLevel::Fast => DeflateCompression::FdeflateUltraFast,
        DeflateLevel::Level(level) => DeflateCompression::Level(level),
    });
    encoder.set_filter(effort.filter);
    if format.bit_depth != depth as u8 {
        let text = format!("{BITS}{}", format.bit_depth);
        encoder
            .add_text_chunk(KEYWORD.to_owned(), text)
            .map_err(failed)?;
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    match depth {
        BitDepth::Eight => writer.write_image_data(frame.bytes()),
        BitDepth::Sixteen => {
            let mut bytes = frame.bytes().to_vec();
            if cfg!(target_endian = "little") {
                samples::swap(&mut bytes, 2);
            }
            writer.write_image_data(&bytes)
        }
        small => writer.write_image_data(&packed(frame, small as u8)),
    }
    .map_err(failed)?;
    writer.finish().map_err(failed)
}

fn failed(error: EncodingError) -> Error {
    Error::Codec {
        codec: "png".to_owned(),
        path: std::path::PathBuf::new(),
        frame: None,
        reason: error.to_string(),
    }
}

/// Bits of a stored sample.
fn depth_of(frame: &Frame) -> Result<BitDepth, Error> {
    let format = check_held("PNG", frame)?;
    match (format.sample, format.color, format.bit_depth) {
        (SampleType::U8, Color::Gray, 1) => Ok(BitDepth::One),
        (SampleType::U8, Color::Gray, 2) => Ok(BitDepth::Two),
        (SampleType::U8, Color::Gray, 4) => Ok(BitDepth::Four),
        (SampleType::U8, ..) => Ok(BitDepth::Eight),
        (SampleType::U16, ..) => Ok(BitDepth::Sixteen),
        _ => Err(cannot_hold("PNG", format, WIDE_HINT)),
    }
}

/// Rows of samples of less than a byte, highest first.
fn packed(frame: &Frame, bits: u8) -> Vec<u8> {
    let width = (frame.format().width as usize).max(1);
    let in_byte = usize::from(8 / bits);
    let pack = |group: &[u8]| {
        let filled = group.iter().fold(0, |byte, &value| byte << bits | value);
        filled << (bits * (in_byte - group.len()) as u8)
    };
    frame
        .bytes()
        .chunks_exact(width)
        .flat_map(|row| row.chunks(in_byte).map(pack))
        .collect()
}

fn effort_of(options: &EncodeOptions) -> Result<Effort, Error> {
    refuse_quality("PNG", options)?;
    let effort = |deflate, filter| Effort { deflate, filter };
    let Some(text) = options.compression.as_deref() else {
        return Ok(effort(DeflateLevel::Fast, Filter::Adaptive));
    };
    let level = match text {
        // The library's own level 1 makes larger files than this, and takes longer.
        "fast" | "1" | "deflate=1" => return Ok(effort(DeflateLevel::Fast, Filter::Adaptive)),
        "none" => return Ok(effort(DeflateLevel::None, Filter::NoFilter)),
        "deflate" => Some(6),
        _ => text
            .strip_prefix("deflate=")
            .unwrap_or(text)
            .parse()
            .ok()
            .filter(|level| (1..=9).contains(level)),
    };
    match level {
        Some(level) => Ok(effort(DeflateLevel::Level(level), Filter::Adaptive)),
        None => Err(Error::bad_option(
            "--compression",
            format!("`{text}`"),
            "`none`, `fast`, or `1` (quickest) to `9` (smallest) for PNG",
        )),
    }
}
