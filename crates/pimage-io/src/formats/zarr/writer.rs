//! Writes frames, coding chunks on all cores.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{Error, Frame, FrameRate, FrameWriter, StreamInfo, Timebase, WriteSummary};
use pimage_pool::OrderedPool;
use serde_json::Value;

use super::append::Resumed;
use super::array::{ArrayWriter, Chunk};
use super::column_writer::ColumnWriter;
use super::columns::{FRAME_TIME, NONE, NUMBER, TIME, units_written, written_time};
use super::encode::Encoder;
use super::group;
use super::levels::halve;
use super::metadata::internal;
use super::place::Place;
use super::plan::{Meaning, Plan, axes_of, codecs_of, is_ome};
use crate::create::refuse_codec_options;
use crate::target::Sequence;
use crate::{WriteOptions, summary};

/// The array of frames in a group that is no image.
const FRAMES: &str = "frames";

/// Bytes of chunks that may be on their way.
const PENDING_BYTES: usize = 128 << 20;

/// Memory of chunks that is kept for others.
const MOST_SPARE: usize = 16;

/// Most resolutions of an image.
const MOST_LEVELS: u8 = 32;

/// Prepares a store at `path`; nothing is created before the first frame.
///
/// # Errors
///
/// [`Error::BadOption`]; with `options.append`, whatever the store is that is there.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    refuse_codec_options("zarr", options)?;
    codecs_of(options, info.format.sample)?;
    if let Some(frames) = options.frames_per_file {
        let expected = "no value; `--shard` says how many frames are in a file of a Zarr array";
        return Err(Error::bad_option(
            "--frames-per-file",
            frames.to_string(),
            expected,
        ));
    }
    if let Some(levels) = options.zarr.levels
        && !(1..=MOST_LEVELS).contains(&levels)
    {
        let expected = format!("1 to {MOST_LEVELS}");
        return Err(Error::bad_option("--levels", levels.to_string(), expected));
    }
    if options.overwrite {
        expect_store(path)?;
    }
    let resumed = if options.append && path.symlink_metadata().is_ok() {
        Some(Resumed::open(path, options)?)
    } else {
        None
    };
    Ok(Box::new(ZarrWriter {
        path: path.to_path_buf(),
        info: info.clone(),
        options: options.clone(),
        sequence: Sequence::default(),
        resumed,
        state: None,
        has_failed: false,
        unnamed: 0,
        first_index: None,
        missing: 0,
    }))
}

/// An error unless `path` is free, a file, a store or an empty folder: what else is in a folder is not ours to replace.
fn expect_store(path: &Path) -> Result<(), Error> {
    let is_store = || {
        let names = ["zarr.json", ".zarray", ".zgroup"];
        names.iter().any(|name| path.join(name).is_file())
    };
    let is_empty = || std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if !path.is_dir() || is_store() || is_empty() {
        return Ok(());
    }
    let reason = "it is a folder that is no Zarr store, and only a store is replaced";
    Err(Error::unsupported(path, reason))
}

/// Frames to a store.
struct ZarrWriter {
    path: PathBuf,
    info: StreamInfo,
    options: WriteOptions,
    sequence: Sequence,
    /// The store to which frames are added.
    resumed: Option<Resumed>,
    state: Option<State>,
    has_failed: bool,
    /// Frames whose names are lost.
    unnamed: u64,
    /// Index of the first frame that came.
    first_index: Option<u64>,
    /// Positions that were left black since their frames did not come.
    missing: u64,
}

impl fmt::Debug for ZarrWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZarrWriter")
            .field("path", &self.path)
            .field("frames", &self.sequence.frames())
            .finish_non_exhaustive()
    }
}

/// A chunk that was coded, and the memory of its samples.
type Coded = (Chunk, Option<Vec<u8>>);

/// What there is once the first frame came.
struct State {
    /// Stops before the files go: its threads hold none.
    pool: OrderedPool<Chunk, Coded>,
    place: Place,
    arrays: Vec<ArrayWriter>,
    time: ColumnWriter,
    number: ColumnWriter,
    /// Frames in the store.
    count: u64,
    pending_bytes: usize,
    spare: Vec<Vec<u8>>,
    /// The frame at each resolution but the first.
    halves: Vec<Frame>,
    bytes: u64,
}

impl State {
    fn new(
        path: &Path,
        place: Place,
        plans: Vec<(String, Plan)>,
        info: &StreamInfo,
        options: &WriteOptions,
    ) -> Result<Self, Error> {
        let first = plans.first().map(|(_, plan)| plan);
        let (names, inner) = outer_of(first);
        let time = if inner.is_empty() { TIME } else { FRAME_TIME };
        let units = units_written(info.clock);
        let mut arrays = Vec::new();
        for (level, (name, plan)) in plans.into_iter().enumerate() {
            arrays.push(ArrayWriter::new(path, &name, level, plan)?);
        }
        let encoders: Vec<Arc<Encoder>> = arrays
            .iter()
            .map(|array| Arc::clone(array.encoder()))
            .collect();
        let threads = pimage_pool::threads(options.threads);
        let file = path.to_path_buf();
        let pool = OrderedPool::start("the zarr writer", threads, || {
            let (encoders, path) = (encoders.clone(), file.clone());
            move |chunk| encode(&encoders, &path, chunk)
        })?;
        Ok(Self {
            pool,
            place,
            time: ColumnWriter::new(time, units, names.clone(), inner.clone())?,
            number: ColumnWriter::new(NUMBER, "", names, inner)?,
            count: 0,
            pending_bytes: 0,
            spare: Vec::new(),
            halves: vec![Frame::empty(); arrays.len().saturating_sub(1)],
            arrays,
            bytes: 0,
        })
    }

    /// Adds the next frame to the arrays.
    fn push_pixels(&mut self, frame: &Frame) -> Result<(), Error> {
        let mut halves = std::mem::take(&mut self.halves);
        let result = self.push_levels(frame, &mut halves);
        self.halves = halves;
        self.count += 1;
        result
    }

    fn push_levels(&mut self, frame: &Frame, halves: &mut [Frame]) -> Result<(), Error> {
        let mut finer = frame;
        let mut coarser = halves.iter_mut();
        for level in 0..self.arrays.len() {
            if level > 0
                && let Some(half) = coarser.next()
            {
                halve(finer, half)?;
                finer = half;
            }
            if let Some(array) = self.arrays.get_mut(level) {
                let full = array.push(finer, self.count, &mut self.spare);
                self.submit(full)?;
            }
        }
        Ok(())
    }

    /// Hands chunks to the threads, as soon as there is room.
    fn submit(&mut self, chunks: Vec<Chunk>) -> Result<(), Error> {
        for chunk in chunks {
            while self.pool.is_full() || self.pending_bytes > PENDING_BYTES {
                let Some(coded) = self.pool.next() else { break };
                self.store(coded?)?;
            }
            self.pending_bytes += chunk.bytes.len();
            self.pool.submit(chunk);
        }
        while let Some(coded) = self.pool.try_next() {
            self.store(coded?)?;
        }
        Ok(())
    }

    /// Writes a chunk that was coded.
    fn store(&mut self, (mut chunk, memory): Coded) -> Result<(), Error> {
        let raw = memory.as_ref().unwrap_or(&chunk.bytes).len();
        self.pending_bytes = self.pending_bytes.saturating_sub(raw);
        if let Some(array) = self.arrays.get_mut(chunk.level) {
            self.bytes += array.store(&chunk, &mut self.place)?;
        }
        let memory = memory.unwrap_or_else(|| std::mem::take(&mut chunk.bytes));
        if self.spare.len() <= MOST_SPARE {
            self.spare.push(memory);
        }
        Ok(())
    }

    /// Adds the stamp of the next frame.
    fn push_stamp(&mut self, time: i64, number: Option<i64>) -> Result<(), Error> {
        self.bytes += self.time.push(time, &mut self.place)?;
        self.bytes += self.number.push(number.unwrap_or(NONE), &mut self.place)?;
        Ok(())
    }

    /// Writes all that was held back, and at last what says how long the arrays are; the bytes of the store.
    fn finish(mut self, group: Option<Value>) -> Result<u64, Error> {
        for level in 0..self.arrays.len() {
            if let Some(array) = self.arrays.get_mut(level) {
                let rest = array.flush();
                self.submit(rest)?;
            }
        }
        while let Some(coded) = self.pool.next() {
            self.store(coded?)?;
        }
        for array in &mut self.arrays {
            self.bytes += array.close_shards()?;
        }
        self.bytes += self.time.flush(&mut self.place)?;
        self.bytes += self.number.flush(&mut self.place)?;
        let inner = self
            .arrays
            .first()
            .map_or(1, |array| array.plan().frames_of_position());
        let length = self.count.div_ceil(inner.max(1));
        let mut documents = Vec::new();
        documents.extend(self.time.document(length)?);
        documents.extend(self.number.document(length)?);
        // The finest last: it is the one that says how many frames there are.
        for array in self.arrays.iter().rev() {
            let name = format!("{}/zarr.json", array.name());
            let metadata = array.plan().metadata(length)?;
            documents.push((name, serde_json::to_value(metadata).map_err(internal)?));
        }
        documents.extend(group.map(|group| ("zarr.json".to_owned(), group)));
        let mut written = Vec::new();
        for (name, document) in documents {
            let bytes = serde_json::to_vec_pretty(&document).map_err(internal)?;
            written.push((name, bytes));
        }
        let Self {
            pool, place, bytes, ..
        } = self;
        drop(pool);
        Ok(bytes + place.commit(&written)?)
    }
}

/// Encodes a chunk on one of the threads.
fn encode(encoders: &[Arc<Encoder>], path: &Path, mut chunk: Chunk) -> Result<Coded, Error> {
    let Some(encoder) = encoders.get(chunk.level) else {
        return Err(internal("a chunk is of no array"));
    };
    let encoded = encoder
        .encode(&chunk.bytes)
        .map_err(|reason| Error::Codec {
            codec: encoder.title().to_owned(),
            path: path.to_path_buf(),
            frame: None,
            reason,
        })?;
    // What is borrowed is the chunk itself.
    let Cow::Owned(encoded) = encoded else {
        return Ok((chunk, None));
    };
    let memory = std::mem::replace(&mut chunk.bytes, encoded);
    Ok((chunk, Some(memory)))
}

/// Names of the axes of the frames, and lengths of all but the first.
fn outer_of(plan: Option<&Plan>) -> (Vec<String>, Vec<u64>) {
    let Some(plan) = plan else {
        return (Vec::new(), Vec::new());
    };
    let names = (0..=plan.inner.len()).filter_map(|place| plan.dimension(Meaning::Outer(place)));
    (
        names.map(|dimension| dimension.name.clone()).collect(),
        plan.inner.clone(),
    )
}

impl ZarrWriter {
    fn is_image(&self) -> bool {
        is_ome(&self.path, &self.options.zarr)
    }

    fn rate(&self) -> Option<FrameRate> {
        self.options.rate.or(self.info.rate)
    }

    fn start(&mut self, frame: &Frame) -> Result<State, Error> {
        if let Some(resumed) = self.resumed.take() {
            return self.resume(resumed, frame);
        }
        let codecs = codecs_of(&self.options, frame.format().sample)?;
        let axes = axes_of(&self.info);
        let zarr = &self.options.zarr;
        let mut plan = Plan::new(*frame.format(), &axes, self.is_image(), codecs, zarr)?;
        let mut plans = Vec::new();
        if self.is_image() {
            for level in 0..zarr.levels.unwrap_or(1) {
                let half = plan.halved();
                plans.push((level.to_string(), plan));
                plan = half;
            }
        } else {
            plans.push((FRAMES.to_owned(), plan));
        }
        if self.options.overwrite {
            expect_store(&self.path)?;
        }
        let place = Place::new(&self.path, &self.options)?;
        State::new(&self.path, place, plans, &self.info, &self.options)
    }

    /// Leaves the positions black whose frames did not come, where a frame's position says what it is.
    fn leave_out(&mut self, state: &mut State, frame: &Frame) -> Result<(), Error> {
        let has_axes = state
            .arrays
            .first()
            .is_some_and(|array| !array.plan().inner.is_empty());
        let due = *self.first_index.get_or_insert(frame.stamp.index)
            + self.sequence.frames()
            + self.missing;
        if !has_axes || frame.stamp.index <= due {
            return Ok(());
        }
        let missing = frame.stamp.index - due;
        let black = Frame::zeroed(*frame.format());
        for _ in 0..missing {
            state.push_pixels(&black)?;
            state.push_stamp(NONE, None)?;
        }
        self.missing += missing;
        Ok(())
    }

    /// Reads again what has to be written again, which is what was written last.
    fn resume(&self, mut resumed: Resumed, frame: &Frame) -> Result<State, Error> {
        resumed.format.expect_same(frame.format(), 0)?;
        let plans = std::mem::take(&mut resumed.plans);
        let restart = plans
            .first()
            .map_or(0, |(_, plan)| plan.restart(resumed.count));
        let place = Place::there(&self.path, &self.options);
        let mut state = State::new(&self.path, place, plans, &resumed.info, &self.options)?;
        for column in [&state.time, &state.number] {
            column.check(&self.path)?;
        }
        let length = state.time.chunk_length();
        let column = resumed.count / length * length;
        state.time.resume(column / length, resumed.has_times);
        state.number.resume(column / length, resumed.has_numbers);
        for index in column..resumed.count {
            let stamp = resumed.stamp(index);
            let time = if resumed.has_times {
                written_time(&stamp)
            } else {
                NONE
            };
            state.push_stamp(time, stamp.number)?;
        }
        state.count = restart;
        let mut again = Frame::empty();
        for index in restart..resumed.count {
            resumed.read(index, &mut again)?;
            state.push_pixels(&again)?;
        }
        Ok(state)
    }

    fn notes(&self, state: &State) -> Vec<String> {
        let mut notes = Vec::new();
        if self.missing > 0 {
            notes.push(format!(
                "{} position(s) whose frames are missing are black",
                self.missing
            ));
        }
        let inner = state
            .arrays
            .first()
            .map_or(1, |array| array.plan().frames_of_position());
        let rest = state.count % inner.max(1);
        if rest > 0 {
            notes.push(format!(
                "the last position of the first axis has {rest} of {inner} frames, the others are black"
            ));
        }
        if self.unnamed > 0 {
            notes.push(format!(
                "zarr does not keep the names of {} frame(s)",
                self.unnamed
            ));
        }
        notes
    }
}

impl FrameWriter for ZarrWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        self.sequence.check(frame)?;
        let mut state = match self.state.take() {
            Some(state) => state,
            None => self.start(frame).inspect_err(|_| self.has_failed = true)?,
        };
        let pushed = self.leave_out(&mut state, frame);
        let time = match self.options.rate {
            Some(rate) => rate.time_of(state.count).ticks_in(Timebase::NANOSECONDS),
            None => written_time(&frame.stamp),
        };
        let pushed = pushed.and_then(|()| state.push_pixels(frame));
        let pushed = pushed.and_then(|()| state.push_stamp(time, frame.stamp.number));
        self.state = Some(state);
        self.unnamed += u64::from(frame.stamp.name.is_some());
        self.has_failed |= pushed.is_err();
        pushed?;
        self.sequence.count();
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        if self.has_failed {
            let source = std::io::Error::other("an earlier write failed");
            return Err(Error::io("finish", &self.path)(source));
        }
        let Some(state) = self.state.take() else {
            return Ok(summary::of_no_frames());
        };
        let notes = self.notes(&state);
        let is_added = matches!(state.place, Place::There(_));
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let stem = stem.trim_end_matches(".ome").to_owned();
        let names: Vec<String> = state
            .arrays
            .iter()
            .map(|array| array.name().to_owned())
            .collect();
        let levels = self.is_image().then_some(names.as_slice());
        let mut info = self.info.clone();
        info.axes = axes_of(&self.info);
        let group = match state.arrays.first() {
            Some(array) if !is_added => Some(group::document(
                &info,
                self.rate(),
                array.plan(),
                levels,
                &stem,
            )),
            _ => None,
        };
        let bytes = state.finish(group)?;
        Ok(summary::noted(self.sequence.frames(), bytes, notes))
    }
}
