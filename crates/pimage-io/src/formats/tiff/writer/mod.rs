//! Writing stacks as a stream: pages packed on all cores, each readable as soon as it is written, described at the end.

mod dates;
mod describe;
mod imagej;
mod ome;
mod packing;
mod stack;
mod units;

use std::path::{Path, PathBuf};

use pimage_codec::tiff::encode::{Compression, Layout, PageTags, SOFTWARE};
use pimage_core::{
    Clock, Error, Frame, FrameCount, FrameFormat, FrameWriter, Stamp, StreamInfo, WriteSummary,
};

use self::dates::Moment;
use self::describe::{Described, Facts};
use self::ome::Times;
use self::packing::Packing;
use self::stack::Stack;
use crate::create::refuse_codec_options;
use crate::options::TiffMetadata;
use crate::samples::little_endian;
use crate::target::{Output, Sequence};
use crate::times::ConstantRate;
use crate::{WriteOptions, summary};

/// What the first page of a file says until the writer finishes.
const UNFINISHED: &str = "the recording was not finished";

/// Times that are kept until the end, to be listed in OME-XML if they are uneven.
const MOST_TIMES: usize = 100_000;

/// Prepares a stack.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    refuse_codec_options("tiff", options)?;
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    if extension == "stk" || extension == "lsm" {
        let reason = format!(
            "pimage reads .{} but does not write it; .tif and .ome.tif hold the same frames",
            extension.display()
        );
        return Err(Error::unsupported(path, reason));
    }
    let compression = Compression::parse(options.compression.as_deref())?;
    let facts = Facts::new(info, options);
    let dialect = Dialect::wanted(path, options.tiff);
    dialect.check_axes(path, &facts)?;
    let is_big = extension == "btf"
        || (compression == Compression::None && is_surely_long(info.frame_count, &info.format));
    let layout = if is_big { Layout::Big } else { Layout::Classic };
    // With a rate of the caller's own, the source's times are not wanted.
    let keeps_times = options.rate.is_none();
    Ok(Box::new(TiffWriter {
        path: path.to_path_buf(),
        stack: Stack::new(Output::new(path, options), layout),
        sequence: Sequence::default(),
        compression,
        packing: None,
        threads: pimage_pool::threads(options.threads),
        dialect,
        even: keeps_times.then(|| ConstantRate::new(facts.rate)),
        deltas: Some(Vec::new()),
        first_time: None,
        clock: info.clock,
        facts,
        notes: describe::pixel_notes(info),
    }))
}

/// Whether so many unpacked frames are known to exceed the classic layout; else the file grows into the other when it has to.
fn is_surely_long(count: FrameCount, format: &FrameFormat) -> bool {
    let frame = format.frame_bytes().map_or(u64::MAX, |bytes| bytes as u64);
    let bytes = count.exact().map(|count| count.saturating_mul(frame));
    bytes.is_some_and(Stack::is_too_long_for_classic)
}

/// Who is to understand the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Nobody: pages alone.
    Plain,
    /// `ImageJ`, if it has images of this kind.
    ImageJIfItCan,
    ImageJ,
    Ome,
}

impl Dialect {
    fn wanted(path: &Path, asked: TiffMetadata) -> Self {
        match asked {
            TiffMetadata::None => Self::Plain,
            TiffMetadata::ImageJ => Self::ImageJ,
            TiffMetadata::Ome => Self::Ome,
            TiffMetadata::Auto if is_ome_name(path) => Self::Ome,
            TiffMetadata::Auto => Self::ImageJIfItCan,
        }
    }

    /// An error when the dialect was asked for by name and does not have these axes.
    fn check_axes(self, path: &Path, facts: &Facts) -> Result<(), Error> {
        let names = facts.names();
        let reason = match self {
            Self::ImageJ if !imagej::is_ordered(&names) => format!(
                "ImageJ's stacks run through t, z and c in this order, not {} (`--iterate` changes the order)",
                names.join(", ")
            ),
            Self::Ome if !ome::has_axes(&names) => format!(
                "OME has the axes t, z and c, not {} (`--select` takes one position of the others)",
                names.join(", ")
            ),
            _ => return Ok(()),
        };
        Err(Error::unsupported(path, reason))
    }

    /// The dialect for frames of this format.
    fn settled(self, format: &FrameFormat) -> Result<Self, Error> {
        match self {
            Self::ImageJIfItCan if imagej::holds(format) => Ok(Self::ImageJ),
            Self::ImageJIfItCan => Ok(Self::Plain),
            Self::ImageJ if !imagej::holds(format) => Err(Error::CannotHold {
                target: "TIFF with ImageJ's description".to_owned(),
                format: *format,
                hint: "ImageJ has gray uint8, uint16, int16 and float32, and RGB uint8; `--tiff-metadata ome` describes all".to_owned(),
            }),
            other => Ok(other),
        }
    }
}

/// Whether the name ends in `.ome.tif` or the like.
fn is_ome_name(path: &Path) -> bool {
    let stem = path.file_stem().map(Path::new);
    let inner = stem.and_then(Path::extension);
    inner.is_some_and(|inner| inner.eq_ignore_ascii_case("ome"))
}

struct TiffWriter {
    path: PathBuf,
    stack: Stack,
    sequence: Sequence,
    compression: Compression,
    /// Started by the first frame that is packed.
    packing: Option<Packing>,
    threads: usize,
    dialect: Dialect,
    even: Option<ConstantRate>,
    /// Seconds of each frame; `None` when there are too many to keep.
    deltas: Option<Vec<Option<f64>>>,
    first_time: Option<Moment>,
    clock: Clock,
    facts: Facts,
    notes: Vec<String>,
}

impl TiffWriter {
    /// Decides on the dialect by the first frame.
    fn settle(&mut self, format: &FrameFormat) -> Result<(), Error> {
        let asked = self.dialect;
        self.dialect = asked.settled(format)?;
        let is_left_out = asked == Dialect::ImageJIfItCan && self.dialect == Dialect::Plain;
        if is_left_out && self.facts.is_something() {
            self.notes.push(format!(
                "ImageJ has no {} {} images, so that the file says nothing of rate, axes and pixel size (`--tiff-metadata ome` does)",
                format.color, format.sample
            ));
        }
        Ok(())
    }

    /// Remembers when a frame was taken.
    fn remember_time(&mut self, stamp: &Stamp) {
        let Some(even) = &mut self.even else { return };
        let position = self.sequence.frames();
        let (faster, steps) = self.facts.time_steps();
        if position.is_multiple_of(faster) {
            even.add(stamp, position / faster % steps);
        }
        if self.dialect != Dialect::Ome {
            return;
        }
        if position == 0 {
            self.first_time = self.moment_of(stamp);
        }
        if let Some(deltas) = &mut self.deltas {
            if deltas.len() < MOST_TIMES {
                deltas.push(stamp.secs());
            } else {
                self.deltas = None;
            }
        }
    }

    /// The moment of a frame, when the stream's clock is a calendar's.
    fn moment_of(&self, stamp: &Stamp) -> Option<Moment> {
        match self.clock {
            Clock::Start => None,
            Clock::Epoch | Clock::LocalEpoch => stamp.time.and_then(Moment::of),
        }
    }

    /// What the page of a frame says besides its pixels.
    fn tags_of(&self, stamp: &Stamp) -> PageTags {
        let is_first = self.sequence.frames() == 0;
        let has_description = is_first && self.dialect != Dialect::Plain;
        let is_unit_described = self.dialect == Dialect::ImageJ;
        let pixel_size = self.facts.pixel_size.as_ref();
        PageTags {
            description: has_description.then(|| UNFINISHED.to_owned()),
            software: is_first.then(|| SOFTWARE.to_owned()),
            date_time: self.moment_of(stamp).map(Moment::tag),
            resolution: pixel_size.and_then(|size| size.resolution(is_unit_described)),
        }
    }

    /// Writes the pages that are packed; all of them when `wait` is set.
    fn write_packed(&mut self, format: &FrameFormat, wait: bool) -> Result<(), Error> {
        let Some(packing) = &mut self.packing else {
            return Ok(());
        };
        while let Some(page) = packing.take(wait) {
            let index = self.stack.pages();
            let page = page.map_err(|error| error.at_path(&self.path, Some(index)))?;
            let (pixels, lengths) = (&page.strips.bytes, &page.strips.lengths);
            self.stack
                .append(format, self.compression, pixels, lengths, &page.tags)?;
            packing.give_back(page);
        }
        Ok(())
    }

    /// Describes the finished stack; adds notes on what the description leaves out.
    fn describe(&mut self, format: &FrameFormat) -> Result<(), Error> {
        let frames = self.sequence.frames();
        let (described, times_note) = match self.dialect {
            Dialect::Plain | Dialect::ImageJIfItCan => {
                if self.lost_times("").is_some() {
                    self.notes.push(
                        "pages without a description have no times, which are lost (`--tiff-metadata ome` keeps them)".to_owned(),
                    );
                }
                return Ok(());
            }
            // ImageJ itself does not open BigTIFF, and readers of its dialect expect all pixels in one block there.
            Dialect::ImageJ if self.stack.is_big() => {
                self.notes.push(
                    "ImageJ's description has no place in BigTIFF: the file has OME-XML".to_owned(),
                );
                self.describe_ome(format, frames)
            }
            Dialect::ImageJ => (
                imagej::describe(format, &self.facts, frames),
                self.lost_times("ImageJ's description"),
            ),
            Dialect::Ome => self.describe_ome(format, frames),
        };
        let Described { text, notes } = described;
        self.notes.extend(notes);
        self.notes.extend(times_note);
        self.stack.describe(&text)
    }

    fn describe_ome(&mut self, format: &FrameFormat, frames: u64) -> (Described, Option<String>) {
        let lost = self.lost_times("OME-XML of more than 100,000 frames");
        let mut times = Times {
            first: self.first_time,
            is_universal: self.clock == Clock::Epoch,
            deltas: Vec::new(),
        };
        let mut note = None;
        match self.deltas.take() {
            Some(deltas) if lost.is_some() => times.deltas = deltas,
            Some(_) => {}
            None => note = lost,
        }
        if times.first.is_some() {
            // The acquisition's date is the first frame's, and the others are counted from it.
            let start = times.deltas.first().copied().flatten().unwrap_or(0.0);
            for delta in times.deltas.iter_mut().flatten() {
                *delta -= start;
            }
        }
        (
            ome::describe(&self.path, format, &self.facts, &times, frames),
            note,
        )
    }

    fn lost_times(&self, target: &str) -> Option<String> {
        self.even.as_ref().and_then(|even| even.note(target))
    }
}

impl FrameWriter for TiffWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let format = *frame.format();
        if self.sequence.check(frame)? {
            self.settle(&format)?;
        }
        let tags = self.tags_of(&frame.stamp);
        self.remember_time(&frame.stamp);
        if self.compression == Compression::None {
            let bytes = little_endian(frame);
            let lengths = [bytes.len() as u64];
            self.stack
                .append(&format, self.compression, &bytes, &lengths, &tags)?;
        } else {
            let packing = match self.packing.take() {
                Some(packing) => packing,
                None => Packing::start(self.compression, self.threads)?,
            };
            self.packing.insert(packing).submit(frame, tags);
            self.write_packed(&format, false)?;
        }
        self.sequence.count();
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        let Some(format) = self.sequence.format().copied() else {
            return Ok(summary::of_no_frames());
        };
        self.write_packed(&format, true)?;
        let frames = self.sequence.frames();
        if self.stack.pages() != frames {
            let source = std::io::Error::other("an earlier frame could not be written");
            return Err(Error::io("finish", &self.path)(source));
        }
        self.describe(&format)?;
        let Self { stack, notes, .. } = *self;
        Ok(summary::noted(frames, stack.commit()?, notes))
    }
}
