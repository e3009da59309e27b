//! Chunks of blosc: their headers, packing and unpacking.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pimage_core::Error;

/// The header of a chunk.
const HEADER_BYTES: usize = 16;

/// Bytes that are compressed together; a multiple of every sample's size.
pub(crate) const BYTES: usize = 1 << 20;

/// What a chunk may need beyond its bytes.
const OVERHEAD: usize = 64;

/// Appends a chunk, made by a function that fills a buffer and tells how many bytes it took.
///
/// # Errors
///
/// [`Error::Codec`] when it took none.
pub(crate) fn pack(
    chunk: &[u8],
    compress: impl FnOnce(&[u8], &mut [u8]) -> i32,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let start = out.len();
    out.resize(start + chunk.len() + OVERHEAD, 0);
    let packed = compress(chunk, out.get_mut(start..).unwrap_or_default());
    let packed = usize::try_from(packed).unwrap_or(0);
    if packed == 0 {
        return Err(Error::Codec {
            codec: "blosc".to_owned(),
            path: "".into(),
            frame: None,
            reason: "a chunk could not be compressed".to_owned(),
        });
    }
    out.truncate(start + packed);
    Ok(())
}

/// Takes the next chunk, which unpacks to so many bytes.
///
/// # Errors
///
/// [`Error::Malformed`] in a file of the format `name`.
pub(crate) fn take<'a>(
    name: &'static str,
    rest: &mut &'a [u8],
    expected: usize,
) -> Result<&'a [u8], Error> {
    let cut = || Error::malformed(name, "", "it is cut short");
    let header = rest.get(..HEADER_BYTES).ok_or_else(cut)?;
    let number = |at: usize| -> Result<usize, Error> {
        let bytes = header.get(at..).and_then(|head| head.first_chunk());
        let value = u32::from_le_bytes(*bytes.ok_or_else(cut)?);
        usize::try_from(value).map_err(|_too_large| cut())
    };
    let (bytes, packed) = (number(4)?, number(12)?);
    if bytes != expected {
        let reason = format!("a chunk is said to have {bytes} bytes: expected {expected}");
        return Err(Error::malformed(name, "", reason));
    }
    let (chunk, after) = rest.split_at_checked(packed).ok_or_else(cut)?;
    *rest = after;
    Ok(chunk)
}

/// Whether the bytes were those of a whole chunk.
pub(crate) fn unpack(packed: &[u8], target: &mut [u8]) -> bool {
    // The library answers what it does not expect with a panic here and there.
    let unpacked = catch_unwind(AssertUnwindSafe(|| {
        blusc::blosc1_decompress(packed, target)
    }));
    unpacked.is_ok_and(|bytes| usize::try_from(bytes) == Ok(target.len()))
}
