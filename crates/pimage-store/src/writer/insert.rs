//! Videos that exist already as chunks of a store.

use std::fs::File;
use std::io;
use std::path::Path;

use pimage_core::Error;
use pimage_fs::StagedFile;

use super::paths::{ChunkPaths, place};
use super::{Durability, Started, StoreWriter};
use crate::{ChunkIndex, StoreMetadata};

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
        self.store = Some(store);
        closed.map_err(|error| self.give_up(error))?;
        let paths = ChunkPaths::new(&self.folder, number, &metadata);
        let placed = self.put_in(&paths, video, index, moves, &metadata);
        if let Some(store) = &mut self.store
            && (placed.is_ok() || paths.content().symlink_metadata().is_ok())
        {
            store.next_chunk += 1;
        }
        if placed.is_err() && paths.rebuilt_video().symlink_metadata().is_err() {
            // A repair would do the same.
            let _ = self.options.storage.remove(&paths.rebuilt_index());
        }
        placed?;
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
    /// Puts the video and its index in their places, under hidden names before, of which a repair makes the chunk.
    fn put_in(
        &self,
        paths: &ChunkPaths,
        video: &Path,
        index: &ChunkIndex,
        moves: bool,
        metadata: &StoreMetadata,
    ) -> Result<(), Error> {
        let storage = &self.options.storage;
        let syncs = self.options.durability != Durability::None;
        let (hidden_video, hidden_index) = (paths.rebuilt_video(), paths.rebuilt_index());
        // The index first: a hidden video without one is removed by a repair, and what was moved must not be.
        place(storage, &hidden_index, &index.to_npz(metadata)?, syncs)?;
        if moves && syncs {
            storage.sync_file(video).map_err(Error::io("sync", video))?;
        }
        let is_moved = moves && storage.rename(video, &hidden_video, false).is_ok();
        if !is_moved {
            let mut from = File::open(video).map_err(Error::io("open", video))?;
            let mut file = StagedFile::create(storage, &hidden_video, false)?;
            file.set_sync(syncs);
            io::copy(&mut from, &mut file).map_err(Error::io("write", &hidden_video))?;
            file.commit()?;
        }
        for (from, to) in [
            (&hidden_video, paths.content()),
            (&hidden_index, paths.index()),
        ] {
            let renamed = storage.rename(from, &to, false);
            renamed.map_err(Error::io("rename", from))?;
        }
        if syncs {
            let synced = storage.sync_folder(&self.folder);
            synced.map_err(Error::io("sync", &self.folder))?;
        }
        if moves && !is_moved {
            storage.remove(video).map_err(Error::io("remove", video))?;
        }
        Ok(())
    }

    /// Puts extra data that came behind the last inserted video beside it.
    pub(super) fn keep_pending(&mut self, store: &mut Started) -> Result<(), Error> {
        let Some(last) = store.next_chunk.checked_sub(1) else {
            return Ok(());
        };
        if self.pending.is_empty() {
            return Ok(());
        }
        let path = ChunkPaths::new(&self.folder, last, &store.metadata).extra();
        let bytes = serde_json::to_vec(&self.pending)
            .map_err(|error| Error::bad_option("extra data", error.to_string(), "JSON"))?;
        let syncs = self.options.durability != Durability::None;
        place(&self.options.storage, &path, &bytes, syncs)?;
        self.pending.clear();
        Ok(())
    }

    #[cfg(feature = "ffmpeg")]
    fn check_frames(&self, video: &Path, index: &ChunkIndex) -> Result<(), Error> {
        let reader = pimage_video::open(video, &pimage_video::VideoOptions::default())?;
        let info = reader.info();
        let (found, expected) = (info.frame_count.get().unwrap_or(0), index.len() as u64);
        if found != expected {
            let reason = format!("it has {found} frames, there are {expected} numbers and times");
            return Err(Error::unsupported(video, reason));
        }
        let (sample, own) = (info.format.sample, self.info.format.sample);
        if sample != own {
            let (sample, own) = (sample.name(), own.name());
            let reason = format!("its samples are {sample}, those of the store {own}");
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
