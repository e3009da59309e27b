//! One frame as an array (height, width) or (height, width, channels).

use std::path::Path;

use pimage_core::{Color, Error, Frame, FrameFormat, Limits};

use super::header::{Header, MAGIC, room_for, shape_text, written};
use crate::held::check_held;
use crate::options::{refuse_compression, refuse_quality};
use crate::samples::{Stored, little_endian};
use crate::{Codec, EncodeOptions};

/// The row of the table.
pub(crate) static CODEC: Codec = Codec {
    title: "numpy array of one image",
    extensions: &["npy"],
    feature: "",
    note: Some(note),
    format: Some(format),
    encode: Some(encode),
    decode: Some(decode),
    ..Codec::unbuilt("npy", detect)
};

fn detect(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

fn note(format: &FrameFormat) -> Option<String> {
    let (used, all) = (format.bit_depth, format.sample.bits());
    (used != all).then(|| format!("npy does not say that {used} of {all} bits are used"))
}

fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    open(bytes, limits).map(|image| image.format)
}

/// An array whose header is read.
struct Image {
    header: Header,
    stored: Stored,
    format: FrameFormat,
}

fn open(bytes: &[u8], limits: &Limits) -> Result<Image, Error> {
    let path = Path::new("");
    let length = Header::length(path, bytes, limits)?;
    let head = bytes
        .get(..length)
        .ok_or_else(|| Error::malformed("npy", path, "the header is cut"))?;
    let header = Header::parse(path, head)?;
    let stored = header.stored(path)?;
    let size = match header.shape.as_slice() {
        [height, width] => Some((*height, *width, 1)),
        [height, width, channels] => Some((*height, *width, *channels)),
        _ => None,
    };
    let side = |value: u64| u32::try_from(value).ok().filter(|value| *value > 0);
    let format = size.and_then(|(height, width, channels)| {
        let color = Color::from_channels(usize::try_from(channels).ok()?)?;
        let (width, height) = (side(width)?, side(height)?);
        Some(FrameFormat::new(width, height, color, stored.sample()))
    });
    let Some(format) = format else {
        let shape = shape_text(&header.shape);
        let reason = format!(
            "its shape is {shape}; an image is (height, width) or (height, width, 1 to 4 channels)"
        );
        return Err(Error::unsupported(path, reason));
    };
    limits.check_format(&format)?;
    Ok(Image {
        header,
        stored,
        format,
    })
}

fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let image = open(bytes, limits)?;
    let start = usize::try_from(image.header.data_start).unwrap_or(usize::MAX);
    let data = bytes.get(start..).unwrap_or_default();
    let expected = image
        .stored
        .frame_bytes(&image.format)
        .unwrap_or(usize::MAX);
    if data.len() != expected {
        let found = data.len();
        let reason = if found < expected {
            format!("it is cut short: {found} of {expected} bytes")
        } else {
            format!("it has {found} bytes of numbers: expected {expected}")
        };
        return Err(Error::malformed("npy", "", reason));
    }
    image.stored.expect_exact(data)?;
    frame.reset(&image.format, limits)?;
    if image.header.is_fortran {
        let size = image.stored.sample_bytes().unwrap_or(1);
        image
            .stored
            .unpack(&straightened(data, &image.format, size), frame);
    } else {
        image.stored.unpack(data, frame);
    }
    Ok(())
}

/// Numbers in row order, from column order.
fn straightened(data: &[u8], format: &FrameFormat, size: usize) -> Vec<u8> {
    let [height, width, channels] = format.shape();
    let mut rows = Vec::with_capacity(data.len());
    for y in 0..height {
        for x in 0..width {
            for channel in 0..channels {
                let at = (y + height * (x + width * channel)) * size;
                rows.extend_from_slice(data.get(at..at + size).unwrap_or_default());
            }
        }
    }
    rows
}

fn encode(frame: &Frame, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<(), Error> {
    refuse_quality("npy", options)?;
    refuse_compression("npy", options)?;
    let format = check_held("npy", frame)?;
    let mut shape = vec![u64::from(format.height), u64::from(format.width)];
    if format.color != Color::Gray {
        shape.push(format.color.channels() as u64);
    }
    let length = room_for(format.sample, &shape);
    out.extend(written(format.sample, &shape, length));
    out.extend_from_slice(&little_endian(frame));
    Ok(())
}
