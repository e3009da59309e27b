//! The bytes of a coded picture to a frame.

use std::path::Path;

use pimage_core::{Error, Frame, Limits};

use super::encoding::Kind;
use super::note::Note;
use super::{carry, levels};
use crate::ffi::{self, AvError, Decoder, DecoderSettings, Packet, Picture, Received};
use crate::h264::is_monochrome;
use crate::unpack::{UnpackSettings, Unpacker};

/// Fills a frame from the bytes of one coded picture, with `threads` threads; of several pictures the first. The frame's stamp stays.
/// Samples of JPEG 2000 of less than a whole number of bytes stand at the top of their 8 or 16 bits, as FFmpeg gives them. JPEG XL is not decoded here.
///
/// # Errors
///
/// [`Error::Malformed`] for bytes that are no whole picture; [`Error::TooLarge`]; [`Error::Codec`] when there is no decoder.
pub fn decode(
    bytes: &[u8],
    kind: Kind,
    threads: usize,
    limits: &Limits,
    frame: &mut Frame,
) -> Result<(), Error> {
    let picture = picture(bytes, kind, threads, limits)?;
    let malformed = |reason: String| Error::malformed("", kind.name(), reason);
    let note = carry::find(kind, bytes);
    let hides_gray =
        note.is_some_and(|note| note.is_gray) || (kind == Kind::H264 && is_monochrome(bytes));
    let mut unpacker = Unpacker::new(
        &picture,
        UnpackSettings {
            gray: false,
            holds_gray: hides_gray,
            is_limited: false,
            turns: 0,
            size: note.map(|note| (note.width, note.height)),
            bit_depth: note.map(|note| note.bit_depth),
        },
    )
    .map_err(malformed)?;
    match note {
        Some(Note {
            is_spread: true, ..
        }) => {
            let depth = unpacker.stored_depth();
            let mut deep = Frame::empty();
            unpacker.unpack(&picture, &mut deep, limits, malformed)?;
            levels::gather(&deep, depth, frame)
        }
        _ => unpacker.unpack(&picture, frame, limits, malformed),
    }
}

/// The first picture in the bytes.
fn picture(bytes: &[u8], kind: Kind, threads: usize, limits: &Limits) -> Result<Picture, Error> {
    let failed = |reason: String| Error::Codec {
        codec: kind.name().to_owned(),
        path: Path::new("").to_path_buf(),
        frame: None,
        reason,
    };
    ffi::load().map_err(failed)?;
    let settings = DecoderSettings {
        threads,
        max_pixels: limits.max_pixels.min(limits.max_frame_bytes),
    };
    let mut found = Err(AvError::no_decoder());
    for name in kind.decoders() {
        found = Decoder::open_strict(name, settings);
        if found.is_ok() {
            break;
        }
    }
    let decoder = found.map_err(|error| failed(error.to_string()))?;
    let malformed = |error: AvError| Error::malformed("", kind.name(), error.to_string());
    let picture = run(decoder, bytes)
        .map_err(malformed)?
        .ok_or_else(|| Error::malformed("", kind.name(), "there is no whole picture in it"))?;
    if picture.is_damaged() {
        return Err(Error::malformed("", kind.name(), "the picture is damaged"));
    }
    Ok(picture)
}

fn run(mut decoder: Decoder, bytes: &[u8]) -> Result<Option<Picture>, AvError> {
    let packet = Packet::from_data(bytes)?;
    let mut picture = Picture::new()?;
    for input in [Some(&packet), None] {
        decoder.send(input)?;
        if decoder.receive(&mut picture)? == Received::Picture {
            return Ok(Some(picture));
        }
    }
    Ok(None)
}
