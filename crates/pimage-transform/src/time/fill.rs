//! Something in the place of frames that are missing.

use std::path::PathBuf;

use pimage_core::{
    Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, Sample, SeekFrames, Stamp,
    StreamInfo, Timestamp, with_sample_type,
};

use super::null_image;
use super::numbering::{CountedBy, Numbering};
use crate::frames::seek;
use crate::{Adapt, Arguments, Operation, Operator, Parameter, Presence, Surroundings};

/// What stands for a frame that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Substitute {
    /// The [null image](crate::null_image).
    Null,
    /// The last frame before it; the null image when there is none.
    Previous,
    /// Zeros, and full opacity.
    Black,
    /// What is not a number, and full opacity; for floats.
    Nan,
}

/// Puts frames in the places of those that are missing, so that frames stand where they belong.
///
/// A frame that is put in has the time and number that lie between its neighbours', where these are known, and no name.
/// By numbers, a recording that can be read again is read once before its first frame to see where numbers are missing;
/// numbers that repeat or go back leave no gap.
///
/// ```
/// use pimage_core::{Frame, FrameFormat, FrameReaderExt, Color, MemoryReader, SampleType};
/// use pimage_transform::{Adapt, CountedBy, FillGaps, Substitute, Surroundings};
///
/// let frames = [4, 5, 8].map(|number| {
///     let mut frame = Frame::zeroed(FrameFormat::new(1, 1, Color::Gray, SampleType::U8));
///     frame.stamp.number = Some(number);
///     frame.bytes_mut().fill(number as u8);
///     frame
/// });
/// let reader = Box::new(MemoryReader::new(frames.to_vec())?);
/// let fill = FillGaps::new(Substitute::Previous, CountedBy::Number);
/// let mut reader = fill.adapt(reader, &Surroundings::default())?;
/// let samples: Result<Vec<u8>, _> = reader.frames().map(|frame| Ok(frame?.bytes()[0])).collect();
/// assert_eq!(samples?, [4, 5, 5, 5, 8]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FillGaps {
    substitute: Substitute,
    by: CountedBy,
    most: u64,
}

/// Missing frames in a row that are filled, unless said otherwise.
const MOST: u64 = 10_000;

impl FillGaps {
    /// Fills gaps of at most 10,000 frames in the numbers, and any in the indices.
    #[must_use]
    pub const fn new(substitute: Substitute, by: CountedBy) -> Self {
        Self {
            substitute,
            by,
            most: MOST,
        }
    }

    /// Takes a jump of the numbers by more frames than this for an error.
    #[must_use]
    pub const fn with_most(mut self, most: u64) -> Self {
        self.most = most;
        self
    }

    fn image(&self, format: &FrameFormat) -> Result<Frame, Error> {
        let constant = match self.substitute {
            Substitute::Null | Substitute::Previous => return Ok(null_image(format)),
            Substitute::Black => 0.0,
            Substitute::Nan if format.sample.is_float() => f64::NAN,
            Substitute::Nan => {
                return Err(Error::CannotHold {
                    target: "fill=nan".to_owned(),
                    format: *format,
                    hint: "integers are all numbers: fill with `null` or `black`, or make floats of them before".to_owned(),
                });
            }
        };
        let mut frame = null_image(format);
        let opacity = format.color.has_alpha().then(|| format.full_scale());
        with_sample_type!(format.sample, T => {
            let samples = frame.samples_mut::<T>().unwrap_or_default();
            for pixel in samples.chunks_exact_mut(format.color.channels()) {
                pixel.fill(T::from_f64(constant));
                if let (Some(opacity), Some(last)) = (opacity, pixel.last_mut()) {
                    *last = T::from_f64(opacity);
                }
            }
        });
        Ok(frame)
    }
}

impl Adapt for FillGaps {
    fn adapt<'a>(
        &self,
        mut reader: Box<dyn FrameReader + 'a>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader + 'a>, Error> {
        let image = self.image(&reader.info().format)?;
        let mut info = reader.info().clone();
        let mut numbering = Numbering::new(self.by, self.most);
        let count = reader.as_seek().map(|seek| seek.frame_count());
        let total = match (self.by, count) {
            (CountedBy::Index, Some(count)) => Some(count),
            (CountedBy::Index, None) => info.frame_count.exact(),
            (CountedBy::Number, Some(count)) => {
                survey(&mut *reader, &mut numbering, surroundings)?;
                let total = count
                    .checked_sub(1)
                    .map_or(0, |last| numbering.place(last).saturating_add(1));
                info.set_frame_count(FrameCount::Exact(total));
                Some(total)
            }
            (CountedBy::Number, None) => {
                info.set_frame_count(FrameCount::Unknown);
                None
            }
        };
        Ok(Box::new(Filled {
            reader,
            info,
            image,
            keeps_previous: self.substitute == Substitute::Previous,
            is_learning: count.is_none(),
            numbering,
            total,
            next: 0,
            waiting: None,
            has_ended: false,
            before: Before::Nothing,
        }))
    }
}

/// Learns the places of all frames.
fn survey(
    reader: &mut dyn FrameReader,
    numbering: &mut Numbering,
    surroundings: &Surroundings,
) -> Result<(), Error> {
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame)? {
        surroundings.check()?;
        numbering.learn(&frame.stamp)?;
    }
    seek(reader, 0)
}

/// The last frame before a place.
#[derive(Debug)]
enum Before {
    /// There is none.
    Nothing,
    /// It was not read.
    Unknown,
    /// Its place and stamp, and itself when it is the substitute.
    Frame(u64, Stamp, Option<Box<Frame>>),
}

/// The frames of a reader, and something in the place of those that are missing.
struct Filled<'a> {
    reader: Box<dyn FrameReader + 'a>,
    info: StreamInfo,
    image: Frame,
    keeps_previous: bool,
    /// Whether places are learned while frames come.
    is_learning: bool,
    numbering: Numbering,
    total: Option<u64>,
    /// The place that is due.
    next: u64,
    /// The first frame at that place or after it.
    waiting: Option<Frame>,
    has_ended: bool,
    before: Before,
}

impl Filled<'_> {
    /// Has the next frame wait, if there is one.
    fn look_ahead(&mut self, memory: &mut Frame) -> Result<(), Error> {
        if self.waiting.is_some() || self.has_ended {
            return Ok(());
        }
        let mut frame = std::mem::replace(memory, Frame::empty());
        if !self.reader.read_into(&mut frame)? {
            self.has_ended = true;
            return Ok(());
        }
        if self.is_learning {
            self.numbering.learn(&frame.stamp)?;
            self.numbering.forget();
        }
        self.waiting = Some(frame);
        Ok(())
    }

    fn before_of(&self, frame: &Frame) -> Before {
        let pixels = self.keeps_previous.then(|| Box::new(frame.clone()));
        Before::Frame(
            self.numbering.place(frame.stamp.index),
            frame.stamp.clone(),
            pixels,
        )
    }

    /// Finds the last frame before the place that is due, and comes back.
    fn look_back(&mut self) -> Result<(), Error> {
        let mut index = self.numbering.index(self.next);
        let mut frame = Frame::empty();
        self.before = Before::Nothing;
        while index > 0 {
            index -= 1;
            seek(&mut *self.reader, index)?;
            if self.reader.read_into(&mut frame)?
                && self.numbering.place(frame.stamp.index) < self.next
            {
                self.before = self.before_of(&frame);
                break;
            }
        }
        let after = self.waiting.as_ref().map(|frame| frame.stamp.index + 1);
        let end = self.reader.as_seek().map(|seek| seek.frame_count());
        match after.or(end) {
            Some(index) => seek(&mut *self.reader, index),
            None => Ok(()),
        }
    }

    /// Makes `frame` the substitute for the place that is due.
    fn substitute(&mut self, frame: &mut Frame) -> Result<(), Error> {
        if matches!(self.before, Before::Unknown) {
            self.look_back()?;
        }
        frame.clone_from(&self.image);
        frame.stamp = Stamp::at(self.next);
        let Before::Frame(place, stamp, pixels) = &self.before else {
            return Ok(());
        };
        if let Some(pixels) = pixels {
            frame.clone_from(pixels);
            frame.stamp = Stamp::at(self.next);
        }
        if let Some(after) = &self.waiting {
            let distance = self.numbering.place(after.stamp.index) - place;
            let (part, whole) = (i128::from(self.next - place), i128::from(distance));
            frame.stamp.time = time_between(stamp.time, after.stamp.time, part, whole);
            frame.stamp.number = number_between(stamp.number, after.stamp.number, part, whole);
        }
        Ok(())
    }
}

/// The moment at a part of the way; `None` unless both ends are known in the same ticks.
fn time_between(
    before: Option<Timestamp>,
    after: Option<Timestamp>,
    part: i128,
    whole: i128,
) -> Option<Timestamp> {
    let (before, after) = before.zip(after)?;
    let way = i128::from(after.ticks) - i128::from(before.ticks);
    let ticks = i64::try_from(i128::from(before.ticks) + way * part / whole).ok()?;
    (before.base == after.base).then(|| Timestamp::new(ticks, before.base))
}

/// The number at a part of the way, when there is one for each place.
fn number_between(before: Option<i64>, after: Option<i64>, part: i128, whole: i128) -> Option<i64> {
    let (before, after) = before.zip(after)?;
    let is_counted = i128::from(after) - i128::from(before) == whole;
    is_counted.then(|| i64::try_from(i128::from(before) + part).ok())?
}

impl FrameReader for Filled<'_> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.total.is_some_and(|total| self.next >= total) {
            return Ok(false);
        }
        self.look_ahead(frame)?;
        let place = self
            .waiting
            .as_ref()
            .map(|frame| self.numbering.place(frame.stamp.index));
        match place {
            Some(place) if place > self.next => self.substitute(frame)?,
            None if self.total.is_none() => return Ok(false),
            None => self.substitute(frame)?,
            Some(_) => {
                if let Some(waiting) = self.waiting.take() {
                    self.before = self.before_of(&waiting);
                    *frame = waiting;
                    frame.stamp.index = self.next;
                }
            }
        }
        self.next += 1;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        self.reader.as_seek()?;
        Some(self)
    }
}

impl SeekFrames for Filled<'_> {
    fn frame_count(&self) -> u64 {
        self.total.unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.info.expect_within(index, self.frame_count())?;
        seek(&mut *self.reader, self.numbering.index(index))?;
        self.waiting = None;
        self.has_ended = false;
        self.next = index;
        self.before = match index {
            0 => Before::Nothing,
            _ => Before::Unknown,
        };
        Ok(())
    }
}

/// `fill`.
pub(super) const OPERATOR: Operator = Operator {
    name: "fill",
    title: "put something in the place of frames that are missing",
    parameters: &[
        Parameter::new(
            "with",
            "what stands for them: a cross on a dim ground, the frame before, zeros, not a number",
            "null|previous|black|nan",
            Presence::Default("null"),
        ),
        Parameter::new(
            "by",
            "what says that they are missing: their positions, or what the recorder counted",
            "index|number",
            Presence::Default("index"),
        ),
        Parameter::new(
            "most",
            "frames missing in a row between two numbers; more are an error",
            "frames",
            Presence::Default("10000"),
        ),
    ],
    examples: &["fill", "fill=previous,by:number", "fill=black", "fill=nan"],
    notes: "index fills the frames that were skipped because they are damaged; number those too, and those that the recorder lost. \
        What is put in has the time and number that lie between its neighbours'. \
        By number, a recording that can be read again is read once before its first frame; numbers that repeat or go back leave no gap.",
    build: |arguments| build(arguments),
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let substitute = arguments.choice(
        "with",
        &[
            ("null", Substitute::Null),
            ("previous", Substitute::Previous),
            ("black", Substitute::Black),
            ("nan", Substitute::Nan),
        ],
    )?;
    let by = arguments.choice(
        "by",
        &[("index", CountedBy::Index), ("number", CountedBy::Number)],
    )?;
    let most = arguments.number("most", 0..)?;
    Ok(Operation::reader(
        FillGaps::new(substitute, by).with_most(most),
    ))
}
