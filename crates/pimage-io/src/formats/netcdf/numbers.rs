//! The numbers of a coordinate, of which some may be missing.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use super::calendar::Count;

/// What stands for a whole number that is missing; numpy's own for times.
pub(super) const NONE: i64 = i64::MIN;

/// The numbers of a coordinate.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Numbers {
    /// Whole ones.
    Whole {
        /// The numbers.
        values: Vec<i64>,
        /// Whether [`NONE`] stands for one that is missing.
        has_missing: bool,
    },
    /// Floats; a missing one is NaN.
    Real(Vec<f64>),
}

impl Numbers {
    /// Numbers from text: whole where all are; `None` when some are no numbers.
    pub(super) fn parsed<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let whole: Option<Vec<i64>> = texts.clone().map(|text| text.parse().ok()).collect();
        if let Some(values) = whole {
            return Some(Self::Whole {
                values,
                has_missing: false,
            });
        }
        let real: Option<Vec<f64>> = texts.map(|text| text.parse().ok()).collect();
        real.map(Self::Real)
    }

    /// Whether every one of them is a float, as it stands or without loss.
    pub(super) fn is_real(&self) -> bool {
        match self {
            Self::Whole { values, .. } => {
                values.iter().all(|value| value.unsigned_abs() <= 1 << 53)
            }
            Self::Real(_) => true,
        }
    }

    /// How many.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Whole { values, .. } => values.len(),
            Self::Real(numbers) => numbers.len(),
        }
    }

    /// The number at `index`; `None` when it is missing.
    pub(super) fn get(&self, index: usize) -> Option<Count> {
        match self {
            Self::Whole { .. } => self.whole(index).map(Count::Whole),
            Self::Real(numbers) => {
                let number = numbers.get(index).copied();
                number.filter(|number| !number.is_nan()).map(Count::Real)
            }
        }
    }

    /// The whole number at `index`; `None` when it is missing or a float.
    pub(super) fn whole(&self, index: usize) -> Option<i64> {
        let Self::Whole {
            values,
            has_missing,
        } = self
        else {
            return None;
        };
        let value = values.get(index).copied();
        value.filter(|value| !(*has_missing && *value == NONE))
    }

    /// All of them, as text; `NaN` where one is missing.
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |index| match self.get(index) {
            Some(Count::Whole(number)) => number.to_string(),
            Some(Count::Real(number)) => number.to_string(),
            None => f64::NAN.to_string(),
        };
        (0..self.len()).map(text).collect()
    }

    /// All of them, as floats; NaN where one is missing.
    pub(super) fn reals(&self) -> Vec<f64> {
        let real = |index| match self.get(index) {
            Some(Count::Whole(number)) => number as f64,
            Some(Count::Real(number)) => number,
            None => f64::NAN,
        };
        (0..self.len()).map(real).collect()
    }
}
