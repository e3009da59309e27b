//! A frame to chunks and back.

use pimage_core::{Error, Frame, Limits};

use super::{COMPRESSOR, SHUFFLE, chunk};
use crate::COMPRESSION;
use crate::npy;
use crate::samples::little_endian;
use crate::settings::Asked;

/// Appends the header and the chunks.
pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    let mut parameters = blusc::BLOSC2_CPARAMS_DEFAULTS;
    parameters.compcode = match asked.text(COMPRESSOR) {
        Some("lz4") => blusc::BLOSC_LZ4,
        Some("zlib") => blusc::BLOSC_ZLIB,
        Some("zstd") => blusc::BLOSC_ZSTD,
        _ => blusc::BLOSC_BLOSCLZ,
    };
    // The table allows 0 to 9.
    parameters.clevel = asked.number(COMPRESSION).unwrap_or(5.0) as u8;
    parameters.typesize = format.sample.bytes() as i32;
    if let Some(filter) = parameters.filters.last_mut() {
        *filter = match asked.text(SHUFFLE) {
            Some("none") => blusc::BLOSC_NOSHUFFLE,
            _ => blusc::BLOSC_SHUFFLE,
        };
    }
    let context = blusc::blosc2_create_cctx(parameters);
    out.extend(npy::header_of(format));
    for bytes in little_endian(frame).chunks(chunk::BYTES) {
        let compress =
            |source: &[u8], target: &mut [u8]| blusc::blosc1_compress_ctx(&context, source, target);
        chunk::pack(bytes, compress, out)?;
    }
    Ok(())
}

/// Fills `frame`; its stamp stays.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let image = npy::open(bytes, limits)?;
    let mut rest = bytes.get(image.data_start()..).unwrap_or_default();
    let mut data = vec![0; image.data_bytes()];
    for target in data.chunks_mut(chunk::BYTES) {
        let packed = chunk::take("blosc", &mut rest, target.len())?;
        if !chunk::unpack(packed, target) {
            return Err(Error::malformed("blosc", "", "a chunk is damaged"));
        }
    }
    if !rest.is_empty() {
        let reason = format!("{} bytes follow the last chunk", rest.len());
        return Err(Error::malformed("blosc", "", reason));
    }
    image.fill("blosc", &data, limits, frame)
}
