//! Recording stores, interchangeable with imgstore file by file: chunks of images or video, their indexes, their journals.
//!
//! A store is a folder: `metadata.yaml` says what the frames are, each chunk is a video or a folder of images,
//! and the index beside it has the number and the time of each frame.

mod align;
mod chunk_index;
mod chunks;
mod encoding;
mod extra;
mod folder;
mod formats;
mod frame_index;
mod journal;
mod lock;
mod metadata;
mod reader;
mod reindex;
mod repair;
mod runs;
mod shard;
mod staged;
mod timecodes;
mod writer;
mod yaml;

pub use align::{Aligned, Alignment, By, Join, Missing};
pub use chunk_index::ChunkIndex;
pub use extra::{Column, ExtraData, ExtraTable, Sampled, Values};
pub use formats::{FORMATS, StoreClass, StoreFormat, VIDEO_EXTENSIONS, format_by_name};
#[cfg(feature = "sqlite")]
pub use frame_index::SQLITE_INDEX;
pub use frame_index::{ChunkEntry, Find, FrameIndex, SAVED_INDEX, UNKNOWN_NUMBER};
pub use journal::{Journal, JournalHeader, extra_lines_path, journal_path};
pub use lock::{LOCK_FILE, LockOwner, LockState, lock_state};
pub use metadata::{ImageShape, METADATA_FILE, StoreMetadata};
pub use reader::{StoreFollower, StoreOptions, StoreReader, extract_only_frame};
pub use reindex::{Reindexed, reindex};
pub use repair::{Gap, RepairOptions, RepairReport, VerifyReport, repair, verify};
pub use runs::{Choice, Runs, Span};
pub use shard::{MergeOptions, Merged, PartWriter, Shard, merge};
pub use staged::StagedStore;
pub use writer::{ChunkLimits, Durability, RecordOptions, Safety, StoreWriter};

/// What a build without videos answers to a store of them.
#[cfg(not(feature = "ffmpeg"))]
fn video_not_built(metadata: &StoreMetadata) -> pimage_core::Error {
    pimage_core::Error::NotBuilt {
        format: metadata.format.clone(),
        feature: "ffmpeg",
    }
}
