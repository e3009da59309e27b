//! How the power of an image is spread over its spatial frequencies, in whatever direction.

use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

/// Columns that are transformed together, so that memory is read along its rows.
const COLUMNS: usize = 8;

/// The power of images over spatial frequency, averaged around all directions and over the images.
///
/// Each image has its mean taken off and is faded out towards its edges (Hann), so that edges do not pass for detail.
/// The mean of the power over all frequencies is the variance of what was added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RadialSpectrum {
    /// Images along the shorter side have so many pixels; the distance of frequencies is its inverse.
    side: usize,
    sums: Vec<f64>,
    weights: Vec<f64>,
}

impl RadialSpectrum {
    /// Each frequency, in cycles for a pixel up to 0.5, and the power there.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let both = self.sums.iter().zip(&self.weights).enumerate().skip(1);
        both.filter(|(_, (_, weight))| **weight > 0.0)
            .map(|(place, (sum, weight))| (place as f64 / self.side.max(1) as f64, sum / weight))
    }

    /// Adds what another one was given of images of the same size.
    pub fn merge(&mut self, other: &Self) {
        if self.sums.is_empty() {
            self.clone_from(other);
            return;
        }
        for (own, other) in [
            (&mut self.sums, &other.sums),
            (&mut self.weights, &other.weights),
        ] {
            for (own, other) in own.iter_mut().zip(other) {
                *own += other;
            }
        }
    }
}

/// Transforms images of one size; keeps its memory.
pub(super) struct Transformer {
    width: usize,
    height: usize,
    along: Arc<dyn RealToComplex<f64>>,
    down: Arc<dyn Fft<f64>>,
    /// What an image is faded by, along and down.
    fades: [Vec<f64>; 2],
    row: Vec<f64>,
    /// The transformed rows.
    rows: Vec<Complex<f64>>,
    columns: Vec<Complex<f64>>,
}

impl fmt::Debug for Transformer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transformer({}x{})", self.width, self.height)
    }
}

impl Transformer {
    /// For images of this size, neither side 0.
    pub(super) fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let along = RealFftPlanner::new().plan_fft_forward(width);
        let half = along.complex_len();
        Self {
            width,
            height,
            along,
            down: FftPlanner::new().plan_fft_forward(height),
            fades: [fade(width), fade(height)],
            row: vec![0.0; width],
            rows: vec![Complex::default(); half * height],
            columns: vec![Complex::default(); COLUMNS * height],
        }
    }

    /// The spectrum of one image, row by row; what is not finite counts as the mean.
    pub(super) fn spectrum(&mut self, image: &[f64]) -> RadialSpectrum {
        self.transform_rows(image);
        let shorter = self.width.min(self.height);
        // A line has frequencies along itself only.
        let side = match shorter {
            1 => self.width.max(self.height),
            _ => shorter,
        };
        let mut spectrum = RadialSpectrum {
            side,
            sums: vec![0.0; side / 2 + 1],
            weights: vec![0.0; side / 2 + 1],
        };
        let half = self.along.complex_len();
        let mut first = 0;
        while first < half {
            let count = COLUMNS.min(half - first);
            self.transform_columns(first, count, half);
            for (place, column) in self
                .columns
                .chunks_exact(self.height)
                .take(count)
                .enumerate()
            {
                let x = first + place;
                // The other half of the plane is this one mirrored.
                let is_alone = x == 0 || 2 * x == self.width;
                let weight = if is_alone { 1.0 } else { 2.0 };
                let along = x as f64 / self.width as f64;
                for (y, value) in column.iter().enumerate() {
                    let down = y.min(self.height - y) as f64 / self.height as f64;
                    let bin = (along.hypot(down) * side as f64).round() as usize;
                    if let (Some(sum), Some(total)) =
                        (spectrum.sums.get_mut(bin), spectrum.weights.get_mut(bin))
                    {
                        *sum += weight * value.norm_sqr();
                        *total += weight;
                    }
                }
            }
            first += count;
        }
        let energy = |fade: &[f64]| fade.iter().map(|part| part * part).sum::<f64>();
        let [along, down] = &self.fades;
        let scale = (energy(along) * energy(down)).recip();
        for sum in &mut spectrum.sums {
            *sum *= scale;
        }
        spectrum
    }

    fn transform_rows(&mut self, image: &[f64]) {
        let finite = || image.iter().filter(|value| value.is_finite());
        let count = finite().count().max(1);
        let mean = finite().sum::<f64>() / count as f64;
        let [along, down] = &self.fades;
        let rows = image.chunks_exact(self.width).zip(down);
        let results = self.rows.chunks_exact_mut(self.along.complex_len());
        for ((values, down), result) in rows.zip(results) {
            for ((slot, value), along) in self.row.iter_mut().zip(values).zip(along) {
                let value = if value.is_finite() { value - mean } else { 0.0 };
                *slot = value * along * down;
            }
            // The lengths are those of the plan.
            let _ = self.along.process(&mut self.row, result);
        }
    }

    fn transform_columns(&mut self, first: usize, count: usize, half: usize) {
        for (y, row) in self.rows.chunks_exact(half).enumerate() {
            let values = row.iter().skip(first).take(count);
            for (value, column) in values.zip(self.columns.chunks_exact_mut(self.height)) {
                if let Some(slot) = column.get_mut(y) {
                    *slot = *value;
                }
            }
        }
        for column in self.columns.chunks_exact_mut(self.height).take(count) {
            self.down.process(column);
        }
    }
}

/// Hann's window between the samples, nowhere zero; flat for a single one.
fn fade(count: usize) -> Vec<f64> {
    if count < 2 {
        return vec![1.0; count];
    }
    let turn = std::f64::consts::TAU / count as f64;
    (0..count)
        .map(|place| 0.5 - 0.5 * ((place as f64 + 0.5) * turn).cos())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(width: usize, height: usize, along: f64, down: f64) -> Vec<f64> {
        let value = |place: usize| {
            let (x, y) = ((place % width) as f64, (place / width) as f64);
            7.0 + (std::f64::consts::TAU * (along * x + down * y)).sin()
        };
        (0..width * height).map(value).collect()
    }

    #[test]
    fn a_wave_is_a_peak_at_its_frequency_in_any_direction() {
        for (width, height) in [(64, 64), (63, 80), (128, 32)] {
            for angle in [0.0f64, 0.6, 1.57] {
                let frequency = 0.25;
                let image = wave(
                    width,
                    height,
                    frequency * angle.cos(),
                    frequency * angle.sin(),
                );
                let spectrum = Transformer::new(width, height).spectrum(&image);
                let (peak, _) = spectrum
                    .points()
                    .max_by(|a, b| a.1.total_cmp(&b.1))
                    .expect("has frequencies");
                let step = 1.0 / width.min(height) as f64;
                assert!(
                    (peak - frequency).abs() <= step,
                    "{width}x{height} {angle}: {peak}"
                );
            }
        }
    }

    #[test]
    fn white_noise_is_flat_and_as_high_as_its_variance() {
        let mut state = 1u64;
        let mut noise = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as f64 / f64::from(1u32 << 31) - 0.5
        };
        let mut transformer = Transformer::new(96, 64);
        let mut total = RadialSpectrum::default();
        for _ in 0..20 {
            let image: Vec<f64> = (0..96 * 64).map(|_| noise()).collect();
            total.merge(&transformer.spectrum(&image));
        }
        let outer: Vec<f64> = total
            .points()
            .filter(|(frequency, _)| *frequency > 0.1)
            .map(|(_, power)| power)
            .collect();
        assert!(outer.len() > 20);
        for power in outer {
            assert!((power * 12.0 - 1.0).abs() < 0.25, "{power}");
        }
    }

    #[test]
    fn any_size_and_what_is_not_finite_are_answered() {
        for (width, height) in [(1, 1), (1, 5), (5, 1), (2, 2), (3, 7)] {
            let mut image = vec![1.5; width * height];
            image[0] = f64::NAN;
            let spectrum = Transformer::new(width, height).spectrum(&image);
            assert!(spectrum.points().all(|(_, power)| power.abs() < 1e-20));
        }
    }
}
