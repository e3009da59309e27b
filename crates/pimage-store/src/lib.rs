//! Recording stores, interchangeable with imgstore file by file: chunks of images or video, their indexes, their journals.
//!
//! A store is a folder: `metadata.yaml` says what the frames are, each chunk is a video or a folder of images,
//! and the index beside it has the number and the time of each frame.

mod chunk_index;
mod formats;
mod journal;
mod lock;
mod metadata;
mod yaml;

pub use chunk_index::ChunkIndex;
pub use formats::{FORMATS, StoreClass, StoreFormat, VIDEO_EXTENSIONS, format_by_name};
pub use journal::{Journal, JournalHeader, extra_lines_path, journal_path};
pub use lock::{LOCK_FILE, LockOwner, LockState, lock_state};
pub use metadata::{ImageShape, METADATA_FILE, StoreMetadata};
