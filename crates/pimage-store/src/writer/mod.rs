//! Writing stores: frames into chunks, of which nothing that was flushed is lost.

mod chunk;
pub(crate) mod extra;
mod failure;
pub(crate) mod images;
mod insert;
mod options;
pub(crate) mod paths;
mod start;
mod syncer;
#[cfg(feature = "ffmpeg")]
mod video;

use std::path::{Path, PathBuf};
use std::time::Instant;

use pimage_core::{Error, Frame, FrameFormat, FrameWriter, StreamInfo, WriteSummary};
use serde_json::{Map, Value, json};

pub use options::{ChunkLimits, Durability, RecordOptions};

pub(crate) use chunk::clear_away;

use chunk::{Maker, OpenChunk};
use extra::line_of;
use paths::ChunkPaths;
use syncer::Syncer;

use crate::lock::StoreLock;
use crate::reader::folder_of;
use crate::{StoreFormat, StoreMetadata};

/// How far a recording is safe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Safety {
    /// Frames handed to the writer.
    pub written: u64,
    /// Frames that can be read whatever happens to this process.
    pub flushed: u64,
    /// Frames that can be read after a power cut.
    pub durable: u64,
}

/// A store being written.
///
/// Frames are recorded with the number and the time of their stamps, whatever these are; a frame without a number gets the one after
/// the frame before, a frame without a time the one that follows from the rate.
/// A writer that is dropped leaves the store as a crash would: all that was flushed is there, and [`repair`](crate::repair())
/// makes an ordinary chunk of it.
///
/// ```
/// use pimage_core::{Color, Frame, FrameCount, FrameFormat, FrameWriter, SampleType, StreamInfo};
/// use pimage_store::{RecordOptions, StoreWriter};
///
/// # let folder = tempfile::tempdir().map_err(pimage_core::Error::io("make", "a folder"))?;
/// # let path = folder.path().join("recording");
/// let format = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);
/// let info = StreamInfo::new("camera", format, FrameCount::Unknown);
/// let mut writer = StoreWriter::new(&path, &info, &RecordOptions::new("npy"))?;
/// for number in [-1, 0, 7] {
///     let mut frame = Frame::zeroed(format);
///     frame.stamp.number = Some(number);
///     writer.write(&frame)?;
/// }
/// writer.flush()?;
/// assert_eq!(writer.safety().flushed, 3);
/// let summary = Box::new(writer).finish()?;
/// assert_eq!(summary.frames, 3);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct StoreWriter {
    folder: PathBuf,
    info: StreamInfo,
    options: RecordOptions,
    row: &'static StoreFormat,
    /// What exists from the first frame on.
    store: Option<Started>,
    /// Records that came before a chunk was there to take them.
    pending: Vec<Map<String, Value>>,
    /// Whether the next frame begins a chunk.
    rolls: bool,
    written: u64,
    notes: Vec<String>,
}

/// The store on the disk.
#[derive(Debug)]
struct Started {
    format: FrameFormat,
    metadata: StoreMetadata,
    /// Given back when all chunks are closed.
    lock: Option<StoreLock>,
    maker: Maker,
    syncer: Option<Syncer>,
    chunk: Option<OpenChunk>,
    next_chunk: u64,
    /// Frames of this writer in closed chunks.
    closed: u64,
    /// Frames of the store before this writer.
    before: u64,
    last: Option<(i64, f64)>,
    /// The last time that a frame had of its own, and how many frames have come since.
    paced: Option<(f64, u64)>,
    flushed_at: Instant,
    /// A chunk that could not be closed.
    torn: Option<u64>,
    has_failed: bool,
}

impl StoreWriter {
    /// Prepares a store in the folder `path`; `info` is what the source says of its frames.
    ///
    /// Nothing is created before the first frame.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] when something is there and nobody asked to append; [`Error::BadOption`]; [`Error::CannotHold`] when the format
    /// cannot store such frames; [`Error::NotBuilt`].
    pub fn new(
        path: impl AsRef<Path>,
        info: &StreamInfo,
        options: &RecordOptions,
    ) -> Result<Self, Error> {
        let folder = folder_of(path.as_ref());
        let row = start::row_of(&options.format)?;
        start::check_options(options)?;
        start::check_folder(&folder, options)?;
        let metadata = start::new_metadata(row, &info.format, info, options);
        let paths = ChunkPaths::new(&folder, 0, &metadata);
        start::check_frames(row, info, options, &paths)?;
        start::expect_alike(&folder, &metadata, options)?;
        Ok(Self {
            folder,
            info: info.clone(),
            options: options.clone(),
            row,
            store: None,
            pending: Vec::new(),
            rolls: false,
            written: 0,
            notes: Vec::new(),
        })
    }

    /// How many frames of this writer are safe, and from what.
    #[must_use]
    pub fn safety(&self) -> Safety {
        let Some(store) = &self.store else {
            return Safety::default();
        };
        let open = store.chunk.as_ref().map_or(0, OpenChunk::flushed);
        let durable = store.syncer.as_ref().map_or(0, Syncer::durable);
        Safety {
            written: self.written,
            flushed: store.closed + open,
            durable,
        }
    }

    /// Adds data to the frame that was written last; before the first one, to the chunk that it will begin.
    ///
    /// The record gets the keys `frame_number`, `frame_time` and `frame_index` of that frame. It is in the system's hands when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::BadOption`] for what is no JSON, longer than 16 MiB, or more than a hundred lists and maps deep.
    pub fn add_extra_data(&mut self, mut record: Map<String, Value>) -> Result<(), Error> {
        if record.is_empty() {
            return Ok(());
        }
        let last = self.store.as_ref().and_then(|store| {
            let index = (store.before + self.written).checked_sub(1)?;
            store.last.map(|(number, time)| (number, time, index))
        });
        let (number, time, index) = match last {
            Some((number, time, index)) => (json!(number), json!(time), json!(index)),
            None => (Value::Null, Value::Null, json!(-1)),
        };
        record.insert("frame_time".to_owned(), time);
        record.insert("frame_number".to_owned(), number);
        record.insert("frame_index".to_owned(), index);
        // What is refused is so before anything is written.
        line_of(&record)?;
        match self.store.as_mut().and_then(|store| store.chunk.as_mut()) {
            Some(chunk) => {
                let added = chunk.add_extra(&record, &self.options);
                // A line that is torn would take the next one along.
                added.map_err(|error| self.give_up(error))
            }
            None => {
                self.pending.push(record);
                Ok(())
            }
        }
    }

    /// Has the next frame begin a new chunk, and flushes what was written.
    ///
    /// # Errors
    ///
    /// As [`FrameWriter::flush`].
    pub fn new_chunk(&mut self) -> Result<(), Error> {
        self.rolls = true;
        self.flush().map(|_| ())
    }

    /// The time that a frame keeps.
    fn time_of(&self, frame: &Frame) -> Option<f64> {
        frame.stamp.secs().filter(|_| !self.options.paces)
    }

    /// The number and the time of a frame: its own, or those that follow from the frames before.
    fn place_of(&self, store: &mut Started, frame: &Frame) -> (i64, f64) {
        let next = store.last.map_or(0, |(number, _)| number.saturating_add(1));
        let number = frame.stamp.number.unwrap_or(next);
        // Counted, so that rounding does not add up.
        let paced = match (self.time_of(frame), store.paced) {
            (Some(time), _) => (time, 0),
            (None, Some((from, since))) => (from, since + 1),
            (None, None) => (0.0, 0),
        };
        store.paced = Some(paced);
        let fps = start::frames_a_second(&self.info, &self.options);
        (number, paced.0 + paced.1 as f64 / fps)
    }

    fn write_to(&mut self, frame: &Frame) -> Result<(), Error> {
        let Some(mut store) = self.store.take() else {
            return Ok(());
        };
        let written = self.write_with(&mut store, frame);
        self.store = Some(store);
        written
    }

    fn write_with(&mut self, store: &mut Started, frame: &Frame) -> Result<(), Error> {
        let (number, time) = self.place_of(store, frame);
        if self.is_full(store, time) {
            self.close_chunk(store)?;
        }
        self.rolls = false;
        if store.chunk.is_none() {
            self.open_chunk(store)?;
        }
        if let Some(chunk) = &mut store.chunk {
            chunk.write(frame, number, time, &mut store.maker)?;
        }
        store.last = Some((number, time));
        self.written += 1;
        let is_due = store.flushed_at.elapsed() >= self.options.flush;
        if is_due || self.options.durability == Durability::Frame {
            self.flush_with(store)?;
        }
        Ok(())
    }

    /// Whether a frame of this time belongs into another chunk.
    fn is_full(&self, store: &Started, time: f64) -> bool {
        let Some(chunk) = &store.chunk else {
            return false;
        };
        let limits = &self.options.chunk;
        self.rolls
            || chunk.frames() >= store.metadata.chunk_frames
            || limits.bytes.is_some_and(|most| chunk.bytes() >= most)
            || limits
                .seconds
                .is_some_and(|most| chunk.seconds_to(time) >= most)
    }

    fn open_chunk(&mut self, store: &mut Started) -> Result<(), Error> {
        let paths = ChunkPaths::new(&self.folder, store.next_chunk, &store.metadata);
        let mut chunk = OpenChunk::create(paths, &store.metadata, &self.options, &store.maker)?;
        store.next_chunk += 1;
        for record in self.pending.drain(..) {
            chunk.add_extra(&record, &self.options)?;
        }
        store.chunk = Some(chunk);
        Ok(())
    }

    fn close_chunk(&mut self, store: &mut Started) -> Result<(), Error> {
        let Some(chunk) = store.chunk.as_mut() else {
            return Ok(());
        };
        // Whatever goes wrong from here on, these frames are in the system's hands.
        chunk.flush(&mut store.maker)?;
        let Some(chunk) = store.chunk.take() else {
            return Ok(());
        };
        let (number, frames) = (chunk.number(), chunk.frames());
        let closed = chunk.close(&store.metadata, &self.options, &mut store.maker);
        match closed {
            Ok(notes) => {
                for note in notes {
                    if !self.notes.contains(&note) {
                        self.notes.push(note);
                    }
                }
            }
            Err(error) => {
                store.torn = Some(number);
                return Err(error);
            }
        }
        store.closed += frames;
        store.flushed_at = Instant::now();
        if let Some(syncer) = &store.syncer {
            // What failed in the background does so only once: syncing again would seem to work.
            syncer.check()?;
            syncer.note(store.closed);
        }
        Ok(())
    }

    fn flush_with(&mut self, store: &mut Started) -> Result<u64, Error> {
        let Some(chunk) = &mut store.chunk else {
            return Ok(store.closed);
        };
        let safe = store.closed + chunk.flush(&mut store.maker)?;
        store.flushed_at = Instant::now();
        if let Some(syncer) = &store.syncer {
            let task = chunk.sync_task(safe);
            match self.options.durability {
                Durability::Frame => {
                    task.run(self.options.storage.as_ref())?;
                    syncer.note(safe);
                }
                Durability::Second => syncer.ask(task)?,
                Durability::None | Durability::Chunk => {}
            }
        }
        Ok(safe)
    }
}

impl FrameWriter for StoreWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        self.expect_sound()?;
        match &self.store {
            None => {
                let store = self.start(*frame.format())?;
                self.note_first(&store, frame);
                self.store = Some(store);
            }
            Some(store) => store.format.expect_same(frame.format(), self.written)?,
        }
        self.write_to(frame).map_err(|error| self.give_up(error))
    }

    fn flush(&mut self) -> Result<u64, Error> {
        self.expect_sound()?;
        let Some(mut store) = self.store.take() else {
            return Ok(0);
        };
        let flushed = self.flush_with(&mut store);
        self.store = Some(store);
        flushed.map_err(|error| self.give_up(error))
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        self.expect_sound()?;
        let Some(mut store) = self.store.take() else {
            return Err(Error::unsupported(
                &self.folder,
                "a store without frames is not written, there was none to write",
            ));
        };
        let closed = self.close_chunk(&mut store);
        if let Err(error) = closed {
            self.store = Some(store);
            return Err(self.give_up(error));
        }
        self.keep_pending(&mut store)?;
        let synced = store.syncer.take().map_or(Ok(()), Syncer::finish);
        if let Some(lock) = store.lock.take() {
            lock.release()?;
        }
        synced?;
        let mut summary = WriteSummary::new(self.written, start::bytes_of(&self.folder));
        summary.notes = std::mem::take(&mut self.notes);
        Ok(summary)
    }
}
