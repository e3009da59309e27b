//! Recording stores, interchangeable with imgstore file by file: chunks of images or video, their indexes, their journals.
//!
//! A store is a folder: `metadata.yaml` says what the frames are, each chunk is a video or a folder of images,
//! and the index beside it has the number and the time of each frame.

mod chunk_index;
mod formats;
mod metadata;
mod yaml;

pub use chunk_index::ChunkIndex;
pub use formats::{FORMATS, StoreClass, StoreFormat, VIDEO_EXTENSIONS, format_by_name};
pub use metadata::{ImageShape, METADATA_FILE, StoreMetadata};
