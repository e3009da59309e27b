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
            exact @ Self::Exact { .. } => exact,
        }
    }

    /// The step of the quantiser for a pass that so many halvings follow.
    pub(crate) fn quantum(self, after: usize) -> f64 {
        match self {
            Self::Exact { unit } => unit,
            Self::Bounded { bound, finer } => {
                let rounds = (after / 3).min(3);
                let factor = 1.0 + f64::from(finer) / 16.0;
                (0..rounds).fold(2.0 * bound, |quantum, _| quantum / factor)
            }
        }
    }

    /// Whether a value may stand for another.
    #[inline]
    pub(crate) fn fits<S: Sample>(self, value: S, other: S) -> bool {
        match self {
            Self::Exact { .. } => value.to_bits() == other.to_bits(),
            Self::Bounded { bound, .. } => (value.to_f64() - other.to_f64()).abs() <= bound,
        }
    }

    /// What leads from the guess to the value; `None` where the bound would not be kept.
    #[inline]
    pub(crate) fn number<S: Sample>(self, value: S, guess: f64, quantum: f64) -> Option<i64> {
        match self {
            Self::Exact { .. } => Some(value.rank().wrapping_sub(S::from_f64(guess).rank())),
            Self::Bounded { bound, .. } => {
                let guess = if S::IS_FLOAT { guess } else { guess.round() };
                let number = ((value.to_f64() - guess) / quantum).round();
                if number.is_nan() || number.abs() >= 1e15 {
                    return None;
                }
                let number = number as i64;
                let found = self.value::<S>(number, guess, quantum).to_f64();
                ((found - value.to_f64()).abs() <= bound).then_some(number)
            }
        }
    }

    /// What the number leads to from the guess.
    #[inline]
    pub(crate) fn value<S: Sample>(self, number: i64, guess: f64, quantum: f64) -> S {
        match self {
            Self::Exact { .. } => S::from_rank(S::from_f64(guess).rank().wrapping_add(number)),
            Self::Bounded { .. } => {
                let guess = if S::IS_FLOAT { guess } else { guess.round() };
                S::from_f64(guess + number as f64 * quantum)
            }
        }
    }
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

/// A class below 32 of a difference in steps of the quantiser, with its sign.
#[inline]
pub(crate) fn signed_octaves(value: f32) -> usize {
    let class = octaves((value.abs() * 16.0) as u32).min(15);
    if value < 0.0 { 16 - class } else { 16 + class }
}

/// A residual's size and sign in one byte; large sizes are rounded down.
#[inline]
pub(crate) fn magnitude_code(size: u64, is_negative: bool) -> u8 {
    let class = if size < 24 {
        size as u8
    } else {
        let length = 63 - size.leading_zeros();
        (24 + 2 * (length - 4) + (size >> (length - 1) & 1) as u32) as u8
    };
    class.min(127) << 1 | u8::from(is_negative)
}

/// The size of a coded residual, at most about a million.
#[inline]
pub(crate) fn magnitude_of(code: u8) -> u32 {
    let class = u32::from(code >> 1);
    if class < 24 {
        return class;
    }
    let (length, half) = ((class - 24) / 2 + 4, (class - 24) & 1);
    if length > 20 {
        return 1 << 20;
    }
    1 << length | half << (length - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_kept_about() {
        for size in (0..2000_u64).chain([1 << 18, 3 << 17]) {
            let found = u64::from(magnitude_of(magnitude_code(size, true)));
            assert!(found <= size && found * 3 >= size * 2, "{size} {found}");
        }
        assert_eq!(magnitude_of(magnitude_code(u64::MAX, false)), 1 << 20);
        for pair in (0..5000_u32).collect::<Vec<_>>().windows(2) {
            assert!(octaves(pair[1]) - octaves(pair[0]) <= 1);
        }
    }
}
