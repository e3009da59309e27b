//! The libraries in Rust: zune-jpeg and jpeg-encoder.

use std::io::Cursor;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use pimage_core::{Color, Error, Frame, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::encode::{Colour, Plan};
use super::header::{check_end, malformed, parse};

/// Fills `frame`; its stamp stays.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let format = parse(bytes, limits)?.format;
    check_end(bytes)?;
    let space = match format.color {
        Color::Gray => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    let options = DecoderOptions::new_fast()
        .set_strict_mode(true)
        .set_max_width(format.width as usize)
        .set_max_height(format.height as usize)
        .jpeg_set_out_colorspace(space);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder
        .decode_headers()
        .map_err(|error| malformed(error.to_string()))?;
    frame.reset(&format, limits)?;
    if decoder.output_buffer_size() != format.frame_bytes() {
        return Err(malformed("its segments disagree about its size"));
    }
    decoder
        .decode_into(frame.bytes_mut())
        .map_err(|error| malformed(error.to_string()))
}

/// Appends the image.
pub(super) fn encode(frame: &Frame, plan: Plan, out: &mut Vec<u8>) -> Result<(), String> {
    let format = frame.format();
    let (Ok(width), Ok(height)) = (format.width.try_into(), format.height.try_into()) else {
        return Err(format!("{format} is too large"));
    };
    let mut encoder = Encoder::new(out, plan.quality);
    encoder.set_optimized_huffman_tables(plan.is_optimized);
    encoder.set_progressive(plan.is_progressive);
    match plan.colour {
        Colour::Gray | Colour::Full => encoder.set_sampling_factor(SamplingFactor::F_1_1),
        Colour::HalfWidth => encoder.set_sampling_factor(SamplingFactor::F_2_1),
        Colour::Half => encoder.set_sampling_factor(SamplingFactor::F_2_2),
    }
    let coded = match (format.color, plan.colour) {
        (Color::Gray, _) => encoder.encode(frame.bytes(), width, height, ColorType::Luma),
        (_, Colour::Gray) => {
            let luma: Vec<_> = frame.bytes().as_chunks().0.iter().map(luma_of).collect();
            encoder.encode(&luma, width, height, ColorType::Luma)
        }
        _ => encoder.encode(frame.bytes(), width, height, ColorType::Rgb),
    };
    coded.map_err(|error| error.to_string())
}

/// The luma that JFIF gives a pixel, with 16 bits behind the point.
fn luma_of(&[red, green, blue]: &[u8; 3]) -> u8 {
    let sum = 19595 * u32::from(red) + 38470 * u32::from(green) + 7471 * u32::from(blue);
    // The factors make 1, so that this is at most 255.
    ((sum + (1 << 15)) >> 16) as u8
}
