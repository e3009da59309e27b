//! Recording stores, interchangeable with imgstore file by file: chunks of images or video, their indexes, their journals.
//!
//! A store is a folder: `metadata.yaml` says what the frames are, each chunk is a video or a folder of images,
//! and the index beside it has the number and the time of each frame.
//!
//! ```
//! use pimage_core::{Color, Frame, FrameCount, FrameFormat, FrameReader, FrameWriter, SampleType, StreamInfo};
//! use pimage_store::{Find, RecordOptions, StoreFollower, StoreOptions, StoreReader, StoreWriter};
//! use serde_json::json;
//!
//! # let folder = tempfile::tempdir().map_err(pimage_core::Error::io("make", "a folder"))?;
//! # let path = folder.path().join("recording");
//! // Create: what was flushed outlives a crash.
//! let format = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);
//! let info = StreamInfo::new("camera", format, FrameCount::Unknown);
//! let mut writer = StoreWriter::new(&path, &info, &RecordOptions::new("npy"))?;
//! for number in [100, 101, 105] {
//!     let mut frame = Frame::zeroed(format);
//!     frame.stamp.number = Some(number);
//!     writer.write(&frame)?;
//!     writer.add_extra_data([("light".to_owned(), json!(0.5))].into_iter().collect())?;
//! }
//! Box::new(writer).finish()?;
//!
//! // Open, and look up by number, by index, by time.
//! let mut store = StoreReader::open(&path, &StoreOptions::default())?;
//! let mut frame = Frame::empty();
//! assert!(store.by_number(103, Find::Next, &mut frame)?);
//! assert_eq!((frame.stamp.index, frame.stamp.number), (2, Some(105)));
//! assert_eq!(store.index().numbers(), [100, 101, 105]);
//!
//! // What was recorded beside the frames, as columns.
//! let extra = store.extra_data()?;
//! assert_eq!(extra.table.column("light").map(|values| values.len()), Some(3));
//!
//! // Follow: in order, while it grows, to the end of the recording.
//! let mut follower = StoreFollower::open(&path, &StoreOptions::default())?;
//! let mut count = 0;
//! while follower.read_into(&mut frame)? {
//!     count += 1;
//! }
//! assert_eq!(count, 3);
//! # Ok::<(), pimage_core::Error>(())
//! ```

mod align;
mod chunk_index;
mod chunks;
mod empty;
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
pub use empty::{Emptied, empty};
pub use extra::{Column, ExtraData, ExtraTable, Sampled, Values, has_extra_data};
pub use formats::{
    FORMATS, StoreClass, StoreFormat, VIDEO_EXTENSIONS, format_by_name, written_format,
};
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
pub use timecodes::TimecodeWriter;
pub use writer::{ChunkLimits, Durability, RecordOptions, Safety, StoreWriter};

/// What a build without videos answers to a store of them.
#[cfg(not(feature = "ffmpeg"))]
fn video_not_built(metadata: &StoreMetadata) -> pimage_core::Error {
    pimage_core::Error::NotBuilt {
        format: metadata.format.clone(),
        feature: "ffmpeg",
    }
}
