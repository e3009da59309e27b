//! A store without its chunks: the metadata stay, for a new recording.

use std::path::{Path, PathBuf};

use pimage_core::Error;

use crate::chunks::stem;
use crate::lock::StoreLock;
use crate::repair::{RepairOptions, numbers};
use crate::writer::paths::{ChunkPaths, aside_of};
use crate::{SAVED_INDEX, StoreMetadata, extra_lines_path, journal_path};

/// Indexes of a whole store: our own, that of Python's imgstore, that of shaliulab's.
const INDEXES: [&str; 3] = [SAVED_INDEX, ".index.sqlite", "index.db"];

/// What emptying a store did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Emptied {
    /// Chunks that were removed.
    pub chunks: u64,
    /// Files and folders that stay, but for the metadata: what is not understood, and what a repair moved aside.
    pub left: Vec<PathBuf>,
}

/// Removes all chunks of a store, their indexes and their extra data; the metadata and the user's stay, and the next recording that is
/// appended begins at chunk 0.
///
/// Only what belongs to chunks is removed. It begins with the last chunk, so that a store in which this was stopped or killed has the
/// first ones; emptying it again goes on.
///
/// # Errors
///
/// [`Error::Unsupported`] when somebody writes the store, or the folder of a chunk holds something else than its frames, in which case
/// nothing is removed; [`Error::Malformed`] for the metadata; [`Error::Io`], [`Error::Stopped`].
pub fn empty(folder: impl AsRef<Path>, options: &RepairOptions) -> Result<Emptied, Error> {
    let folder = folder.as_ref();
    let metadata = StoreMetadata::read(folder, &options.limits)?;
    let uuid = metadata.uuid.clone().unwrap_or_default();
    let lock = StoreLock::take(folder, &uuid, options.ignores_foreign_lock)?;
    let done = empty_locked(folder, &metadata, options);
    lock.release()?;
    done
}

fn empty_locked(
    folder: &Path,
    metadata: &StoreMetadata,
    options: &RepairOptions,
) -> Result<Emptied, Error> {
    let numbers = numbers(folder, metadata)?;
    for number in &numbers {
        let paths = ChunkPaths::new(folder, *number, metadata);
        paths.expect_own()?;
        expect_known(&paths)?;
    }
    let mut emptied = Emptied::default();
    // Whatever they say of chunks is wrong from the first one on that goes.
    for name in INDEXES {
        remove(&folder.join(name), options)?;
    }
    for number in numbers.into_iter().rev() {
        if options.cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        remove_chunk(&ChunkPaths::new(folder, number, metadata), options)?;
        emptied.chunks += 1;
    }
    for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let name = entry.map_err(Error::io("list", folder))?.file_name();
        if name != crate::METADATA_FILE && name != crate::LOCK_FILE {
            emptied.left.push(PathBuf::from(name));
        }
    }
    emptied.left.sort();
    if options.syncs {
        let synced = options.storage.sync_folder(folder);
        synced.map_err(Error::io("sync", folder))?;
    }
    Ok(emptied)
}

/// An error when the folder of a chunk has what is not of it.
fn expect_known(paths: &ChunkPaths) -> Result<(), Error> {
    let content = paths.content();
    if paths.is_video() || !content.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(&content).map_err(Error::io("list", &content))? {
        let entry = entry.map_err(Error::io("list", &content))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_index = matches!(&*name, "index.npz" | "index.yaml" | "index.extra.json");
        let is_frame = paths.frame_of(&name).is_some();
        // Images under way, and what a repair moved aside.
        let is_ours = name.starts_with('.') && (name.ends_with(".part") || name.contains(".aside"));
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !(is_file && (is_index || is_frame || is_ours)) {
            let reason = "it is no frame of the store's format: move it elsewhere first";
            return Err(Error::unsupported(entry.path(), reason));
        }
    }
    Ok(())
}

fn remove(path: &Path, options: &RepairOptions) -> Result<(), Error> {
    match path.symlink_metadata() {
        Ok(_) => options
            .storage
            .remove(path)
            .map_err(Error::io("remove", path)),
        Err(_) => Ok(()),
    }
}

/// Gives what a repair moved aside in the folder of a chunk a name in that of the store: `.000000-000003.png.aside`.
fn keep_aside(path: &Path, number: u64, options: &RepairOptions) -> Result<(), Error> {
    let own = path.file_name().unwrap_or_default().to_string_lossy();
    let own = own.trim_start_matches('.');
    let own = own.split(".aside").next().unwrap_or(own);
    let folder = path.parent().and_then(Path::parent).unwrap_or(path);
    let aside = aside_of(&folder.join(format!("{}-{own}", stem(number))));
    let renamed = options.storage.rename(path, &aside, false);
    renamed.map_err(Error::io("rename", path))
}

/// The index first, then the frames from the last on: at every moment what is left opens, here and in Python.
fn remove_chunk(paths: &ChunkPaths, options: &RepairOptions) -> Result<(), Error> {
    let folder = &paths.folder;
    let content = paths.content();
    remove(&paths.index(), options)?;
    remove(&paths.old_index(), options)?;
    if paths.is_video() {
        remove(&paths.open_video(), options)?;
        remove(&content, options)?;
    } else if content.symlink_metadata().is_ok() {
        let entries = std::fs::read_dir(&content).map_err(Error::io("list", &content))?;
        let mut frames = Vec::new();
        for entry in entries {
            let entry = entry.map_err(Error::io("list", &content))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.contains(".aside") {
                keep_aside(&entry.path(), paths.number, options)?;
            }
            frames.extend(paths.frame_of(&name));
        }
        frames.sort_unstable();
        for frame in frames.into_iter().rev() {
            remove(&paths.image(frame), options)?;
        }
        let removed = options.storage.remove_tree(&content);
        removed.map_err(Error::io("remove", &content))?;
    }
    for kind in ["extra.json", "extra_data.json", "extra_data.h5"] {
        remove(
            &folder.join(format!("{}.{kind}", stem(paths.number))),
            options,
        )?;
    }
    remove(&extra_lines_path(folder, paths.number), options)?;
    remove(&journal_path(folder, paths.number), options)
}
