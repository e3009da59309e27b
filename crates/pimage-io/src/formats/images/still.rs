//! One image from one file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use pimage_codec::Codec;
use pimage_core::{Error, Frame, FrameFormat, Limits, Metadata};

use crate::FORMATS;
use crate::open::extension_of;

/// Bytes at the start of a file by which its codec is known.
const HEAD_BYTES: usize = 4096;

/// Bytes that a file may have beyond those of the greatest frame, for metadata.
const MARGIN_BYTES: u64 = 16 << 20;

/// The bytes of a file, in memory that is used again.
///
/// Errors have an empty path.
pub(super) fn read(path: &Path, limits: &Limits, bytes: &mut Vec<u8>) -> Result<(), Error> {
    bytes.clear();
    // Asked before opening, because to open a pipe waits for someone to write.
    let metadata = path.metadata().map_err(Error::io("open", path))?;
    if !metadata.is_file() {
        return Err(Error::unsupported("", "it is not a regular file"));
    }
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    let bound = limits.max_frame_bytes.saturating_add(MARGIN_BYTES);
    if metadata.len() > bound {
        return Err(Error::TooLarge {
            what: "the size of a file of one frame",
            value: metadata.len(),
            limit: bound,
            option: "--limit frame-bytes=N",
        });
    }
    // One byte more than there should be, so that the end is found without another allocation.
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    bytes
        .try_reserve_exact(length.saturating_add(1))
        .map_err(|error| Error::io("read", path)(std::io::Error::other(error)))?;
    Read::by_ref(&mut file)
        .take(bound.saturating_add(1))
        .read_to_end(bytes)
        .map_err(Error::io("read", path))?;
    if bytes.is_empty() {
        return Err(Error::Unrecognized {
            path: "".into(),
            hint: "it is empty".to_owned(),
        });
    }
    Ok(())
}

/// The first bytes of a file, by which its codec is known.
pub(super) fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    if path.metadata()?.is_file() {
        let file = File::open(path)?;
        file.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    }
    Ok(head)
}

/// The codec of a file: by its content, else by its name.
///
/// Errors have an empty path.
pub(super) fn codec_of(path: &Path, bytes: &[u8]) -> Result<&'static Codec, Error> {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    pimage_codec::by_content(head)
        .or_else(|| pimage_codec::by_extension(&extension_of(path)))
        .ok_or_else(|| Error::Unrecognized {
            path: "".into(),
            hint: "it is no still image".to_owned(),
        })
}

/// The format of the frame in these bytes, and what else its header says.
///
/// Errors have an empty path.
pub(super) fn describe(
    codec: &Codec,
    bytes: &[u8],
    limits: &Limits,
) -> Result<(FrameFormat, Metadata), Error> {
    let format = codec.format(bytes, limits)?;
    Ok((format, codec.metadata(bytes, limits)?))
}

/// Fills `frame`, which has `expected` afterwards.
///
/// Errors have an empty path.
pub(super) fn decode(
    codec: &Codec,
    bytes: &[u8],
    expected: &FrameFormat,
    limits: &Limits,
    frame: &mut Frame,
) -> Result<(), Error> {
    codec
        .decode_into(bytes, limits, frame)
        .map_err(|error| hinted(codec, error))?;
    let found = *frame.format();
    if found == *expected {
        return Ok(());
    }
    // How many bits are used is said by each file, and may be fewer in one of them.
    let is_narrower = found.bit_depth <= expected.bit_depth;
    if is_narrower && found.with_bit_depth(expected.bit_depth) == *expected {
        frame.set_bit_depth(expected.bit_depth);
        return Ok(());
    }
    Err(Error::Damaged {
        path: "".into(),
        frame: 0,
        reason: format!("it is {found}, the first file is {expected}"),
    })
}

/// What to do where a file holds more than a codec of one frame reads.
fn hinted(codec: &Codec, error: Error) -> Error {
    match error {
        Error::Unsupported { path, reason } if FORMATS.iter().any(|row| row.name == codec.name) => {
            let reason = format!(
                "{reason}; `--format {}` reads all of every file",
                codec.name
            );
            Error::Unsupported { path, reason }
        }
        other => other,
    }
}
