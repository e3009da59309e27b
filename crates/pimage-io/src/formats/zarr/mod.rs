//! Zarr arrays and OME-Zarr images (`.zarr`).
//!
//! # What it stores
//!
//! A folder with an array cut into chunks, each coded on its own, one or several in a file; or a group of such arrays.
//!
//! # What pimage reads
//!
//! Versions 2 and 3, with and without shards; blosc, zstd, gzip and zlib; both orders and byte orders; OME-Zarr 0.4 and 0.5.
//! `bool` becomes `U8` 0 and 1, `int8` becomes `I16` and `float16` becomes `F32`: all exact. 64-bit integers are refused.
//! The names of the dimensions (of version 3, of OME, of xarray) say what is rows, columns and colour, and the others run through the frames;
//! without names an array is (time, height, width), (time, height, width, 1 to 4 channels) or (height, width).
//! In a group, `path:name` names the array, and `path:1` the second level of an image.
//! Only the chunks of the frames that are read are touched, and decoded on all cores.
//! A chunk that is not there is the fill value, as the format has it; one that cannot be decoded is damage of its frames.
//! Chunks are decoded here and not by `zarrs`, which inflates gzip and zstd to whatever a chunk claims.
//!
//! # What it writes
//!
//! A group of version 3 with the array `frames`, and beside it `time` and `number` where the frames have them,
//! because this is what xarray opens as one data set, and because an array alone has no place for them.
//! With levels, or under a name that ends in `.ome.zarr`, an OME-Zarr 0.5 image whose arrays are `0`, `1` …
//! Frames can be added to the end of what pimage wrote.
//! `zarrs` describes the arrays and encodes chunks and the tables of shards; only gzip is libdeflate's, which is faster.
//! Shards are put together here, chunk after chunk as they come, so that memory does not grow with their size:
//! its sharding codec wants all samples of a shard at once.
//!
//! # What is lost
//!
//! The names of frames; parts of a nanosecond of times that do not fit the rate.
//!
//! # Specification
//!
//! <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html>, <https://ngff.openmicroscopy.org/0.5/>.

#[cfg(feature = "zarr")]
mod append;
#[cfg(feature = "zarr")]
mod array;
#[cfg(feature = "zarr")]
mod codecs;
#[cfg(feature = "zarr")]
mod column_writer;
#[cfg(feature = "zarr")]
mod columns;
#[cfg(feature = "zarr")]
mod decode;
#[cfg(feature = "zarr")]
mod describe;
#[cfg(feature = "zarr")]
mod document;
#[cfg(feature = "zarr")]
mod encode;
#[cfg(feature = "zarr")]
mod find;
#[cfg(feature = "zarr")]
mod group;
#[cfg(feature = "zarr")]
mod layout;
#[cfg(feature = "zarr")]
mod levels;
#[cfg(feature = "zarr")]
mod metadata;
#[cfg(feature = "zarr")]
mod ome;
#[cfg(feature = "zarr")]
mod open;
#[cfg(feature = "zarr")]
mod permute;
#[cfg(feature = "zarr")]
mod place;
#[cfg(feature = "zarr")]
mod plan;
#[cfg(feature = "zarr")]
mod reader;
#[cfg(feature = "zarr")]
mod shard;
#[cfg(feature = "zarr")]
mod source;
#[cfg(feature = "zarr")]
mod writer;

use crate::{CreateWriter, Format, OpenReader, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "zarr",
    title: "Zarr array or OME-Zarr image",
    extensions: &["zarr"],
    reads: "v2 and v3, shards, OME-Zarr 0.4 and 0.5; a level or an array by name (`a.zarr:1`)",
    writes: "v3 with shards, OME-Zarr 0.5 with levels; `--append`",
    detect: Some(detect),
    feature: "zarr",
    open: OPEN,
    create: CREATE,
};

#[cfg(feature = "zarr")]
const OPEN: Option<OpenReader> = Some(open::open);
#[cfg(not(feature = "zarr"))]
const OPEN: Option<OpenReader> = None;
#[cfg(feature = "zarr")]
const CREATE: Option<CreateWriter> = Some(writer::create);
#[cfg(not(feature = "zarr"))]
const CREATE: Option<CreateWriter> = None;

fn detect(probe: &Probe<'_>) -> bool {
    probe.is_folder
        && ["zarr.json", ".zarray", ".zgroup"]
            .iter()
            .any(|name| probe.path.join(name).is_file())
}
