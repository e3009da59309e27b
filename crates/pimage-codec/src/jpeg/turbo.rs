//! The library in C: libjpeg-turbo.

use pimage_core::{Color, Error, Frame, FrameFormat, Limits};
use turbojpeg::{Compressor, Decompressor, Image, OutputBuf, PixelFormat, Subsamp};

use super::encode::{Colour, Plan};
use super::header::{check_end, malformed, parse};

/// Scans that a progressive image may have: ten times what encoders write.
const MOST_SCANS: u32 = 100;

/// Fills `frame`; its stamp stays.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let format = parse(bytes, limits)?.format;
    check_end(bytes)?;
    let failed = |error: turbojpeg::Error| malformed(error.to_string());
    let mut decompressor = Decompressor::new().map_err(failed)?;
    decompressor.set_scan_limit(MOST_SCANS).map_err(failed)?;
    let found = decompressor.read_header(bytes).map_err(failed)?;
    if (found.width, found.height) != (format.width as usize, format.height as usize) {
        return Err(malformed("its segments disagree about its size"));
    }
    frame.reset(&format, limits)?;
    decompressor
        .decompress(bytes, image_of(&format, frame.bytes_mut()))
        .map_err(failed)
}

/// Appends the image.
pub(super) fn encode(frame: &Frame, plan: Plan, out: &mut Vec<u8>) -> Result<(), String> {
    let mut code = || {
        let mut compressor = Compressor::new()?;
        compressor.set_quality(i32::from(plan.quality))?;
        compressor.set_subsamp(match plan.colour {
            Colour::Gray => Subsamp::Gray,
            Colour::Full => Subsamp::None,
            Colour::HalfWidth => Subsamp::Sub2x1,
            Colour::Half => Subsamp::Sub2x2,
        })?;
        compressor.set_optimize(plan.is_optimized)?;
        compressor.set_progressive(plan.is_progressive)?;
        let mut buffer = OutputBuf::new_owned();
        compressor.compress(image_of(frame.format(), frame.bytes()), &mut buffer)?;
        out.extend_from_slice(&buffer);
        Ok(())
    };
    code().map_err(|error: turbojpeg::Error| error.to_string())
}

fn image_of<T>(format: &FrameFormat, pixels: T) -> Image<T> {
    let width = format.width as usize;
    Image {
        pixels,
        width,
        pitch: width * format.color.channels(),
        height: format.height as usize,
        format: match format.color {
            Color::Gray => PixelFormat::GRAY,
            _ => PixelFormat::RGB,
        },
    }
}
