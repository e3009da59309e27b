//! From the bytes of a file to a frame.

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, SampleType};
use pimage_video::still::{Kind, decode as decode_picture};

use super::items::{Item, Items};
use crate::opacity::join;

fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("", "AVIF", reason)
}

/// The format of the picture.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    let items = Items::of(bytes).map_err(malformed)?;
    format_of(&items, limits)
}

/// What the boxes say of the picture.
fn format_of(items: &Items, limits: &Limits) -> Result<FrameFormat, Error> {
    let Item {
        width,
        height,
        configuration,
        ..
    } = &items.color;
    // The third byte: high and twelve bits, monochrome.
    let flags = *configuration
        .get(2)
        .ok_or_else(|| malformed("it does not say how its picture is coded"))?;
    let depth = match (flags & 0x40 != 0, flags & 0x20 != 0) {
        (false, _) => 8,
        (true, false) => 10,
        (true, true) => 12,
    };
    let color = match (flags & 0x10 != 0, items.opacity.is_some()) {
        (true, false) => Color::Gray,
        (true, true) => Color::GrayAlpha,
        (false, false) => Color::Rgb,
        (false, true) => Color::Rgba,
    };
    let sample = if depth > 8 {
        SampleType::U16
    } else {
        SampleType::U8
    };
    if *width == 0 || *height == 0 {
        return Err(malformed("the picture has no pixels"));
    }
    let format = FrameFormat::new(*width, *height, color, sample).with_bit_depth(depth);
    limits.check_format(&format)?;
    Ok(format)
}

/// Bytes of the open bitstream units.
pub(super) fn payload(bytes: &[u8]) -> usize {
    let Ok(items) = Items::of(bytes) else {
        return bytes.len();
    };
    items.color.data.len() + items.opacity.map_or(0, |item| item.data.len())
}

/// Fills `frame` with the picture.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let items = Items::of(bytes).map_err(malformed)?;
    let said = format_of(&items, limits)?;
    match &items.opacity {
        None => decode_picture(&items.color.data, Kind::Av1, 1, limits, frame)?,
        Some(item) => {
            let (mut colors, mut opacity) = (Frame::empty(), Frame::empty());
            decode_picture(&items.color.data, Kind::Av1, 1, limits, &mut colors)?;
            decode_picture(&item.data, Kind::Av1, 1, limits, &mut opacity)?;
            if !join(&colors, &opacity, limits, frame)? {
                let reason = format!(
                    "the picture is {}, its opacity {}",
                    colors.format(),
                    opacity.format()
                );
                return Err(malformed(reason));
            }
        }
    }
    let found = frame.format();
    if *found != said {
        let reason = format!("the picture is {found}, the file says {said}");
        return Err(malformed(reason));
    }
    Ok(())
}
