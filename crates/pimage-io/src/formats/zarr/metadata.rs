//! What new arrays say of themselves, as `zarrs` puts it.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::sync::Arc;

use pimage_core::Error;
use serde_json::{Map, Value};
use zarrs::array::{ArrayBuilder, ArrayMetadataV3, BytesToBytesCodecTraits, FillValue};

/// Codecs from bytes to bytes, first one first.
pub(super) type ByteCodecs = Vec<Arc<dyn BytesToBytesCodecTraits>>;

/// An array that is to be created.
#[derive(Debug)]
pub(super) struct NewArray {
    /// Length of each dimension.
    pub(super) shape: Vec<u64>,
    /// Shape of what a file holds: a chunk, or a shard of chunks.
    pub(super) file_shape: Vec<u64>,
    /// Shape of a chunk.
    pub(super) chunk_shape: Vec<u64>,
    /// The type of the numbers: `uint16`.
    pub(super) number: &'static str,
    /// The bytes of a number that is not there, in the machine's order.
    pub(super) fill: Vec<u8>,
    /// What is done to the bytes of a chunk.
    pub(super) codecs: ByteCodecs,
    /// The name of each dimension.
    pub(super) names: Vec<String>,
    /// Whatever else is said.
    pub(super) attributes: Map<String, Value>,
}

impl NewArray {
    /// Its description.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] when `zarrs` does not agree with it.
    pub(super) fn metadata(self) -> Result<ArrayMetadataV3, Error> {
        let is_sharded = self.file_shape != self.chunk_shape;
        let fill = FillValue::new(self.fill);
        ArrayBuilder::new(self.shape, self.file_shape, self.number, fill)
            .subchunk_shape(is_sharded.then_some(self.chunk_shape))
            .bytes_to_bytes_codecs(self.codecs)
            .dimension_names(Some(self.names))
            .attributes(self.attributes)
            .build_metadata()
            .map_err(internal)
    }
}

/// The error for what `zarrs` refuses of pimage's own doing.
pub(super) fn internal(error: impl ToString) -> Error {
    Error::Internal {
        part: "the zarr writer".to_owned(),
        reason: error.to_string(),
    }
}
