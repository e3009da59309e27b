//! One frame as an array (height, width) or (height, width, channels).

use std::path::Path;

use pimage_core::{Color, Error, Frame, FrameFormat, Limits};

use super::header::{Header, MAGIC, room_for, shape_text, written};
use crate::Codec;
use crate::samples::{Stored, little_endian};
use crate::settings::Asked;

/// The row of the table.
pub(crate) static CODEC: Codec = Codec {
    title: "numpy array of one image",
    extensions: &["npy"],
    feature: "",
    payload: "the numbers, without the header of type and shape",
    note: Some(note),
    payload_of: Some(numbers_of),
    read_format: Some(format),
    encoder: Some(encode),
    decoder: Some(decode),
    ..Codec::unbuilt("npy", "npy", detect)
};

fn detect(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

pub(crate) fn note(format: &FrameFormat) -> Option<String> {
    let (used, all) = (format.bit_depth, format.sample.bits());
    (used != all).then(|| format!("npy does not say that {used} of {all} bits are used"))
}

pub(crate) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    open(bytes, limits).map(|image| image.format)
}

/// An array whose header is read.
pub(crate) struct Image {
    header: Header,
    stored: Stored,
    /// What becomes of it.
    pub(crate) format: FrameFormat,
}

pub(crate) fn open(bytes: &[u8], limits: &Limits) -> Result<Image, Error> {
    let path = Path::new("");
    let length = Header::length(path, bytes, limits)?;
    let head = bytes
        .get(..length)
        .ok_or_else(|| Error::malformed("npy", path, "the header is cut"))?;
    Image::of(Header::parse(path, head)?, limits)
}

fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let image = open(bytes, limits)?;
    let data = bytes.get(image.data_start()..).unwrap_or_default();
    image.fill("npy", data, limits, frame)
}

impl Image {
    /// The image that an array of this header is.
    pub(crate) fn of(header: Header, limits: &Limits) -> Result<Self, Error> {
        let path = Path::new("");
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
        Ok(Self {
            header,
            stored,
            format,
        })
    }

    /// Where in the file its numbers begin, bytes.
    pub(crate) fn data_start(&self) -> usize {
        usize::try_from(self.header.data_start).unwrap_or(usize::MAX)
    }

    /// Bytes of its numbers in the file.
    pub(crate) fn data_bytes(&self) -> usize {
        self.stored.frame_bytes(&self.format).unwrap_or(usize::MAX)
    }

    /// Fills a frame from the numbers in the file, which is of format `name`.
    pub(crate) fn fill(
        &self,
        name: &'static str,
        data: &[u8],
        limits: &Limits,
        frame: &mut Frame,
    ) -> Result<(), Error> {
        let expected = self.data_bytes();
        if data.len() != expected {
            let found = data.len();
            let reason = if found < expected {
                format!("it is cut short: {found} of {expected} bytes")
            } else {
                format!("it has {found} bytes of numbers: expected {expected}")
            };
            return Err(Error::malformed(name, "", reason));
        }
        self.stored.expect_exact(data)?;
        frame.reset(&self.format, limits)?;
        if self.header.is_fortran {
            let size = self.stored.sample_bytes().unwrap_or(1);
            let rows = straightened(data, &self.format, size);
            self.stored.unpack(&rows, frame);
        } else {
            self.stored.unpack(data, frame);
        }
        Ok(())
    }
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

fn encode(frame: &Frame, _asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    out.extend(header_of(frame.format()));
    out.extend_from_slice(&little_endian(frame));
    Ok(())
}

/// The header of an array that holds frames of this format.
pub(crate) fn header_of(format: &FrameFormat) -> Vec<u8> {
    let mut shape = vec![u64::from(format.height), u64::from(format.width)];
    if format.color != Color::Gray {
        shape.push(format.color.channels() as u64);
    }
    let length = room_for(format.sample, &shape);
    written(format.sample, &shape, length)
}

/// Bytes behind the header.
pub(crate) fn numbers_of(bytes: &[u8]) -> usize {
    let header = Header::length(Path::new(""), bytes, &Limits::default());
    bytes.len().saturating_sub(header.unwrap_or(0))
}
