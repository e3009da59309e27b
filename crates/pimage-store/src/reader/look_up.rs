//! Frames by number and by time, and one frame without the index of the store.

use std::path::Path;
use std::sync::Arc;

use pimage_core::{Error, Frame, FrameReader as _, SeekFrames as _, Stamp};
use pimage_fs::{Disk, Storage};

use super::frames::Frames;
use super::plan::Plan;
use super::{Opened, StoreOptions, StoreReader, folder_of};
use crate::chunks::{ChunkFiles, Content};
use crate::folder::StoreFolder;
use crate::frame_index::{self, UNKNOWN_NUMBER};
use crate::{ChunkIndex, Find, FrameIndex, StoreMetadata, chunks};

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

    /// Saves the index beside the store, so that it opens faster; `false` when a chunk is not whole, of which nothing is saved.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be written.
    pub fn save_index(&self) -> Result<bool, Error> {
        let folder = self.opened.folder.path();
        let scan = chunks::scan(folder, &self.opened.metadata)?;
        let is_whole = self
            .opened
            .index
            .numbers()
            .iter()
            .all(|number| *number != UNKNOWN_NUMBER);
        let signature = frame_index::signature(&self.opened.folder, &scan.chunks);
        let Some(signature) = signature.filter(|_| is_whole) else {
            return Ok(false);
        };
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        frame_index::save(&self.opened.index, folder, &signature, &storage)?;
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
    let frames = usize::try_from(within.saturating_add(1)).unwrap_or(usize::MAX);
    options.limits.check_frames(frames as u64)?;
    let chunk = ChunkIndex::new(vec![UNKNOWN_NUMBER; frames], vec![f64::NAN; frames])?;
    let opened = Arc::new(Opened {
        folder: Arc::new(StoreFolder::open(&folder_path)?),
        metadata: Arc::new(metadata),
        index: FrameIndex::from_chunks([(number, chunk)])?,
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
