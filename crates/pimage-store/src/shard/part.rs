//! One part of a store: under its final name only when it is whole.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::path::Path;

use pimage_core::{Error, Frame, FrameWriter, Limits, StreamInfo, WriteSummary};
use serde_json::{Map, Value};

use super::{KEY, Shard, record_of};
use crate::{
    LockState, METADATA_FILE, RecordOptions, StagedStore, StoreMetadata, StoreReader, lock_state,
};

/// Keys of extra data that are made anew.
const OWN: [&str; 3] = ["frame_number", "frame_time", "frame_index"];

/// Writes the part of a job: the frames of its chunks, in as many chunks, with their extra data.
///
/// The frames are to have the indices 0, 1, 2 … and to come in order.
#[derive(Debug)]
pub struct PartWriter {
    writer: StagedStore,
    /// The frames before which chunks begin.
    bounds: VecDeque<u64>,
    extra: RowsOf,
}

impl PartWriter {
    /// The frames of the store that are those of a job; none when there are fewer chunks than jobs.
    #[must_use]
    pub fn frames(store: &StoreReader, shard: Shard) -> Range<u64> {
        let chunks = store.index().chunks();
        let own = chunks.get(shard.chunks(chunks.len())).unwrap_or_default();
        match (own.first(), own.last()) {
            (Some(first), Some(last)) => first.frames.start..last.frames.end,
            _ => 0..0,
        }
    }

    /// Whether the part in the folder `target` is there already, of the same store and made the same way.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] when something else is there.
    pub fn is_done(
        store: &StoreReader,
        shard: Shard,
        recipe: &str,
        target: &Path,
        limits: &Limits,
    ) -> Result<bool, Error> {
        if target.symlink_metadata().is_err() {
            return Ok(false);
        }
        let expected = shard.record(store, recipe);
        let is_part = target.join(METADATA_FILE).is_file();
        if is_part {
            let metadata = StoreMetadata::read(target, limits)?;
            if record_of(&metadata) == expected.as_object() {
                return Ok(true);
            }
        }
        Err(Error::Exists {
            path: target.to_path_buf(),
        })
    }

    /// Prepares the part `target`; `recipe` says in words what was done to the frames, `info` what they are.
    ///
    /// # Errors
    ///
    /// As [`StagedStore::new`].
    pub fn new(
        store: &StoreReader,
        shard: Shard,
        recipe: &str,
        target: &Path,
        info: &StreamInfo,
        options: &RecordOptions,
    ) -> Result<Self, Error> {
        let chunks = store.index().chunks();
        let own = chunks.get(shard.chunks(chunks.len())).unwrap_or_default();
        let start = own.first().map_or(0, |chunk| chunk.frames.start);
        let lengths = own
            .iter()
            .map(|chunk| chunk.frames.end - chunk.frames.start);
        let longest = lengths.max().unwrap_or(1);
        let mut options = options.clone();
        options.chunk.frames = Some(store.metadata().chunk_frames.max(longest));
        options.user.clone_from(&store.metadata().user);
        let record = shard.record(store, recipe);
        options.user.insert(KEY.to_owned(), record);
        options.timezone = options
            .timezone
            .or_else(|| store.metadata().timezone.clone());
        sweep(target, &options)?;
        let mut writer = StagedStore::new(target, info, &options)?;
        let (early, extra) = extra_of(store, &Self::frames(store, shard))?;
        for row in early {
            writer.add_extra_data(row)?;
        }
        let bounds = own.iter().skip(1).map(|chunk| chunk.frames.start - start);
        Ok(Self {
            writer,
            bounds: bounds.collect(),
            extra,
        })
    }
}

/// Removes what an earlier run of the same job left when it was killed on this machine: of those of others nobody knows whether they go on.
fn sweep(target: &Path, options: &RecordOptions) -> Result<(), Error> {
    let Some(name) = target.file_name().and_then(|name| name.to_str()) else {
        return Ok(());
    };
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let begins = format!(".{name}.pimage-tmp-");
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let is_staged = entry.file_name().to_string_lossy().starts_with(&begins);
        if is_staged
            && let Ok(LockState::Stale(owner)) = lock_state(&path)
            && owner.host == crate::lock::host()
        {
            let removed = options.storage.remove_tree(&path);
            removed.map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

/// A row of extra data.
type Row = Map<String, Value>;

/// Rows by the frame that they are of.
type RowsOf = BTreeMap<u64, Vec<Row>>;

/// The extra data from before the first frame of the store, and that of these frames, by which of them it is.
fn extra_of(store: &StoreReader, frames: &Range<u64>) -> Result<(Vec<Row>, RowsOf), Error> {
    let mut early = Vec::new();
    let mut extra = RowsOf::new();
    for mut row in store.extra_rows()? {
        // Other programs write whole numbers as floats.
        let index = row.get("frame_index").and_then(Value::as_f64);
        let Some(index) = index else {
            continue;
        };
        row.retain(|key, _| !OWN.contains(&key.as_str()));
        if index < 0.0 {
            early.push(row);
        } else if frames.contains(&(index as u64)) {
            extra
                .entry(index as u64 - frames.start)
                .or_default()
                .push(row);
        }
    }
    if frames.start > 0 || frames.is_empty() {
        early.clear();
    }
    Ok((early, extra))
}

impl FrameWriter for PartWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let index = frame.stamp.index;
        let mut begins = false;
        while self.bounds.front().is_some_and(|bound| *bound <= index) {
            self.bounds.pop_front();
            begins = true;
        }
        if begins {
            self.writer.new_chunk()?;
        }
        self.writer.write(frame)?;
        for row in self.extra.remove(&index).unwrap_or_default() {
            self.writer.add_extra_data(row)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        Box::new(self.writer).finish()
    }
}
