//! The parts of all jobs as one store: their chunks copied as they are, one after the other.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{Cancel, Error, Limits};
use pimage_fs::{Disk, StagedFolder, Storage};
use serde_json::{Map, Value, json};

use super::{KEY, Shard, record_of};
use crate::extra::change_rows;
use crate::folder::open_own;
use crate::repair::{index_of, numbers};
use crate::writer::paths::ChunkPaths;
use crate::{LockState, METADATA_FILE, StoreMetadata, lock_state};

/// How to join parts.
#[derive(Debug, Clone)]
pub struct MergeOptions {
    /// Wait for the disk before the store gets its name.
    pub syncs: bool,
    /// Bounds on what the parts may claim.
    pub limits: Limits,
    /// Where to write.
    pub storage: Arc<dyn Storage>,
    /// Stops the work.
    pub cancel: Cancel,
}

impl Default for MergeOptions {
    fn default() -> Self {
        Self {
            syncs: true,
            limits: Limits::default(),
            storage: Arc::new(Disk),
            cancel: Cancel::new(),
        }
    }
}

/// What was joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// Parts that had frames.
    pub parts: u64,
    /// Chunks of the store.
    pub chunks: u64,
    /// Frames of the store.
    pub frames: u64,
}

/// Makes one store of all parts of another; the parts stay as they are.
///
/// The store has its name only when it is whole.
///
/// # Errors
///
/// [`Error::Unsupported`] for a folder that is no part, for one that was not closed, for parts of different stores or made in different ways,
/// for one that is there twice and for those that are missing; [`Error::Exists`], [`Error::Io`], [`Error::Stopped`].
pub fn merge(parts: &[PathBuf], target: &Path, options: &MergeOptions) -> Result<Merged, Error> {
    let parts = in_order(parts, target, options)?;
    let Some((_, first)) = parts.first() else {
        return Err(Error::unsupported(
            target,
            "there are no parts to make it of",
        ));
    };
    let mut metadata = first.clone();
    let record = metadata.user.remove(KEY);
    let created = record.as_ref().and_then(|record| record.get("created"));
    if let Some(created) = created
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
    {
        metadata.created = created;
    }
    let mut staged = StagedFolder::create(&options.storage, target, false)?;
    staged.set_sync(options.syncs);
    let mut joining = Joining {
        staged: &staged,
        metadata: &metadata,
        options,
        merged: Merged::default(),
    };
    for (folder, own) in &parts {
        joining.add(folder, own)?;
    }
    let merged = joining.merged;
    put(
        &staged,
        Path::new(METADATA_FILE),
        metadata.to_yaml().as_bytes(),
    )?;
    staged.commit()?;
    Ok(merged)
}

/// All parts, each once, in the order of the store that they are of.
fn in_order(
    parts: &[PathBuf],
    target: &Path,
    options: &MergeOptions,
) -> Result<Vec<(PathBuf, StoreMetadata)>, Error> {
    let mut found: BTreeMap<u64, (PathBuf, StoreMetadata)> = BTreeMap::new();
    let mut whole: Option<(Shard, usize)> = None;
    let mut alike: Option<(Map<String, Value>, String)> = None;
    for path in parts {
        let metadata = StoreMetadata::read(path, &options.limits)?;
        let refused = |reason: String| Err(Error::unsupported(path, reason));
        let record = record_of(&metadata).cloned();
        let Some((mut record, (shard, total))) =
            record.and_then(|record| Some((record.clone(), Shard::of_record(&record)?)))
        else {
            return refused("it is no part of a store that `shard` wrote".to_owned());
        };
        if !matches!(lock_state(path)?, LockState::Closed) {
            return refused("it was not closed, or is being written".to_owned());
        }
        record.remove("index");
        let facts = format!(
            "{} {:?} {} {}",
            metadata.format,
            metadata.shape.axes(),
            metadata.dtype,
            metadata.extension
        );
        let said = (record, facts);
        if alike.as_ref().is_some_and(|alike| *alike != said) {
            let reason = "it is of another store than the part before, or made in another way";
            return refused(reason.to_owned());
        }
        alike = Some(said);
        whole = Some((shard, total));
        if let Some((other, _)) = found.insert(shard.index, (path.clone(), metadata)) {
            return refused(format!("`{}` is the same part", other.display()));
        }
    }
    if let Some((shard, total)) = whole {
        let missing: Vec<String> = (0..shard.count)
            .filter(|index| !found.contains_key(index))
            .filter(|index| {
                Shard::new(shard.count, *index).is_ok_and(|one| !one.chunks(total).is_empty())
            })
            .map(|index| index.to_string())
            .collect();
        if !missing.is_empty() {
            let reason = format!("missing of {} parts: {}", shard.count, missing.join(", "));
            return Err(Error::unsupported(target, reason));
        }
    }
    Ok(found.into_values().collect())
}

/// Creates a file of these bytes.
fn put(staged: &StagedFolder, name: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = staged.create_file(name)?;
    file.write_all(bytes)
        .map_err(Error::io("write", staged.target().join(name)))
}

/// A store being joined.
struct Joining<'a> {
    staged: &'a StagedFolder,
    metadata: &'a StoreMetadata,
    options: &'a MergeOptions,
    merged: Merged,
}

impl Joining<'_> {
    /// Adds all chunks of a part.
    fn add(&mut self, folder: &Path, own: &StoreMetadata) -> Result<(), Error> {
        let before = self.merged.frames;
        self.merged.parts += 1;
        for number in numbers(folder, own)? {
            if self.options.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            let from = ChunkPaths::new(folder, number, own);
            from.expect_own()?;
            let Some(index) = index_of(&from, &self.options.limits)? else {
                let reason = format!("chunk {number:06} has no whole index: repair it first");
                return Err(Error::unsupported(folder, reason));
            };
            // Relative to the new store.
            let to = ChunkPaths::new(Path::new(""), self.merged.chunks, self.metadata);
            if from.is_video() {
                self.copy(&from.content(), &to.content())?;
            } else {
                self.staged.create_folders(&to.content())?;
                for frame in 0..index.len() as u64 {
                    if self.options.cancel.is_cancelled() {
                        return Err(Error::Stopped);
                    }
                    self.copy(&from.image(frame), &to.image(frame))?;
                }
            }
            put(self.staged, &to.index(), &index.to_npz(self.metadata)?)?;
            self.extra(&from.extra(), &to.extra(), before)?;
            self.merged.chunks += 1;
            self.merged.frames += index.len() as u64;
        }
        Ok(())
    }

    fn copy(&self, from: &Path, name: &Path) -> Result<(), Error> {
        let mut source = open_own(from)?;
        let mut file = self.staged.create_file(name)?;
        let target = self.staged.target().join(name);
        io::copy(&mut source, &mut file).map_err(Error::io("write", target))?;
        Ok(())
    }

    /// Copies extra data, whose rows count frames from the beginning of their store.
    fn extra(&self, from: &Path, name: &Path, before: u64) -> Result<(), Error> {
        if from.symlink_metadata().is_err() {
            return Ok(());
        }
        let mut file = self.staged.create_file(name)?;
        change_rows(from, &mut file, &self.options.cancel, |row| {
            if let Some(index) = row.get("frame_index").and_then(Value::as_u64) {
                row.insert(
                    "frame_index".to_owned(),
                    json!(index.saturating_add(before)),
                );
            }
        })
    }
}
