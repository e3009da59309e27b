//! A frame to the bytes of a file, and back.

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, SampleType};
use qoi::{Channels, Encoder};

use crate::gray::rgb_bytes;
use crate::settings::Asked;

/// What stands behind the last pixel.
const END: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 1];

/// Appends the image to `out`.
pub(super) fn encode(frame: &Frame, _asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    let failed = |error: qoi::Error| Error::Codec {
        codec: "qoi".to_owned(),
        path: "".into(),
        frame: None,
        reason: error.to_string(),
    };
    let pixels = rgb_bytes(frame);
    let encoder = Encoder::new(pixels.as_ref(), format.width, format.height).map_err(failed)?;
    let start = out.len();
    out.resize(start + encoder.required_buf_len(), 0);
    let length = encoder
        .encode_to_buf(out.get_mut(start..).unwrap_or_default())
        .map_err(failed)?;
    out.truncate(start + length);
    Ok(())
}

/// The format that decoding gives.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    let header = qoi::decode_header(bytes).map_err(|error| malformed(error.to_string()))?;
    let color = match header.channels {
        Channels::Rgb => Color::Rgb,
        Channels::Rgba => Color::Rgba,
    };
    let format = FrameFormat::new(header.width, header.height, color, SampleType::U8);
    limits.check_format(&format)?;
    Ok(format)
}

/// Fills `frame`; its stamp stays.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let format = format(bytes, limits)?;
    if !bytes.ends_with(&END) {
        return Err(malformed("it is cut short: its end is missing"));
    }
    frame.reset(&format, limits)?;
    qoi::decode_to_buf(frame.bytes_mut(), bytes)
        .map(|_header| ())
        .map_err(|error| malformed(error.to_string()))
}

fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("QOI", "", reason)
}
