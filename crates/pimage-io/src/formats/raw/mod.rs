//! Headerless frames (`.raw`, `.bin`): nothing but samples.
//!
//! # What it stores
//!
//! Frames at equal distances, rows from the top; no size, type, time or count.
//!
//! # What pimage reads
//!
//! Any sample type, byte order and colour, channels together or as planes, and packed samples of 10 and 12 bits, behind an offset and with gaps,
//! from files (with seeking) and streams, when [`ReadOptions::raw`] says the layout.
//! A last frame that is cut is damage.
//!
//! # What it writes
//!
//! Any sample type and colour, back to back, little-endian, channels together, to files and streams. A note in the summary says the layout.
//!
//! # What is lost
//!
//! Size, sample type, bit depth, rate, times and metadata.

mod spec;

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use pimage_core::{
    Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, FrameWriter, OnDamage, Stamp,
    StreamInfo, WriteSummary,
};

pub use self::spec::{RawPacking, RawSpec};
use crate::create::refuse_codec_options;
use crate::flat::{FlatReader, Part};
use crate::gather::{Gather, PixelDim};
use crate::open::extension_of;
use crate::open::read_full;
use crate::samples::{Stored, little_endian};
use crate::target::{Output, Sequence, Target};
use crate::{Format, ReadOptions, WriteOptions, summary};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "raw",
    title: "frames without a header",
    extensions: &["raw", "bin"],
    reads: "`--raw WxH:TYPE`, with offset, gap, byte order, packed 10 and 12 bit",
    writes: "seven types",
    detect: None,
    feature: "",
    open: Some(open),
    create: Some(create),
};

fn spec_of(options: &ReadOptions) -> Result<RawSpec, Error> {
    let spec = options.raw.ok_or_else(|| {
        let expected = "the layout of headerless frames, such as 640x512:uint8";
        Error::bad_option("--raw", "missing", expected)
    })?;
    options.limits.check_format(&spec.format)?;
    Ok(spec)
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
    for (option, given) in [("--axes", &options.axes), ("a name", &options.variable)] {
        if let Some(given) = given {
            let expected = "none, for --raw says all of the layout";
            return Err(Error::bad_option(option, format!("`{given}`"), expected));
        }
    }
    let spec = spec_of(options)?;
    let stored = spec.stored();
    let length = path.metadata().map_err(Error::io("open", path))?.len();
    let available = length.saturating_sub(spec.offset);
    let frame_bytes = frame_bytes(&spec);
    let step = frame_bytes.saturating_add(spec.gap).max(1);
    // Nothing need follow the last frame.
    let behind_first = available.checked_sub(frame_bytes);
    let whole = behind_first.map_or(0, |bytes| 1 + bytes / step);
    let cut_bytes = available.saturating_sub(whole.saturating_mul(step));
    let part = Part {
        path: path.to_path_buf(),
        start: spec.offset,
        count: whole,
        cut_bytes,
        missing: u64::from(cut_bytes > 0),
        hole: 0,
        reason: None,
    };
    let info = info_of(spec.format, FrameCount::Exact(whole));
    let (limits, on_damage) = (options.limits, options.on_damage);
    let reader = FlatReader::new(path, info, stored, vec![part], limits, on_damage)?;
    let reader = reader.with_gap(spec.gap).with_gather(planes_of(&spec));
    Ok(Box::new(reader))
}

/// Bytes of a frame in the file.
fn frame_bytes(spec: &RawSpec) -> u64 {
    let bytes = spec.stored().frame_bytes(&spec.format);
    bytes.map_or(u64::MAX, |bytes| bytes as u64)
}

/// Where the samples of a frame of planes are.
fn planes_of(spec: &RawSpec) -> Option<Gather> {
    let [height, width, channels] = spec.format.shape();
    let pixel = |length: usize, stride: usize, step| PixelDim {
        length,
        stride: stride as u64,
        step,
    };
    let sample_bytes = spec.stored().sample_bytes()?;
    let pixels = vec![
        pixel(channels, width.checked_mul(height)?, 1),
        pixel(height, width, width.checked_mul(channels)?),
        pixel(width, 1, channels),
    ];
    spec.is_planar
        .then(|| Gather::new(sample_bytes, pixels, Vec::new()))
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
    let spec = spec_of(options)?;
    let info = info_of(spec.format, FrameCount::Unknown);
    let frame_bytes = usize::try_from(frame_bytes(&spec)).unwrap_or(usize::MAX);
    Ok(Box::new(RawStream {
        info,
        name: name.into(),
        source,
        options: options.clone(),
        stored: spec.stored(),
        gather: planes_of(&spec),
        skip: spec.offset,
        gap: spec.gap,
        frame_bytes,
        bytes: Vec::new(),
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
    stored: Stored,
    gather: Option<Gather>,
    /// Bytes to leave out before the next frame.
    skip: u64,
    gap: u64,
    frame_bytes: usize,
    /// A frame as it is stored.
    bytes: Vec<u8>,
    next: u64,
    has_ended: bool,
    damage: Vec<Damage>,
}

impl RawStream {
    /// Leaves out what belongs to no frame; whether all of it was there.
    fn skip(&mut self) -> Result<bool, Error> {
        let skip = std::mem::replace(&mut self.skip, self.gap);
        let mut source = (&mut self.source).take(skip);
        let skipped =
            io::copy(&mut source, &mut io::sink()).map_err(Error::io("read", &self.name))?;
        Ok(skipped == skip)
    }
}

impl FrameReader for RawStream {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.has_ended || !self.skip()? {
            self.has_ended = true;
            return Ok(false);
        }
        frame.reset(&self.info.format, &self.options.limits)?;
        self.bytes.resize(self.frame_bytes, 0);
        let expected = self.frame_bytes;
        let found =
            read_full(&mut self.source, &mut self.bytes).map_err(Error::io("read", &self.name))?;
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
        let bytes = match &mut self.gather {
            Some(gather) => gather.reordered(&self.bytes),
            None => &self.bytes,
        };
        self.stored.unpack(bytes, frame);
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
        let note = format!("raw has no header: the layout is {}", RawSpec::new(format));
        Ok(summary::noted(self.sequence.frames(), bytes, vec![note]))
    }
}
