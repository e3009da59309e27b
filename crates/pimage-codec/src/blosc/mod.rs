//! The numbers of one image, compressed by blosc: a measure of what costs nothing.
//!
//! # What it stores
//!
//! The header of a numpy file, then the numbers in chunks of a megabyte that blosc compresses after shuffling their bytes by the size of a sample.
//!
//! # What pimage reads
//!
//! What it writes.
//!
//! # What it writes
//!
//! Every type and colour; `compressor`, `shuffle` and `compression` choose how.
//!
//! # What is lost
//!
//! How many bits of a sample are used.
//!
//! # Specification
//!
//! <https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst>

#[cfg(feature = "blosc")]
pub(crate) mod chunk;
#[cfg(feature = "blosc")]
mod image;

use crate::{COMPRESSION, Choice, Codec, Values};

/// The option that chooses the compressor.
const COMPRESSOR: &str = "compressor";

/// The option that chooses what is done before compression.
const SHUFFLE: &str = "shuffle";

/// The row of the table.
#[cfg(feature = "blosc")]
pub(crate) static CODEC: Codec = Codec {
    note: Some(crate::npy::note),
    payload_of: Some(crate::npy::numbers_of),
    read_format: Some(crate::npy::format),
    encoder: Some(image::encode),
    decoder: Some(image::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "blosc"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "raw numbers compressed by blosc",
    extensions: &["npy.blosc"],
    is_file: false,
    options: &[
        Choice {
            name: COMPRESSOR,
            help: "what compresses",
            values: Values::OneOf(&["blosclz", "lz4", "zlib", "zstd"]),
            usual: "blosclz",
        },
        Choice {
            name: SHUFFLE,
            help: "whether bytes of the same weight are sorted together before",
            values: Values::OneOf(&["none", "bytes"]),
            usual: "bytes",
        },
        Choice {
            name: COMPRESSION,
            help: "how hard to compress, from 0 (not at all)",
            values: Values::Whole(0, 9),
            usual: "5",
        },
    ],
    payload: "the chunks, without the header of type and shape",
    ..Codec::unbuilt("blosc", "blosc", |_| false)
};
