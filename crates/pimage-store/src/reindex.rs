//! Numbering a store anew around its frame 0: whatever was recorded before it gets negative numbers.

use std::io::Write;
use std::path::Path;

use pimage_core::Error;
use pimage_fs::StagedFile;
use serde_json::{Value, json};

use crate::extra::change_rows;
use crate::lock::StoreLock;
use crate::repair::{RepairOptions, index_of, numbers};
use crate::writer::paths::ChunkPaths;
use crate::{ChunkIndex, StoreMetadata, journal_path};

/// Where extra data keep the number that a frame had.
const BEFORE: &str = "_frame_number_before_reindex";

/// What numbering anew did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// The index of the frame whose number is 0.
    pub zero: u64,
    /// Frames that have another number now.
    pub renumbered: u64,
    /// Chunks in all.
    pub chunks: u64,
}

/// Gives all frames before the one of number 0 the numbers …, -2, -1; the numbers that they had are kept beside them.
///
/// A store that has been numbered anew stays as it is, and one in which this was stopped is gone on with.
///
/// # Errors
///
/// [`Error::Unsupported`] unless exactly one frame has the number 0, when somebody writes the store, or it was not closed;
/// [`Error::Malformed`], [`Error::Io`], [`Error::Stopped`].
pub fn reindex(folder: impl AsRef<Path>, options: &RepairOptions) -> Result<Reindexed, Error> {
    let folder = folder.as_ref();
    let metadata = StoreMetadata::read(folder, &options.limits)?;
    let uuid = metadata.uuid.clone().unwrap_or_default();
    let lock = StoreLock::take(folder, &uuid, options.ignores_foreign_lock)?;
    let done = reindex_locked(folder, &metadata, options);
    lock.release()?;
    done
}

/// A chunk and the index of its first frame.
struct Part {
    paths: ChunkPaths,
    index: ChunkIndex,
    start: u64,
}

fn reindex_locked(
    folder: &Path,
    metadata: &StoreMetadata,
    options: &RepairOptions,
) -> Result<Reindexed, Error> {
    let parts = parts(folder, metadata, options)?;
    let zero = zero_of(folder, &parts)?;
    let mut done = Reindexed {
        zero,
        chunks: parts.len() as u64,
        ..Reindexed::default()
    };
    // Extra data of the last frame of a chunk may be in the file of the next.
    let all: Vec<i64> = parts
        .iter()
        .flat_map(|part| renumbered(part, zero).numbers)
        .collect();
    for part in parts {
        if options.cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let new = renumbered(&part, zero);
        let changed = new.numbers.iter().zip(&part.index.numbers);
        let changed = changed.filter(|(new, old)| new != old).count();
        if changed > 0 || part.index.original_numbers.is_none() {
            // The extra data first: they tell by their index what is done already.
            renumber_extra(&part.paths, &all, options)?;
            let bytes = new.to_npz(metadata)?;
            replace(&part.paths.index(), &bytes, options)?;
        }
        done.renumbered += changed as u64;
    }
    Ok(done)
}

fn parts(
    folder: &Path,
    metadata: &StoreMetadata,
    options: &RepairOptions,
) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    let mut start = 0;
    for number in numbers(folder, metadata)? {
        let is_open = journal_path(folder, number).symlink_metadata().is_ok();
        let paths = ChunkPaths::new(folder, number, metadata);
        paths.expect_own()?;
        let index = index_of(&paths, &options.limits)?.filter(|_| !is_open);
        let Some(index) = index else {
            let reason = format!("chunk {number:06} has no whole index: repair the store first");
            return Err(Error::unsupported(folder, reason));
        };
        let count = index.len() as u64;
        parts.push(Part {
            paths,
            index,
            start,
        });
        start += count;
    }
    Ok(parts)
}

/// The index of the one frame whose number is 0.
fn zero_of(folder: &Path, parts: &[Part]) -> Result<u64, Error> {
    let all = parts.iter().flat_map(|part| {
        let indices = part.start..;
        indices.zip(&part.index.numbers)
    });
    let zeros: Vec<u64> = all
        .filter(|(_, number)| **number == 0)
        .map(|(index, _)| index)
        .collect();
    match zeros.as_slice() {
        [zero] => Ok(*zero),
        _ => {
            let reason = format!("{} frames have the number 0: expected one", zeros.len());
            Err(Error::unsupported(folder, reason))
        }
    }
}

fn renumbered(part: &Part, zero: u64) -> ChunkIndex {
    let old = &part.index;
    let numbers = (part.start..).zip(&old.numbers).map(|(index, number)| {
        let before = zero.saturating_sub(index);
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        if before > 0 { -before } else { *number }
    });
    let originals = old.original_numbers.clone();
    ChunkIndex {
        numbers: numbers.collect(),
        times: old.times.clone(),
        original_numbers: originals.or_else(|| Some(old.numbers.clone())),
    }
}

/// Gives the rows of a chunk's extra data, which tell the index of their frame, its new number.
fn renumber_extra(paths: &ChunkPaths, new: &[i64], options: &RepairOptions) -> Result<(), Error> {
    let path = paths.extra();
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let mut file = StagedFile::create(&options.storage, &path, true)?;
    file.set_sync(options.syncs);
    change_rows(&path, &mut file, &options.cancel, |row| {
        let index = row.get("frame_index").and_then(Value::as_u64);
        let place = index.and_then(|index| usize::try_from(index).ok());
        let Some(number) = place.and_then(|place| new.get(place)) else {
            return;
        };
        if !row.contains_key(BEFORE) {
            let before = row.get("frame_number").cloned().unwrap_or(Value::Null);
            row.insert(BEFORE.to_owned(), before);
        }
        row.insert("frame_number".to_owned(), json!(number));
    })?;
    file.commit().map(|_| ())
}

fn replace(path: &Path, bytes: &[u8], options: &RepairOptions) -> Result<(), Error> {
    let mut file = StagedFile::create(&options.storage, path, true)?;
    file.set_sync(options.syncs);
    file.write_all(bytes).map_err(Error::io("write", path))?;
    file.commit().map(|_| ())
}

#[cfg(test)]
mod tests {
    use pimage_core::{
        Color, Frame, FrameCount, FrameFormat, FrameWriter, Limits, SampleType, StreamInfo,
    };

    use serde_json::Map;

    use super::*;
    use crate::{ChunkLimits, RecordOptions, StoreWriter};

    fn store(folder: &Path, numbers: &[i64]) {
        let format = FrameFormat::new(6, 4, Color::Gray, SampleType::U8);
        let info = StreamInfo::new("camera", format, FrameCount::Unknown);
        let options = RecordOptions {
            chunk: ChunkLimits {
                frames: Some(2),
                ..ChunkLimits::default()
            },
            ..RecordOptions::new("npy")
        };
        let mut writer = StoreWriter::new(folder, &info, &options).expect("is new");
        for number in numbers {
            let mut frame = Frame::zeroed(format);
            frame.stamp.number = Some(*number);
            writer.write(&frame).expect("is written");
            let mut row = Map::new();
            row.insert("light".to_owned(), json!(number * 2));
            writer.add_extra_data(row).expect("is added");
        }
        Box::new(writer).finish().expect("is closed");
    }

    fn indexes(folder: &Path) -> (Vec<i64>, Vec<i64>) {
        let metadata = StoreMetadata::read(folder, &Limits::default()).expect("is whole");
        let (mut new, mut old) = (Vec::new(), Vec::new());
        for number in numbers(folder, &metadata).expect("lists") {
            let paths = ChunkPaths::new(folder, number, &metadata);
            let index = index_of(&paths, &Limits::default()).expect("is read");
            let index = index.expect("is whole");
            new.extend(index.numbers);
            old.extend(index.original_numbers.unwrap_or_default());
        }
        (new, old)
    }

    #[test]
    fn what_came_before_the_frame_0_is_negative_and_twice_is_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let before = [40, 42, 44, 0, 1, 3];
        store(&path, &before);
        for (renumbered, _) in [(3, "first"), (0, "again")] {
            let done = reindex(&path, &RepairOptions::default()).expect("is done");
            assert_eq!(done.zero, 3);
            assert_eq!(done.renumbered, renumbered);
            let (new, old) = indexes(&path);
            assert_eq!(new, [-3, -2, -1, 0, 1, 3]);
            assert_eq!(old, before);
        }
        let extra = std::fs::read(path.join("000001/index.extra.json")).expect("is there");
        let rows: Vec<Value> = serde_json::from_slice(&extra).expect("is JSON");
        assert_eq!(rows[0]["frame_number"], -1);
        assert_eq!(rows[0][BEFORE], 44);
        assert_eq!(rows[0]["light"], 88);
        assert_eq!(rows[1]["frame_number"], 0);
    }

    #[test]
    fn without_one_frame_0_nothing_is_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, numbers) in [("none", [1, 2]), ("two", [0, 0])] {
            let path = folder.path().join(name);
            store(&path, &numbers);
            let error = reindex(&path, &RepairOptions::default()).expect_err("is refused");
            assert!(error.to_string().contains("expected one"), "{error}");
            assert_eq!(indexes(&path), (numbers.to_vec(), vec![]));
            assert!(!path.join(crate::LOCK_FILE).exists());
        }
    }
}
