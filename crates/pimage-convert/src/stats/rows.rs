//! Loops over rows of samples, in the widest vector instructions of the machine.

use pimage_core::Sample;

use super::tally::{Exact, Float, Group, Tally};

/// The most samples that are added up before the sums go into a tally: sums of so many fit the types in the loops.
const CHUNK: usize = 4_096;

/// Independent sums that floats are added to.
const LANES: usize = 16;

/// A row between its neighbours: above, left, itself, right, below; all of one length.
pub(super) type Around<'a, T> = [&'a [T]; 5];

/// A sample type whose rows are added up.
pub(super) trait Row: Sample {
    type Tally: Tally;

    /// Adds the samples of a row; their squares too, if `with_squares`.
    fn add(row: &[Self], with_squares: bool, tally: &mut Self::Tally);

    /// Adds what the sum of the four neighbours is over four times each sample.
    fn add_laplacian(around: Around<'_, Self>, room: &mut Vec<f64>, tally: &mut Self::Tally);

    /// Adds how far the samples of two rows are apart, without squares.
    fn add_difference(row: &[Self], other: &[Self], room: &mut Vec<f64>, tally: &mut Self::Tally);
}

/// The same part of five rows.
#[inline(always)]
fn part<'a, T>(around: &Around<'a, T>, start: usize, length: usize) -> Around<'a, T> {
    around.map(|row| {
        let end = (start + length).min(row.len());
        row.get(start..end).unwrap_or_default()
    })
}

macro_rules! integers {
    // The types of: a sum of samples, a square or a sum of differences, a sum of squares; the Laplacian, its square, a sum of these.
    ($($type:ident: $sum:ident $square:ident $squares:ident, $bend:ident $bend_square:ident $bend_squares:ident;)*) => {$(
        impl Row for $type {
            type Tally = Exact;

            fn add(row: &[Self], with_squares: bool, tally: &mut Exact) {
                for chunk in row.chunks(CHUNK) {
                    let (mut sum, mut squares): ($sum, $squares) = (0, 0);
                    let (mut min, mut max) = (Self::MAX, Self::MIN);
                    pulp::Arch::new().dispatch(
                        #[inline(always)]
                        || {
                            for sample in chunk {
                                sum += $sum::from(*sample);
                                min = min.min(*sample);
                                max = max.max(*sample);
                            }
                            if with_squares {
                                for sample in chunk {
                                    let size = $square::from(sample.abs_diff(0));
                                    squares += $squares::from(size * size);
                                }
                            }
                        },
                    );
                    tally.count += chunk.len() as u64;
                    tally.sum += i128::from(sum);
                    tally.squares += u128::from(squares);
                    tally.min = tally.min.min(i64::from(min));
                    tally.max = tally.max.max(i64::from(max));
                }
            }

            fn add_laplacian(around: Around<'_, Self>, _: &mut Vec<f64>, tally: &mut Exact) {
                let length = around[2].len();
                for start in (0..length).step_by(CHUNK) {
                    let [above, left, own, right, below] = part(&around, start, CHUNK);
                    let mut sum: $bend = 0;
                    let mut squares: $bend_squares = 0;
                    pulp::Arch::new().dispatch(
                        #[inline(always)]
                        || {
                            let pairs = above.iter().zip(below).zip(left.iter().zip(right));
                            for (((above, below), (left, right)), own) in pairs.zip(own) {
                                let beside = $bend::from(*above) + $bend::from(*below) + $bend::from(*left) + $bend::from(*right);
                                let bend = beside - 4 * $bend::from(*own);
                                sum += bend;
                                let size = $bend_square::from(bend.unsigned_abs());
                                squares += $bend_squares::from(size * size);
                            }
                        },
                    );
                    tally.count += own.len() as u64;
                    tally.sum += i128::from(sum);
                    tally.squares += u128::from(squares);
                }
            }

            fn add_difference(row: &[Self], other: &[Self], _: &mut Vec<f64>, tally: &mut Exact) {
                for (row, other) in row.chunks(CHUNK).zip(other.chunks(CHUNK)) {
                    let mut sum: $square = 0;
                    pulp::Arch::new().dispatch(
                        #[inline(always)]
                        || {
                            for (sample, other) in row.iter().zip(other) {
                                sum += $square::from(sample.abs_diff(*other));
                            }
                        },
                    );
                    tally.count += row.len() as u64;
                    tally.sum += i128::from(sum);
                }
            }
        }
    )*};
}

integers!(
    u8: u32 u32 u32, i32 u32 u32;
    u16: u32 u32 u64, i32 u64 u64;
    i16: i32 u32 u64, i32 u64 u64;
    u32: u64 u64 u128, i64 u128 u128;
    i32: i64 u64 u128, i64 u128 u128;
);

macro_rules! floats {
    ($($type:ident)*) => {$(
        impl Row for $type {
            type Tally = Float;

            fn add(row: &[Self], with_squares: bool, tally: &mut Float) {
                for chunk in row.chunks(CHUNK) {
                    add_floats(chunk, with_squares, tally);
                }
            }

            fn add_laplacian(around: Around<'_, Self>, room: &mut Vec<f64>, tally: &mut Float) {
                let length = around[2].len();
                for start in (0..length).step_by(CHUNK) {
                    let [above, left, own, right, below] = part(&around, start, CHUNK);
                    let pairs = above.iter().zip(below).zip(left.iter().zip(right));
                    room.clear();
                    room.extend(pairs.zip(own).map(|(((above, below), (left, right)), own)| {
                        let beside = f64::from(*above) + f64::from(*below) + f64::from(*left) + f64::from(*right);
                        beside - 4.0 * f64::from(*own)
                    }));
                    add_floats(room, true, tally);
                }
            }

            fn add_difference(row: &[Self], other: &[Self], room: &mut Vec<f64>, tally: &mut Float) {
                for (row, other) in row.chunks(CHUNK).zip(other.chunks(CHUNK)) {
                    let apart = |(sample, other): (&Self, &Self)| (f64::from(*sample) - f64::from(*other)).abs();
                    room.clear();
                    room.extend(row.iter().zip(other).map(apart));
                    add_floats(room, false, tally);
                }
            }
        }
    )*};
}

floats!(f32 f64);

fn add_floats<T: Copy>(row: &[T], with_squares: bool, tally: &mut Float)
where
    f64: From<T>,
{
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            let group = grouped(row);
            let deviations = match with_squares {
                true => deviations(row, group.mean()),
                false => 0.0,
            };
            tally.add(&group, deviations);
        },
    );
}

/// Sums side by side, so that one addition does not wait for the one before.
struct Lanes {
    sums: [f64; LANES],
    nans: [u64; LANES],
    least: [f64; LANES],
    greatest: [f64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn add<T: Copy>(&mut self, samples: &[T])
    where
        f64: From<T>,
    {
        let lanes = self.sums.iter_mut().zip(&mut self.nans);
        let bounds = self.least.iter_mut().zip(&mut self.greatest);
        for (((sum, nan), (min, max)), sample) in lanes.zip(bounds).zip(samples) {
            let value = f64::from(*sample);
            // Comparing with what is not a number is never true.
            *min = if value < *min { value } else { *min };
            *max = if value > *max { value } else { *max };
            *sum += if value.is_nan() { 0.0 } else { value };
            *nan += u64::from(value.is_nan());
        }
    }
}

#[inline(always)]
fn grouped<T: Copy>(row: &[T]) -> Group
where
    f64: From<T>,
{
    let mut lanes = Lanes {
        sums: [0.0; LANES],
        nans: [0; LANES],
        least: [f64::INFINITY; LANES],
        greatest: [f64::NEG_INFINITY; LANES],
    };
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        lanes.add(chunk);
    }
    lanes.add(rest);
    let nan = lanes.nans.iter().sum();
    Group {
        count: row.len() as u64 - nan,
        nan,
        sum: lanes.sums.iter().sum(),
        min: lanes.least.iter().copied().fold(f64::INFINITY, f64::min),
        max: lanes
            .greatest
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max),
    }
}

/// The sum of squared deviations from `mean`.
#[inline(always)]
fn deviations<T: Copy>(row: &[T], mean: f64) -> f64
where
    f64: From<T>,
{
    let mut sums = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        add_deviations(chunk, mean, &mut sums);
    }
    add_deviations(rest, mean, &mut sums);
    sums.iter().sum()
}

#[inline(always)]
fn add_deviations<T: Copy>(samples: &[T], mean: f64, sums: &mut [f64; LANES])
where
    f64: From<T>,
{
    for (sum, sample) in sums.iter_mut().zip(samples) {
        let value = f64::from(*sample);
        let apart = if value.is_nan() { 0.0 } else { value - mean };
        *sum += apart * apart;
    }
}
