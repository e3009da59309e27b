//! One frame out of many: mean, sum, deviation, extremes and median over an axis, without holding the frames.

mod median;
mod moments;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use pimage_core::{
    Axis, Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, FrameReaderExt, Limits,
    Positions, SampleType, SeekFrames, Selection, Slicing, Stamp, StreamInfo, frames_of,
};

use crate::{Cancel, ConvertError};

/// What is computed of all samples at one place.
///
/// A sample that is not a number makes the result not a number, unless [`ReduceOptions::skip_nan`] is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Statistic {
    /// The arithmetic mean, as `F64`.
    Mean,
    /// The sum, as `F64`; exact for integers up to 2^53.
    Sum,
    /// The standard deviation of the population (divided by n, as numpy does), as `F64`.
    Std,
    /// The least sample, in the type of the source.
    Min,
    /// The greatest sample, in the type of the source.
    Max,
    /// The middle sample, or the mean of the two in the middle, as `F64`. The only one that may read the frames more than once.
    Median,
}

impl Statistic {
    /// Every statistic.
    pub const ALL: [Self; 6] = [
        Self::Mean,
        Self::Max,
        Self::Min,
        Self::Std,
        Self::Median,
        Self::Sum,
    ];

    /// Lower-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Std => "std",
            Self::Min => "min",
            Self::Max => "max",
            Self::Median => "median",
        }
    }

    /// The format of the result.
    #[must_use]
    pub const fn output_format(self, input: &FrameFormat) -> FrameFormat {
        match self {
            Self::Min | Self::Max => *input,
            _ => FrameFormat::new(input.width, input.height, input.color, SampleType::F64),
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Statistic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|known| known.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("`{text}` is not a statistic: expected one of {names}")
        })
    }
}

/// How to reduce.
#[derive(Debug, Clone)]
pub struct ReduceOptions {
    /// The axis that goes; `None` is `t`, or all frames of a plain sequence.
    pub over: Option<String>,
    /// Leave samples out that are not a number; where none is left, the result is not a number.
    pub skip_nan: bool,
    /// Bytes that a median may take for its tables; with fewer it reads the frames more often.
    pub memory_bytes: u64,
    /// Bounds on the result.
    pub limits: Limits,
    /// Stops it from outside.
    pub cancel: Cancel,
}

impl Default for ReduceOptions {
    fn default() -> Self {
        Self {
            over: None,
            skip_nan: false,
            memory_bytes: 256 << 20,
            limits: Limits::default(),
            cancel: Cancel::default(),
        }
    }
}

/// A reader of statistics over an axis of another reader: one frame for each position of the other axes.
///
/// ```
/// use pimage_convert::{Reduce, ReduceOptions, Statistic};
/// use pimage_core::{Error, Frame, FrameReader};
///
/// fn brightest(recording: Box<dyn FrameReader>) -> Result<Frame, Error> {
///     let mut reduced = Reduce::new(recording, Statistic::Max, ReduceOptions::default())?;
///     let mut frame = Frame::empty();
///     reduced.read_into(&mut frame)?;
///     Ok(frame)
/// }
/// ```
pub struct Reduce {
    source: Box<dyn FrameReader>,
    statistic: Statistic,
    options: ReduceOptions,
    info: StreamInfo,
    /// The axis that goes, when there are others.
    over: Option<String>,
    count: u64,
    next: u64,
    frames_used: u64,
}

impl fmt::Debug for Reduce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reduce")
            .field("statistic", &self.statistic)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl Reduce {
    /// Prepares the reduction; nothing is read yet.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for an axis that the source does not have; [`Error::TooLarge`].
    pub fn new(
        source: Box<dyn FrameReader>,
        statistic: Statistic,
        options: ReduceOptions,
    ) -> Result<Self, Error> {
        let mut info = source.info().clone();
        let axes = info.axes_or_time();
        let wanted = options.over.as_deref().unwrap_or(Axis::TIME);
        let is_plain = axes.len() <= 1;
        let has_wanted = axes.iter().any(|axis| axis.name == wanted);
        if !(has_wanted || is_plain && options.over.is_none()) {
            let names: Vec<_> = axes.iter().map(|axis| axis.name.as_str()).collect();
            let expected = format!("one of the axes {}", names.join(", "));
            return Err(Error::bad_option("--over", format!("`{wanted}`"), expected));
        }
        let over = (!is_plain).then(|| wanted.to_owned());
        let left: Vec<_> = match &over {
            Some(over) => axes.into_iter().filter(|axis| axis.name != *over).collect(),
            None => Vec::new(),
        };
        let count = frames_of(&left).unwrap_or(u64::MAX);
        info.format = statistic.output_format(&info.format);
        options.limits.check_format(&info.format)?;
        info.axes = left;
        info.frame_count = FrameCount::Exact(count);
        // One result is no longer one of the times, unless these are still gone through.
        if info.axis(Axis::TIME).is_none() {
            info.rate = None;
        }
        info.metadata
            .insert("statistic".to_owned(), statistic.name().into());
        Ok(Self {
            source,
            statistic,
            options,
            info,
            over,
            count,
            next: 0,
            frames_used: 0,
        })
    }

    /// Source frames that went into the results so far.
    #[must_use]
    pub const fn frames_used(&self) -> u64 {
        self.frames_used
    }

    /// What is fixed for the result at `index`: a position on each axis that is left.
    fn positions(&self, mut index: u64) -> Vec<Selection> {
        let mut fixed = Vec::new();
        for axis in self.info.axes.iter().rev() {
            let length = axis.length.max(1);
            fixed.push(Selection {
                axis: axis.name.clone(),
                positions: Positions::One(index % length),
            });
            index /= length;
        }
        fixed
    }

    fn compute(&mut self, index: u64) -> Result<Frame, ConvertError> {
        let fixed = self.positions(index);
        let (statistic, options) = (self.statistic, &self.options);
        let (frame, used) = match &self.over {
            None => over_all(&mut *self.source, statistic, options)?,
            Some(over) => {
                let slicing = Slicing {
                    select: fixed,
                    iterate: Some(vec![over.clone()]),
                    bundle: Vec::new(),
                    limits: options.limits,
                };
                let sliced = (&mut *self.source).slice(&slicing);
                let mut sliced = sliced.map_err(|source| ConvertError::Read { source })?;
                over_all(&mut sliced, statistic, options)?
            }
        };
        self.frames_used += used;
        Ok(frame)
    }
}

/// The statistic over all frames of a reader, and how many there were.
fn over_all(
    reader: &mut dyn FrameReader,
    statistic: Statistic,
    options: &ReduceOptions,
) -> Result<(Frame, u64), ConvertError> {
    match statistic {
        Statistic::Median => median::median(reader, options),
        _ => moments::reduce(reader, statistic, options),
    }
}

/// Reads on; `false` at the end.
fn next_frame(
    reader: &mut dyn FrameReader,
    frame: &mut Frame,
    options: &ReduceOptions,
) -> Result<bool, ConvertError> {
    if options.cancel.is_cancelled() {
        return Err(ConvertError::Stopped { written: 0 });
    }
    reader
        .read_into(frame)
        .map_err(|source| ConvertError::Read { source })
}

/// The error for a source without frames.
fn no_frames(info: &StreamInfo) -> ConvertError {
    let source = Error::unsupported(&info.container, "there is no frame to reduce");
    ConvertError::Read { source }
}

impl FrameReader for Reduce {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.next >= self.count {
            return Ok(false);
        }
        let computed = self.compute(self.next).map_err(|error| match error {
            ConvertError::Read { source } => source,
            stopped => Error::io("reduce", &self.info.container)(std::io::Error::new(
                std::io::ErrorKind::Interrupted,
                stopped,
            )),
        })?;
        *frame = computed;
        frame.stamp = Stamp::at(self.next);
        self.next += 1;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        self.source.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.source.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        if self.source.as_seek().is_some() {
            Some(self)
        } else {
            None
        }
    }
}

impl SeekFrames for Reduce {
    fn frame_count(&self) -> u64 {
        self.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.count {
            return Err(Error::OutOfRange {
                path: self.info.container.clone().into(),
                frame: index,
                frame_count: self.count,
            });
        }
        // Without other axes the source itself is read again.
        if self.over.is_none()
            && let Some(seek) = self.source.as_seek()
        {
            seek.seek(0)?;
        }
        self.next = index;
        Ok(())
    }
}
