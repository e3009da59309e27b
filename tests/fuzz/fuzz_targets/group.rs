//! Fuzzes the unpacking of a compressed group: bytes as they are, and with the shape, the length and the checksum that they need.
#![no_main]

use pimage_compress::{decode_group, decode_group_into};
use pimage_core::Cancel;

/// Bytes before a group's payload.
const HEADER_BYTES: usize = 42;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let cancel = Cancel::new();
    let _ = decode_group::<f32>(bytes, &cancel);
    if bytes.len() < HEADER_BYTES {
        return;
    }
    let mut group = bytes.to_vec();
    let shape = [6, 10, 14].map(|at| {
        let size = usize::from(bytes[at] % 40);
        group[at..at + 4].copy_from_slice(&[size as u8, 0, 0, 0]);
        size
    });
    let payload = (bytes.len() - HEADER_BYTES) as u32;
    group[22..26].copy_from_slice(&payload.to_le_bytes());
    for code in [b"f4", b"f8", b"u1", b"i2"] {
        group.truncate(bytes.len());
        group[1..3].copy_from_slice(code);
        let checksum = crc32c::crc32c(&group);
        group.extend(checksum.to_le_bytes());
        let found = match code {
            b"f4" => decode_group_into::<f32>(&group, shape, &mut Vec::new(), &cancel),
            b"f8" => decode_group_into::<f64>(&group, shape, &mut Vec::new(), &cancel),
            b"u1" => decode_group_into::<u8>(&group, shape, &mut Vec::new(), &cancel),
            _ => decode_group_into::<i16>(&group, shape, &mut Vec::new(), &cancel),
        };
        let _ = found;
    }
});
