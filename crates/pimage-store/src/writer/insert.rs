//! Videos that exist already as chunks of a store.

use std::fs::File;
use std::io;
use std::path::Path;

use pimage_core::Error;
use pimage_fs::StagedFile;

use super::paths::{ChunkPaths, place_index};
use super::{Durability, StoreWriter};
use crate::ChunkIndex;

impl StoreWriter {
    /// Puts a video into the store as the next chunk, copied as it is or, with `moves`, taken from where it is.
    ///
    /// A new store may consist of such chunks alone: its metadata are those of the frames that the writer was made for.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when the store does not hold videos of this extension, or the video has another number of frames than `index`
    /// or frames of another size;
    /// [`Error::Io`].
    pub fn insert_chunk(
        &mut self,
        video: &Path,
        index: &ChunkIndex,
        moves: bool,
    ) -> Result<(), Error> {
        self.expect_sound()?;
        let kind = video.extension().unwrap_or_default();
        if !self.row.class.is_video() || kind != self.row.extension {
            let reason = format!(
                "the store holds `{}` chunks, it does not fit",
                self.row.name
            );
            return Err(Error::unsupported(video, reason));
        }
        self.check_frames(video, index)?;
        let mut store = match self.store.take() {
            Some(store) => store,
            None => self.start(self.info.format)?,
        };
        let closed = self.close_chunk(&mut store);
        let (metadata, number) = (store.metadata.clone(), store.next_chunk);
        store.next_chunk += 1;
        self.store = Some(store);
        closed.map_err(|error| self.give_up(error))?;
        let paths = ChunkPaths::new(&self.folder, number, &metadata);
        let options = &self.options;
        let syncs = options.durability != Durability::None;
        // The index first: a chunk is a video, and what has none yet is not looked at.
        place_index(&options.storage, &paths, index, &metadata, syncs)?;
        let target = paths.content();
        let is_moved = moves && options.storage.rename(video, &target, false).is_ok();
        if !is_moved {
            let mut from = File::open(video).map_err(Error::io("open", video))?;
            let mut file = StagedFile::create(&options.storage, &target, false)?;
            file.set_sync(syncs);
            io::copy(&mut from, &mut file).map_err(Error::io("write", &target))?;
            file.commit()?;
            if moves {
                let removed = options.storage.remove(video);
                removed.map_err(Error::io("remove", video))?;
            }
        }
        self.written += index.len() as u64;
        if let Some(store) = &mut self.store {
            store.closed += index.len() as u64;
            let last = index
                .numbers
                .last()
                .copied()
                .zip(index.times.last().copied());
            store.last = last.or(store.last);
            store.paced = store.last.map(|(_, time)| (time, 0));
        }
        Ok(())
    }
}

impl StoreWriter {
    #[cfg(feature = "ffmpeg")]
    fn check_frames(&self, video: &Path, index: &ChunkIndex) -> Result<(), Error> {
        let reader = pimage_video::open(video, &pimage_video::VideoOptions::default())?;
        let info = reader.info();
        let (found, expected) = (info.frame_count.get().unwrap_or(0), index.len() as u64);
        if found != expected {
            let reason = format!("it has {found} frames, there are {expected} numbers and times");
            return Err(Error::unsupported(video, reason));
        }
        let (width, height) = (self.info.format.width, self.info.format.height);
        let stored = super::video::stored_size(self.row, &self.info.format);
        let found = (info.format.width, info.format.height);
        if found != (width, height) && found != stored {
            let reason = format!(
                "its frames are {}x{}, those of the store {width}x{height}",
                found.0, found.1
            );
            return Err(Error::unsupported(video, reason));
        }
        Ok(())
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn check_frames(&self, _video: &Path, _index: &ChunkIndex) -> Result<(), Error> {
        Err(Error::NotBuilt {
            format: "video".to_owned(),
            feature: "ffmpeg",
        })
    }
}
