//! Where a sample stands on a map: matplotlib's normalisation and quantisation, to the last bit.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, Sample, SampleType};

/// How samples between the bounds are spread over a map.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Norm {
    /// Evenly.
    #[default]
    Linear,
    /// By their logarithms; what is not above 0 has no place.
    Log,
    /// By a power of the share of the range that is below them: under 1 the low samples get more of the map, above 1 the high ones.
    Power(f64),
}

impl FromStr for Norm {
    type Err = Error;

    /// `linear`, `log`, or the exponent of a power.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim() {
            "linear" => Ok(Self::Linear),
            "log" => Ok(Self::Log),
            exponent => match exponent.parse::<f64>() {
                Ok(exponent) if exponent.is_finite() && exponent > 0.0 => Ok(Self::Power(exponent)),
                _ => Err(Error::bad_option(
                    "a scale",
                    format!("`{text}`"),
                    "linear, log, or the exponent of a power, above 0",
                )),
            },
        }
    }
}

impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linear => f.write_str("linear"),
            Self::Log => f.write_str("log"),
            Self::Power(exponent) => exponent.fmt(f),
        }
    }
}

/// What a sample gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Below the lower bound.
    Under,
    /// This colour of the map.
    At(usize),
    /// Above the upper bound.
    Over,
    /// It has no place: it is not a number, or has no logarithm.
    Bad,
}

/// A norm between two bounds, over a map of some colours.
///
/// The arithmetic is that of matplotlib: in single precision for samples of at most 16 bits and `f32`, in double precision for all others,
/// with bounds in double precision either way, and one rounding a step. Logarithms and powers are computed in double precision and rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    norm: Norm,
    low: f64,
    high: f64,
    count: usize,
    /// The lower bound and the distance to the upper one, after the logarithm if there is one.
    start: f64,
    span: f64,
}

impl Scale {
    /// `low` is at most `high`, and above 0 for logarithms.
    pub(crate) fn new(norm: Norm, low: f64, high: f64, count: usize) -> Self {
        let (start, end) = match norm {
            Norm::Log => (low.log10(), high.log10()),
            _ => (low, high),
        };
        Self {
            norm,
            low,
            high,
            count,
            start,
            span: end - start,
        }
    }

    pub(crate) const fn norm(&self) -> Norm {
        self.norm
    }

    pub(crate) const fn bounds(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Whether samples of this type are placed in single precision.
    const fn is_single(sample: SampleType) -> bool {
        !matches!(sample, SampleType::U32 | SampleType::I32 | SampleType::F64)
    }

    /// The place of a sample of type `T`.
    pub(crate) fn place<T: Sample>(&self, sample: T) -> Place {
        let value = sample.to_f64();
        if value.is_nan() {
            return Place::Bad;
        }
        if self.low >= self.high {
            return Place::At(0);
        }
        let count = self.count as f64;
        let scaled = if Self::is_single(T::TYPE) {
            // One rounding each, as though computed in single precision.
            f64::from(self.share_f32(value as f32) * self.count as f32)
        } else {
            self.share_f64(value) * count
        };
        if scaled.is_nan() || (self.norm == Norm::Log && scaled.is_infinite()) {
            Place::Bad
        } else if scaled < 0.0 {
            Place::Under
        } else if scaled < count {
            Place::At(scaled as usize)
        } else if scaled > count {
            Place::Over
        } else {
            Place::At(self.count - 1)
        }
    }

    fn share_f32(&self, value: f32) -> f32 {
        match self.norm {
            Norm::Linear => self.line_f32(value),
            Norm::Log => self.line_f32(f64::from(value).log10() as f32),
            Norm::Power(exponent) => {
                let share = (value - self.start as f32) / self.span as f32;
                if share > 0.0 {
                    f64::from(share).powf(f64::from(exponent as f32)) as f32
                } else {
                    share
                }
            }
        }
    }

    fn line_f32(&self, value: f32) -> f32 {
        let above = (f64::from(value) - self.start) as f32;
        (f64::from(above) / self.span) as f32
    }

    fn share_f64(&self, value: f64) -> f64 {
        match self.norm {
            Norm::Linear => (value - self.start) / self.span,
            Norm::Log => (value.log10() - self.start) / self.span,
            Norm::Power(exponent) => {
                let share = (value - self.start) / self.span;
                if share > 0.0 {
                    share.powf(exponent)
                } else {
                    share
                }
            }
        }
    }

    /// About the value at which this share of the map begins: 0 is the lower bound, 1 the upper one.
    pub(crate) fn value_at(&self, share: f64) -> f64 {
        match self.norm {
            Norm::Linear => self.start + share * self.span,
            Norm::Log => 10f64.powf(self.start + share * self.span),
            Norm::Power(exponent) => self.start + share.powf(exponent.recip()) * self.span,
        }
    }

    /// The share of the map below a value within the bounds: the inverse of [`Scale::value_at`].
    pub(crate) fn share_at(&self, value: f64) -> f64 {
        self.share_f64(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_parsed_and_printed() {
        for text in ["linear", "log", "0.5"] {
            assert_eq!(text.parse::<Norm>().expect(text).to_string(), text);
        }
        assert_eq!(
            "0".parse::<Norm>().expect_err("is no power").to_string(),
            "a scale is `0`: expected linear, log, or the exponent of a power, above 0"
        );
    }

    #[test]
    fn places_at_and_beyond_the_bounds() {
        let scale = Scale::new(Norm::Linear, 10.0, 20.0, 5);
        let places = [
            9.999f32,
            10.0,
            11.999,
            12.0,
            20.0,
            20.001,
            f32::NAN,
            f32::INFINITY,
        ];
        let places = places.map(|value| scale.place(value));
        use Place::{At, Bad, Over, Under};
        assert_eq!(places, [Under, At(0), At(0), At(1), At(4), Over, Bad, Over]);
        assert_eq!(
            [9u8, 10, 19, 20, 21].map(|value| scale.place(value)),
            [Under, At(0), At(4), At(4), Over]
        );
        let log = Scale::new(Norm::Log, 1.0, 10_000.0, 4);
        let places = [-1.0, 0.0, 0.5, 1.0, 10.0, 1000.0, 1e4, 2e4, f64::INFINITY];
        let places = places.map(|value| log.place(value));
        assert_eq!(
            places,
            [Bad, Bad, Under, At(0), At(1), At(3), At(3), Over, Bad]
        );
        let root = Scale::new(Norm::Power(0.5), 0.0, 1.0, 4);
        assert_eq!(
            [0.0, 0.0625, 0.25, -0.1].map(|value| root.place(value)),
            [At(0), At(1), At(2), Under]
        );
    }

    #[test]
    fn all_is_one_colour_when_the_bounds_are_one() {
        let scale = Scale::new(Norm::Linear, 3.0, 3.0, 9);
        assert_eq!(
            [2.0, 3.0, 4.0].map(|value| scale.place(value)),
            [Place::At(0); 3]
        );
        assert_eq!(scale.place(f64::NAN), Place::Bad);
    }

    #[test]
    fn a_full_range_of_8_bits_is_the_identity_on_256_colours() {
        let scale = Scale::new(Norm::Linear, 0.0, 255.0, 256);
        for value in 0..=255u8 {
            assert_eq!(scale.place(value), Place::At(usize::from(value)));
        }
    }
}
