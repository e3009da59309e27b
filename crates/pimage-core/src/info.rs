//! What a stream says of itself before its first frame.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Axis, Error, FrameFormat, FrameRate, frames_of};

/// How many frames a stream has, and how far that can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameCount {
    /// As many as can be read; counted, not claimed.
    Exact(u64),
    /// What a header claims, or a length divided by a rate.
    Estimated(u64),
    /// Nobody knows before the end: a pipe.
    Unknown,
}

impl FrameCount {
    /// The count, exact or not.
    #[must_use]
    pub const fn get(self) -> Option<u64> {
        match self {
            Self::Exact(count) | Self::Estimated(count) => Some(count),
            Self::Unknown => None,
        }
    }

    /// The count, when it is exact.
    #[must_use]
    pub const fn exact(self) -> Option<u64> {
        match self {
            Self::Exact(count) => Some(count),
            _ => None,
        }
    }
}

/// What the zero of a stream's times is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clock {
    /// The start of the recording, or its trigger.
    #[default]
    Start,
    /// 1970-01-01 00:00:00 UTC.
    Epoch,
    /// 1970-01-01 00:00:00 of the recorder's own, unstated time zone.
    LocalEpoch,
}

impl Clock {
    /// `start`, `epoch` or `local epoch`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Epoch => "epoch",
            Self::LocalEpoch => "local epoch",
        }
    }
}

/// One value of a stream's metadata.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
}

impl Value {
    /// The text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Bool(value) => write!(f, "{value}"),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// Names and values that came with a recording, sorted by name.
///
/// Names of a file's own header keep their spelling (`Sequence name`); names that pimage gives have a meaning listed in [`keys`].
pub type Metadata = BTreeMap<String, Value>;

/// Metadata names that mean the same in every format.
pub mod keys {
    /// Colour filter array, four letters from the top left: `RGGB`, `BGGR`, `GRBG`, `GBRG`. The frames are raw gray.
    pub const BAYER_PATTERN: &str = "bayer_pattern";
    /// `full` or `limited`: the range of the stored samples.
    pub const COLOR_RANGE: &str = "color_range";
    /// The matrix between RGB and the stored YUV: `bt709`, `bt601`, `bt2020`, `identity` …
    pub const COLOR_MATRIX: &str = "color_matrix";
    /// The colour primaries by their FFmpeg name: `bt709`, `smpte170m` …
    pub const COLOR_PRIMARIES: &str = "color_primaries";
    /// The transfer function by its FFmpeg name.
    pub const COLOR_TRANSFER: &str = "color_transfer";
    /// Degrees clockwise by which the stored frames were turned to stand upright.
    pub const ROTATION: &str = "rotation";
    /// How the written samples were made from those read (`--range`): `MIN,MAX -> 0,255`.
    pub const RANGE_MAPPING: &str = "range_mapping";
    /// What was done to the frames (`--transform`), in the grammar of `pimage-transform`.
    pub const TRANSFORMS: &str = "transforms";
    /// What is missing from the recording, as far as that is known when it is opened.
    pub const CUT: &str = "cut";
    /// Whether the times between frames differ.
    pub const VARIABLE_RATE: &str = "variable_rate";
    /// Width of a pixel, in [`PIXEL_SIZE_UNIT`].
    pub const PIXEL_SIZE_X: &str = "pixel_size_x";
    /// Height of a pixel, in [`PIXEL_SIZE_UNIT`].
    pub const PIXEL_SIZE_Y: &str = "pixel_size_y";
    /// The unit of the pixel size as the file spells it: `µm`.
    pub const PIXEL_SIZE_UNIT: &str = "pixel_size_unit";
    /// What else is in the file, beside the frames that are read: pages of another size, other images.
    pub const SERIES: &str = "series";
    /// Smaller versions of the frames that are in the file too and are not read.
    pub const SUB_PAGES: &str = "sub_pages";
    /// Numbers that are missing from the names of a folder of images: `3, 7..9`.
    pub const HOLES: &str = "holes";
}

/// What a stream promises before its first frame; constant for the life of a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamInfo {
    /// Format of every frame.
    pub format: FrameFormat,
    /// How many frames there are.
    pub frame_count: FrameCount,
    /// The dimensions that the frames run through, the last one fastest; their lengths multiply to the frame count.
    ///
    /// Empty for a plain sequence, which is one axis, `t`, as long as there are frames.
    pub axes: Vec<Axis>,
    /// The dimensions inside each frame: its rows are those of the planes one below another, the last axis fastest.
    ///
    /// Empty unless planes were bundled (see [`Slicing`](crate::Slicing)).
    pub bundle: Vec<Axis>,
    /// Frames in a second, or positions of the axis `t` where the frames have one; `None` when nobody says. The mean when the rate varies.
    pub rate: Option<FrameRate>,
    /// What the zero of the times is.
    pub clock: Clock,
    /// The name of the file format: `hiris`, `npy`, `mp4`.
    pub container: String,
    /// How the frames are coded, where that can differ: `h264`, `raw`.
    pub codec: Option<String>,
    /// The stored pixel format, where it differs from what the reader delivers: `yuv420p`.
    pub pixel_format: Option<String>,
    /// Whatever else came with the recording.
    pub metadata: Metadata,
}

impl StreamInfo {
    /// An error when a reader of `frame_count` frames of this stream cannot be set to frame `index`; their number itself is the end.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] when `index` is beyond `frame_count`.
    pub fn expect_within(&self, index: u64, frame_count: u64) -> Result<(), Error> {
        match index <= frame_count {
            true => Ok(()),
            false => Err(Error::OutOfRange {
                path: self.container.clone().into(),
                frame: index,
                frame_count,
            }),
        }
    }

    /// A stream of `format` of which nothing else is known.
    #[must_use]
    pub fn new(container: impl Into<String>, format: FrameFormat, frame_count: FrameCount) -> Self {
        Self {
            format,
            frame_count,
            axes: Vec::new(),
            bundle: Vec::new(),
            rate: None,
            clock: Clock::default(),
            container: container.into(),
            codec: None,
            pixel_format: None,
            metadata: Metadata::new(),
        }
    }

    /// The axis of this name.
    #[must_use]
    pub fn axis(&self, name: &str) -> Option<&Axis> {
        self.axes.iter().find(|axis| axis.name == name)
    }

    /// The axes; for a plain sequence whose length is known, one of name `t`.
    #[must_use]
    pub fn axes_or_time(&self) -> Vec<Axis> {
        match self.frame_count.get() {
            Some(count) if self.axes.is_empty() => vec![Axis::new(Axis::TIME, count)],
            _ => self.axes.clone(),
        }
    }

    /// Says that there are other frames than before: an only axis gets the new length, several no longer mean anything.
    pub fn set_frame_count(&mut self, count: FrameCount) {
        self.frame_count = count;
        if count
            .get()
            .is_some_and(|count| frames_of(&self.axes) == Some(count))
        {
            return;
        }
        match (self.axes.as_mut_slice(), count.get()) {
            ([only], Some(count)) => {
                only.length = count;
                only.labels.clear();
            }
            _ => self.axes.clear(),
        }
    }

    /// The same stream with frames of another format; planes are no longer told apart when the size is another.
    #[must_use]
    pub fn reformatted(&self, format: FrameFormat) -> Self {
        let mut info = self.clone();
        let is_same_size = (format.width, format.height) == (self.format.width, self.format.height);
        if !is_same_size {
            info.bundle.clear();
        }
        info.format = format;
        info
    }

    /// Length in seconds: the frame count (or the length of axis `t`) over the rate, when both are known.
    #[must_use]
    pub fn duration_secs(&self) -> Option<f64> {
        let rate = self.rate?;
        // One rounding, so that 3,000 frames at 30000/1001 last 100.1 s.
        let count = match self.axis(Axis::TIME) {
            Some(time) => time.length,
            None => self.frame_count.get()?,
        };
        let ticks = count as f64 * f64::from(rate.denominator());
        Some(ticks / f64::from(rate.numerator()))
    }
}
