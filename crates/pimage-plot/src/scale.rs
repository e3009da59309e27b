//! From numbers to places on an axis.

use crate::axis::{Axis, Meaning, ScaleKind};

/// Numbers between two bounds, spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) kind: ScaleKind,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The least and the greatest finite number of some.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Default for Bounds {
    /// Those of no numbers.
    fn default() -> Self {
        Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
        }
    }
}

/// Numbers that are larger would overflow in margins and steps.
const LARGEST: f64 = 1e300;
/// The least part of its bounds that a range may be: those of a recording of a millisecond in seconds since 1970 are a larger one,
/// and numbers of 64 bits still have hundreds of places in it.
const FINEST: f64 = 1e-13;
/// The logarithm of what is a little larger.
const MOST_DECADES: f64 = 305.0;

impl Bounds {
    pub(crate) const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Those of the numbers that have a place on a scale.
    pub(crate) fn of(values: &[f64], kind: ScaleKind) -> Self {
        let has_place =
            |value: &f64| value.is_finite() && (kind == ScaleKind::Linear || *value > 0.0);
        let values = values.iter().copied().filter(has_place);
        values.fold(Self::default(), |bounds, value| Self {
            low: bounds.low.min(value),
            high: bounds.high.max(value),
        })
    }

    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.low > self.high
    }
}

impl Scale {
    /// The scale of an axis for data within these bounds, with a margin of this part of them on both sides.
    pub(crate) fn of(axis: &Axis, bounds: Bounds, margins: (f64, f64)) -> Self {
        let kind = axis.scale();
        if let Some((low, high)) = axis.range() {
            return Self { kind, low, high }.wide_enough();
        }
        if let Meaning::Categories(names) = axis.meaning() {
            let last = names.len().max(1) as f64 - 1.0;
            return Self {
                kind: ScaleKind::Linear,
                low: -0.6,
                high: last + 0.6,
            };
        }
        let bounds = Bounds::new(bounds.low.max(-LARGEST), bounds.high.min(LARGEST));
        match kind {
            ScaleKind::Linear => Self::linear(bounds, margins),
            ScaleKind::Log => Self::log(bounds, margins),
        }
    }

    fn linear(bounds: Bounds, (below, above): (f64, f64)) -> Self {
        let kind = ScaleKind::Linear;
        if bounds.is_empty() {
            return Self {
                kind,
                low: 0.0,
                high: 1.0,
            };
        }
        let plain = Self {
            kind,
            low: bounds.low,
            high: bounds.high,
        };
        let plain = plain.wide_enough();
        let span = plain.high - plain.low;
        Self {
            kind,
            low: plain.low - span * below,
            high: plain.high + span * above,
        }
    }

    fn log(bounds: Bounds, (below, above): (f64, f64)) -> Self {
        let kind = ScaleKind::Log;
        if bounds.is_empty() {
            return Self {
                kind,
                low: 1.0,
                high: 10.0,
            };
        }
        let (low, high) = (
            bounds.low.max(1e-300).log10(),
            bounds.high.max(1e-300).log10(),
        );
        let span = high - low;
        let (low, high) = if span < 1e-9 {
            (low - 0.5, high + 0.5)
        } else {
            (low - span * below, high + span * above)
        };
        // Margins must not reach what is no number or 0.
        Self {
            kind,
            low: 10f64.powf(low.max(-MOST_DECADES)),
            high: 10f64.powf(high.min(MOST_DECADES)),
        }
    }

    /// The same, or wider around its middle where numbers can no longer be told apart between its bounds.
    fn wide_enough(self) -> Self {
        let greatest = self.low.abs().max(self.high.abs());
        if self.kind == ScaleKind::Log || self.high - self.low > greatest * FINEST {
            return self;
        }
        let middle = self.low / 2.0 + self.high / 2.0;
        let reach = if middle.abs() < 1e-290 {
            0.5
        } else {
            middle.abs() * 0.05
        };
        Self {
            low: middle - reach,
            high: middle + reach,
            ..self
        }
    }

    /// Where a value is: 0 at the lower bound, 1 at the upper one; not a number when it has no place.
    pub(crate) fn share(&self, value: f64) -> f64 {
        match self.kind {
            // Halves do not overflow.
            ScaleKind::Linear => {
                (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0)
            }
            ScaleKind::Log if value > 0.0 => {
                let low = self.low.log10();
                (value.log10() - low) / (self.high.log10() - low)
            }
            ScaleKind::Log => f64::NAN,
        }
    }

    /// Whether a value is between the bounds, or a rounding beyond them.
    pub(crate) fn holds(&self, value: f64) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.share(value))
    }
}

/// A scale along pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    pub(crate) scale: Scale,
    /// Pixels of the lower and the upper bound.
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Placed {
    pub(crate) fn place(&self, value: f64) -> f64 {
        self.from + self.scale.share(value) * (self.to - self.from)
    }

    pub(crate) fn length(&self) -> f64 {
        (self.to - self.from).abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(values: &[f64], kind: ScaleKind) -> (f64, f64) {
        let axis = Axis::default().with_scale(kind);
        let scale = Scale::of(&axis, Bounds::of(values, kind), (0.0, 0.0));
        assert!(scale.low < scale.high, "{scale:?}");
        let wide = Scale::of(&axis, Bounds::of(values, kind), (0.05, 0.05));
        assert!(wide.low.is_finite() && wide.high.is_finite(), "{wide:?}");
        assert!(kind == ScaleKind::Linear || wide.low > 0.0, "{wide:?}");
        assert!(
            values
                .iter()
                .filter(|value| value.is_finite()
                    && value.abs() < 1e299
                    && value.abs() > 1e-299
                    && (kind == ScaleKind::Linear || **value > 0.0))
                .all(|value| scale.holds(*value)),
            "{values:?}, {scale:?}"
        );
        (scale.low, scale.high)
    }

    #[test]
    fn every_data_has_a_scale() {
        let linear = |values: &[f64]| bounds(values, ScaleKind::Linear);
        assert_eq!(linear(&[]), (0.0, 1.0));
        assert_eq!(linear(&[f64::NAN, f64::INFINITY]), (0.0, 1.0));
        assert_eq!(linear(&[0.0]), (-0.5, 0.5));
        assert_eq!(linear(&[100.0, 100.0]), (95.0, 105.0));
        assert_eq!(linear(&[-3.0, f64::NAN, 7.0]), (-3.0, 7.0));
        // A hundred frames of a fast camera, in seconds since 1970.
        let (first, last) = (1_763_740_800.0, 1_763_740_800.01);
        assert_eq!(linear(&[first, last]), (first, last));
        linear(&[f64::MAX, f64::MIN]);
        linear(&[1e-310, 2e-310]);
        linear(&[1e15, 1e15 + 0.125]);
        let log = |values: &[f64]| bounds(values, ScaleKind::Log);
        assert_eq!(log(&[-5.0, 0.0]), (1.0, 10.0));
        assert!((log(&[-5.0, 1.0, 1000.0]).0 - 1.0).abs() < 1e-12);
        log(&[5.0]);
        log(&[f64::MIN_POSITIVE / 8.0, f64::MAX]);
    }
}
