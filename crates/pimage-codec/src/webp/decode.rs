//! From the bytes of a file to a frame.

use std::io::{Cursor, ErrorKind};

use image_webp::{DecodingError, WebPDecoder};
use pimage_core::{Color, Error, Frame, FrameFormat, Limits, Metadata, SampleType};

type Decoder<'a> = WebPDecoder<Cursor<&'a [u8]>>;

/// The format that decoding gives.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    open(bytes, limits).map(|(_, format)| format)
}

/// Whether it is lossy, and of how many pictures.
pub(super) fn metadata(bytes: &[u8], limits: &Limits) -> Result<Metadata, Error> {
    let (mut decoder, _) = open(bytes, limits)?;
    let mut metadata = Metadata::new();
    if decoder.is_animated() {
        let frames = decoder.num_frames();
        metadata.insert("animation_frames".to_owned(), frames.into());
    }
    metadata.insert("lossy".to_owned(), decoder.is_lossy().into());
    Ok(metadata)
}

/// Fills `frame`; its stamp stays.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let (mut decoder, format) = open(bytes, limits)?;
    frame.reset(&format, limits)?;
    decoder
        .read_image(frame.bytes_mut())
        .map_err(|error| refused(&error))
}

fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Decoder<'a>, FrameFormat), Error> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|error| refused(&error))?;
    let (width, height) = decoder.dimensions();
    let color = if decoder.has_alpha() {
        Color::Rgba
    } else {
        Color::Rgb
    };
    let format = FrameFormat::new(width, height, color, SampleType::U8);
    limits.check_format(&format)?;
    decoder.set_memory_limit(usize::try_from(limits.max_metadata_bytes).unwrap_or(usize::MAX));
    Ok((decoder, format))
}

fn refused(error: &DecodingError) -> Error {
    let reason = match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "it is cut short".to_owned()
        }
        other => other.to_string(),
    };
    Error::malformed("WebP", "", reason)
}
