//! The libraries in Rust: zune-jpeg and jpeg-encoder.

use std::io::Cursor;

use jpeg_encoder::{ColorType, Encoder};
use pimage_core::{Color, Error, Frame, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

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
pub(super) fn encode(frame: &Frame, quality: u8, out: &mut Vec<u8>) -> Result<(), String> {
    let format = frame.format();
    let color = match format.color {
        Color::Gray => ColorType::Luma,
        _ => ColorType::Rgb,
    };
    let (Ok(width), Ok(height)) = (format.width.try_into(), format.height.try_into()) else {
        return Err(format!("{format} is too large"));
    };
    Encoder::new(out, quality)
        .encode(frame.bytes(), width, height, color)
        .map_err(|error| error.to_string())
}
