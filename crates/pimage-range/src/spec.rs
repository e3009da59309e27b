//! Which input values become black and white: the specification that `--range` takes, and how it finds them.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Cancel, Error, Frame, FrameFormat, FrameReader, SampleType};

use crate::survey::{extremes, extremes_of, quantiles, quantiles_of};

/// How the bounds of a [`RangeMapping`](crate::RangeMapping) are found.
///
/// ```
/// use pimage_range::RangeSpec;
///
/// assert_eq!("p1,99.5".parse(), Ok(RangeSpec::Percentiles { low: 1.0, high: 99.5 }));
/// assert_eq!("0,4095".parse(), Ok(RangeSpec::Bounds { low: 0.0, high: 4095.0 }));
/// assert_eq!("symmetric".parse(), Ok(RangeSpec::Symmetric { center: 0.0 }));
/// assert_eq!("frame-p2,98".parse(), Ok(RangeSpec::FramePercentiles { low: 2.0, high: 98.0 }));
/// assert!("4095,0".parse::<RangeSpec>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum RangeSpec {
    /// The least and greatest finite sample of the whole sequence; takes a pass over it.
    Auto,
    /// All that the sample type and its bit depth can hold; 0 to 1 for floats.
    Full,
    /// Percentiles of the finite samples of the whole sequence, by nearest rank; takes a pass over it
    /// for samples up to 16 bits, two for 32 bits, four for 64 bits.
    Percentiles {
        /// Percent of the samples that are at most the lower bound.
        low: f64,
        /// Percent of the samples that are at most the upper bound.
        high: f64,
    },
    /// As far below `center` as above it, so far that every finite sample of the whole sequence is inside; takes a pass over it.
    ///
    /// One on both sides when no sample is off the centre.
    Symmetric {
        /// The middle of the range.
        center: f64,
    },
    /// The least and the greatest finite sample of each frame, for itself.
    Frame,
    /// Percentiles of the finite samples of each frame, for itself, by nearest rank.
    FramePercentiles {
        /// Percent of the frame's samples that are at most the lower bound.
        low: f64,
        /// Percent of the frame's samples that are at most the upper bound.
        high: f64,
    },
    /// As [`RangeSpec::Symmetric`], of each frame for itself.
    FrameSymmetric {
        /// The middle of the range.
        center: f64,
    },
    /// These values.
    Bounds {
        /// What becomes 0.
        low: f64,
        /// What becomes the greatest output value.
        high: f64,
    },
}

impl RangeSpec {
    /// How a range is written, for messages.
    pub const FORMS: &str = "`auto`, `full`, percentiles such as `p1,99`, `symmetric` or `symmetric:CENTER`, \
         `frame`, `frame-p1,99` or `frame-symmetric` for each frame, or `MIN,MAX` with MIN below MAX";

    /// Whether finding the bounds means reading the frames before they are converted.
    #[must_use]
    pub const fn needs_survey(&self) -> bool {
        matches!(
            self,
            Self::Auto | Self::Percentiles { .. } | Self::Symmetric { .. }
        )
    }

    /// Whether each frame has bounds of its own, which [`RangeSpec::frame_bounds`] finds.
    #[must_use]
    pub const fn is_per_frame(&self) -> bool {
        matches!(
            self,
            Self::Frame | Self::FramePercentiles { .. } | Self::FrameSymmetric { .. }
        )
    }

    /// The lower and the upper bound for the frames of `reader`.
    ///
    /// When [`RangeSpec::needs_survey`] says so, all frames are read, from the first on; the reader stands at its end then.
    /// A sequence without a finite sample has the bounds 0 and 1. Opacity does not count.
    ///
    /// # Errors
    ///
    /// What the reader answers; [`Error::BadOption`] for one that cannot seek when the frames must be read,
    /// and when each frame has bounds of its own; [`Error::Stopped`] when `cancel` was used.
    pub fn bounds(
        &self,
        reader: &mut dyn FrameReader,
        cancel: &Cancel,
    ) -> Result<(f64, f64), Error> {
        match *self {
            Self::Bounds { low, high } => Ok((low, high)),
            Self::Full => Ok(full_bounds(&reader.info().format)),
            Self::Auto => Ok(extremes(reader, cancel)?.unwrap_or((0.0, 1.0))),
            Self::Percentiles { low, high } => {
                Ok(quantiles(reader, cancel, [low, high])?.map_or((0.0, 1.0), Into::into))
            }
            Self::Symmetric { center } => Ok(around(center, extremes(reader, cancel)?)),
            Self::Frame | Self::FramePercentiles { .. } | Self::FrameSymmetric { .. } => {
                Err(Error::bad_option(
                    "the range",
                    format!("`{self}`, another one for each frame"),
                    "one range for all frames here",
                ))
            }
        }
    }

    /// The lower and the upper bound for `frame` as though it was the whole sequence; 0 and 1 when it has no finite sample.
    #[must_use]
    pub fn frame_bounds(&self, frame: &Frame) -> (f64, f64) {
        match *self {
            Self::Bounds { low, high } => (low, high),
            Self::Full => full_bounds(frame.format()),
            Self::Auto | Self::Frame => extremes_of(frame).unwrap_or((0.0, 1.0)),
            Self::Percentiles { low, high } | Self::FramePercentiles { low, high } => {
                quantiles_of(frame, [low, high]).map_or((0.0, 1.0), Into::into)
            }
            Self::Symmetric { center } | Self::FrameSymmetric { center } => {
                around(center, extremes_of(frame))
            }
        }
    }
}

impl RangeSpec {
    /// The same, measured of each frame.
    const fn per_frame(self) -> Option<Self> {
        match self {
            Self::Auto => Some(Self::Frame),
            Self::Percentiles { low, high } => Some(Self::FramePercentiles { low, high }),
            Self::Symmetric { center } => Some(Self::FrameSymmetric { center }),
            _ => None,
        }
    }
}

/// As far below `center` as above it, with `extremes` inside.
fn around(center: f64, extremes: Option<(f64, f64)>) -> (f64, f64) {
    let reach = extremes.map_or(0.0, |(low, high)| (center - low).max(high - center));
    let reach = if reach > 0.0 { reach } else { 1.0 };
    let inside = |bound: f64| bound.clamp(f64::MIN, f64::MAX);
    (inside(center - reach), inside(center + reach))
}

/// The least and the greatest value that a sample of this format can have; 0 and 1 for floats.
#[must_use]
pub fn full_bounds(format: &FrameFormat) -> (f64, f64) {
    match format.sample {
        SampleType::I16 | SampleType::I32 => {
            let top = format.full_scale();
            (-top - 1.0, top)
        }
        _ => (0.0, format.full_scale()),
    }
}

/// Between which values a result for samples of this format is held: integers to [`full_bounds`], floats not at all.
#[must_use]
pub fn held_bounds(format: &FrameFormat) -> (f64, f64) {
    match format.sample.is_float() {
        true => (f64::NEG_INFINITY, f64::INFINITY),
        false => full_bounds(format),
    }
}

impl FromStr for RangeSpec {
    type Err = String;

    /// `auto`, `full`, `pLOW,HIGH` in percent, `symmetric:CENTER`, or `MIN,MAX`;
    /// `frame`, `frame-pLOW,HIGH` and `frame-symmetric:CENTER` for each frame. The centre is 0 when it is not said.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text {
            "auto" => Some(Self::Auto),
            "full" => Some(Self::Full),
            "frame" => Some(Self::Frame),
            _ => match text.strip_prefix("frame-") {
                Some(rest) => of_measured(rest).and_then(Self::per_frame),
                None => of_measured(text)
                    .or_else(|| pair(text).map(|(low, high)| Self::Bounds { low, high })),
            },
        };
        parsed.ok_or_else(|| format!("`{text}` is not a range: expected {}", Self::FORMS))
    }
}

/// Two finite numbers, the lower one first.
fn pair(text: &str) -> Option<(f64, f64)> {
    let (low, high) = text.split_once(',')?;
    let (low, high): (f64, f64) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    (low.is_finite() && high.is_finite() && low < high).then_some((low, high))
}

/// What can be measured of all frames or of each: percentiles, or about a centre.
fn of_measured(text: &str) -> Option<RangeSpec> {
    if let Some(percents) = text.strip_prefix('p') {
        return pair(percents)
            .filter(|(low, high)| *low >= 0.0 && *high <= 100.0)
            .map(|(low, high)| RangeSpec::Percentiles { low, high });
    }
    let rest = text.strip_prefix("symmetric")?;
    let center: f64 = match rest.strip_prefix(':') {
        Some(center) => center.trim().parse().ok()?,
        None if rest.is_empty() => 0.0,
        None => return None,
    };
    center
        .is_finite()
        .then_some(RangeSpec::Symmetric { center })
}

impl fmt::Display for RangeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_per_frame() {
            f.write_str("frame")?;
        }
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Full => f.write_str("full"),
            Self::Frame => Ok(()),
            Self::Percentiles { low, high } => write!(f, "p{low},{high}"),
            Self::FramePercentiles { low, high } => write!(f, "-p{low},{high}"),
            Self::Symmetric { center } => write!(f, "symmetric:{center}"),
            Self::FrameSymmetric { center } => write!(f, "-symmetric:{center}"),
            Self::Bounds { low, high } => write!(f, "{low},{high}"),
        }
    }
}

/// An error for a reader that must be read twice and cannot.
pub(crate) fn cannot_reread(container: &str) -> Error {
    Error::bad_option(
        "the range",
        format!("one that is measured, of {container} frames that come only once"),
        "`full` or `MIN,MAX` there",
    )
}

#[cfg(test)]
mod tests {
    use pimage_core::Color;

    use super::*;

    #[test]
    fn specifications_print_as_they_are_typed() {
        for text in [
            "auto",
            "full",
            "p1,99",
            "p0.5,99.5",
            "0,4095",
            "-1.5,2",
            "symmetric:0",
            "symmetric:-1.5",
            "frame",
            "frame-p2,98",
            "frame-symmetric:3",
        ] {
            let spec: RangeSpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), text);
        }
        assert_eq!(
            "frame-symmetric".parse(),
            Ok(RangeSpec::FrameSymmetric { center: 0.0 })
        );
        for text in [
            "frame-",
            "frame-auto",
            "frame-0,1",
            "frame-p9,1",
            "symmetric:",
            "symmetric:nan",
            "symmetrical",
            "",
            "all",
            "p",
            "p1",
            "p99,1",
            "p-1,50",
            "p1,101",
            "5,5",
            "9,1",
            "0,inf",
            "nan,1",
            "1,2,3",
        ] {
            let error = text.parse::<RangeSpec>().expect_err(text);
            assert!(
                error.contains(&format!("`{text}` is not a range")),
                "{error}"
            );
        }
    }

    #[test]
    fn one_frame_has_bounds_as_a_sequence_has() {
        let mut frame = Frame::zeroed(FrameFormat::new(4, 1, Color::Gray, SampleType::I16));
        let samples = frame.samples_mut::<i16>().expect("is i16");
        samples.copy_from_slice(&[-5, 7, 20, 6]);
        let check = |text: &str, expected: (f64, f64)| {
            let spec: RangeSpec = text.parse().expect(text);
            assert_eq!(spec.frame_bounds(&frame), expected, "{text}");
        };
        check("frame", (-5.0, 20.0));
        check("frame-p50,75", (6.0, 7.0));
        check("frame-symmetric", (-20.0, 20.0));
        check("frame-symmetric:10", (-5.0, 25.0));
        check("symmetric:7.5", (-5.0, 20.0));
        check("3,4", (3.0, 4.0));
        check("full", (-32768.0, 32767.0));
        assert_eq!(around(2.0, None), (1.0, 3.0));
        assert_eq!(
            around(f64::MAX, Some((f64::MIN, 0.0))),
            (f64::MIN, f64::MAX)
        );
    }

    #[test]
    fn a_range_for_each_frame_is_none_for_all() {
        let frame = Frame::zeroed(FrameFormat::new(1, 1, Color::Gray, SampleType::U8));
        let mut reader = pimage_core::MemoryReader::new(vec![frame]).expect("is one frame");
        let error = RangeSpec::Frame.bounds(&mut reader, &Cancel::new());
        assert_eq!(
            error.expect_err("has many bounds").to_string(),
            "the range is `frame`, another one for each frame: expected one range for all frames here"
        );
    }

    #[test]
    fn the_full_range_follows_type_and_depth() {
        let bounds = |sample, depth| {
            full_bounds(&FrameFormat::new(1, 1, Color::Gray, sample).with_bit_depth(depth))
        };
        assert_eq!(bounds(SampleType::U8, 8), (0.0, 255.0));
        assert_eq!(bounds(SampleType::U16, 12), (0.0, 4095.0));
        assert_eq!(bounds(SampleType::I16, 16), (-32768.0, 32767.0));
        assert_eq!(bounds(SampleType::F64, 64), (0.0, 1.0));
    }
}
