//! A frame to a bloscpack.

use pimage_core::{Error, Frame};
use serde_json::json;

use super::{HEADER_BYTES, MAGIC, VERSION};
use crate::blosc::chunk;
use crate::npy::header::descr_of;
use crate::samples::little_endian;
use crate::settings::Asked;

/// Blosc's level, of 9.
const LEVEL: i32 = 5;

pub(super) fn encode(frame: &Frame, _asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let format = frame.format();
    let mut shape = vec![format.height, format.width];
    if format.color.channels() > 1 {
        shape.push(format.color.channels() as u32);
    }
    let metadata = json!({
        "dtype": format!("'{}'", descr_of(format.sample)),
        "shape": shape,
        "order": "C",
        "container": "numpy",
    });
    let metadata = metadata.to_string();
    let data = little_endian(frame);
    let chunk_bytes = chunk::BYTES.min(data.len());
    let chunks = data.len().div_ceil(chunk::BYTES);
    let last_bytes = data.len() - (chunks - 1) * chunk_bytes;
    let type_bytes = format.sample.bytes();
    out.extend(MAGIC);
    // Metadata, but no table of offsets and no checksums.
    out.extend([VERSION, 2, 0, type_bytes as u8]);
    out.extend((chunk_bytes as u32).to_le_bytes());
    out.extend((last_bytes as u32).to_le_bytes());
    out.extend((chunks as u64).to_le_bytes());
    out.extend(0u64.to_le_bytes());
    let start = out.len();
    out.extend(b"JSON\0\0\0\0");
    out.extend([0; 4]);
    for _ in 0..3 {
        out.extend((metadata.len() as u32).to_le_bytes());
    }
    out.resize(start + HEADER_BYTES, 0);
    out.extend(metadata.as_bytes());
    let shuffle = i32::from(blusc::BLOSC_SHUFFLE);
    for bytes in data.chunks(chunk::BYTES) {
        let compress = |source: &[u8], target: &mut [u8]| {
            blusc::blosc1_compress(LEVEL, shuffle, type_bytes, source, target)
        };
        chunk::pack(bytes, compress, out)?;
    }
    Ok(())
}
