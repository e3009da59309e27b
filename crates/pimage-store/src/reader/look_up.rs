//! Frames by number and by time, and one frame without the index of the store.

use std::path::Path;
use std::sync::Arc;

use pimage_core::{Cancel, Error, Frame, FrameReader as _, SeekFrames as _, Stamp};
use pimage_fs::{Disk, Storage};

use super::frames::Frames;
use super::plan::Plan;
use super::{Opened, StoreOptions, StoreReader, folder_of};
use crate::chunks::{ChunkFiles, Content};
use crate::folder::StoreFolder;
use crate::frame_index::{self, Source};
use crate::{Find, FrameIndex, StoreMetadata, chunks};

impl StoreReader {
    /// Reads the frame of this number; `false` when there is none. The next frame read is the one behind it.
    ///
    /// # Errors
    ///
    /// Whatever reading it answers.
    pub fn by_number(&mut self, number: i64, find: Find, frame: &mut Frame) -> Result<bool, Error> {
        let index = self.opened.index.by_number(number, find);
        self.at(index, frame)
    }

    /// Reads the frame of this time, seconds; `false` when there is none. The next frame read is the one behind it.
    ///
    /// # Errors
    ///
    /// Whatever reading it answers.
    pub fn by_time(&mut self, secs: f64, find: Find, frame: &mut Frame) -> Result<bool, Error> {
        let index = self.opened.index.by_time(secs, find);
        self.at(index, frame)
    }

    /// Damaged frames that are left out do not stand for others.
    fn at(&mut self, index: Option<u64>, frame: &mut Frame) -> Result<bool, Error> {
        let Some(index) = index else {
            return Ok(false);
        };
        self.seek(index)?;
        Ok(self.read_into(frame)? && frame.stamp.index == index)
    }

    /// Saves the index of the store as it is now beside it, so that it opens faster; `false` when a chunk is not whole, of which nothing is saved.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be written, or a chunk not be read; [`Error::NotBuilt`].
    pub fn save_index(&self) -> Result<bool, Error> {
        let folder = self.opened.folder.path();
        let scan = chunks::scan(folder, &self.opened.metadata)?;
        // Before anything is read: whatever changes from here on makes what is saved untrue.
        let Some(signature) = frame_index::signature(&self.opened.folder, &scan.chunks) else {
            return Ok(false);
        };
        let source = Source {
            folder: Arc::clone(&self.opened.folder),
            metadata: Arc::clone(&self.opened.metadata),
            limits: self.opened.limits,
            threads: pimage_pool::threads(None),
            cancel: Cancel::new(),
        };
        let built = frame_index::build(&source, &scan)?;
        if !built.is_whole || built.files.len() != scan.chunks.len() {
            return Ok(false);
        }
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        frame_index::save(&built.index, folder, &signature, &storage)?;
        Ok(true)
    }
}

/// Reads one frame straight from the chunk where it has to be when every chunk is full, without looking at any index.
///
/// Its stamp has the index only.
///
/// # Errors
///
/// As [`StoreReader::open`]; [`Error::Io`] when there is no such chunk or image.
pub fn extract_only_frame(
    path: impl AsRef<Path>,
    index: u64,
    options: &StoreOptions,
) -> Result<Frame, Error> {
    let folder_path = folder_of(path.as_ref());
    let metadata = StoreMetadata::read(&folder_path, &options.limits)?;
    let number = index / metadata.chunk_frames;
    let within = index % metadata.chunk_frames;
    let content = if metadata.class.is_video() {
        Content::Video
    } else {
        Content::Images
    };
    // As if the chunk had just as many frames as are needed.
    options.limits.check_frames(within.saturating_add(1))?;
    let opened = Arc::new(Opened {
        folder: Arc::new(StoreFolder::open(&folder_path)?),
        metadata: Arc::new(metadata),
        index: FrameIndex::bare(number, within.saturating_add(1)),
        files: vec![ChunkFiles {
            number,
            content,
            has_journal: false,
        }],
        limits: options.limits,
    });
    let plan = Plan::at(&opened, within, options)?;
    let mut frames = Frames::new(&opened, Arc::new(plan), options);
    let mut frame = Frame::empty();
    frames
        .read(within, &mut frame)
        .map_err(|error| error.at_path(opened.path_of(within), Some(index)))?;
    frame.stamp = Stamp::at(index);
    Ok(frame)
}
