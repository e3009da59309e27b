//! One frame as a bloscpack of an array (`.bpk`).
//!
//! # What it stores
//!
//! A numpy array in chunks that blosc compresses, and its type and shape as JSON.
//!
//! # What pimage reads
//!
//! Version 3, arrays of the shapes and types that it reads of `.npy`; all of blosc's compressors. Of checksums only Adler-32, which is usual, is compared.
//!
//! # What it writes
//!
//! Chunks of a megabyte by `BloscLZ`, shuffled by the size of a sample, without checksums beside those that files have anyway.
//!
//! # What is lost
//!
//! How many bits of a sample are used.
//!
//! # Specification
//!
//! <https://github.com/Blosc/bloscpack#description-of-the-file-format>

#[cfg(feature = "bpk")]
mod decode;
#[cfg(feature = "bpk")]
mod encode;

use crate::Codec;

/// First bytes of every file.
const MAGIC: &[u8; 4] = b"blpk";

/// The version there is.
#[cfg(feature = "bpk")]
const VERSION: u8 = 3;

/// Bytes of either header.
#[cfg(feature = "bpk")]
const HEADER_BYTES: usize = 32;

/// The row of the table.
#[cfg(feature = "bpk")]
pub(crate) static CODEC: Codec = Codec {
    note: Some(crate::npy::note),
    read_format: Some(decode::format),
    encoder: Some(encode::encode),
    decoder: Some(decode::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "bpk"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "bloscpack of one image",
    extensions: &["bpk"],
    ..Codec::unbuilt("bpk", "bpk", detect)
};

fn detect(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}
