//! What is measured of a frame.

use std::fmt;
use std::str::FromStr;

use pimage_core::SampleType;

/// A number that is computed of the samples of a frame, or of a part of it.
///
/// Samples that are not a number are left out, as numpy's `nanmean` and its like do; where none is left, the result is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Measure {
    /// The arithmetic mean.
    Mean,
    /// The least sample.
    Min,
    /// The greatest sample.
    Max,
    /// The standard deviation of the population (divided by n, as numpy does).
    Std,
    /// The variance of the Laplacian: the greater, the sharper the image.
    ///
    /// The kernel is 0 1 0, 1 −4 1, 0 1 0 and the frame is mirrored at its outermost pixels: `cv2.Laplacian(frame, cv2.CV_64F).var()`.
    Sharpness,
    /// The mean absolute difference to the frame before; nothing for the first frame and behind frames that are lost.
    Difference,
    /// How many samples are not a number.
    Nan,
}

impl Measure {
    /// Every measure, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::Mean,
        Self::Min,
        Self::Max,
        Self::Std,
        Self::Sharpness,
        Self::Difference,
        Self::Nan,
    ];

    /// Lower-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::Std => "std",
            Self::Sharpness => "sharpness",
            Self::Difference => "difference",
            Self::Nan => "nan",
        }
    }

    /// What is measured unless something is chosen: all, but `nan` only where samples can be such.
    #[must_use]
    pub fn usual(sample: SampleType) -> Vec<Self> {
        let mut measures = Self::ALL.to_vec();
        measures.retain(|measure| *measure != Self::Nan || sample.is_float());
        measures
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = text.trim().to_lowercase();
        let found = Self::ALL.into_iter().find(|known| known.name() == wanted);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("`{text}` is not a measure: expected one of {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_are_answered_with_them() {
        for measure in Measure::ALL {
            assert_eq!(measure.name().to_uppercase().parse(), Ok(measure));
        }
        let error = "median".parse::<Measure>().expect_err("is none");
        assert!(error.contains("expected one of mean, min"), "{error}");
    }
}
