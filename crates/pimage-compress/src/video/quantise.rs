//! Values to the samples of a video and back: linear, rounded to nearest.

use crate::mask::NUMBER;
use crate::sample::Sample;

/// What samples stand for: `low` and steps above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quantiser {
    pub(crate) low: f64,
    pub(crate) step: f64,
    /// The highest sample.
    pub(crate) most: u16,
}

impl Quantiser {
    /// The finest for this range and so many bits.
    pub(crate) fn of_range([low, high]: [f64; 2], bits: u8) -> Self {
        let most = u16::MAX >> 16_u8.saturating_sub(bits).min(15);
        let step = (high / f64::from(most)) - (low / f64::from(most));
        Self {
            low,
            // No step where there is one value: whatever the video makes of it, that comes back.
            step: if step > 0.0 && step.is_finite() {
                step
            } else {
                0.0
            },
            most,
        }
    }

    /// Steps of just that size, if so many bits reach from end to end of the range.
    pub(crate) fn of_step([low, high]: [f64; 2], step: f64, bits: u8) -> Option<Self> {
        let quantiser = Self {
            step,
            ..Self::of_range([low, high], bits)
        };
        ((high - low) / step <= f64::from(quantiser.most) - 0.5).then_some(quantiser)
    }

    #[inline]
    pub(crate) fn sample(&self, value: f64) -> u16 {
        let steps = (value - self.low) / self.step + 0.5;
        // Below zero and beyond the range: the nearest end.
        (steps as u16).min(self.most)
    }

    #[inline]
    pub(crate) fn value<S: Sample>(&self, sample: u16) -> S {
        // What was a number stays one, at the ends of the type too.
        let most = if S::size() == 4 && S::IS_FLOAT {
            f64::from(f32::MAX)
        } else {
            f64::MAX
        };
        S::from_f64((self.low + f64::from(sample) * self.step).clamp(-most, most))
    }

    /// The samples of a group in the order (t, y, x); where there is no number, what is near: the same place in the frame
    /// before, else the value to the left or above.
    pub(crate) fn samples<S: Sample>(
        &self,
        values: &[S],
        kinds: &[u8],
        [_, height, width]: [usize; 3],
    ) -> Vec<u16> {
        let mut samples: Vec<u16> = values
            .iter()
            .map(|value| self.sample(value.to_f64()))
            .collect();
        if kinds.is_empty() {
            return samples;
        }
        let area = height * width;
        let is_number = |at: usize| kinds.get(at).is_none_or(|&kind| kind == NUMBER);
        let first = (0..samples.len()).find(|&at| is_number(at));
        let start = first.map_or(0, |at| samples[at]);
        for at in (0..samples.len()).filter(|&at| !is_number(at)) {
            let x = at % width;
            let (left, above) = (at.checked_sub(1), at.checked_sub(width));
            samples[at] = match (at.checked_sub(area), left, above) {
                (Some(before), _, _) => samples[before],
                (None, Some(left), Some(above)) if x > 0 => samples[left] / 2 + samples[above] / 2,
                (None, Some(left), _) if x > 0 => samples[left],
                (None, _, Some(above)) => samples[above],
                _ => start,
            };
        }
        samples
    }
}

/// The lowest and the highest number; zeros if there is none.
pub(crate) fn range_of<S: Sample>(values: &[S]) -> [f64; 2] {
    let numbers = values.iter().map(|value| value.to_f64());
    let ends = [f64::INFINITY, f64::NEG_INFINITY];
    let [low, high] = numbers
        .filter(|number| number.is_finite())
        .fold(ends, |[low, high], number| {
            [low.min(number), high.max(number)]
        });
    if low > high { [0.0; 2] } else { [low, high] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_the_nearest_level() {
        for bits in [8, 10, 12, 16] {
            let quantiser = Quantiser::of_range([-3.0, 5.0], bits);
            for at in 0..1000 {
                let value = -3.0 + 8.0 * f64::from(at) / 999.0;
                let found: f64 = quantiser.value(quantiser.sample(value));
                assert!((found - value).abs() <= quantiser.step * 0.500_001);
            }
            assert_eq!(quantiser.sample(-9.0), 0);
            assert_eq!(u32::from(quantiser.sample(9.0)), (1 << bits) - 1);
        }
        let flat = Quantiser::of_range([2.5, 2.5], 12);
        assert!((flat.value::<f64>(flat.sample(2.5)) - 2.5).abs() < 1e-12);
    }

    #[test]
    fn numbers_at_the_ends_of_a_type_stay_numbers() {
        for bits in [8, 12, 16] {
            let top = u16::MAX >> (16 - bits);
            let wide = Quantiser::of_range([f64::MIN, f64::MAX], bits);
            let beyond = Quantiser::of_range([-1e39, 1e39], bits);
            for sample in [0, 1, top / 2, top - 1, top] {
                assert!(wide.value::<f64>(sample).is_finite(), "{bits} {sample}");
                assert!(beyond.value::<f32>(sample).is_finite(), "{bits} {sample}");
            }
        }
    }

    #[test]
    fn steps_are_used_where_they_reach() {
        let found = Quantiser::of_step([0.0, 100.0], 1.0, 8).expect("reaches");
        assert_eq!(found.value::<u8>(found.sample(37.0)), 37);
        assert_eq!(Quantiser::of_step([0.0, 300.0], 1.0, 8), None);
    }

    #[test]
    fn holes_are_filled_with_what_is_near() {
        let hole = f32::NAN;
        let values = [hole, 1.0, hole, 3.0, 8.0, hole, 2.0, hole];
        let kinds = values.map(|value| u8::from(value.is_nan()));
        let quantiser = Quantiser::of_range([0.0, 255.0], 8);
        let samples = quantiser.samples(&values, &kinds, [2, 2, 2]);
        assert_eq!(samples, [1, 1, 1, 3, 8, 1, 2, 3]);
    }
}
