//! Real numbers and whole ones: what a step of the quantiser is, and how sizes are sorted into few classes.

use crate::sample::Sample;

/// What lies between two neighbouring numbers of residuals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// Nothing: every value comes back; predictions are compared in units of `unit`.
    Exact {
        /// About how far values lie apart.
        unit: f64,
    },
    /// Twice the bound.
    Bounded {
        /// How far a value may be off.
        bound: f64,
        /// How much finer coarse steps are, of 16ths more for each round of halvings.
        finer: u8,
    },
    /// A step that keeps no bound.
    Mean {
        /// The quantiser's step.
        step: f64,
        /// As where it is bounded.
        finer: u8,
        /// How much more than a half of a step is taken for nothing, in 64ths; an encoder's business.
        dead: u8,
    },
}

impl Scale {
    /// For a bound above 0; whole numbers are off by whole numbers.
    pub(crate) fn bounded<S: Sample>(bound: f64, finer: u8) -> Self {
        let bound = if S::IS_FLOAT {
            bound
        } else {
            bound.floor() + 0.5
        };
        Self::Bounded { bound, finer }
    }

    /// The same with coarse steps quantised finer, in sixteenths; nothing else where all is exact.
    pub(crate) fn with_finer(self, finer: u8) -> Self {
        match self {
            Self::Bounded { bound, .. } => Self::Bounded { bound, finer },
            Self::Mean { step, dead, .. } => Self::Mean { step, finer, dead },
            exact @ Self::Exact { .. } => exact,
        }
    }

    /// How much finer coarse steps are, in sixteenths.
    pub(crate) fn finer(self) -> u8 {
        match self {
            Self::Exact { .. } => 0,
            Self::Bounded { finer, .. } | Self::Mean { finer, .. } => finer,
        }
    }

    /// The step of the quantiser for a pass that so many halvings follow.
    pub(crate) fn quantum(self, after: usize) -> f64 {
        match self {
            Self::Exact { unit } => unit,
            Self::Bounded { bound, finer } => finest(2.0 * bound, finer, after),
            Self::Mean { step, finer, .. } => finest(step, finer, after),
        }
    }

    /// Whether a value may stand for another.
    #[inline]
    pub(crate) fn fits<S: Sample>(self, value: S, other: S) -> bool {
        match self {
            Self::Exact { .. } => value.to_bits() == other.to_bits(),
            Self::Bounded { bound, .. } => (value.to_f64() - other.to_f64()).abs() <= bound,
            Self::Mean { step, .. } => (value.to_f64() - other.to_f64()).abs() <= step * 0.5,
        }
    }

    /// What leads from the guess to about the value, and what it leads to; `None` where the bound would not be kept.
    #[inline]
    pub(crate) fn code<S: Sample>(self, value: S, guess: f64, quantum: f64) -> (Option<i64>, S) {
        let bound = match self {
            Self::Exact { .. } => {
                let number = value.rank().wrapping_sub(S::from_f64(guess).rank());
                return (Some(number), value);
            }
            Self::Mean { dead, .. } => return self.near(value, guess, quantum, dead),
            Self::Bounded { bound, .. } => bound,
        };
        let wanted = value.to_f64();
        let guess = if S::IS_FLOAT { guess } else { round(guess) };
        let number = round((wanted - guess) * (1.0 / quantum));
        if number.is_nan() || number.abs() >= 1e15 {
            return (None, value);
        }
        let number = number as i64;
        // Where a tie is rounded to the wrong side, the other one may do.
        for number in [number, number + 1, number - 1] {
            let found = self.value::<S>(number, guess, quantum);
            if (found.to_f64() - wanted).abs() <= bound {
                return (Some(number), found);
            }
        }
        (None, value)
    }

    /// A number that is cheap and leads to near the value; `None` where there is none.
    #[inline]
    fn near<S: Sample>(self, value: S, guess: f64, quantum: f64, dead: u8) -> (Option<i64>, S) {
        let guess = if S::IS_FLOAT { guess } else { round(guess) };
        let steps = (value.to_f64() - guess) * (1.0 / quantum);
        let size = steps.abs();
        if size.is_nan() || size >= 1e15 {
            return (None, value);
        }
        let dead = f64::from(dead) / 64.0;
        // The farther from nothing, the less is saved by a smaller number.
        let held = if size < 1.5 { dead } else { dead * 0.5 };
        let size = round((size - held).max(0.0)) as i64;
        let number = if steps < 0.0 { -size } else { size };
        let found = self.value::<S>(number, guess, quantum);
        if found.to_f64().is_finite() {
            (Some(number), found)
        } else {
            (None, value)
        }
    }

    /// What leads from the guess to the value; `None` where the bound would not be kept.
    #[inline]
    pub(crate) fn number<S: Sample>(self, value: S, guess: f64, quantum: f64) -> Option<i64> {
        self.code(value, guess, quantum).0
    }

    /// What the number leads to from the guess.
    #[inline]
    pub(crate) fn value<S: Sample>(self, number: i64, guess: f64, quantum: f64) -> S {
        match self {
            Self::Exact { .. } => S::from_rank(S::from_f64(guess).rank().wrapping_add(number)),
            Self::Bounded { .. } | Self::Mean { .. } => {
                let guess = if S::IS_FLOAT { guess } else { round(guess) };
                S::from_f64(guess + number as f64 * quantum)
            }
        }
    }
}

/// The step of a pass that so many halvings follow.
fn finest(step: f64, finer: u8, after: usize) -> f64 {
    let rounds = (after / 3).min(3);
    let factor = 1.0 + f64::from(finer) / 16.0;
    (0..rounds).fold(step, |quantum, _| quantum / factor)
}

/// Half octaves of a number: 0, 1, 2, 3, 4 (4 and 5), 5 (6 and 7), 6 (8 to 11) …
#[inline]
pub(crate) fn octaves(value: u32) -> usize {
    if value < 2 {
        return value as usize;
    }
    let length = 31 - value.leading_zeros();
    (2 * length + (value >> (length - 1) & 1)) as usize
}

/// The nearest whole number; of two, the even one.
#[inline(always)]
pub(crate) fn round(value: f64) -> f64 {
    /// Added and taken away, it leaves no room for fractions.
    const FRACTIONLESS: f64 = 6_755_399_441_055_744.0;
    if value.abs() < 2_251_799_813_685_248.0 {
        (value + FRACTIONLESS) - FRACTIONLESS
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_grow_by_one() {
        for pair in (0..5000_u32).collect::<Vec<_>>().windows(2) {
            assert!(octaves(pair[1]) - octaves(pair[0]) <= 1);
        }
    }

    #[test]
    fn whole_numbers_are_near() {
        for value in [
            0.0,
            0.4,
            -0.6,
            3.0,
            -7.2,
            1e15,
            -4e18,
            2_251_799_813_685_247.5,
        ] {
            assert!((round(value) - value).abs() <= 0.5, "{value}");
            assert!(round(value).fract() == 0.0);
        }
        assert!(round(f64::NAN).is_nan());
    }
}
