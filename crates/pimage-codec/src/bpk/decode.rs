//! A bloscpack to the frame that it holds.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::io::Read;

use flate2::read::ZlibDecoder;
use pimage_core::{Error, Frame, FrameFormat, Limits};
use serde_json::Value;

use super::{HEADER_BYTES, MAGIC, VERSION};
use crate::blosc::chunk;
use crate::npy::Image;
use crate::npy::header::Header;

/// Bytes of a checksum, by its number: none, Adler-32, CRC-32, MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.
const SUM_BYTES: [usize; 9] = [0, 4, 4, 16, 20, 28, 32, 48, 64];
const ADLER: u8 = 1;

pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    Ok(Pack::open(bytes, limits)?.image.format)
}

pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let pack = Pack::open(bytes, limits)?;
    let data = pack.data()?;
    pack.image.fill("bpk", &data, limits, frame)
}

/// A file whose headers are read.
struct Pack<'a> {
    image: Image,
    /// Bytes of each chunk but the last, and of the last, when they are not compressed.
    chunk_bytes: usize,
    last_bytes: usize,
    chunks: usize,
    checksum: u8,
    /// The chunks.
    rest: &'a [u8],
}

fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("bloscpack", "", reason)
}

fn cut() -> Error {
    malformed("it is cut short")
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Error> {
    let (taken, left) = rest.split_at_checked(length).ok_or_else(cut)?;
    *rest = left;
    Ok(taken)
}

fn number<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Error> {
    let (taken, left) = rest.split_first_chunk().ok_or_else(cut)?;
    *rest = left;
    Ok(*taken)
}

/// A number that is said to be known, at least 0.
fn size(value: i64, what: &str) -> Result<usize, Error> {
    usize::try_from(value).map_err(|_refused| {
        let reason = format!("{what} is {value}: expected 0 or more");
        malformed(reason)
    })
}

fn sum_bytes(checksum: u8) -> Result<usize, Error> {
    SUM_BYTES
        .get(usize::from(checksum))
        .copied()
        .ok_or_else(|| {
            malformed(format!(
                "its checksum is number {checksum}: expected 0 to 8"
            ))
        })
}

impl<'a> Pack<'a> {
    fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let mut rest = bytes;
        if take(&mut rest, MAGIC.len())? != MAGIC {
            return Err(malformed("it does not begin with `blpk`"));
        }
        let [version, options, checksum, _type_bytes] = number(&mut rest)?;
        if version != VERSION {
            let reason = format!("its version is {version}: expected {VERSION}");
            return Err(malformed(reason));
        }
        let chunk_bytes = i64::from(i32::from_le_bytes(number(&mut rest)?));
        let last_bytes = i64::from(i32::from_le_bytes(number(&mut rest)?));
        let chunks = i64::from_le_bytes(number(&mut rest)?);
        let more_chunks = i64::from_le_bytes(number(&mut rest)?);
        if options & 2 == 0 {
            return Err(malformed("it does not say of which shape its array is"));
        }
        let image = image(&metadata(&mut rest, limits)?, limits)?;
        let chunks = size(chunks, "its number of chunks")?;
        if options & 1 != 0 {
            let all = chunks.checked_add(size(more_chunks, "its room for chunks")?);
            let bytes = all.and_then(|all| all.checked_mul(8)).ok_or_else(cut)?;
            take(&mut rest, bytes)?;
        }
        sum_bytes(checksum)?;
        Ok(Self {
            image,
            chunk_bytes: size(chunk_bytes, "the size of its chunks")?,
            last_bytes: size(last_bytes, "the size of its last chunk")?,
            chunks,
            checksum,
            rest,
        })
    }

    /// The numbers of the array.
    fn data(&self) -> Result<Vec<u8>, Error> {
        let expected = self.image.data_bytes();
        let before = self.chunks.saturating_sub(1);
        let found = self
            .chunk_bytes
            .checked_mul(before)
            .and_then(|bytes| bytes.checked_add(self.last_bytes));
        if self.chunks == 0 || found != Some(expected) {
            let found = found.unwrap_or(usize::MAX);
            let reason = format!("its chunks have {found} bytes: expected {expected}");
            return Err(malformed(reason));
        }
        let mut data = vec![0; expected];
        let mut rest = self.rest;
        let (whole, last) = data.split_at_mut(self.chunk_bytes.saturating_mul(before));
        let targets = whole.chunks_mut(self.chunk_bytes.max(1)).chain([last]);
        for target in targets {
            let packed = chunk::take("bloscpack", &mut rest, target.len())?;
            let sum = take(&mut rest, sum_bytes(self.checksum)?)?;
            let is_wrong = self.checksum == ADLER && sum != adler(packed).to_le_bytes();
            if is_wrong || !chunk::unpack(packed, target) {
                return Err(malformed("a chunk is damaged"));
            }
        }
        Ok(data)
    }
}

/// The metadata of an array, which follow a header of their own.
fn metadata(rest: &mut &[u8], limits: &Limits) -> Result<Value, Error> {
    let mut header = take(rest, HEADER_BYTES)?;
    take(&mut header, 8)?;
    let [_options, checksum, codec, _level] = number(&mut header)?;
    let bytes = u32::from_le_bytes(number(&mut header)?);
    let room = u32::from_le_bytes(number(&mut header)?);
    let packed = u32::from_le_bytes(number(&mut header)?);
    limits.check_header(u64::from(bytes.max(packed)))?;
    let section = take(
        rest,
        usize::try_from(room.max(packed)).unwrap_or(usize::MAX),
    )?;
    take(rest, sum_bytes(checksum)?)?;
    let packed = usize::try_from(packed).unwrap_or(usize::MAX);
    let packed = section.get(..packed).ok_or_else(cut)?;
    let mut text = Vec::new();
    let result = match codec {
        0 => {
            text.extend_from_slice(packed);
            Ok(0)
        }
        1 => ZlibDecoder::new(packed)
            .take(u64::from(bytes))
            .read_to_end(&mut text),
        other => {
            return Err(malformed(format!(
                "its metadata are packed by codec {other}"
            )));
        }
    };
    result.map_err(|error| malformed(format!("its metadata are damaged: {error}")))?;
    serde_json::from_slice(&text).map_err(|error| malformed(format!("its metadata: {error}")))
}

/// What the metadata say of the array.
fn image(metadata: &Value, limits: &Limits) -> Result<Image, Error> {
    let missing = |name: &str| malformed(format!("its metadata have no `{name}` of an array"));
    let text = |name: &str| metadata.get(name).and_then(Value::as_str);
    // As Python prints a text; very old files have it without quotes.
    let descr = text("dtype").ok_or_else(|| missing("dtype"))?;
    let descr = descr.trim_matches(['\'', '"', 'u']);
    let shape = metadata.get("shape").and_then(Value::as_array);
    let shape: Option<Vec<u64>> = shape.and_then(|axes| axes.iter().map(Value::as_u64).collect());
    let header = Header {
        descr: descr.to_owned(),
        is_fortran: text("order") == Some("F"),
        shape: shape.ok_or_else(|| missing("shape"))?,
        data_start: 0,
    };
    Image::of(header, limits)
}

/// The checksum of zlib.
fn adler(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1u32, 0u32);
    // So many sums stay below 2^32.
    for part in bytes.chunks(5552) {
        for byte in part {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_zlib() {
        assert_eq!(adler(b"Wikipedia"), 0x11E6_0398);
        assert_eq!(adler(&vec![255; 100_000]), {
            let (mut low, mut high) = (1u64, 0u64);
            for _ in 0..100_000 {
                low = (low + 255) % 65_521;
                high = (high + low) % 65_521;
            }
            u32::try_from(high << 16 | low).expect("fits")
        });
    }
}
