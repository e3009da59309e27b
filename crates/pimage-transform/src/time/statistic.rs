//! What one number stands for the samples of several frames at a place.

use std::fmt;
use std::str::FromStr;

use pimage_core::Error;

use super::intensity::Intensity;
use super::selector::{LANES, Selector};
use crate::vector::vectorized;

/// What is computed of the samples that several frames have at one place.
///
/// A sample that is not a number makes the result not a number, as numpy does.
///
/// ```
/// use pimage_transform::TimeStatistic;
///
/// assert_eq!("median".parse::<TimeStatistic>()?, TimeStatistic::Median);
/// assert_eq!("p10".parse::<TimeStatistic>()?, TimeStatistic::Percentile(10.0));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TimeStatistic {
    /// The arithmetic mean; integers are summed exactly.
    Mean,
    /// The middle sample, or the mean of the two in the middle.
    Median,
    /// The least sample.
    Min,
    /// The greatest sample.
    Max,
    /// The standard deviation of the population (divided by n, as numpy does).
    Std,
    /// This percentile, 0 to 100 (what is beyond is taken as the end), with linear interpolation between the two samples next to it, as numpy does.
    Percentile(f64),
}

impl FromStr for TimeStatistic {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let percent = |text: &str| text.parse().ok().filter(|p| (0.0..=100.0).contains(p));
        match text {
            "mean" => Ok(Self::Mean),
            "median" => Ok(Self::Median),
            "min" => Ok(Self::Min),
            "max" => Ok(Self::Max),
            "std" => Ok(Self::Std),
            _ => text
                .strip_prefix('p')
                .and_then(percent)
                .map(Self::Percentile)
                .ok_or_else(|| {
                    let expected = "mean, median, min, max, std or a percentile such as p10";
                    Error::bad_option("a statistic", format!("`{text}`"), expected)
                }),
        }
    }
}

impl fmt::Display for TimeStatistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mean => f.pad("mean"),
            Self::Median => f.pad("median"),
            Self::Min => f.pad("min"),
            Self::Max => f.pad("max"),
            Self::Std => f.pad("std"),
            Self::Percentile(percent) => write!(f, "p{percent}"),
        }
    }
}

/// Places of which the results are handed on together: what the nearest cache holds of sums and results.
pub(super) const TILE: usize = 1024;

impl TimeStatistic {
    /// Computes the statistic over `frames`, whose lengths are the same, and hands it to `take` by tiles:
    /// the first place, and the results of that and the following ones.
    pub(super) fn each_tile<T: Intensity>(
        self,
        frames: &[&[T]],
        take: &mut dyn FnMut(usize, &[f64]),
    ) {
        let places = frames.first().map_or(0, |frame| frame.len());
        let (mut sums, mut results) = ([T::Sum::default(); TILE], [0.0; TILE]);
        let percent = match self {
            Self::Median => Some(50.0),
            Self::Percentile(percent) => Some(percent),
            _ => None,
        };
        let mut quantile = percent.map(|percent| Quantile::new(frames.len(), percent));
        for start in (0..places).step_by(TILE) {
            let length = TILE.min(places - start);
            let rows = frames
                .iter()
                .map(|frame| frame.get(start..start + length).unwrap_or_default());
            let results = results.get_mut(..length).unwrap_or_default();
            vectorized(
                #[inline(always)]
                || match (self, &mut quantile) {
                    (_, Some(quantile)) => quantile.fill(rows, results),
                    (Self::Min, _) => extreme(rows, results, |sample, kept| sample < kept),
                    (Self::Max, _) => extreme(rows, results, |sample, kept| sample > kept),
                    (Self::Std, _) => {
                        mean(rows.clone(), frames.len(), &mut sums, results);
                        deviation(rows, frames.len(), results);
                    }
                    _ => mean(rows, frames.len(), &mut sums, results),
                },
            );
            take(start, results);
        }
    }
}

#[inline(always)]
fn mean<'a, T: Intensity>(
    rows: impl Iterator<Item = &'a [T]>,
    count: usize,
    sums: &mut [T::Sum; TILE],
    results: &mut [f64],
) {
    sums.fill(T::Sum::default());
    for row in rows {
        for (sum, sample) in sums.iter_mut().zip(row) {
            *sum = T::add(*sum, *sample);
        }
    }
    let count = count as f64;
    for (result, sum) in results.iter_mut().zip(sums) {
        *result = T::sum_to_f64(*sum) / count;
    }
}

/// From the means in `results`, the deviations.
#[inline(always)]
fn deviation<'a, T: Intensity>(
    rows: impl Iterator<Item = &'a [T]>,
    count: usize,
    results: &mut [f64],
) {
    let mut squares = [0.0; TILE];
    for row in rows {
        for ((square, sample), mean) in squares.iter_mut().zip(row).zip(&*results) {
            let off = sample.to_f64() - mean;
            *square += off * off;
        }
    }
    let count = count as f64;
    for (result, square) in results.iter_mut().zip(squares) {
        *result = (square / count).sqrt();
    }
}

#[inline(always)]
fn extreme<'a, T: Intensity>(
    mut rows: impl Iterator<Item = &'a [T]>,
    results: &mut [f64],
    is_beyond: impl Fn(T, T) -> bool,
) {
    let Some(first) = rows.next() else { return };
    let Some(mut kept) = first.first().map(|sample| [*sample; TILE]) else {
        return;
    };
    for (kept, sample) in kept.iter_mut().zip(first) {
        *kept = *sample;
    }
    for row in rows {
        for (kept, sample) in kept.iter_mut().zip(row) {
            // Comparing with what is not a number is never true, so that it stays.
            let takes = is_beyond(*sample, *kept) || sample.is_nan();
            *kept = if takes { *sample } else { *kept };
        }
    }
    for (result, kept) in results.iter_mut().zip(kept) {
        *result = kept.to_f64();
    }
}

/// A percentile of as many rows as there are frames.
struct Quantile<K> {
    selector: Selector,
    /// How far it is from the lower of the two ranks to the upper.
    part: f64,
    stack: Vec<[K; LANES]>,
}

impl<K: super::intensity::Key> Quantile<K> {
    fn new(rows: usize, percent: f64) -> Self {
        let place = percent.clamp(0.0, 100.0) / 100.0 * rows.saturating_sub(1) as f64;
        let (lower, upper) = (place.floor(), place.ceil());
        Self {
            selector: Selector::new(K::BITS, rows, lower as usize, upper as usize),
            part: place - lower,
            stack: vec![[K::default(); LANES]; rows],
        }
    }

    #[inline(always)]
    fn fill<'a, T: Intensity<Key = K>>(
        &mut self,
        rows: impl Iterator<Item = &'a [T]> + Clone,
        results: &mut [f64],
    ) {
        for (block, results) in results.chunks_mut(LANES).enumerate() {
            let start = block * LANES;
            let mut has_nan = [false; LANES];
            for (keys, row) in self.stack.iter_mut().zip(rows.clone()) {
                let row = row.get(start..).unwrap_or_default();
                // As many as there are lanes, but at the end.
                match row.first_chunk::<LANES>() {
                    Some(row) => gather(row, keys, &mut has_nan),
                    None => gather(row, keys, &mut has_nan),
                }
            }
            let (lower, upper) = self.selector.select(&mut self.stack);
            for (result, lower) in results.iter_mut().zip(lower) {
                *result = T::of_key(lower).to_f64();
            }
            if self.part > 0.0 {
                for (result, upper) in results.iter_mut().zip(upper) {
                    *result = between(*result, T::of_key(upper).to_f64(), self.part);
                }
            }
            if T::HAS_NAN {
                for (result, has_nan) in results.iter_mut().zip(has_nan) {
                    *result = if has_nan { f64::NAN } else { *result };
                }
            }
        }
    }
}

/// The keys of samples, and which of these are not numbers.
#[inline(always)]
fn gather<T: Intensity>(row: &[T], keys: &mut [T::Key; LANES], has_nan: &mut [bool; LANES]) {
    for (key, sample) in keys.iter_mut().zip(row) {
        *key = sample.key();
    }
    if T::HAS_NAN {
        for (has_nan, sample) in has_nan.iter_mut().zip(row) {
            *has_nan |= sample.is_nan();
        }
    }
}

/// The number at `part` of the way from one to the other, from the nearer end.
#[inline(always)]
fn between(lower: f64, upper: f64, part: f64) -> f64 {
    let way = upper - lower;
    let found = if part < 0.5 {
        lower + way * part
    } else {
        upper - way * (1.0 - part)
    };
    // Equal ends may be infinite.
    if lower < upper { found } else { upper }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<T: Intensity>(statistic: &str, frames: &[&[T]]) -> Vec<f64> {
        let statistic: TimeStatistic = statistic.parse().expect("is a statistic");
        let mut results = Vec::new();
        statistic.each_tile(frames, &mut |start, tile| {
            assert_eq!(start, results.len());
            results.extend_from_slice(tile);
        });
        results
    }

    #[test]
    fn statistics_of_four_frames() {
        let frames: [&[u8]; 4] = [&[1, 255], &[3, 255], &[2, 0], &[10, 255]];
        for (statistic, expected) in [
            ("mean", [4.0, 191.25]),
            ("median", [2.5, 255.0]),
            ("min", [1.0, 0.0]),
            ("max", [10.0, 255.0]),
            ("p0", [1.0, 0.0]),
            ("p50", [2.5, 255.0]),
            ("p100", [10.0, 255.0]),
            ("p10", [1.3, 76.5]),
        ] {
            let found = of(statistic, &frames);
            let near = found
                .iter()
                .zip(expected)
                .all(|(found, expected)| (found - expected).abs() < 1e-12);
            assert!(near, "{statistic}: {found:?}");
        }
        assert_eq!(of("std", &[&[2i16], &[4]]), [1.0]);
    }

    #[test]
    fn what_is_not_a_number_is_carried() {
        for statistic in ["mean", "median", "min", "max", "std", "p25"] {
            for place in 0..3 {
                let mut samples = [1f32, 2.0, 3.0];
                samples[place] = f32::NAN;
                let [a, b, c] = &samples;
                let found = of(statistic, &[&[*a, 7.0], &[*b, 7.0], &[*c, 7.0]]);
                assert!(
                    found[0].is_nan() && !found[1].is_nan(),
                    "{statistic}: {found:?}"
                );
            }
        }
        let infinite = [f64::INFINITY];
        assert_eq!(of("median", &[&infinite, &infinite]), [f64::INFINITY]);
    }

    #[test]
    fn more_places_than_a_tile() {
        let frames: Vec<Vec<u16>> = (0..3)
            .map(|frame| {
                (0..3000)
                    .map(|place| (place * 7 + frame * 1000) as u16)
                    .collect()
            })
            .collect();
        let frames: Vec<&[u16]> = frames.iter().map(Vec::as_slice).collect();
        let expected: Vec<f64> = frames[1].iter().map(|sample| f64::from(*sample)).collect();
        for statistic in ["mean", "median", "p50"] {
            assert_eq!(of(statistic, &frames), expected, "{statistic}");
        }
    }

    #[test]
    fn statistics_are_printed_as_they_are_written() {
        for text in ["mean", "median", "min", "max", "std", "p2.5"] {
            let statistic: TimeStatistic = text.parse().expect("is a statistic");
            assert_eq!(statistic.to_string(), text);
        }
        for text in ["p101", "p", "pnan", "mode"] {
            let error = text
                .parse::<TimeStatistic>()
                .expect_err("is none")
                .to_string();
            assert!(error.contains("a percentile such as p10"), "{error}");
        }
    }
}
