//! Mean, variance and extremes of frames.

use pimage_core::{Frame, Sample, with_sample_type};
use pimage_range::extremes_of;

use crate::vector::vectorized;

/// What finite intensities are on the whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Statistics {
    pub(super) count: f64,
    pub(super) mean: f64,
    /// The sum of the squared differences from the mean.
    squares: f64,
    pub(super) least: f64,
    pub(super) greatest: f64,
}

impl Default for Statistics {
    /// Of no samples.
    fn default() -> Self {
        Self {
            count: 0.0,
            mean: 0.0,
            squares: 0.0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
        }
    }
}

/// Sums beside each other, so that they are added in vectors; a multiple of the channels of every colour that has opacity.
const LANES: usize = 8;

impl Statistics {
    /// Of a frame, opacity aside.
    pub(super) fn of(frame: &Frame) -> Self {
        let Some((least, greatest)) = extremes_of(frame) else {
            return Self::default();
        };
        let count = sum(frame, |_| 1.0);
        let mean = sum(frame, |value| value) / count;
        Self {
            count,
            mean,
            squares: sum(frame, |value| (value - mean) * (value - mean)),
            least,
            greatest,
        }
    }

    /// Of both together, by the pairwise update of the sums of squares.
    pub(super) fn with(self, other: &Self) -> Self {
        let count = self.count + other.count;
        if count <= 0.0 {
            return self;
        }
        let apart = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + apart * other.count / count,
            squares: self.squares
                + other.squares
                + apart * apart * self.count * other.count / count,
            least: self.least.min(other.least),
            greatest: self.greatest.max(other.greatest),
        }
    }

    /// The standard deviation.
    pub(super) fn deviation(&self) -> f64 {
        match self.count > 0.0 {
            true => (self.squares / self.count).sqrt(),
            false => 0.0,
        }
    }
}

/// The sum of what `term` makes of each finite intensity, in an order that depends on nothing but their number.
fn sum(frame: &Frame, term: impl Fn(f64) -> f64) -> f64 {
    let color = frame.format().color;
    let lanes = with_sample_type!(frame.format().sample, T => {
        let samples = frame.samples::<T>().unwrap_or_default();
        vectorized(#[inline(always)] || lanes_of(samples, &term))
    });
    let channels = color.channels();
    let intensities = lanes.iter().enumerate();
    intensities
        .filter(|(lane, _)| !color.has_alpha() || lane % channels + 1 < channels)
        .map(|(_, sum)| sum)
        .sum()
}

#[inline(always)]
fn lanes_of<T: Sample>(samples: &[T], term: impl Fn(f64) -> f64) -> [f64; LANES] {
    let mut lanes = [0.0; LANES];
    let chunks = samples.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, sample) in lanes.iter_mut().zip(chunk) {
            let value = sample.to_f64();
            *lane += if value.is_finite() { term(value) } else { 0.0 };
        }
    }
    for (lane, sample) in lanes.iter_mut().zip(rest) {
        let value = sample.to_f64();
        *lane += if value.is_finite() { term(value) } else { 0.0 };
    }
    lanes
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameFormat, SampleType};

    use super::*;

    fn frame(values: &[f32]) -> Frame {
        let format = FrameFormat::new(values.len() as u32, 1, Color::Gray, SampleType::F32);
        let mut frame = Frame::zeroed(format);
        let samples = frame.samples_mut::<f32>().expect("is f32");
        samples.copy_from_slice(values);
        frame
    }

    #[test]
    fn parts_together_are_the_whole() {
        let values: Vec<f32> = (0..100).map(|i| (i * i % 37) as f32 * 0.25 + 1e4).collect();
        let whole = Statistics::of(&frame(&values));
        let parts =
            Statistics::of(&frame(&values[..13])).with(&Statistics::of(&frame(&values[13..])));
        assert!((whole.mean - parts.mean).abs() < 1e-9);
        assert!((whole.deviation() - parts.deviation()).abs() < 1e-9);
        assert!(whole.deviation() > 1.0);
        assert_eq!(Statistics::default().with(&whole), whole);
    }

    #[test]
    fn only_finite_samples_count() {
        let statistics = Statistics::of(&frame(&[f32::NAN, 1.0, f32::INFINITY, 3.0]));
        let found = (statistics.count, statistics.mean, statistics.deviation());
        assert_eq!(found, (2.0, 2.0, 1.0));
        assert_eq!(Statistics::of(&frame(&[f32::NAN])), Statistics::default());
    }
}
