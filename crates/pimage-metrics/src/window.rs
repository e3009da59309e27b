//! Structure under a Gaussian window: the parts of SSIM, averaged over a plane.

use pimage_core::Sample;

/// Samples across the window.
pub(crate) const SIDE: usize = 11;

/// The standard deviation of the window, samples.
const SIGMA: f64 = 1.5;

/// What is filtered: both planes, their squares, their product.
const MOMENTS: usize = 5;

/// One channel of a frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    samples: Vec<f64>,
}

/// Means over all places where the window fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Structure {
    /// Luminance, contrast and structure: the index itself.
    pub(crate) index: f64,
    /// Contrast and structure only.
    pub(crate) contrast: f64,
}

impl Plane {
    /// One channel of interleaved samples.
    pub(crate) fn of<T: Sample>(
        samples: &[T],
        width: usize,
        channels: usize,
        channel: usize,
    ) -> Self {
        let samples = samples.iter().skip(channel).step_by(channels.max(1));
        Self {
            width,
            samples: samples.map(|sample| sample.to_f64()).collect(),
        }
    }

    pub(crate) fn height(&self) -> usize {
        self.samples.len() / self.width.max(1)
    }

    /// Whether a window fits.
    pub(crate) fn has_room(&self) -> bool {
        self.width >= SIDE && self.height() >= SIDE
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.samples.chunks_exact(self.width.max(1))
    }

    /// Half as wide and high, by the means of two by two; the last of an odd side is paired with itself.
    pub(crate) fn halved(&self) -> Self {
        let mut samples = Vec::with_capacity(self.samples.len().div_ceil(4));
        for rows in self.samples.chunks(2 * self.width.max(1)) {
            let (above, below) = rows.split_at(self.width);
            let below = if below.is_empty() { above } else { below };
            let sums: Vec<f64> = above.iter().zip(below).map(|(a, b)| a + b).collect();
            let pairs = sums.chunks(2);
            samples.extend(pairs.map(|pair| pair.iter().sum::<f64>() / (2 * pair.len()) as f64));
        }
        Self {
            width: self.width.div_ceil(2),
            samples,
        }
    }
}

/// The weights of the window along one side; their sum is 1.
fn weights() -> [f64; SIDE] {
    let middle = (SIDE / 2) as f64;
    let mut weights = [0.0; SIDE];
    for (place, weight) in weights.iter_mut().enumerate() {
        let distance = place as f64 - middle;
        *weight = (-distance * distance / (2.0 * SIGMA * SIGMA)).exp();
    }
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// Rows of moments that were filtered along x, the last [`SIDE`] of them.
struct Band {
    weights: [f64; SIDE],
    /// Samples across a filtered row.
    width: usize,
    rows: Vec<[Vec<f64>; MOMENTS]>,
    /// Rows seen so far.
    seen: usize,
}

impl Band {
    fn new(width: usize) -> Self {
        let width = (width + 1).saturating_sub(SIDE);
        let empty = || std::array::from_fn(|_| vec![0.0; width]);
        Self {
            weights: weights(),
            width,
            rows: (0..SIDE).map(|_| empty()).collect(),
            seen: 0,
        }
    }

    /// Takes the next row of both planes.
    fn push(&mut self, a: &[f64], b: &[f64]) {
        let place = self.seen % SIDE;
        self.seen += 1;
        let Some(row) = self.rows.get_mut(place) else {
            return;
        };
        let moments: [fn(f64, f64) -> f64; MOMENTS] =
            [|a, _| a, |_, b| b, |a, _| a * a, |_, b| b * b, |a, b| a * b];
        for (filtered, moment) in row.iter_mut().zip(moments) {
            let values: Vec<f64> = a.iter().zip(b).map(|(a, b)| moment(*a, *b)).collect();
            filtered.fill(0.0);
            for (offset, weight) in self.weights.iter().enumerate() {
                let shifted = values.get(offset..).unwrap_or_default();
                for (sum, value) in filtered.iter_mut().zip(shifted) {
                    *sum += weight * value;
                }
            }
        }
    }

    /// The moments under the windows that end with the row that came last; `None` before there is one.
    fn moments(&self) -> Option<[Vec<f64>; MOMENTS]> {
        if self.seen < SIDE {
            return None;
        }
        let mut moments = std::array::from_fn(|_| vec![0.0; self.width]);
        let oldest = self.seen % SIDE;
        let (newer, older) = self.rows.split_at_checked(oldest)?;
        for (row, weight) in older.iter().chain(newer).zip(self.weights) {
            for (sums, values) in moments.iter_mut().zip(row) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += weight * value;
                }
            }
        }
        Some(moments)
    }
}

/// Compares two planes of one size; both means are 1 where the window fits nowhere.
pub(crate) fn structure(a: &Plane, b: &Plane, peak: f64) -> Structure {
    let (c1, c2) = ((0.01 * peak).powi(2), (0.03 * peak).powi(2));
    let (mut index, mut contrast, mut windows) = (0.0, 0.0, 0u64);
    let mut band = Band::new(a.width);
    for (row_a, row_b) in a.rows().zip(b.rows()) {
        band.push(row_a, row_b);
        let Some([mean_a, mean_b, squares_a, squares_b, products]) = band.moments() else {
            continue;
        };
        let means = mean_a.iter().zip(&mean_b);
        let squares = squares_a.iter().zip(&squares_b);
        for (((a, b), (aa, bb)), ab) in means.zip(squares).zip(&products) {
            let variances = (aa - a * a) + (bb - b * b);
            let covariance = ab - a * b;
            // A picture whose peak is 0 is all one colour.
            let ratio = |above: f64, below: f64| if below > 0.0 { above / below } else { 1.0 };
            let alike = ratio(2.0 * covariance + c2, variances + c2);
            contrast += alike;
            index += alike * ratio(2.0 * a * b + c1, a * a + b * b + c1);
            windows += 1;
        }
    }
    match windows {
        0 => Structure {
            index: 1.0,
            contrast: 1.0,
        },
        windows => Structure {
            index: index / windows as f64,
            contrast: contrast / windows as f64,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::tests::noise;

    /// The definition at one place: every sample under the window by its weight.
    fn by_definition(a: &[u8], b: &[u8], width: usize, [top, left]: [usize; 2]) -> f64 {
        let weights = weights();
        let mut sums = [0.0; MOMENTS];
        for y in 0..SIDE {
            for x in 0..SIDE {
                let at = (top + y) * width + left + x;
                let (a, b) = (f64::from(a[at]), f64::from(b[at]));
                for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                    *sum += weights[y] * weights[x] * value;
                }
            }
        }
        let [a, b, aa, bb, ab] = sums;
        let (c1, c2) = (2.55f64.powi(2), 7.65f64.powi(2));
        (2.0 * a * b + c1) * (2.0 * (ab - a * b) + c2)
            / ((a * a + b * b + c1) * (aa - a * a + bb - b * b + c2))
    }

    #[test]
    fn the_bands_give_what_the_definition_gives() {
        for (width, height) in [(11, 11), (16, 30), (29, 13)] {
            let (a, b) = (noise(width * height, 31), noise(width * height, 37));
            let places = (0..=height - SIDE).flat_map(|y| (0..=width - SIDE).map(move |x| [y, x]));
            let indices: Vec<f64> = places.map(|at| by_definition(&a, &b, width, at)).collect();
            let expected = indices.iter().sum::<f64>() / indices.len() as f64;
            let [a, b] = [a, b].map(|samples| Plane::of(&samples, width, 1, 0));
            let found = structure(&a, &b, 255.0).index;
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn halving_averages_two_by_two() {
        let plane = Plane::of(&[1u8, 3, 5, 5, 7, 9, 2, 4, 6], 3, 1, 0);
        let half = plane.halved();
        assert_eq!((half.width, half.height()), (2, 2));
        assert_eq!(half.samples, [4.0, 7.0, 3.0, 6.0]);
    }
}
