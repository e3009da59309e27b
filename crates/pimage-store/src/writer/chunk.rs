//! The open chunk: frames, journal and extra data, and the order in which they are closed.

use std::path::Path;

use pimage_core::{Error, Frame, StreamInfo};
use serde_json::{Map, Value};

use super::extra::{ExtraLines, close_lines};
use super::images::{ImageChunk, ImageEncoders};
use super::paths::{ChunkPaths, place_index};
use super::syncer::Task;
#[cfg(feature = "ffmpeg")]
use super::video;
use super::{Durability, RecordOptions};
use crate::journal::JournalWriter;
use crate::{
    ChunkIndex, JournalHeader, StoreFormat, StoreMetadata, extra_lines_path, journal_path,
};

/// What makes chunks of the store's format.
#[derive(Debug)]
pub(crate) enum Maker {
    Images(ImageEncoders),
    #[cfg(feature = "ffmpeg")]
    Video(Box<video::Recipe>),
}

/// Checks that frames of the stream can be stored so; nothing is created.
pub(crate) fn check(
    row: &StoreFormat,
    info: &StreamInfo,
    options: &RecordOptions,
    paths: &ChunkPaths,
) -> Result<(), Error> {
    if row.class.is_video() {
        #[cfg(feature = "ffmpeg")]
        return video::Recipe::new(row, info, options, paths).map(|_| ());
        #[cfg(not(feature = "ffmpeg"))]
        {
            let _ = paths;
            return Err(not_built(row));
        }
    }
    super::images::check(row, &info.format, options)
}

#[cfg(not(feature = "ffmpeg"))]
fn not_built(row: &StoreFormat) -> Error {
    Error::NotBuilt {
        format: row.name.to_owned(),
        feature: "ffmpeg",
    }
}

impl Maker {
    pub(crate) fn start(
        row: &StoreFormat,
        info: &StreamInfo,
        options: &RecordOptions,
        paths: &ChunkPaths,
    ) -> Result<Self, Error> {
        if row.class.is_video() {
            #[cfg(feature = "ffmpeg")]
            return video::Recipe::new(row, info, options, paths)
                .map(|recipe| Self::Video(Box::new(recipe)));
            #[cfg(not(feature = "ffmpeg"))]
            {
                let _ = (info, paths);
                return Err(not_built(row));
            }
        }
        ImageEncoders::start(row, options).map(Self::Images)
    }

    /// Waits for what is under way, whatever comes of it: nobody else may touch the chunk before.
    pub(crate) fn settle(&mut self) {
        match self {
            Self::Images(encoders) => encoders.settle(),
            #[cfg(feature = "ffmpeg")]
            Self::Video(_) => {}
        }
    }
}

/// Where the frames of the open chunk go.
#[derive(Debug)]
enum Content {
    Images(ImageChunk),
    #[cfg(feature = "ffmpeg")]
    Video(video::VideoChunk),
}

/// A chunk that is being written.
#[derive(Debug)]
pub(crate) struct OpenChunk {
    paths: ChunkPaths,
    content: Content,
    journal: JournalWriter,
    index: ChunkIndex,
    extra: Option<ExtraLines>,
    /// Frames that outlive this process.
    flushed: u64,
}

impl OpenChunk {
    /// Begins a chunk: the journal first, so that whatever follows can be told from a foreign file.
    pub(crate) fn create(
        paths: ChunkPaths,
        metadata: &StoreMetadata,
        options: &RecordOptions,
        maker: &Maker,
    ) -> Result<Self, Error> {
        let storage = options.storage.as_ref();
        let header = JournalHeader {
            uuid: metadata.uuid.clone().unwrap_or_default(),
            chunk: paths.number,
            format: metadata.format.clone(),
        };
        let journal = JournalWriter::create(storage, &paths.folder, &header)?;
        let content = match maker {
            Maker::Images(_) => Content::Images(ImageChunk::create(&paths, storage)?),
            #[cfg(feature = "ffmpeg")]
            Maker::Video(recipe) => Content::Video(video::VideoChunk::create(&paths, recipe)?),
        };
        Ok(Self {
            paths,
            content,
            journal,
            index: ChunkIndex::default(),
            extra: None,
            flushed: 0,
        })
    }

    pub(crate) const fn frames(&self) -> u64 {
        self.index.len() as u64
    }

    pub(crate) const fn flushed(&self) -> u64 {
        self.flushed
    }

    pub(crate) const fn number(&self) -> u64 {
        self.paths.number
    }

    /// Bytes on the disk so far.
    pub(crate) fn bytes(&self) -> u64 {
        match &self.content {
            Content::Images(chunk) => chunk.bytes(),
            #[cfg(feature = "ffmpeg")]
            Content::Video(chunk) => chunk.bytes(),
        }
    }

    /// Seconds from the first frame to one of this time; negative when clocks go back.
    pub(crate) fn seconds_to(&self, time: f64) -> f64 {
        self.index.times.first().map_or(0.0, |first| time - first)
    }

    fn extra_bytes(&self) -> u64 {
        self.extra.as_ref().map_or(0, ExtraLines::bytes)
    }

    pub(crate) fn write(
        &mut self,
        frame: &Frame,
        number: i64,
        time: f64,
        maker: &mut Maker,
    ) -> Result<(), Error> {
        self.journal
            .frame(self.frames(), number, time, self.extra_bytes())?;
        self.index.numbers.push(number);
        self.index.times.push(time);
        match (&mut self.content, maker) {
            (Content::Images(chunk), Maker::Images(encoders)) => chunk.write(frame, encoders),
            #[cfg(feature = "ffmpeg")]
            (Content::Video(chunk), Maker::Video(_)) => chunk.write(frame),
            #[cfg(feature = "ffmpeg")]
            _ => Ok(()),
        }
    }

    /// Hands all frames to the system; how many outlive this process now.
    pub(crate) fn flush(&mut self, maker: &mut Maker) -> Result<u64, Error> {
        let frames = match (&mut self.content, maker) {
            (Content::Images(chunk), Maker::Images(encoders)) => chunk.flush(encoders)?,
            #[cfg(feature = "ffmpeg")]
            (Content::Video(chunk), Maker::Video(_)) => chunk.flush()?,
            #[cfg(feature = "ffmpeg")]
            _ => 0,
        };
        if frames > self.flushed {
            self.journal.flushed(frames, self.extra_bytes())?;
            self.flushed = frames;
        }
        Ok(self.flushed)
    }

    /// What must reach the disk so that the flushed frames outlive a power cut.
    pub(crate) fn sync_task(&self, frames: u64) -> Task {
        let mut files = vec![self.journal.path().to_path_buf()];
        files.extend(self.extra.as_ref().map(|extra| extra.path().to_path_buf()));
        let mut trees = Vec::new();
        match &self.content {
            Content::Images(_) => trees.push(self.paths.content()),
            #[cfg(feature = "ffmpeg")]
            Content::Video(_) => files.push(self.paths.open_video()),
        }
        Task {
            files,
            trees,
            folder: self.paths.folder.clone(),
            frames,
        }
    }

    pub(crate) fn add_extra(
        &mut self,
        record: &Map<String, Value>,
        options: &RecordOptions,
    ) -> Result<(), Error> {
        let extra = match &mut self.extra {
            Some(extra) => extra,
            none => {
                let path = extra_lines_path(&self.paths.folder, self.paths.number);
                none.insert(ExtraLines::create(options.storage.as_ref(), path)?)
            }
        };
        extra.add(record)
    }

    /// Closes the chunk: frames, then index, then extra data, then the journal goes.
    pub(crate) fn close(
        mut self,
        metadata: &StoreMetadata,
        options: &RecordOptions,
        maker: &mut Maker,
    ) -> Result<Vec<String>, Error> {
        self.flush(maker)?;
        let storage = &options.storage;
        let syncs = options.durability != Durability::None;
        if syncs && self.paths.is_video() {
            // The video itself is synced when it is finished, before it gets its name: then it must not be without numbers.
            let journal = self.journal.path();
            storage
                .sync_file(journal)
                .map_err(Error::io("sync", journal))?;
        } else if syncs {
            self.sync_task(0).run(storage.as_ref())?;
        }
        let notes = match self.content {
            Content::Images(_) => Vec::new(),
            #[cfg(feature = "ffmpeg")]
            Content::Video(chunk) => chunk.finish()?,
        };
        place_index(storage, &self.paths, &self.index, metadata, syncs)?;
        if let Some(extra) = self.extra.take() {
            let lines = extra.path().to_path_buf();
            drop(extra);
            close_lines(storage, &lines, &self.paths.extra(), None, syncs)?;
        }
        drop(self.journal);
        // The names are on the disk: the index came last, and is placed so.
        clear_away(storage.as_ref(), &self.paths, false)?;
        Ok(notes)
    }
}

/// Removes what only an open chunk has, when all else is in place; the journal last.
pub(crate) fn clear_away(
    storage: &dyn pimage_fs::Storage,
    paths: &ChunkPaths,
    syncs: bool,
) -> Result<(), Error> {
    let folder: &Path = &paths.folder;
    if syncs {
        storage
            .sync_folder(folder)
            .map_err(Error::io("sync", folder))?;
    }
    let video = paths.is_video().then(|| paths.open_video());
    let hidden = [
        extra_lines_path(folder, paths.number),
        journal_path(folder, paths.number),
    ];
    for path in video.into_iter().chain(hidden) {
        if path.symlink_metadata().is_ok() {
            storage.remove(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}
