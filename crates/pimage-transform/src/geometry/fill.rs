//! What stands where a frame has no pixels.

use pimage_core::{Error, Frame, FrameFormat, Paint, Sample};
use pimage_range::full_bounds;

use crate::Arguments;

/// What stands where a frame has no pixels: a number for every channel, or a colour.
///
/// ```
/// use pimage_core::Paint;
/// use pimage_transform::Fill;
///
/// assert_eq!(Fill::parse("nan").map(|fill| fill.to_string()), Some("NaN".to_owned()));
/// assert_eq!(Fill::parse("-12.5"), Some(Fill::Number(-12.5)));
/// assert_eq!(Fill::parse("red"), Some(Fill::Paint(Paint::rgb(255, 0, 0))));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fill {
    /// This value in every channel, opacity too, in the numbers of the frame; NaN only in frames of floats.
    Number(f64),
    /// This colour; 255 is the full scale of the frame.
    Paint(Paint),
}

/// What is accepted, for messages.
const EXPECTED: &str =
    "a number in the frame's own units, nan, or a colour such as white or #ff8000";

impl Fill {
    /// A fill from text: a number, `nan`, or a colour; `None` when it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().parse() {
            Ok(number) => Some(Self::Number(number)),
            Err(_) => text.parse().ok().map(Self::Paint),
        }
    }

    /// The fill of a parameter that has a default.
    pub(super) fn argument(arguments: &Arguments<'_>, name: &str) -> Result<Self, Error> {
        let text = arguments.text(name).unwrap_or_default();
        Self::parse(text).ok_or_else(|| arguments.bad(name, format!("`{text}`"), EXPECTED))
    }

    /// An error when frames of `format` cannot hold it; `what` names the parameter.
    pub(super) fn check(self, what: &str, format: &FrameFormat) -> Result<(), Error> {
        let Self::Number(number) = self else {
            return Ok(());
        };
        if format.sample.is_float() {
            return Ok(());
        }
        let (low, high) = full_bounds(format);
        match (low..=high).contains(&number) {
            true => Ok(()),
            false => Err(Error::bad_option(
                what,
                number.to_string(),
                format!("{low} to {high} in {format} frames"),
            )),
        }
    }

    /// The samples of a pixel of frames of `format`, as many as it has channels.
    pub(super) fn pixel<T: Sample>(self, format: &FrameFormat) -> [T; 4] {
        match self {
            Self::Number(number) => [T::from_f64(number); 4],
            Self::Paint(paint) => paint.values(format).map(T::from_f64),
        }
    }
}

/// Brings what overshot back to the full scale of integers that do not use all their bits.
pub(super) fn clamp_to_depth<T: Sample>(frame: &mut Frame) {
    let format = *frame.format();
    if format.sample.is_float() || format.bit_depth == format.sample.bits() {
        return;
    }
    let (low, high) = full_bounds(&format);
    let (low, high) = (T::from_f64(low), T::from_f64(high));
    for sample in frame.samples_mut::<T>().unwrap_or_default() {
        if *sample < low {
            *sample = low;
        } else if *sample > high {
            *sample = high;
        }
    }
}

impl Default for Fill {
    fn default() -> Self {
        Self::Number(0.0)
    }
}

impl std::fmt::Display for Fill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Paint(paint) => paint.fmt(f),
        }
    }
}
