//! A chunk that is a video: a recording under a hidden name, an ordinary file when it is closed.

use std::path::PathBuf;
use std::sync::Arc;

use pimage_core::{Error, Frame, FrameFormat, FrameRate, FrameWriter, StreamInfo};
use pimage_fs::Storage;
use pimage_video::{EncodeOptions, Remux, create, remux};

use super::paths::ChunkPaths;
use super::{Durability, RecordOptions};
use crate::StoreFormat;

/// The rate of frames of which nobody knows it: what imgstore writes.
const UNKNOWN_RATE: u32 = 25;

/// How each chunk is coded.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    encode: EncodeOptions,
    info: StreamInfo,
    storage: Arc<dyn Storage>,
    syncs: bool,
}

impl Recipe {
    /// # Errors
    ///
    /// As [`pimage_video::create`].
    pub(crate) fn new(
        row: &StoreFormat,
        info: &StreamInfo,
        options: &RecordOptions,
        paths: &ChunkPaths,
    ) -> Result<Self, Error> {
        // Players and imgstore seek by counting; the frames' own times are in the index.
        let rate = rate_of(info, options).or_else(|| FrameRate::new(UNKNOWN_RATE, 1));
        let encode = EncodeOptions {
            rate,
            quality: options.quality.clone(),
            preset: options.preset.clone(),
            threads: options.threads,
            sync: false,
            storage: Arc::clone(&options.storage),
            ..EncodeOptions::recording(row.codec)
        };
        let mut info = info.clone();
        info.axes.clear();
        // What the codec cannot hold is said before a frame is taken; nothing is created.
        create(checked_path(paths), &info, &encode)?;
        Ok(Self {
            encode,
            info,
            storage: Arc::clone(&options.storage),
            syncs: options.durability != Durability::None,
        })
    }
}

/// The rate that is known.
pub(crate) fn rate_of(info: &StreamInfo, options: &RecordOptions) -> Option<FrameRate> {
    options.rate.or(info.rate)
}

/// A name of the right extension that nothing has.
fn checked_path(paths: &ChunkPaths) -> PathBuf {
    let mut free = paths.clone();
    free.number = u64::MAX;
    free.open_video()
}

/// The size of the stored pictures: codecs with shared chroma need even sides.
pub(crate) fn stored_size(row: &StoreFormat, format: &FrameFormat) -> (u32, u32) {
    if matches!(row.codec, "h264" | "hevc") {
        let even = |side: u32| side.next_multiple_of(2);
        (even(format.width), even(format.height))
    } else {
        (format.width, format.height)
    }
}

/// A chunk being written.
pub(crate) struct VideoChunk {
    paths: ChunkPaths,
    writer: Box<dyn FrameWriter>,
    storage: Arc<dyn Storage>,
    syncs: bool,
}

impl std::fmt::Debug for VideoChunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VideoChunk")
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}

impl VideoChunk {
    pub(crate) fn create(paths: &ChunkPaths, recipe: &Recipe) -> Result<Self, Error> {
        let writer = create(paths.open_video(), &recipe.info, &recipe.encode)?;
        Ok(Self {
            paths: paths.clone(),
            writer,
            storage: Arc::clone(&recipe.storage),
            syncs: recipe.syncs,
        })
    }

    /// Bytes on the disk so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.paths
            .open_video()
            .metadata()
            .map_or(0, |metadata| metadata.len())
    }

    pub(crate) fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        self.writer.write(frame)
    }

    /// Hands all that was written to the system; the number of frames.
    pub(crate) fn flush(&mut self) -> Result<u64, Error> {
        self.writer.flush()
    }

    /// Finishes the video under its final name.
    pub(crate) fn finish(self) -> Result<Vec<String>, Error> {
        let (open, target) = (self.paths.open_video(), self.paths.content());
        let summary = self.writer.finish()?;
        if target.extension().is_some_and(|kind| kind == "mp4") {
            // Of fragments: an ordinary file is made, and the recording removed when the chunk is closed.
            let options = Remux {
                sync: self.syncs,
                storage: Arc::clone(&self.storage),
                ..Remux::default()
            };
            remux(&[&open], &target, &options)?;
        } else {
            if self.syncs {
                self.storage
                    .sync_file(&open)
                    .map_err(Error::io("sync", &open))?;
            }
            self.storage
                .rename(&open, &target, false)
                .map_err(Error::io("rename", &open))?;
        }
        Ok(summary.notes)
    }
}
