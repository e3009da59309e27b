//! One image from one file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use pimage_codec::Codec;
use pimage_core::{Error, Frame, FrameFormat, Limits, Metadata};

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
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    let metadata = file.metadata().map_err(Error::io("open", path))?;
    if !metadata.is_file() {
        return Err(Error::unsupported("", "it is not a regular file"));
    }
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
    let file = File::open(path)?;
    if file.metadata()?.is_file() {
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

fn not_built(codec: &Codec) -> Error {
    Error::NotBuilt {
        format: codec.name.to_owned(),
        feature: codec.feature,
    }
}

/// The format of the frame in these bytes, and what else its header says.
///
/// Errors have an empty path.
pub(super) fn describe(
    codec: &Codec,
    bytes: &[u8],
    limits: &Limits,
) -> Result<(FrameFormat, Metadata), Error> {
    let format_of = codec.format.ok_or_else(|| not_built(codec))?;
    let format = format_of(bytes, limits)?;
    let metadata = match codec.metadata {
        Some(metadata_of) => metadata_of(bytes, limits)?,
        None => Metadata::new(),
    };
    Ok((format, metadata))
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
    if codec.name == "tiff" && has_second_page(bytes) {
        let reason = "it has several pages, the first file has one; `--format tiff` reads all pages of all files";
        return Err(Error::unsupported("", reason));
    }
    let decode = codec.decode.ok_or_else(|| not_built(codec))?;
    decode(bytes, limits, frame)?;
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

/// Whether the first directory of a TIFF file names another one.
fn has_second_page(bytes: &[u8]) -> bool {
    next_directory(bytes).is_some_and(|next| next != 0)
}

/// The offset of the second directory of a TIFF file; `None` when it cannot be found.
fn next_directory(bytes: &[u8]) -> Option<u64> {
    let is_little = match bytes.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let number = |at: u64, length: u64| -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let field = bytes.get(at..at.checked_add(usize::try_from(length).ok()?)?)?;
        let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Some(if is_little {
            field.iter().rev().fold(0, add)
        } else {
            field.iter().fold(0, add)
        })
    };
    // (offset of the first directory, bytes of a count, of an entry, of an offset)
    let (first, count_bytes, entry_bytes, offset_bytes) = match number(2, 2)? {
        42 => (number(4, 4)?, 2, 12, 4),
        43 => (number(8, 8)?, 8, 20, 8),
        _ => return None,
    };
    let count = number(first, count_bytes)?;
    let end = first
        .checked_add(count_bytes)?
        .checked_add(count.checked_mul(entry_bytes)?)?;
    number(end, offset_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TIFF header and a directory without entries, then the offset of the next.
    fn tiff(is_big: bool, next: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        if is_big {
            bytes.extend(b"MM\0\x2B\0\x08\0\0");
            bytes.extend(16u64.to_be_bytes());
            bytes.extend(0u64.to_be_bytes());
            bytes.extend(u64::from(next).to_be_bytes());
        } else {
            bytes.extend(b"II\x2A\0\x08\0\0\0\0\0");
            bytes.extend(u32::from(next).to_le_bytes());
        }
        bytes
    }

    #[test]
    fn a_second_page_is_seen() {
        for is_big in [false, true] {
            assert!(has_second_page(&tiff(is_big, 9)));
            assert!(!has_second_page(&tiff(is_big, 0)));
            let bytes = tiff(is_big, 9);
            assert!(!has_second_page(&bytes[..bytes.len() - 1]));
        }
        assert!(!has_second_page(b"\x89PNG"));
        assert!(!has_second_page(
            b"II\x2B\0\x08\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
        ));
    }
}
