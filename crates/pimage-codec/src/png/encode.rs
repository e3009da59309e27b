//! From a frame to the bytes of a file.

use pimage_core::{Color, Error, Frame, FrameFormat};
use png::{BitDepth, ColorType, DeflateCompression, Encoder, EncodingError, Filter};

use super::open::{BITS, KEYWORD};
use crate::samples;
use crate::settings::{Asked, COMPRESSION};

/// How hard to compress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effort {
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

/// The quickest that compresses.
const USUAL: Effort = Effort {
    deflate: DeflateLevel::Fast,
    filter: Filter::Adaptive,
};

/// Appends the image to `out`.
pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let effort = asked.text(COMPRESSION).and_then(effort_of).unwrap_or(USUAL);
    let format = frame.format();
    let depth = depth_of(format);
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
fn depth_of(format: &FrameFormat) -> BitDepth {
    match (format.color, format.bit_depth) {
        _ if format.sample.bits() > 8 => BitDepth::Sixteen,
        (Color::Gray, 1) => BitDepth::One,
        (Color::Gray, 2) => BitDepth::Two,
        (Color::Gray, 4) => BitDepth::Four,
        _ => BitDepth::Eight,
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

/// What a compression asks for; `None` for what there is not.
pub(super) fn effort_of(text: &str) -> Option<Effort> {
    let level = match text {
        // The library's own level 1 makes larger files than this, and takes longer.
        "fast" | "1" | "deflate=1" => return Some(USUAL),
        "none" => {
            return Some(Effort {
                deflate: DeflateLevel::None,
                filter: Filter::NoFilter,
            });
        }
        "deflate" => 6,
        _ => text
            .strip_prefix("deflate=")
            .unwrap_or(text)
            .parse()
            .ok()
            .filter(|level| (1..=9).contains(level))?,
    };
    Some(Effort {
        deflate: DeflateLevel::Level(level),
        filter: Filter::Adaptive,
    })
}
