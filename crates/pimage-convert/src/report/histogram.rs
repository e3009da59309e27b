//! How often errors of each size occur, counted without knowing beforehand how large they are.

/// Bins on each side of zero.
const HALF: usize = 128;

/// The narrowest bins are this power of two wide: below it doubles lose bits.
const LEAST_EXPONENT: i32 = -1000;

/// Counts of signed errors in bins of equal width, a power of two.
///
/// The width follows from the greatest error alone: bins are merged in pairs when a greater one comes, so that the
/// counts are the same whatever the order in which errors were counted, and in however many parts.
///
/// ```
/// use pimage_convert::ErrorHistogram;
///
/// let mut histogram = ErrorHistogram::default();
/// histogram.add(&[0.1, -0.2, 0.0]);
/// histogram.add(&[300.0]);
/// assert_eq!(histogram.width(), 4.0);
/// let bins: Vec<_> = histogram.bins().filter(|(_, count)| *count > 0).collect();
/// assert_eq!(bins, [(-4.0, 1), (0.0, 2), (300.0, 1)]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorHistogram {
    /// The width is two to this power; `None` before the first error that is not zero.
    exponent: Option<i32>,
    /// From the lowest error upwards; empty before the first error.
    counts: Vec<u64>,
}

impl ErrorHistogram {
    /// Counts errors; those that are not finite are left out.
    pub fn add(&mut self, errors: &[f64]) {
        let greatest = errors
            .iter()
            .filter(|error| error.is_finite())
            .fold(0.0f64, |greatest, error| greatest.max(error.abs()));
        self.make_room(needed(greatest));
        let scale = self.width().recip();
        for error in errors.iter().filter(|error| error.is_finite()) {
            let place = (error * scale).floor() as i64 + HALF as i64;
            self.count(place, 1);
        }
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Self) {
        self.make_room(other.exponent);
        let rise = match (self.exponent, other.exponent) {
            (Some(own), Some(other)) => own - other,
            _ => 0,
        };
        for (place, count) in other.counts.iter().enumerate() {
            let place = raised(place, rise);
            self.count(place, *count);
        }
    }

    /// The width of every bin; 1 when all errors were zero.
    #[must_use]
    pub fn width(&self) -> f64 {
        2f64.powi(self.exponent.unwrap_or(0))
    }

    /// The lower edge of each bin and how many errors it has, upwards; none before the first error.
    pub fn bins(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let width = self.width();
        // The lowest bin of the widest reaches below what doubles hold.
        let lower = move |place: usize| ((place as f64 - HALF as f64) * width).max(f64::MIN);
        let counts = self.counts.iter().enumerate();
        counts.map(move |(place, count)| (lower(place), *count))
    }

    fn count(&mut self, place: i64, count: u64) {
        if count == 0 {
            return;
        }
        self.counts.resize(2 * HALF, 0);
        let slot = usize::try_from(place)
            .ok()
            .and_then(|place| self.counts.get_mut(place));
        if let Some(slot) = slot {
            *slot += count;
        }
    }

    /// Merges bins until they are as wide as two to this power.
    fn make_room(&mut self, exponent: Option<i32>) {
        let Some(exponent) = exponent else { return };
        let before = self.exponent.unwrap_or(exponent);
        if self.exponent.is_some_and(|own| own >= exponent) {
            return;
        }
        self.exponent = Some(exponent);
        // Errors of zero are in the same bin whatever the width.
        let counts = std::mem::take(&mut self.counts);
        for (place, count) in counts.into_iter().enumerate() {
            self.count(raised(place, exponent - before), count);
        }
    }
}

/// Where the errors of a bin are once bins are `rise` powers of two wider.
const fn raised(place: usize, rise: i32) -> i64 {
    let most = i64::BITS as i32 - 1;
    let rise = if rise > most { most } else { rise };
    ((place as i64 - HALF as i64) >> rise) + HALF as i64
}

/// The power of two of bins among which an error of this size just has a place.
fn needed(greatest: f64) -> Option<i32> {
    if greatest <= 0.0 {
        return None;
    }
    let exponent = ((greatest.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let bins = HALF.trailing_zeros() as i32;
    Some((exponent + 1 - bins).max(LEAST_EXPONENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(parts: &[&[f64]]) -> ErrorHistogram {
        let mut histogram = ErrorHistogram::default();
        for part in parts {
            histogram.add(part);
        }
        histogram
    }

    #[test]
    fn parts_and_order_do_not_matter() {
        let errors: Vec<f64> = (0..1000)
            .map(|i| f64::from(i - 500) * f64::from(i % 7) * 1.3e-5)
            .collect();
        let whole = counted(&[&errors]);
        let (left, right) = errors.split_at(333);
        assert_eq!(counted(&[right, left]), whole);
        let mut merged = counted(&[left]);
        merged.merge(&counted(&[right]));
        assert_eq!(merged, whole);
        let mut from_nothing = ErrorHistogram::default();
        from_nothing.merge(&whole);
        assert_eq!(from_nothing, whole);
    }

    #[test]
    fn every_error_is_counted_in_the_bin_that_has_it() {
        for greatest in [1.0, 127.999, 128.0, 1e-300, 1e-320, 1e300, f64::MAX] {
            let errors = [greatest, -greatest, 0.0, greatest / 3.0];
            let histogram = counted(&[&errors]);
            let total: u64 = histogram.bins().map(|(_, count)| count).sum();
            assert_eq!(total, 4, "{greatest}");
            for (lower, count) in histogram.bins() {
                let within = errors
                    .iter()
                    .filter(|error| (lower..lower + histogram.width()).contains(*error));
                assert_eq!(within.count() as u64, count, "{greatest} {lower}");
            }
        }
    }

    #[test]
    fn errors_of_zero_and_none_are_told_apart() {
        assert_eq!(counted(&[&[]]).bins().count(), 0);
        let zero = counted(&[&[0.0, -0.0], &[f64::NAN]]);
        let bins: Vec<_> = zero.bins().filter(|(_, count)| *count > 0).collect();
        assert_eq!(bins, [(0.0, 2)]);
        assert_eq!(
            counted(&[&[0.0], &[1e-9], &[1.0]]),
            counted(&[&[1.0, 1e-9, 0.0]])
        );
    }
}
