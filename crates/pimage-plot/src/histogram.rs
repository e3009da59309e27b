//! How many values fall between edges.

use pimage_core::Error;

/// How many bins a histogram has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Bins {
    /// By the rule of Freedman and Diaconis: each is twice the interquartile range over the cube root of the number of values wide.
    ///
    /// At most 1,000, so that a value far away does not make millions.
    #[default]
    Auto,
    /// So many of equal width, 1 to 100,000.
    Count(usize),
}

/// Counts of values between edges: those that numpy finds for the same bins.
///
/// What is not finite is left out. Each bin begins with its lower edge; the last one has its upper edge too.
///
/// ```
/// use pimage_plot::{Bins, Histogram};
///
/// let histogram = Histogram::new(&[1.0, 2.0, 2.5, f64::NAN, 5.0], Bins::Count(4))?;
/// assert_eq!(histogram.edges(), [1.0, 2.0, 3.0, 4.0, 5.0]);
/// assert_eq!(histogram.counts(), [1, 2, 0, 1]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    edges: Vec<f64>,
    counts: Vec<u64>,
}

/// Bins that are counted into; each is a number of memory.
const MOST_BINS: usize = 100_000;
/// More than a screen has columns.
const MOST_AUTO: f64 = 1000.0;

impl Histogram {
    /// Counts values; the edges reach from the least to the greatest of them.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for a number of bins out of its range, for more bins than there are numbers between the values,
    /// and for values so far apart that their distance is no number.
    pub fn new(values: &[f64], bins: Bins) -> Result<Self, Error> {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let start = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = finite().fold(start, |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low < high && !(high - low).is_finite() {
            let found = format!("{low:e} to {high:e}");
            let expected = "a range whose width is a number";
            return Err(Error::bad_option(
                "the values of a histogram",
                found,
                expected,
            ));
        }
        let count = match bins {
            Bins::Count(count @ 1..=MOST_BINS) => count,
            Bins::Count(count) => {
                let expected = format!("1 to {MOST_BINS}");
                return Err(Error::bad_option(
                    "the number of bins",
                    count.to_string(),
                    expected,
                ));
            }
            Bins::Auto => {
                let room = finest(low, high).max(1.0);
                freedman_diaconis(finite().collect(), high - low).min(room as usize)
            }
        };
        let (low, high) = match (low < high, low > high) {
            (true, _) => (low, high),
            // No values at all.
            (_, true) => (0.0, 1.0),
            _ => around(low, count),
        };
        if finest(low, high) < count as f64 {
            let expected = format!("at most {}, for {low:e} to {high:e}", finest(low, high));
            return Err(Error::bad_option(
                "the number of bins",
                count.to_string(),
                expected,
            ));
        }
        let edges = edges(low, high, count);
        let mut counts = vec![0; count];
        for value in finite() {
            let place = place(&edges, low, high, value);
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
        }
        Ok(Self { edges, counts })
    }

    /// What was counted elsewhere, such as while values passed by.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless the edges are finite, rise, and are one more than the counts, of which there are 1 to 100,000.
    pub fn counted(edges: Vec<f64>, counts: Vec<u64>) -> Result<Self, Error> {
        let fits = (1..=MOST_BINS).contains(&counts.len()) && edges.len() == counts.len() + 1;
        let rises = edges.is_sorted_by(|left, right| left < right);
        if fits && rises && edges.iter().all(|edge| edge.is_finite()) {
            return Ok(Self { edges, counts });
        }
        Err(Error::bad_option(
            "a histogram",
            format!("of {} edges and {} counts", edges.len(), counts.len()),
            format!("one edge more than counts, rising, and at most {MOST_BINS} counts"),
        ))
    }

    /// Where the bins begin and the last one ends, rising.
    #[must_use]
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// How many values each bin has.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }
}

/// How many bins there is room for: each as wide as two numbers of that size are apart at least.
fn finest(low: f64, high: f64) -> f64 {
    ((high - low) / (low.abs().max(high.abs()) * f64::EPSILON)).floor()
}

/// A half to both sides of the only value, or as much as so many bins need.
fn around(value: f64, count: usize) -> (f64, f64) {
    let half = (value.abs() * f64::EPSILON * 2.0 * count as f64).max(0.5);
    ((value - half).max(f64::MIN), (value + half).min(f64::MAX))
}

/// Evenly, as numpy's `linspace` rounds.
fn edges(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = (high - low) / count as f64;
    let mut edges: Vec<f64> = (0..=count).map(|place| place as f64 * step + low).collect();
    if let Some(last) = edges.last_mut() {
        *last = high;
    }
    edges
}

/// The bin of a value: computed, and then put right where rounding took it beyond an edge.
fn place(edges: &[f64], low: f64, high: f64, value: f64) -> usize {
    let count = edges.len() - 1;
    let share = (value - low) / (high - low) * count as f64;
    let place = (share as usize).min(count - 1);
    let edge = |place: usize| edges.get(place).copied().unwrap_or(high);
    if value < edge(place) {
        place.saturating_sub(1)
    } else if value >= edge(place + 1) && place + 1 < count {
        place + 1
    } else {
        place
    }
}

fn freedman_diaconis(mut values: Vec<f64>, span: f64) -> usize {
    values.sort_by(f64::total_cmp);
    let range = quantile(&values, 0.75) - quantile(&values, 0.25);
    let width = 2.0 * range / (values.len() as f64).cbrt();
    // Not a number where there are no values.
    let count = (span / width).ceil().min(MOST_AUTO);
    if width > 0.0 && count >= 1.0 {
        count as usize
    } else {
        1
    }
}

/// Between two of sorted values, linearly.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().max(1) - 1) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(f64::NAN);
    let (below, above, rest) = (at(place.floor()), at(place.ceil()), place.fract());
    below + (above - below) * rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_elsewhere_is_checked() {
        let counted = |edges: &[f64], counts: &[u64]| {
            Histogram::counted(edges.to_vec(), counts.to_vec()).map(|_| ())
        };
        assert!(counted(&[0.0, 1.0, 4.0], &[3, 0]).is_ok());
        for edges in [&[0.0, 1.0][..], &[0.0, 1.0, 1.0], &[0.0, f64::NAN, 1.0]] {
            assert!(counted(edges, &[3, 0]).is_err(), "{edges:?}");
        }
        assert!(counted(&[0.0], &[]).is_err());
    }

    #[test]
    fn values_that_are_few_or_equal_have_bins_too() {
        for bins in [Bins::Auto, Bins::Count(3)] {
            let none = Histogram::new(&[f64::NAN], bins).expect("is counted");
            assert_eq!(
                (none.edges()[0], none.counts().iter().sum::<u64>()),
                (0.0, 0)
            );
            let equal = Histogram::new(&[7.0; 5], bins).expect("is counted");
            assert_eq!(
                (equal.edges()[0], equal.edges().last().copied()),
                (6.5, Some(7.5))
            );
            assert_eq!(equal.counts().iter().sum::<u64>(), 5);
        }
        assert!(Histogram::new(&[1.0], Bins::Count(0)).is_err());
        // Nanoseconds since 1970, between which there is no half.
        let now = 1_763_740_800_000_000_000.0;
        for values in [
            &[now, now][..],
            &[now, now + 512.0, now + 1024.0],
            &[-f64::MAX; 3],
        ] {
            let found = Histogram::new(values, Bins::Auto).expect("is counted");
            assert!(found.edges().is_sorted_by(|left, right| left < right));
            assert_eq!(found.counts().iter().sum::<u64>(), values.len() as u64);
        }
        let error = Histogram::new(&[now, now + 512.0], Bins::Count(10)).expect_err("is refused");
        assert!(
            error
                .to_string()
                .starts_with("the number of bins is 10: expected at most 1"),
            "{error}"
        );
        let error = Histogram::new(&[-f64::MAX, f64::MAX], Bins::Auto).expect_err("is refused");
        assert!(error.to_string().contains("expected a range"), "{error}");
        let far = Histogram::new(&[1.0, 1.1, 1.2, 1.3, 1e9], Bins::Auto).expect("is counted");
        assert_eq!(far.counts().len(), 1000);
    }
}
