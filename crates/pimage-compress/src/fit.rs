//! Weights of neighbours that are fitted to what is known already, tile by tile.

use crate::segment::{Lanes, Segment, WIDTH};
use crate::taps::TAPS;
use crate::vector::vectorized;

/// Rows of a step in a tile; it is as wide as a segment.
pub(crate) const TILE: usize = WIDTH;

/// What of a tile's past counts when it is visited again.
const MEMORY: f32 = 0.85;

/// How much the tiles around count.
const AROUND: f32 = 0.4;

/// What holds weights back, in squared steps of the quantiser: about the noise of a dozen values.
const RIDGE: f64 = 1.0;

/// Pairs of neighbours, each with itself too.
const PAIRS: usize = TAPS * (TAPS + 1) / 2;

/// Sums of products that are kept apart while they are added up.
const APART: usize = 8;

/// Columns of the equations: the neighbours, what was to be predicted, and room for whole vectors.
const COLUMNS: usize = TAPS + 4;

/// Products of neighbours, and of neighbours with what was to be predicted.
#[derive(Debug, Clone)]
struct Sums<T> {
    pairs: [T; PAIRS],
    target: [T; TAPS],
}

/// The tiles of one step.
#[derive(Debug)]
pub(crate) struct Fit {
    sums: Vec<Sums<f32>>,
    weights: Vec<[f32; TAPS]>,
    /// Of the row of tiles that is being visited.
    fresh: Vec<Sums<[f32; APART]>>,
    columns: usize,
    taps: usize,
}

impl Fit {
    pub(crate) fn new(rows: usize, columns: usize, taps: usize) -> Self {
        let (rows, columns) = (rows.div_ceil(TILE).max(1), columns.div_ceil(WIDTH).max(1));
        Self {
            sums: vec![Sums::empty(0.0); rows * columns],
            weights: vec![[0.0; TAPS]; rows * columns],
            fresh: vec![Sums::empty([0.0; APART]); columns],
            columns,
            taps,
        }
    }

    /// How many tiles there are.
    pub(crate) fn tiles(&self) -> usize {
        self.sums.len()
    }

    /// The tile of a segment of a row.
    pub(crate) fn tile(&self, row: usize, segment: usize) -> usize {
        row / TILE * self.columns + segment
    }

    /// The weights of a tile.
    pub(crate) fn weights(&self, tile: usize) -> [f32; TAPS] {
        self.weights.get(tile).copied().unwrap_or([0.0; TAPS])
    }

    /// Learns how far the values of a segment lay from their base predictions.
    pub(crate) fn learn(&mut self, place: usize, segment: &Segment) {
        if let Some(fresh) = self.fresh.get_mut(place) {
            let near = segment.near.get(..self.taps).unwrap_or(&[]);
            vectorized(
                #[inline(always)]
                || fresh.learn(near, &segment.target),
            );
        }
    }

    /// Adds what was learnt to the row of tiles that holds a row of points.
    pub(crate) fn settle(&mut self, row: usize, share: f32) {
        let first = row / TILE * self.columns;
        for (sums, fresh) in self.sums.iter_mut().skip(first).zip(&mut self.fresh) {
            vectorized(
                #[inline(always)]
                || {
                    for (sum, fresh) in sums.each_mut().zip(fresh.each_mut()) {
                        let [a, b, c, d, e, f, g, h] = *fresh;
                        *sum = *sum * MEMORY + (((a + e) + (b + f)) + ((c + g) + (d + h))) * share;
                        *fresh = [0.0; APART];
                    }
                },
            );
        }
    }

    /// Fits the weights of the row of tiles that begins at a row of points.
    pub(crate) fn refresh(&mut self, row: usize) {
        let first = row / TILE * self.columns;
        for tile in first..first + self.columns {
            let mut pooled = self.sums[tile].clone();
            let column = tile - first;
            let around = [
                (column > 0).then(|| tile - 1),
                (column + 1 < self.columns).then_some(tile + 1),
                tile.checked_sub(self.columns),
                Some(tile + self.columns).filter(|&tile| tile < self.sums.len()),
            ];
            for other in around.into_iter().flatten() {
                pooled.add(&self.sums[other], AROUND);
            }
            let taps = self.taps;
            let weights = vectorized(
                #[inline(always)]
                || pooled.solve(taps),
            );
            if let Some(weights) = weights {
                self.weights[tile] = weights;
            }
        }
    }
}

impl<T: Copy> Sums<T> {
    fn empty(zero: T) -> Self {
        Self {
            pairs: [zero; PAIRS],
            target: [zero; TAPS],
        }
    }

    #[inline(always)]
    fn each_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pairs.iter_mut().chain(&mut self.target)
    }
}

/// Two halves of a segment, so that a product of segments ends in one vector.
#[inline(always)]
fn halves(lanes: &Lanes<f32>) -> [[f32; APART]; 2] {
    let mut found = [[0.0; APART]; 2];
    for (found, lanes) in found.iter_mut().zip(lanes.chunks_exact(APART)) {
        found.copy_from_slice(lanes);
    }
    found
}

#[inline(always)]
fn add_product(sum: &mut [f32; APART], one: &[[f32; APART]; 2], other: &[[f32; APART]; 2]) {
    for at in 0..APART {
        sum[at] += one[0][at] * other[0][at] + one[1][at] * other[1][at];
    }
}

impl Sums<[f32; APART]> {
    #[inline(always)]
    fn learn(&mut self, near: &[Lanes<f32>], target: &Lanes<f32>) {
        let mut pairs = self.pairs.iter_mut();
        let target = halves(target);
        for (at, (one, sum)) in near.iter().zip(&mut self.target).enumerate() {
            let one = halves(one);
            add_product(sum, &one, &target);
            for (other, sum) in near.iter().take(at + 1).zip(&mut pairs) {
                add_product(sum, &one, &halves(other));
            }
        }
    }
}

impl Sums<f32> {
    fn add(&mut self, other: &Self, share: f32) {
        for (sum, other) in self.pairs.iter_mut().zip(&other.pairs) {
            *sum += share * other;
        }
        for (sum, other) in self.target.iter_mut().zip(&other.target) {
            *sum += share * other;
        }
    }

    /// The weights of least squared error, held back by the ridge; `None` where there are none.
    #[inline(always)]
    fn solve(&self, taps: usize) -> Option<[f32; TAPS]> {
        let mut rows = [[0.0_f64; COLUMNS]; TAPS];
        let mut pairs = self.pairs.iter();
        let mut trace = 0.0;
        for (at, target) in self.target.iter().enumerate().take(taps) {
            for (other, sum) in (0..=at).zip(&mut pairs) {
                rows[other][at] = f64::from(*sum);
            }
            trace += rows[at][at];
            rows[at][TAPS] = f64::from(*target);
        }
        let ridge = RIDGE + trace / taps as f64 * 1e-5;
        for at in 0..taps {
            let mut row = rows[at];
            let pivot = row[at] + ridge;
            if !(pivot.is_finite() && pivot > 0.0) {
                return None;
            }
            let inverse = 1.0 / pivot;
            for below in at + 1..taps {
                let factor = row[below] * inverse;
                for (value, above) in rows[below].iter_mut().zip(&row) {
                    *value -= factor * above;
                }
            }
            for value in &mut row {
                *value *= inverse;
            }
            rows[at] = row;
        }
        let mut solution = [0.0_f64; TAPS];
        for at in (0..taps).rev() {
            let mut sum = rows[at][TAPS];
            for other in at + 1..taps {
                sum -= rows[at][other] * solution[other];
            }
            solution[at] = sum;
        }
        let weights = solution.map(|weight| weight as f32);
        weights
            .iter()
            .all(|weight| weight.is_finite())
            .then_some(weights)
    }
}
