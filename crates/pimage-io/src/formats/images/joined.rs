//! Files of several frames each, one after another.

use std::path::{Path, PathBuf};

use pimage_core::{
    Axis, Clock, Damage, Error, Frame, FrameCount, FrameRate, FrameReader, OnDamage, SeekFrames,
    StreamInfo, Timebase, Timestamp, frames_of, keys,
};

use super::files::{Files, is_of_folders};
use super::find::options_of_one;
use super::grid::Grid;
use super::reader::{IGNORED, chain};
use crate::ReadOptions;
use crate::open::extension_of;

/// Files of several frames each; one is open at a time.
pub(super) struct JoinedReader {
    info: StreamInfo,
    files: Files,
    options: ReadOptions,
    parts: Vec<Part>,
    /// Whether all counts are exact and all files seek.
    is_seekable: bool,
    /// The file that is read: its place in `parts`.
    at: usize,
    /// The index after the last frame that was delivered.
    end: u64,
    current: Option<Box<dyn FrameReader>>,
    /// Whether the times of the current file go on from those of the first, once that is known.
    goes_on: Option<bool>,
    /// The last time of the first file, once that is known.
    end_of_first: Option<Timestamp>,
    /// Damage of the files that were read before this one.
    earlier: Vec<Damage>,
    /// The same with that of this one.
    damage: Vec<Damage>,
}

/// One file.
struct Part {
    /// Its place among the files.
    place: usize,
    /// Frames before it.
    start: u64,
    /// Why it cannot be read, when damage is skipped.
    fault: Option<String>,
}

impl JoinedReader {
    /// Opens each file once, to count its frames.
    pub(super) fn open(files: Files, options: &ReadOptions) -> Result<Self, Error> {
        if let Some(pattern) = files.pattern.as_ref().filter(|pattern| !pattern.is_plain()) {
            let found = format!(
                "a pattern with the axes {}",
                pattern.axes("--pattern")?.join(", ")
            );
            let expected = "one number, because each file holds several frames";
            return Err(Error::bad_option("--pattern", found, expected));
        }
        let options = options_of_one(options);
        let mut joined: Option<StreamInfo> = None;
        let mut sum = Sum::default();
        let mut parts = Vec::with_capacity(files.len());
        for place in 0..files.len() {
            let start = sum.count;
            let mut part = Part {
                place,
                start,
                fault: None,
            };
            match open_part(&files.path(place), &options, joined.as_ref(), start) {
                Ok(mut reader) => {
                    sum.add(&mut *reader);
                    joined.get_or_insert_with(|| reader.info().clone());
                }
                Err(error) if options.on_damage == OnDamage::Fail || !is_damage(&error) => {
                    return Err(error);
                }
                Err(error) => part.fault = Some(chain(&error)),
            }
            parts.push(part);
        }
        let first = joined.ok_or_else(|| Error::Unrecognized {
            path: files.source.clone(),
            hint: parts
                .iter()
                .find_map(|part| part.fault.clone())
                .unwrap_or_else(|| "no file".to_owned()),
        })?;
        options.limits.check_frames(sum.count)?;
        let mut reader = Self {
            info: describe(first, &files, &sum, parts.len()),
            files,
            options,
            parts,
            is_seekable: sum.is_seekable(),
            at: 0,
            end: 0,
            current: None,
            goes_on: None,
            end_of_first: None,
            earlier: Vec::new(),
            damage: Vec::new(),
        };
        if reader.loses_times() {
            let text =
                "those of each file begin anew, and without a rate only the first file's are known";
            reader.info.metadata.insert("times".to_owned(), text.into());
        }
        Ok(reader)
    }

    /// Whether the second file's times cannot be told, as far as it can be known without reading all.
    fn loses_times(&mut self) -> bool {
        if self.info.rate.is_some() || self.info.clock != Clock::Start || !self.is_seekable {
            return false;
        }
        let mut second = self.parts.iter().filter(|part| part.fault.is_none());
        let Some(place) = second.nth(1).map(|part| part.place) else {
            return false;
        };
        match self.time_of(place, false) {
            Some(time) => !self.is_after_first(time),
            None => false,
        }
    }

    /// The time of the first or the last frame of a file, where it has one that can be read.
    fn time_of(&self, place: usize, is_last: bool) -> Option<Timestamp> {
        let mut reader = crate::open(self.files.path(place), &self.options).ok()?;
        if is_last {
            let seek = reader.as_seek()?;
            let last = seek.frame_count().checked_sub(1)?;
            seek.seek(last).ok()?;
        }
        let mut frame = Frame::empty();
        let is_there = reader.read_into(&mut frame).ok()?;
        frame.stamp.time.filter(|_| is_there)
    }

    /// Whether a time is later than all of the first file.
    fn is_after_first(&mut self, time: Timestamp) -> bool {
        if self.end_of_first.is_none() && self.is_seekable {
            let first = self.parts.iter().find(|part| part.fault.is_none());
            self.end_of_first = first.and_then(|part| self.time_of(part.place, true));
        }
        let nanos = Timebase::NANOSECONDS;
        self.end_of_first
            .is_some_and(|end| time.ticks_in(nanos) > end.ticks_in(nanos))
    }

    /// The reader of the file at `self.at`.
    fn current(&mut self) -> Result<Option<&mut Box<dyn FrameReader>>, Error> {
        let Some(part) = self.parts.get(self.at) else {
            return Ok(None);
        };
        if self.current.is_none() {
            let path = self.files.path(part.place);
            let reader = open_part(&path, &self.options, Some(&self.info), part.start)?;
            self.current = Some(reader);
        }
        Ok(self.current.as_mut())
    }

    /// Goes on with another file.
    fn turn_to(&mut self, part: usize) {
        self.earlier.clone_from(&self.damage);
        self.at = part;
        self.current = None;
        self.goes_on = None;
    }

    /// Begins the next file where the last one ended, when its count was only estimated.
    fn follow_on(&mut self) {
        if !self.is_seekable
            && let Some(part) = self.parts.get_mut(self.at)
        {
            let damaged = self.damage.last().map_or(0, |damage| damage.frames.end);
            part.start = self.end.max(damaged);
        }
    }

    /// Takes over what the current reader says of its damage.
    fn gather_damage(&mut self, start: u64) {
        let Some(reader) = &self.current else { return };
        let found = reader.damage();
        if found.is_empty() {
            return;
        }
        self.damage.clone_from(&self.earlier);
        for one in found {
            let moved = Damage {
                frames: one.frames.start.saturating_add(start)
                    ..one.frames.end.saturating_add(start),
                reason: one.reason.clone(),
            };
            if !self.damage.contains(&moved) {
                moved.add_to(&mut self.damage);
            }
        }
    }

    /// Gives a frame of the current file its place in the whole.
    fn stamp(&mut self, frame: &mut Frame, start: u64, place: usize) {
        frame.stamp.index = frame.stamp.index.saturating_add(start);
        frame.stamp.name = Some(self.files.name(place).into());
        let Some(time) = frame.stamp.time.filter(|_| self.info.clock == Clock::Start) else {
            return;
        };
        if start == 0 {
            // A file that seeks is asked for its last time, whatever was read of it.
            if !self.is_seekable {
                self.end_of_first = Some(time);
            }
            return;
        }
        let goes_on = match self.goes_on {
            Some(goes_on) => goes_on,
            None => self.is_after_first(time),
        };
        self.goes_on = Some(goes_on);
        if !goes_on {
            // The times begin anew; without a rate nobody knows how long the files before took.
            frame.stamp.time = self.info.rate.and_then(|rate| later(time, start, rate));
        }
    }
}

/// The time `frames` frames later, in nanoseconds where the rate does not divide the ticks.
fn later(time: Timestamp, frames: u64, rate: FrameRate) -> Option<Timestamp> {
    let shift = rate.time_of(frames);
    if shift.base == time.base {
        let ticks = time.ticks.checked_add(shift.ticks)?;
        return Some(Timestamp::new(ticks, time.base));
    }
    let nanos = Timebase::NANOSECONDS;
    let ticks = time.ticks_in(nanos).checked_add(shift.ticks_in(nanos))?;
    Some(Timestamp::new(ticks, nanos))
}

/// Opens a file, which must have the frames of the ones before.
fn open_part(
    path: &Path,
    options: &ReadOptions,
    first: Option<&StreamInfo>,
    start: u64,
) -> Result<Box<dyn FrameReader>, Error> {
    // A folder in a folder may lead back to it.
    if path.is_dir() && !is_of_folders(&extension_of(path)) {
        let reason = "it is a folder, where a file of several frames is expected";
        return Err(Error::unsupported(path, reason));
    }
    let reader = crate::open(path, options)?;
    if let Some(first) = first
        && reader.info().format != first.format
    {
        return Err(Error::Damaged {
            path: path.to_path_buf(),
            frame: start,
            reason: format!(
                "its frames are {}, those of the first file are {}",
                reader.info().format,
                first.format
            ),
        });
    }
    Ok(reader)
}

/// Whether an error is one of the file alone.
fn is_damage(error: &Error) -> bool {
    match error {
        Error::Io { source, .. } => source.kind() == std::io::ErrorKind::NotFound,
        Error::NotBuilt { .. } | Error::BadOption { .. } => false,
        _ => true,
    }
}

/// What the files are together.
#[derive(Default)]
struct Sum {
    count: u64,
    is_estimated: bool,
    is_unknown: bool,
    lacks_seek: bool,
    rates: Option<Option<FrameRate>>,
    has_other_rates: bool,
    axes: Option<Vec<Axis>>,
    has_other_axes: bool,
}

impl Sum {
    fn add(&mut self, reader: &mut dyn FrameReader) {
        let info = reader.info();
        match info.frame_count {
            FrameCount::Exact(count) => self.count = self.count.saturating_add(count),
            FrameCount::Estimated(count) => {
                self.count = self.count.saturating_add(count);
                self.is_estimated = true;
            }
            FrameCount::Unknown => self.is_unknown = true,
        }
        self.has_other_rates |= *self.rates.get_or_insert(info.rate) != info.rate;
        let axes = info.axes.clone();
        self.has_other_axes |= *self.axes.get_or_insert_with(|| axes.clone()) != axes;
        self.lacks_seek |= reader.as_seek().is_none();
    }

    const fn is_seekable(&self) -> bool {
        !self.is_estimated && !self.is_unknown && !self.lacks_seek
    }

    fn frame_count(&self) -> FrameCount {
        match (self.is_unknown, self.is_estimated) {
            (true, _) => FrameCount::Unknown,
            (false, true) => FrameCount::Estimated(self.count),
            (false, false) => FrameCount::Exact(self.count),
        }
    }
}

/// The first file's description, made that of all.
fn describe(first: StreamInfo, files: &Files, sum: &Sum, parts: usize) -> StreamInfo {
    let mut info = first;
    info.frame_count = sum.frame_count();
    info.axes = joined_axes(&info.axes, sum, parts);
    if sum.has_other_rates {
        info.rate = None;
    }
    // What belongs to one file only.
    info.metadata.remove(keys::CUT);
    info.metadata
        .insert("files".to_owned(), (parts as i64).into());
    let holes = Grid::of(files).map(|grid| grid.holes).unwrap_or_default();
    for (name, text) in [(keys::HOLES, &holes), (IGNORED, &files.ignored)] {
        if !text.is_empty() {
            info.metadata.insert(name.to_owned(), text.clone().into());
        }
    }
    info
}

/// The files' own axes below one that runs through the files; none when time goes on from one to the next.
fn joined_axes(axes: &[Axis], sum: &Sum, parts: usize) -> Vec<Axis> {
    let is_plain = axes.is_empty() || matches!(axes, [only] if only.name == Axis::TIME);
    let is_whole = frames_of(axes).and_then(|frames| frames.checked_mul(parts as u64));
    if is_plain || sum.has_other_axes || is_whole != sum.frame_count().exact() {
        return Vec::new();
    }
    let has_time = axes.iter().any(|axis| axis.name == Axis::TIME);
    let outer = if has_time { "s" } else { Axis::TIME };
    if axes.iter().any(|axis| axis.name == outer) {
        return Vec::new();
    }
    let mut joined = vec![Axis::new(outer, parts as u64)];
    joined.extend_from_slice(axes);
    joined
}

impl FrameReader for JoinedReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while let Some(part) = self.parts.get(self.at) {
            let (start, place) = (part.start, part.place);
            if let Some(fault) = &part.fault {
                let damage = Damage {
                    frames: start..start,
                    reason: fault.clone(),
                };
                if !self.damage.contains(&damage) {
                    damage.add_to(&mut self.damage);
                }
                self.turn_to(self.at + 1);
                continue;
            }
            let Some(reader) = self.current()? else { break };
            let read = reader.read_into(frame).map_err(|error| moved(error, start));
            self.gather_damage(start);
            if read? {
                self.stamp(frame, start, place);
                self.end = frame.stamp.index.saturating_add(1);
                return Ok(true);
            }
            self.turn_to(self.at + 1);
            self.follow_on();
        }
        Ok(false)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files = self.files.paths();
        if let Some(reader) = &self.current {
            files.extend(reader.files());
        }
        files
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        if self.is_seekable { Some(self) } else { None }
    }
}

/// An error of one file, counting frames through all of them.
fn moved(mut error: Error, start: u64) -> Error {
    match &mut error {
        Error::Malformed {
            frame: Some(frame), ..
        }
        | Error::Codec {
            frame: Some(frame), ..
        }
        | Error::Truncated { frame, .. }
        | Error::Damaged { frame, .. } => *frame = frame.saturating_add(start),
        _ => {}
    }
    error
}

impl SeekFrames for JoinedReader {
    fn frame_count(&self) -> u64 {
        self.info.frame_count.get().unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        let count = self.frame_count();
        if index > count {
            return Err(Error::OutOfRange {
                path: self.files.source.clone(),
                frame: index,
                frame_count: count,
            });
        }
        // The last file that begins at or before the frame, of those with frames.
        let after = self.parts.partition_point(|part| part.start <= index);
        let mut part = after.saturating_sub(1);
        if index == count {
            part = self.parts.len();
        }
        if part != self.at {
            self.turn_to(part);
        }
        let Some(start) = self.parts.get(part).map(|part| part.start) else {
            return Ok(());
        };
        if self
            .parts
            .get(part)
            .is_some_and(|part| part.fault.is_some())
        {
            return Ok(());
        }
        if self.goes_on.is_none() && self.info.clock == Clock::Start && start > 0 {
            // What its first frame tells holds for the one that is sought.
            let place = self.parts.get(part).map_or(0, |part| part.place);
            if index > start
                && let Some(first) = self.time_of(place, false)
            {
                self.goes_on = Some(self.is_after_first(first));
            }
        }
        let Some(reader) = self.current()? else {
            return Ok(());
        };
        match reader.as_seek() {
            Some(seek) => seek
                .seek(index - start)
                .map_err(|error| moved(error, start)),
            None => Err(Error::unsupported(
                &self.files.source,
                "frames come in order only",
            )),
        }
    }
}
