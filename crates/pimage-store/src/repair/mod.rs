//! Repairing stores after a crash, and verifying them.

mod content;
mod damaged;
mod leftovers;
mod mend;
mod rebuilt;
mod verify;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use pimage_core::{Cancel, Error, Limits};
use pimage_fs::{Disk, Storage};

pub(crate) use mend::Mender;
pub use verify::{Gap, VerifyReport, verify};

use crate::chunks::number_of;
use crate::lock::StoreLock;
use crate::writer::paths::ChunkPaths;
use crate::{ChunkIndex, StoreMetadata};

/// How to repair a store.
#[derive(Debug, Clone)]
pub struct RepairOptions {
    /// Take an empty `.lock`, as Python's imgstore leaves it, for one of a writer that is gone.
    pub ignores_foreign_lock: bool,
    /// Decode closed chunks of video too, and make those anew of which not all frames decode; the old ones are kept aside.
    pub thorough: bool,
    /// Wait for the disk before anything is removed.
    pub syncs: bool,
    /// Bounds on what the store may claim.
    pub limits: Limits,
    /// Where to write.
    pub storage: Arc<dyn Storage>,
    /// Stops the work between two chunks or frames.
    pub cancel: Cancel,
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self {
            ignores_foreign_lock: false,
            thorough: false,
            syncs: true,
            limits: Limits::default(),
            storage: Arc::new(Disk),
            cancel: Cancel::new(),
        }
    }
}

/// What a repair did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Each thing that was done, a sentence each.
    pub done: Vec<String>,
    /// What is wrong or not understood and stays as it is, a sentence each.
    pub left: Vec<String>,
    /// Frames of chunks that could not be read before and can be now.
    pub frames: u64,
}

impl RepairReport {
    /// Whether there was nothing to do.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.done.is_empty()
    }
}

/// Rebuilds what a crash left unfinished: chunks that were open, indexes that are missing or torn, temporary files.
///
/// Nothing that is not understood is removed: it stays, or is moved aside under a hidden name, and the report says so.
/// Repairing twice does no more than once, and a repair that is stopped or killed itself is gone on with by the next.
///
/// # Errors
///
/// [`Error::Unsupported`] when somebody writes the store; [`Error::Malformed`] for its metadata; [`Error::Io`], [`Error::Stopped`].
pub fn repair(folder: impl AsRef<Path>, options: &RepairOptions) -> Result<RepairReport, Error> {
    let folder = folder.as_ref();
    let metadata = StoreMetadata::read(folder, &options.limits)?;
    let was_locked = folder.join(crate::LOCK_FILE).symlink_metadata().is_ok();
    let uuid = metadata.uuid.clone().unwrap_or_default();
    let lock = StoreLock::take(folder, &uuid, options.ignores_foreign_lock)?;
    let mut report = repair_locked(folder, &metadata, options)?;
    lock.release()?;
    if was_locked {
        let done = "the lock of a writer that ended without closing the store is removed";
        report.done.push(done.to_owned());
    }
    Ok(report)
}

/// The same for whoever holds the lock.
pub(crate) fn repair_locked(
    folder: &Path,
    metadata: &StoreMetadata,
    options: &RepairOptions,
) -> Result<RepairReport, Error> {
    let mut report = RepairReport::default();
    let aside = leftovers::aside(folder)?;
    if !aside.is_empty() {
        let left = format!("moved aside by an earlier repair, and still there: {aside}");
        report.left.push(left);
    }
    let mender = Mender::with(folder, metadata, options);
    for number in numbers(folder, metadata)? {
        if options.cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let mended = mender.mend(number)?;
        if !mended.done.is_empty() {
            report.frames += mended.frames;
        }
        report.done.extend(mended.done);
        report.left.extend(mended.left);
    }
    leftovers::remove(folder, options, &mut report)?;
    Ok(report)
}

/// The numbers of all chunks of which anything is there.
pub(crate) fn numbers(folder: &Path, metadata: &StoreMetadata) -> Result<BTreeSet<u64>, Error> {
    let mut numbers = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            continue;
        };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        numbers.extend(number_in(name, is_folder, metadata));
    }
    Ok(numbers)
}

/// The chunk that a name in the folder belongs to.
fn number_in(name: &str, is_folder: bool, metadata: &StoreMetadata) -> Option<u64> {
    let is_video = metadata.class.is_video();
    if is_folder {
        return number_of(name).filter(|_| !is_video);
    }
    let (plain, is_hidden) = name
        .strip_prefix('.')
        .map_or((name, false), |plain| (plain, true));
    let (stem, kind) = plain.split_once('.')?;
    let is_content = is_video && kind == metadata.extension;
    let is_ours = match (is_hidden, kind) {
        (true, "journal" | "extra.jsonl") => true,
        (true, "rebuilt.npz") => is_video,
        (false, "npz" | "yaml") => is_video,
        _ => is_content,
    };
    number_of(stem).filter(|_| is_ours)
}

/// The index of a chunk; `None` when there is none that is whole.
///
/// # Errors
///
/// [`Error::Io`]; [`Error::TooLarge`] for more frames than the limits allow: neither says that it is torn.
pub(crate) fn index_of(paths: &ChunkPaths, limits: &Limits) -> Result<Option<ChunkIndex>, Error> {
    for path in [paths.index(), paths.old_index()] {
        match ChunkIndex::read_own(&path, limits) {
            Ok(index) => return Ok(Some(index)),
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error @ Error::TooLarge { option, .. }) if option.starts_with("--limit") => {
                return Err(error);
            }
            Err(_) => {}
        }
    }
    Ok(None)
}
