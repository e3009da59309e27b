//! Headerless frames (`.raw`, `.bin`): nothing but samples.
//!
//! # What it stores
//!
//! Frames back to back, rows from the top, channels together, samples little-endian; no size, type, time or count.
//!
//! # What pimage reads
//!
//! Any sample type and colour, from files (with seeking) and streams, when [`ReadOptions::raw`] says the layout.
//! A last frame that is cut is damage.
//!
//! # What it writes
//!
//! Any sample type and colour, to files and streams. A note in the summary says the layout.
//!
//! # What is lost
//!
//! Size, sample type, bit depth, rate, times and metadata.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use pimage_core::{
    Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, FrameWriter, OnDamage, Stamp,
    StreamInfo, WriteSummary,
};

use crate::create::refuse_codec_options;
use crate::flat::{FlatReader, Part};
use crate::open::extension_of;
use crate::open::read_full;
use crate::samples::{ByteOrder, Stored, little_endian};
use crate::target::{Output, Sequence, Target};
use crate::{Format, RawSpec, ReadOptions, WriteOptions, summary};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "raw",
    title: "frames without a header",
    extensions: &["raw", "bin"],
    detect: None,
    feature: "",
    open: Some(open),
    create: Some(create),
};

fn spec_of(options: &ReadOptions) -> Result<FrameFormat, Error> {
    let spec = options.raw.ok_or_else(|| {
        let expected = "the layout of headerless frames, such as 640x512:uint8";
        Error::bad_option("--raw", "missing", expected)
    })?;
    options.limits.check_format(&spec.format)?;
    Ok(spec.format)
}

/// The error for frames of an unknown layout; pixels of a recording are read through its header.
fn without_layout(path: &Path) -> Error {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let beside = std::fs::read_dir(folder.unwrap_or(Path::new(".")));
    let is_header = |other: &PathBuf| {
        let stem = other.file_stem().unwrap_or_default().to_string_lossy();
        extension_of(other) == "seq" && !stem.is_empty() && name.starts_with(&*stem)
    };
    let header = beside
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(is_header)
        .max_by_key(|header| header.as_os_str().len());
    let hint = match header {
        Some(header) => format!(
            "frames without a header; `{}` beside it is the recording: open that",
            header.file_name().unwrap_or_default().display()
        ),
        None => "frames without a header need --raw WIDTHxHEIGHT:TYPE, such as --raw 640x512:uint8"
            .to_owned(),
    };
    Error::unsupported(path, hint)
}

fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    if options.raw.is_none() {
        return Err(without_layout(path));
    }
    let format = spec_of(options)?;
    let stored = Stored::As(format.sample, ByteOrder::Little);
    let length = path.metadata().map_err(Error::io("open", path))?.len();
    let frame_bytes = stored.frame_bytes(&format).map_or(u64::MAX, |bytes| bytes as u64);
    let whole = length / frame_bytes.max(1);
    let cut_bytes = length - whole * frame_bytes;
    let part = Part {
        path: path.to_path_buf(),
        start: 0,
        count: whole,
        cut_bytes,
        missing: u64::from(cut_bytes > 0),
        hole: 0,
        reason: None,
    };
    let info = info_of(format, FrameCount::Exact(whole));
    let (limits, on_damage) = (options.limits, options.on_damage);
    let reader = FlatReader::new(path, info, stored, vec![part], limits, on_damage)?;
    Ok(Box::new(reader))
}

fn info_of(format: FrameFormat, frame_count: FrameCount) -> StreamInfo {
    let mut info = StreamInfo::new("raw", format, frame_count);
    info.codec = Some("raw".to_owned());
    info
}

/// Reads frames from a stream.
pub(crate) fn open_stream(
    name: &str,
    source: Box<dyn Read + Send>,
    options: &ReadOptions,
) -> Result<Box<dyn FrameReader>, Error> {
    let format = spec_of(options)?;
    Ok(Box::new(RawStream {
        info: info_of(format, FrameCount::Unknown),
        name: name.into(),
        source,
        options: options.clone(),
        next: 0,
        has_ended: false,
        damage: Vec::new(),
    }))
}

/// Headerless frames that come through a pipe.
struct RawStream {
    info: StreamInfo,
    name: PathBuf,
    source: Box<dyn Read + Send>,
    options: ReadOptions,
    next: u64,
    has_ended: bool,
    damage: Vec<Damage>,
}

impl FrameReader for RawStream {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.has_ended {
            return Ok(false);
        }
        frame.reset(&self.info.format, &self.options.limits)?;
        let bytes = frame.bytes_mut();
        let expected = bytes.len();
        let found = read_full(&mut self.source, bytes).map_err(Error::io("read", &self.name))?;
        if found < expected {
            self.has_ended = true;
            return cut_or_end(
                &self.name,
                self.next,
                (found, expected),
                self.options.on_damage,
                &mut self.damage,
            );
        }
        if cfg!(target_endian = "big") {
            crate::samples::swap(frame.bytes_mut(), self.info.format.sample.bytes());
        }
        frame.stamp = Stamp::at(self.next);
        self.next += 1;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }
}

/// What a stream that ended after `found` of `expected` bytes of a frame answers: the end, damage, or an error.
pub(crate) fn cut_or_end(
    path: &Path,
    frame: u64,
    (found, expected): (usize, usize),
    on_damage: OnDamage,
    damage: &mut Vec<Damage>,
) -> Result<bool, Error> {
    if found == 0 {
        return Ok(false);
    }
    if on_damage == OnDamage::Fail {
        return Err(Error::Truncated {
            path: path.to_path_buf(),
            frame,
            expected: expected as u64,
            found: found as u64,
        });
    }
    let reason = format!("it ends after {found} of {expected} bytes");
    Damage::frame(frame, reason).add_to(damage);
    Ok(false)
}

fn create(
    path: &Path,
    _info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    refuse_codec_options("raw", options)?;
    Ok(Box::new(RawWriter {
        target: Target::File(Output::new(path, options)),
        sequence: Sequence::default(),
    }))
}

/// Writes frames to a stream.
pub(crate) fn create_stream(
    name: &str,
    target: Box<dyn Write + Send>,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    refuse_codec_options("raw", options)?;
    Ok(Box::new(RawWriter {
        target: Target::stream(name, target),
        sequence: Sequence::default(),
    }))
}

struct RawWriter {
    target: Target,
    sequence: Sequence,
}

impl FrameWriter for RawWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        self.sequence.check(frame)?;
        self.target.write_all(&little_endian(frame))?;
        self.sequence.count();
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        let Some(format) = self.sequence.format().copied() else {
            return Ok(summary::of_no_frames());
        };
        let bytes = self.target.finish()?;
        let note = format!("raw has no header: the layout is {}", RawSpec { format });
        Ok(summary::noted(self.sequence.frames(), bytes, vec![note]))
    }
}
