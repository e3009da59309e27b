//! The beginning of a store: what is checked before the first frame, what is made at it.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::{Instant, SystemTime};

use jiff::tz::TimeZone;
use pimage_core::{Color, Error, Frame, FrameFormat, FrameRate, StreamInfo};

use super::chunk::Maker;
use super::paths::{ChunkPaths, place};
use super::syncer::Syncer;
use super::{Durability, RecordOptions, Started, StoreWriter};
use crate::lock::StoreLock;
use crate::repair::{self, RepairOptions};
use crate::{FORMATS, ImageShape, METADATA_FILE, StoreFormat, StoreMetadata, format_by_name};

/// Frames a second where nobody says it.
const UNKNOWN_RATE: f64 = 25.0;

/// The row of a format that is written.
pub(super) fn row_of(name: &str) -> Result<&'static StoreFormat, Error> {
    format_by_name(name)
        .filter(|row| row.is_written)
        .ok_or_else(|| {
            let names: Vec<_> = FORMATS
                .iter()
                .filter(|row| row.is_written)
                .map(|row| row.name)
                .collect();
            let instead = crate::written_format(name)
                .map_or_else(String::new, |row| format!("{} in its place, or ", row.name));
            let expected = format!("{instead}one of {}", names.join(", "));
            Error::bad_option("--format", format!("`{name}`"), expected)
        })
}

pub(super) fn check_options(options: &RecordOptions) -> Result<(), Error> {
    let chunk = &options.chunk;
    let zero = [
        ("--chunk-frames", chunk.frames == Some(0)),
        ("--chunk-bytes", chunk.bytes == Some(0)),
        (
            "--chunk-seconds",
            chunk
                .seconds
                .is_some_and(|seconds| seconds.is_nan() || seconds <= 0.0),
        ),
    ];
    for (name, is_zero) in zero {
        if is_zero {
            return Err(Error::bad_option(name, "0 or less", "more than 0"));
        }
    }
    match &options.timezone {
        Some(zone) if !is_zone(zone) => Err(Error::bad_option(
            "--timezone",
            format!("`{zone}`"),
            "the IANA name of a time zone, such as UTC or Europe/Vienna",
        )),
        _ => Ok(()),
    }
}

/// Whether there is a time zone of this name; any name passes where the system knows none.
fn is_zone(name: &str) -> bool {
    jiff::tz::db().is_definitively_empty() || TimeZone::get(name).is_ok()
}

/// A store is written where nothing is, or into one that exists when that is asked for.
pub(super) fn check_folder(folder: &Path, options: &RecordOptions) -> Result<(), Error> {
    let exists = || Error::Exists {
        path: folder.to_path_buf(),
    };
    if folder.symlink_metadata().is_err() {
        return Ok(());
    }
    if !folder.is_dir() {
        return Err(exists());
    }
    if folder.join(METADATA_FILE).symlink_metadata().is_ok() {
        return if options.append {
            Ok(())
        } else {
            Err(exists())
        };
    }
    let mut entries = std::fs::read_dir(folder).map_err(Error::io("list", folder))?;
    // A lock without metadata is of a store that ended before its first frame.
    let is_taken = entries.any(|entry| {
        entry.is_ok_and(|entry| {
            let name = entry.file_name();
            !name.to_string_lossy().starts_with('.')
        })
    });
    if is_taken { Err(exists()) } else { Ok(()) }
}

pub(super) fn frames_a_second(info: &StreamInfo, options: &RecordOptions) -> f64 {
    let rate = options.rate.or(info.rate);
    rate.map_or(UNKNOWN_RATE, FrameRate::fps)
}

/// The metadata of a new store for frames of this format.
pub(super) fn new_metadata(
    row: &StoreFormat,
    format: &FrameFormat,
    info: &StreamInfo,
    options: &RecordOptions,
) -> StoreMetadata {
    #[cfg(feature = "ffmpeg")]
    let (width, height) = super::video::stored_size(row, format);
    #[cfg(not(feature = "ffmpeg"))]
    let (width, height) = (format.width, format.height);
    let shape = ImageShape {
        height,
        width,
        channels: match format.color {
            Color::Gray => None,
            color => Some(color.channels() as u32),
        },
    };
    let frames = options.chunk_frames(row.class.is_video());
    let mut metadata = StoreMetadata::new(row, shape, format.sample.name(), frames);
    let is_padded = (width, height) != (format.width, format.height);
    metadata.true_size = is_padded.then_some((format.height, format.width));
    metadata.bit_depth = (format.bit_depth != format.sample.bits()).then_some(format.bit_depth);
    metadata.rate = options.rate.or(info.rate);
    metadata.encoding.clone_from(&options.encoding);
    metadata.timezone = options
        .timezone
        .clone()
        .or_else(|| TimeZone::system().iana_name().map(str::to_owned));
    metadata.uuid = Some(new_uuid());
    metadata.user.clone_from(&options.user);
    metadata
}

/// Checks that frames of this format can be stored so; nothing is written.
pub(super) fn check_frames(
    row: &'static StoreFormat,
    info: &StreamInfo,
    options: &RecordOptions,
    paths: &ChunkPaths,
) -> Result<(), Error> {
    super::chunk::check(row, info, options, paths).map_err(|error| match error {
        // A small frame was tried.
        Error::CannotHold { target, hint, .. } => Error::CannotHold {
            target,
            format: info.format,
            hint,
        },
        other => other,
    })
}

/// The metadata of the store that is gone on with; an error when frames with those of a new one do not belong into it.
pub(super) fn expect_alike(
    folder: &Path,
    new: &StoreMetadata,
    options: &RecordOptions,
) -> Result<Option<StoreMetadata>, Error> {
    let is_there = folder.join(METADATA_FILE).symlink_metadata().is_ok();
    if !(is_there && options.append) {
        return Ok(None);
    }
    let existing = StoreMetadata::read(folder, &options.limits)?;
    let facts = |metadata: &StoreMetadata| {
        let coded = match &metadata.encoding {
            Some(encoding) => format!(", coded as {encoding}"),
            None => String::new(),
        };
        let bits = match metadata.bit_depth {
            Some(bits) => format!(" with {bits} significant bits"),
            None => String::new(),
        };
        format!(
            "`{}` of shape {:?} and type {}{bits}{coded}",
            metadata.format,
            metadata.shape.axes(),
            metadata.dtype
        )
    };
    // Where a store does not say how many bits are used, it may be any number.
    let is_as_deep = existing.bit_depth.is_none() || existing.bit_depth == new.bit_depth;
    let is_alike = existing.format == new.format
        && existing.shape.axes() == new.shape.axes()
        && existing.dtype == new.dtype
        && existing.encoding == new.encoding
        && existing.true_size == new.true_size;
    if is_alike && is_as_deep {
        return Ok(Some(existing));
    }
    let (existing, new) = (facts(&existing), facts(new));
    let reason = format!("it holds {existing}, these frames would be {new}");
    Err(Error::unsupported(folder, reason))
}

fn make_folder(folder: &Path, options: &RecordOptions) -> Result<(), Error> {
    let storage = &options.storage;
    storage
        .create_folder(folder)
        .map_err(Error::io("create", folder))?;
    if options.durability == Durability::None {
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    storage
        .sync_folder(parent)
        .map_err(Error::io("sync", parent))
}

/// 32 hexadecimal digits that no other store has: a random uuid (version 4).
fn new_uuid() -> String {
    let random = || u128::from(RandomState::new().hash_one(SystemTime::now()));
    let bits = (random() << 64) | random();
    let versioned = (bits & !(0xf << 76) & !(0b11 << 62)) | (4 << 76) | (0b10 << 62);
    format!("{versioned:032x}")
}

/// Bytes of all that is in the folder.
pub(super) fn bytes_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes_of(&entry.path()),
            Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |metadata| metadata.len()),
            _ => 0,
        })
        .sum()
}

impl StoreWriter {
    /// Makes the store, or takes up an existing one, at the first frame.
    pub(super) fn start(&mut self, format: FrameFormat) -> Result<Started, Error> {
        let mut info = self.info.reformatted(format);
        info.format = format;
        let (folder, options) = (&self.folder, &self.options);
        let mut metadata = new_metadata(self.row, &format, &info, options);
        // Checked again: the frame may be of another format than the source said.
        let paths = ChunkPaths::new(folder, 0, &metadata);
        check_frames(self.row, &info, options, &paths)?;
        // Before the lock, which a refused writer would leave behind.
        let existing = expect_alike(folder, &metadata, options)?;
        let uuid = existing.map_or_else(|| metadata.uuid.clone(), |existing| existing.uuid);
        if !folder.is_dir() {
            make_folder(folder, options)?;
        }
        let uuid = uuid.unwrap_or_default();
        let mut lock = StoreLock::take(folder, &uuid, options.ignores_foreign_lock)?;
        // Somebody may have begun a store since this was asked first.
        check_folder(folder, options)?;
        let syncs = options.durability != Durability::None;
        let (mut history, mut notes) = (History::default(), Vec::new());
        if folder.join(METADATA_FILE).symlink_metadata().is_ok() {
            (history, notes) = self.take_up(&mut metadata)?;
        } else {
            let text = metadata.to_yaml();
            let path = folder.join(METADATA_FILE);
            place(&options.storage, &path, text.as_bytes(), syncs)?;
        }
        let maker = Maker::start(self.row, &info, options, &paths)?;
        let syncer = if syncs {
            Some(Syncer::start(options.storage.clone())?)
        } else {
            None
        };
        self.notes.extend(notes);
        lock.stay();
        Ok(Started {
            format,
            metadata,
            lock: Some(lock),
            maker,
            syncer,
            chunk: None,
            next_chunk: history.next_chunk,
            closed: 0,
            before: history.frames,
            last: history.last,
            paced: history.last.map(|(_, time)| (time, 0)),
            flushed_at: Instant::now(),
            torn: None,
            has_failed: false,
        })
    }

    /// Keeps notes of what the first frame shows about numbers and times.
    pub(super) fn note_first(&mut self, store: &Started, frame: &Frame) {
        let rate = self.options.rate.or(self.info.rate);
        let time = self.time_of(frame);
        if rate.is_none() && time.is_none() {
            self.notes.push(format!(
                "neither times nor a frame rate are known: {UNKNOWN_RATE} frames/s were taken"
            ));
        }
        let Some((last_number, last_time)) = store.last else {
            return;
        };
        if let Some(number) = frame.stamp.number.filter(|number| *number <= last_number) {
            self.notes.push(format!(
                "numbers go back: the store ended with {last_number}, what is appended begins with {number}"
            ));
        }
        if let Some(time) = time.filter(|time| *time <= last_time) {
            self.notes.push(format!(
                "times go back: the store ended at {last_time} s, what is appended begins at {time} s"
            ));
        }
    }

    /// Repairs the existing store and checks that these frames belong into it.
    fn take_up(&self, metadata: &mut StoreMetadata) -> Result<(History, Vec<String>), Error> {
        let existing = expect_alike(&self.folder, metadata, &self.options)?;
        // With the chunk size that it was begun with, for readers compute with it.
        *metadata = existing.unwrap_or_else(|| metadata.clone());
        let options = RepairOptions {
            limits: self.options.limits,
            storage: self.options.storage.clone(),
            ..RepairOptions::default()
        };
        let report = repair::repair_locked(&self.folder, metadata, &options)?;
        let history = History::of(&self.folder, metadata, &self.options)?;
        Ok((history, report.done))
    }
}

/// What a store has before it is gone on with.
#[derive(Debug, Default)]
struct History {
    next_chunk: u64,
    frames: u64,
    last: Option<(i64, f64)>,
}

impl History {
    fn of(folder: &Path, metadata: &StoreMetadata, options: &RecordOptions) -> Result<Self, Error> {
        let mut history = Self::default();
        for number in repair::numbers(folder, metadata)? {
            history.next_chunk = number.saturating_add(1);
            let paths = ChunkPaths::new(folder, number, metadata);
            if let Some(index) = repair::index_of(&paths, &options.limits)? {
                history.frames += index.len() as u64;
                let last = index
                    .numbers
                    .last()
                    .copied()
                    .zip(index.times.last().copied());
                history.last = last.or(history.last);
            }
        }
        Ok(history)
    }
}
