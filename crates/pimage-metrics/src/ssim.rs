//! The structural similarity index of Wang et al. (2004), over windows of 8x8 samples every 4 samples, unweighted.
//!
//! With the paper's constants K1 = 0.01 and K2 = 0.03 and unbiased variances. Channels are measured one by one and averaged.
//! What does not fill a window at the right and at the bottom, up to 3 samples, is left out; a side below 8 is one window.

use pimage_core::Sample;

/// Samples from one window to the next; a window is two of these wide and high.
const STEP: usize = 4;

/// The sums over a block of samples, from which means, variances and the covariance follow.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    count: f64,
    a: f64,
    b: f64,
    /// Of both squares.
    squares: f64,
    products: f64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.a += other.a;
        self.b += other.b;
        self.squares += other.squares;
        self.products += other.products;
    }

    fn sample(&mut self, a: f64, b: f64) {
        self.count += 1.0;
        self.a += a;
        self.b += b;
        self.squares += a * a + b * b;
        self.products += a * b;
    }

    /// The index of this window; 1 when it is empty.
    fn index(&self, peak: f64) -> f64 {
        if self.count < 1.0 {
            return 1.0;
        }
        let (c1, c2) = ((0.01 * peak).powi(2), (0.03 * peak).powi(2));
        let (mean_a, mean_b) = (self.a / self.count, self.b / self.count);
        let mean_squares = mean_a * mean_a + mean_b * mean_b;
        let freedom = (self.count - 1.0).max(1.0);
        let variances = (self.squares - self.count * mean_squares).max(0.0) / freedom;
        let covariance = (self.products - self.count * mean_a * mean_b) / freedom;
        let above = (2.0 * mean_a * mean_b + c1) * (2.0 * covariance + c2);
        let below = (mean_squares + c1) * (variances + c2);
        // Both are 0 only for two black windows of a format whose peak is 0.
        if below > 0.0 { above / below } else { 1.0 }
    }
}

/// The mean index of two frames of `shape` (height, width, channels); `peak` is the greatest possible sample.
pub(crate) fn ssim<T: Sample>(a: &[T], b: &[T], shape: [usize; 3], peak: f64) -> f64 {
    let [height, width, channels] = shape;
    let mut total = 0.0;
    for channel in 0..channels {
        total += plane(a, b, [height, width], channels, channel, peak);
    }
    total / channels.max(1) as f64
}

fn plane<T: Sample>(
    a: &[T],
    b: &[T],
    [height, width]: [usize; 2],
    channels: usize,
    channel: usize,
    peak: f64,
) -> f64 {
    let block_height = block_side(height);
    let block_width = block_side(width);
    let row_samples = width * channels;
    let mut above: Vec<Sums> = Vec::new();
    let (mut total, mut windows) = (0.0, 0u64);
    let bands = a
        .chunks_exact((row_samples * block_height).max(1))
        .zip(b.chunks_exact((row_samples * block_height).max(1)));
    for (band_a, band_b) in bands {
        let mut below = vec![Sums::default(); width / block_width];
        let rows = band_a
            .chunks_exact(row_samples)
            .zip(band_b.chunks_exact(row_samples));
        for (row_a, row_b) in rows {
            let blocks = row_a
                .chunks(block_width * channels)
                .zip(row_b.chunks(block_width * channels));
            for (sums, (block_a, block_b)) in below.iter_mut().zip(blocks) {
                let pixels_a = block_a.iter().skip(channel).step_by(channels);
                let pixels_b = block_b.iter().skip(channel).step_by(channels);
                for (a, b) in pixels_a.zip(pixels_b) {
                    sums.sample(a.to_f64(), b.to_f64());
                }
            }
        }
        // A side that is one window has one block, which is paired with nothing.
        if block_height == height {
            above.clone_from(&below);
            below.fill(Sums::default());
        }
        if !above.is_empty() {
            for window in windows_of(&above, &below) {
                total += window.index(peak);
                windows += 1;
            }
        }
        above = below;
    }
    if windows == 0 {
        1.0
    } else {
        total / windows as f64
    }
}

/// Blocks of half a window, or the whole side where a window does not fit.
const fn block_side(side: usize) -> usize {
    if side >= 2 * STEP {
        STEP
    } else if side == 0 {
        1
    } else {
        side
    }
}

/// The windows of two rows of blocks: two by two blocks, or one column of them when there is only one.
fn windows_of(above: &[Sums], below: &[Sums]) -> Vec<Sums> {
    let columns: Vec<Sums> = above
        .iter()
        .zip(below)
        .map(|(above, below)| {
            let mut column = *above;
            column.add(below);
            column
        })
        .collect();
    if columns.len() == 1 {
        return columns;
    }
    columns
        .windows(2)
        .map(|pair| {
            let mut window = Sums::default();
            pair.iter().for_each(|column| window.add(column));
            window
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::tests::noise;

    /// The definition, window by window.
    fn by_definition(a: &[u8], b: &[u8], [height, width]: [usize; 2]) -> f64 {
        let (mut total, mut windows) = (0.0, 0.0);
        for top in (0..=height - 8).step_by(4) {
            for left in (0..=width - 8).step_by(4) {
                let pick = |samples: &[u8]| -> Vec<f64> {
                    (0..64)
                        .map(|i| f64::from(samples[(top + i / 8) * width + left + i % 8]))
                        .collect()
                };
                let (a, b) = (pick(a), pick(b));
                let mean = |v: &[f64]| v.iter().sum::<f64>() / 64.0;
                let (ma, mb) = (mean(&a), mean(&b));
                let moment = |v: &[f64], mv: f64, w: &[f64], mw: f64| {
                    v.iter()
                        .zip(w)
                        .map(|(v, w)| (v - mv) * (w - mw))
                        .sum::<f64>()
                        / 63.0
                };
                let (va, vb, ab) = (
                    moment(&a, ma, &a, ma),
                    moment(&b, mb, &b, mb),
                    moment(&a, ma, &b, mb),
                );
                let (c1, c2) = (2.55f64.powi(2), 7.65f64.powi(2));
                total += (2.0 * ma * mb + c1) * (2.0 * ab + c2)
                    / ((ma * ma + mb * mb + c1) * (va + vb + c2));
                windows += 1.0;
            }
        }
        total / windows
    }

    #[test]
    fn the_sums_give_what_the_definition_gives() {
        for [height, width] in [[8, 8], [16, 12], [19, 23], [8, 40]] {
            let a = noise(height * width, 31);
            let b = noise(height * width, 37);
            let expected = by_definition(&a, &b, [height, width]);
            let found = ssim(&a, &b, [height, width, 1], 255.0);
            assert!(
                (found - expected).abs() < 1e-9,
                "{height}x{width}: {found} {expected}"
            );
        }
    }

    #[test]
    fn channels_are_averaged() {
        let (a, b) = (noise(256, 31), noise(256, 37));
        let twice = |x: &[u8], y: &[u8]| -> Vec<u8> {
            x.iter().zip(y).flat_map(|(x, y)| [*x, *y]).collect()
        };
        let one = ssim(&a, &b, [16, 16, 1], 255.0);
        let both = ssim(&twice(&a, &a), &twice(&a, &b), [16, 16, 2], 255.0);
        assert!((both - (1.0 + one) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn small_frames_are_one_window() {
        let (a, b) = (noise(15, 31), noise(15, 37));
        let small = ssim(&a, &b, [3, 5, 1], 255.0);
        assert!(small < 0.9 && small > -1.0, "{small}");
        assert!((ssim(&a, &a, [3, 5, 1], 255.0) - 1.0).abs() < 1e-12);
        assert!((ssim::<u8>(&[], &[], [0, 0, 1], 255.0) - 1.0).abs() < 1e-12);
    }
}
