//! Sums over samples: exact for integers, accurate to the last bits for floats.

/// What a tally came to.
pub(super) trait Tally: Default {
    fn mean(&self) -> f64;
    fn min(&self) -> f64;
    fn max(&self) -> f64;
    /// Of the population.
    fn variance(&self) -> f64;
    /// How many were not a number.
    fn nan(&self) -> u64;
}

/// Of integers.
#[derive(Debug, Clone)]
pub(super) struct Exact {
    pub(super) count: u64,
    pub(super) sum: i128,
    pub(super) squares: u128,
    pub(super) min: i64,
    pub(super) max: i64,
}

impl Default for Exact {
    fn default() -> Self {
        Self {
            count: 0,
            sum: 0,
            squares: 0,
            min: i64::MAX,
            max: i64::MIN,
        }
    }
}

impl Exact {
    fn unless_empty(&self, value: f64) -> f64 {
        if self.count == 0 { f64::NAN } else { value }
    }
}

impl Tally for Exact {
    fn mean(&self) -> f64 {
        self.unless_empty(self.sum as f64 / self.count as f64)
    }

    fn min(&self) -> f64 {
        self.unless_empty(self.min as f64)
    }

    fn max(&self) -> f64 {
        self.unless_empty(self.max as f64)
    }

    fn variance(&self) -> f64 {
        let count = u128::from(self.count);
        let sum = self.sum.unsigned_abs();
        let exact = self.squares.checked_mul(count).zip(sum.checked_mul(sum));
        let value = match exact {
            // By Cauchy and Schwarz it is not negative.
            Some((squares, square)) => {
                squares.saturating_sub(square) as f64 / (count as f64 * count as f64)
            }
            // More than 2^30 samples of 32 bits.
            None => (self.squares as f64 / count as f64 - self.mean().powi(2)).max(0.0),
        };
        self.unless_empty(value)
    }

    fn nan(&self) -> u64 {
        0
    }
}

/// Of floats.
#[derive(Debug, Clone)]
pub(super) struct Float {
    count: u64,
    nan: u64,
    sum: f64,
    /// What rounding took from the sum (Neumaier 1974).
    lost: f64,
    mean: f64,
    /// The sum of squared deviations from `mean`.
    deviations: f64,
    min: f64,
    max: f64,
}

impl Default for Float {
    fn default() -> Self {
        Self {
            count: 0,
            nan: 0,
            sum: 0.0,
            lost: 0.0,
            mean: 0.0,
            deviations: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }
}

impl Float {
    /// Adds a group of samples; `deviations` is the sum of their squared deviations from a mean of their own.
    pub(super) fn add(&mut self, group: &Group, deviations: f64) {
        self.nan += group.nan;
        if group.count == 0 {
            return;
        }
        let (before, added) = (self.count as f64, group.count as f64);
        let total = before + added;
        let apart = group.mean() - self.mean;
        // Chan, Golub and LeVeque 1983.
        self.deviations += deviations + apart * apart * (before * added / total);
        self.mean += apart * (added / total);
        self.count += group.count;
        self.min = self.min.min(group.min);
        self.max = self.max.max(group.max);
        let sum = self.sum + group.sum;
        self.lost += if self.sum.abs() >= group.sum.abs() {
            (self.sum - sum) + group.sum
        } else {
            (group.sum - sum) + self.sum
        };
        self.sum = sum;
    }

    fn unless_empty(&self, value: f64) -> f64 {
        if self.count == 0 { f64::NAN } else { value }
    }
}

impl Tally for Float {
    fn mean(&self) -> f64 {
        // Of an infinite sum, what was lost is not a number.
        let lost = if self.sum.is_finite() { self.lost } else { 0.0 };
        self.unless_empty((self.sum + lost) / self.count as f64)
    }

    fn min(&self) -> f64 {
        self.unless_empty(self.min)
    }

    fn max(&self) -> f64 {
        self.unless_empty(self.max)
    }

    fn variance(&self) -> f64 {
        self.unless_empty(self.deviations / self.count as f64)
    }

    fn nan(&self) -> u64 {
        self.nan
    }
}

/// Some hundreds of floats, added up in one go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) count: u64,
    pub(super) nan: u64,
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Group {
    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_not_a_number() {
        let (exact, float) = (Exact::default(), Float::default());
        let all = [exact.mean(), exact.min(), exact.max(), exact.variance()];
        assert!(all.iter().all(|value| value.is_nan()), "{all:?}");
        let all = [float.mean(), float.min(), float.max(), float.variance()];
        assert!(all.iter().all(|value| value.is_nan()), "{all:?}");
    }

    #[test]
    fn a_large_offset_takes_nothing_from_the_variance_of_integers() {
        let top = i64::from(u32::MAX);
        let mut tally = Exact::default();
        for value in [top, top - 1, top, top - 1] {
            tally.count += 1;
            tally.sum += i128::from(value);
            tally.squares += (i128::from(value) * i128::from(value)) as u128;
        }
        assert_eq!(tally.variance().to_bits(), 0.25f64.to_bits());
    }

    #[test]
    fn groups_far_apart_are_added_as_if_they_were_one() {
        let group = |value: f64| Group {
            count: 2,
            nan: 1,
            sum: 2.0 * value,
            min: value,
            max: value,
        };
        let mut tally = Float::default();
        tally.add(&group(1e9), 0.0);
        tally.add(&group(1e9 + 2.0), 0.0);
        assert_eq!((tally.mean(), tally.variance()), (1e9 + 1.0, 1.0));
        assert_eq!((tally.nan(), tally.min(), tally.max()), (2, 1e9, 1e9 + 2.0));
    }
}
