//! Recordings for the program to read, written byte by byte so that pimage's own writers are not trusted.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test helper reports by panicking"
)]

use std::fs;
use std::path::Path;

use pimage_core::{FrameFormat, SampleType};
use pimage_testkit::counter_frame;

/// The samples of frames `0..count` of the counting recording, one after the other, little-endian.
#[must_use]
pub fn samples_of(format: FrameFormat, count: u64) -> Vec<u8> {
    (0..count)
        .flat_map(|index| counter_frame(index, format).bytes().to_vec())
        .collect()
}

/// How numpy spells a sample type in a file.
fn numpy_type(sample: SampleType) -> &'static str {
    match sample {
        SampleType::U8 => "|u1",
        SampleType::U16 => "<u2",
        SampleType::U32 => "<u4",
        SampleType::I16 => "<i2",
        SampleType::I32 => "<i4",
        SampleType::F32 => "<f4",
        _ => "<f8",
    }
}

/// An array file of version 1.0 with this format, frame count and samples.
#[must_use]
pub fn npy_bytes(format: FrameFormat, count: u64, samples: &[u8]) -> Vec<u8> {
    let [height, width, channels] = format.shape();
    let shape = match channels {
        1 => format!("({count}, {height}, {width})"),
        _ => format!("({count}, {height}, {width}, {channels})"),
    };
    let mut header = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': {shape}, }}",
        numpy_type(format.sample)
    );
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).expect("is short").to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(samples);
    bytes
}

/// Writes frames `0..count` of the counting recording as an array file.
pub fn write_npy(path: &Path, format: FrameFormat, count: u64) {
    let bytes = npy_bytes(format, count, &samples_of(format, count));
    fs::write(path, bytes).expect("writes");
}

/// The header (as text) and the samples of an array file.
#[must_use]
pub fn read_npy(path: &Path) -> (String, Vec<u8>) {
    let bytes = fs::read(path).expect("is there");
    assert_eq!(bytes.get(..6), Some(&b"\x93NUMPY"[..]), "not an array file");
    let long = bytes[6] > 1;
    let (begin, length) = if long {
        let length = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes"));
        (12, usize::try_from(length).expect("is short"))
    } else {
        let length = u16::from_le_bytes(bytes[8..10].try_into().expect("two bytes"));
        (10, usize::from(length))
    };
    let header = String::from_utf8_lossy(&bytes[begin..begin + length]).into_owned();
    (header, bytes[begin + length..].to_vec())
}

/// Writes frames `0..count` of the counting recording as `STEM.seq` and `STEM.bin` at 100 frames a second.
pub fn write_hiris(path: &Path, format: FrameFormat, count: u64) {
    let bytes_per_pixel = match format.sample {
        SampleType::U8 => 1,
        SampleType::U16 => 2,
        other => panic!("HIRIS has no {other} frames"),
    };
    let comment = "flies, arena 3\nWidth=7 is not a key here\n";
    let text = format!(
        "[Sequence Settings]\r\nSequence name=test\r\nCommentSize={}\r\nComment={comment}\r\nNumber of files={count}\r\n\
         Width={}\r\nHeight={}\r\nBytesPerPixel={bytes_per_pixel}\r\nBitsPerPixel={}\r\nFramePerSecond=100\r\n",
        comment.len(),
        format.width,
        format.height,
        format.bit_depth,
    );
    fs::write(path, text).expect("writes");
    fs::write(path.with_extension("bin"), samples_of(format, count)).expect("writes");
}
