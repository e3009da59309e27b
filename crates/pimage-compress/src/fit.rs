//! Weights of neighbours that are fitted to what is known already, tile by tile.

use crate::taps::TAPS;

/// Points of a step along each side of a tile.
pub(crate) const TILE: usize = 16;

/// What of a tile's past counts when it is visited again.
const MEMORY: f32 = 0.85;

/// How much the tiles around count.
const AROUND: f32 = 0.4;

/// What holds weights back, in squared steps of the quantiser: about the noise of a dozen values.
const RIDGE: f64 = 1.0;

/// Products of neighbours, and of neighbours with what was to be predicted.
#[derive(Debug, Clone)]
struct Sums {
    pairs: [[f32; TAPS]; TAPS],
    target: [f32; TAPS],
}

/// The tiles of one step.
#[derive(Debug)]
pub(crate) struct Fit {
    sums: Vec<Sums>,
    weights: Vec<[f32; TAPS]>,
    columns: usize,
    taps: usize,
}

impl Fit {
    pub(crate) fn new(rows: usize, columns: usize, taps: usize) -> Self {
        let (rows, columns) = (rows.div_ceil(TILE).max(1), columns.div_ceil(TILE).max(1));
        let empty = Sums {
            pairs: [[0.0; TAPS]; TAPS],
            target: [0.0; TAPS],
        };
        Self {
            sums: vec![empty; rows * columns],
            weights: vec![[0.0; TAPS]; rows * columns],
            columns,
            taps,
        }
    }

    /// How many tiles there are.
    pub(crate) fn tiles(&self) -> usize {
        self.sums.len()
    }

    /// The tile of a point of the step.
    pub(crate) fn tile(&self, row: usize, column: usize) -> usize {
        row / TILE * self.columns + column / TILE
    }

    /// How far the weighted neighbours lie from the base prediction.
    #[inline]
    pub(crate) fn predict(&self, tile: usize, neighbours: &[f32; TAPS]) -> f32 {
        let mut lanes = [0.0_f32; 4];
        let weights = &self.weights[tile];
        for at in 0..TAPS {
            lanes[at % 4] += neighbours[at] * weights[at];
        }
        (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
    }

    /// Learns how far a value lay from the base prediction.
    #[inline]
    pub(crate) fn learn(&mut self, tile: usize, neighbours: &[f32; TAPS], target: f32) {
        let sums = &mut self.sums[tile];
        for (at, row) in sums.pairs.iter_mut().enumerate() {
            let factor = neighbours[at];
            let end = (at / 8 + 1) * 8;
            for (sum, neighbour) in row[..end].iter_mut().zip(&neighbours[..end]) {
                *sum += factor * neighbour;
            }
        }
        for (sum, neighbour) in sums.target.iter_mut().zip(neighbours) {
            *sum += target * neighbour;
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
            if let Some(weights) = pooled.solve(self.taps) {
                self.weights[tile] = weights;
            }
            self.sums[tile].fade();
        }
    }
}

impl Sums {
    fn add(&mut self, other: &Self, share: f32) {
        for (row, other) in self.pairs.iter_mut().zip(&other.pairs) {
            for (sum, other) in row.iter_mut().zip(other) {
                *sum += share * other;
            }
        }
        for (sum, other) in self.target.iter_mut().zip(&other.target) {
            *sum += share * other;
        }
    }

    fn fade(&mut self) {
        for row in &mut self.pairs {
            for sum in row {
                *sum *= MEMORY;
            }
        }
        for sum in &mut self.target {
            *sum *= MEMORY;
        }
    }

    /// The weights of least squared error, held back by the ridge; `None` where there are none.
    fn solve(&self, taps: usize) -> Option<[f32; TAPS]> {
        let mut lower = [[0.0_f64; TAPS]; TAPS];
        let mut solution = [0.0_f64; TAPS];
        let trace: f64 = (0..taps).map(|at| f64::from(self.pairs[at][at])).sum();
        let ridge = RIDGE + trace / taps as f64 * 1e-5;
        for row in 0..taps {
            for column in 0..=row {
                let mut sum = f64::from(self.pairs[row][column]);
                for (one, other) in lower[row].iter().zip(&lower[column]).take(column) {
                    sum -= one * other;
                }
                if row == column {
                    let pivot = sum + ridge;
                    if !(pivot.is_finite() && pivot > 0.0) {
                        return None;
                    }
                    lower[row][row] = pivot.sqrt();
                } else {
                    lower[row][column] = sum / lower[column][column];
                }
            }
            let mut sum = f64::from(self.target[row]);
            for (factor, known) in lower[row].iter().zip(&solution).take(row) {
                sum -= factor * known;
            }
            solution[row] = sum / lower[row][row];
        }
        for row in (0..taps).rev() {
            let mut sum = solution[row];
            for at in row + 1..taps {
                sum -= lower[at][row] * solution[at];
            }
            solution[row] = sum / lower[row][row];
        }
        let weights = solution.map(|weight| weight as f32);
        weights
            .iter()
            .all(|weight| weight.is_finite())
            .then_some(weights)
    }
}
