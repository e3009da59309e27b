//! Which input values become black and white: the specification that `--range` takes, and how it finds them.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Cancel, Error, FrameFormat, FrameReader, SampleType};

use crate::survey::{extremes, quantiles};

/// How the bounds of a [`RangeMapping`](crate::RangeMapping) are found.
///
/// ```
/// use pimage_range::RangeSpec;
///
/// assert_eq!("p1,99.5".parse(), Ok(RangeSpec::Percentiles { low: 1.0, high: 99.5 }));
/// assert_eq!("0,4095".parse(), Ok(RangeSpec::Bounds { low: 0.0, high: 4095.0 }));
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
    /// These values.
    Bounds {
        /// What becomes 0.
        low: f64,
        /// What becomes the greatest output value.
        high: f64,
    },
}

impl RangeSpec {
    /// Whether finding the bounds means reading the frames before they are converted.
    #[must_use]
    pub const fn needs_survey(&self) -> bool {
        matches!(self, Self::Auto | Self::Percentiles { .. })
    }

    /// The lower and the upper bound for the frames of `reader`.
    ///
    /// When [`RangeSpec::needs_survey`] says so, all frames are read, from the first on; the reader stands at its end then.
    /// A sequence without a finite sample has the bounds 0 and 1.
    ///
    /// # Errors
    ///
    /// What the reader answers; [`Error::BadOption`] for one that cannot seek when the frames must be read;
    /// [`Error::Stopped`] when `cancel` was used.
    pub fn bounds(
        &self,
        reader: &mut dyn FrameReader,
        cancel: &Cancel,
    ) -> Result<(f64, f64), Error> {
        match *self {
            Self::Bounds { low, high } => Ok((low, high)),
            Self::Full => Ok(full_bounds(&reader.info().format)),
            Self::Auto => extremes(reader, cancel),
            Self::Percentiles { low, high } => quantiles(reader, cancel, [low, high]),
        }
    }
}

/// The least and the greatest value that a sample of this format can have.
fn full_bounds(format: &FrameFormat) -> (f64, f64) {
    match format.sample {
        SampleType::I16 | SampleType::I32 => {
            let top = format.full_scale();
            (-top - 1.0, top)
        }
        _ => (0.0, format.full_scale()),
    }
}

impl FromStr for RangeSpec {
    type Err = String;

    /// `auto`, `full`, `pLOW,HIGH` in percent, or `MIN,MAX`.
    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "`{text}` is not a range: expected `auto`, `full`, percentiles such as `p1,99`, or `MIN,MAX` with MIN below MAX"
            )
        };
        let pair = |text: &str| {
            let (low, high) = text.split_once(',')?;
            let (low, high): (f64, f64) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
            (low.is_finite() && high.is_finite() && low < high).then_some((low, high))
        };
        match text {
            "auto" => Ok(Self::Auto),
            "full" => Ok(Self::Full),
            _ => match text.strip_prefix('p') {
                Some(percents) => pair(percents)
                    .filter(|(low, high)| *low >= 0.0 && *high <= 100.0)
                    .map(|(low, high)| Self::Percentiles { low, high }),
                None => pair(text).map(|(low, high)| Self::Bounds { low, high }),
            }
            .ok_or_else(refused),
        }
    }
}

impl fmt::Display for RangeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Full => f.write_str("full"),
            Self::Percentiles { low, high } => write!(f, "p{low},{high}"),
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
        for text in ["auto", "full", "p1,99", "p0.5,99.5", "0,4095", "-1.5,2"] {
            let spec: RangeSpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), text);
        }
        for text in [
            "", "all", "p", "p1", "p99,1", "p-1,50", "p1,101", "5,5", "9,1", "0,inf", "nan,1",
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
