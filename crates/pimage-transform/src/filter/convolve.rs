//! Convolution with a symmetric kernel along rows and columns, in one pass over the frame.
//!
//! Columns first, from the rows of the frame into one row; then along that row, which is still in the fastest cache.
//! Channels lie side by side, so that a neighbour is as many samples away as there are channels.

use pimage_core::Sample;

use super::border::{fill_margins, mirrored};
use super::kernel;
use super::real::Real;
use crate::vector::vectorized;

/// Reach of the kernel in standard deviations: OpenCV's.
const REACH_U8: f64 = 3.0;
const REACH: f64 = 4.0;

/// A type that sums are kept in.
trait Sum: Copy + Default {
    /// `self + (first + second) * weight`; what integers are used for stays within them.
    fn add(self, first: Self, second: Self, weight: Self) -> Self;
    /// `self * weight`.
    fn times(self, weight: Self) -> Self;
}

impl Sum for u16 {
    #[inline(always)]
    fn add(self, first: Self, second: Self, weight: Self) -> Self {
        self.wrapping_add(first.wrapping_add(second).wrapping_mul(weight))
    }

    #[inline(always)]
    fn times(self, weight: Self) -> Self {
        self.wrapping_mul(weight)
    }
}

macro_rules! float_sum {
    ($($type:ident),*) => {$(
        impl Sum for $type {
            #[inline(always)]
            fn add(self, first: Self, second: Self, weight: Self) -> Self {
                self + (first + second) * weight
            }

            #[inline(always)]
            fn times(self, weight: Self) -> Self {
                self * weight
            }
        }
    )*};
}

float_sum!(f32, f64);

/// Sums of weighted rows, column by column: `rows` are the middle one and then pairs at equal distance from it.
#[inline(always)]
fn columns<S: Copy, A: Sum>(
    rows: &[&[S]],
    weights: &[A],
    output: &mut [A],
    widen: impl Fn(S) -> A + Copy,
) {
    const LANES: usize = 64;
    let whole = output.len() / LANES * LANES;
    let (blocks, rest) = output.split_at_mut(whole);
    for (place, block) in blocks.chunks_exact_mut(LANES).enumerate() {
        if let Some(sums) = column_block::<S, A, LANES>(rows, weights, place * LANES, widen) {
            block.copy_from_slice(&sums);
        }
    }
    for (place, sample) in rest.iter_mut().enumerate() {
        if let Some([sum]) = column_block::<S, A, 1>(rows, weights, whole + place, widen) {
            *sample = sum;
        }
    }
}

#[inline(always)]
fn column_block<S: Copy, A: Sum, const LANES: usize>(
    rows: &[&[S]],
    weights: &[A],
    start: usize,
    widen: impl Fn(S) -> A + Copy,
) -> Option<[A; LANES]> {
    let (middle, pairs) = rows.split_first()?;
    let (weight, weights) = weights.split_first()?;
    let middle = middle.get(start..)?.first_chunk::<LANES>()?;
    let mut sums = [A::default(); LANES];
    for (sum, sample) in sums.iter_mut().zip(middle) {
        *sum = widen(*sample).times(*weight);
    }
    for (pair, weight) in pairs.chunks_exact(2).zip(weights) {
        let [above, below] = pair else { return None };
        let above = above.get(start..)?.first_chunk::<LANES>()?;
        let below = below.get(start..)?.first_chunk::<LANES>()?;
        for ((sum, above), below) in sums.iter_mut().zip(above).zip(below) {
            *sum = sum.add(widen(*above), widen(*below), *weight);
        }
    }
    Some(sums)
}

/// Sums of weighted neighbours: `row` has margins, and `start` is where the outermost neighbour of the first sample stands.
#[inline(always)]
fn row_block<A: Sum, const LANES: usize>(
    row: &[A],
    weights: &[A],
    start: usize,
    step: usize,
) -> Option<[A; LANES]> {
    let (weight, weights) = weights.split_first()?;
    let middle = start + weights.len() * step;
    let chunk = |start: usize| row.get(start..)?.first_chunk::<LANES>();
    let mut sums = [A::default(); LANES];
    for (sum, sample) in sums.iter_mut().zip(chunk(middle)?) {
        *sum = sample.times(*weight);
    }
    let (mut left, mut right) = (middle, middle);
    for weight in weights {
        left = left.checked_sub(step)?;
        right += step;
        for ((sum, first), second) in sums.iter_mut().zip(chunk(left)?).zip(chunk(right)?) {
            *sum = sum.add(*first, *second, *weight);
        }
    }
    Some(sums)
}

/// Runs over a row in blocks, then sample by sample.
macro_rules! in_blocks {
    ($output:ident, $lanes:literal, $count:ident, $start:ident, $block:ident => $body:expr) => {{
        let whole = $output.len() / $lanes * $lanes;
        let (blocks, rest) = $output.split_at_mut(whole);
        for (place, $block) in blocks.chunks_exact_mut($lanes).enumerate() {
            const $count: usize = $lanes;
            let $start = place * $lanes;
            $body;
        }
        for (place, $block) in rest.chunks_exact_mut(1).enumerate() {
            const $count: usize = 1;
            let $start = whole + place;
            $body;
        }
    }};
}

fn columns_u8(rows: &[&[u8]], weights: &[u16], output: &mut [u16]) {
    vectorized(
        #[inline(always)]
        || {
            columns(rows, weights, output, u16::from);
        },
    );
}

/// The sums of [`columns_u8`], up to 255 * 256, need 24 bits once they are weighted again:
/// their upper and lower halves are summed apart, each within 16 bits.
fn rows_u8(upper: &[u16], lower: &[u16], weights: &[u16], step: usize, output: &mut [u8]) {
    vectorized(
        #[inline(always)]
        || {
            in_blocks!(output, 64, LANES, start, block => {
                let upper = row_block::<u16, LANES>(upper, weights, start, step);
                let lower = row_block::<u16, LANES>(lower, weights, start, step);
                if let Some((upper, lower)) = upper.zip(lower) {
                    for ((sample, upper), lower) in block.iter_mut().zip(upper).zip(lower) {
                        *sample = ((upper + (lower >> 8) + 128) >> 8) as u8;
                    }
                }
            });
        },
    );
}

/// Splits sums into their upper and lower halves.
fn split(sums: &[u16], upper: &mut [u16], lower: &mut [u16]) {
    vectorized(
        #[inline(always)]
        || {
            for ((sum, upper), lower) in sums.iter().zip(upper).zip(lower) {
                *upper = *sum >> 8;
                *lower = *sum & 0xFF;
            }
        },
    );
}

/// A kernel along rows and one along columns.
#[derive(Debug, Clone)]
pub(super) struct Kernels {
    exact: [Vec<f64>; 2],
    single: [Vec<f32>; 2],
    fixed: [Vec<u16>; 2],
}

impl Kernels {
    /// Gaussians of these standard deviations along rows and along columns, pixels.
    pub(super) fn gaussian(sigma_x: f64, sigma_y: f64) -> Self {
        let of = |reach| [sigma_x, sigma_y].map(|sigma| kernel::gaussian(sigma, reach));
        let exact = of(REACH);
        let single = [0, 1].map(|axis: usize| {
            let weights = exact.get(axis).into_iter().flatten();
            weights.map(|weight| *weight as f32).collect()
        });
        Self {
            single,
            exact,
            fixed: of(REACH_U8).map(|weights| kernel::in_256ths(&weights)),
        }
    }
}

/// A sample that is convolved.
pub(super) trait Convolve: Sample {
    /// Convolves a frame of `width` pixels in a row into `output`; `finish` gets each row as it was and as it became.
    fn convolve(
        kernels: &Kernels,
        input: &[Self],
        output: &mut [Self],
        layout: Layout,
        finish: impl FnMut(&[Self], &mut [Self]),
    );
}

/// How samples lie in a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// Pixels in a row.
    pub(super) width: usize,
    /// Samples in a pixel.
    pub(super) channels: usize,
}

impl Layout {
    /// Samples in a row; never 0.
    pub(super) const fn row_len(self) -> usize {
        let len = self.width * self.channels;
        if len == 0 { 1 } else { len }
    }
}

/// The rows around row `y`: it first, then the one above and the one below, and so on.
fn neighbours<'a, S>(
    rows: &mut Vec<&'a [S]>,
    input: &'a [S],
    row_len: usize,
    y: usize,
    radius: usize,
) {
    let height = input.len() / row_len;
    let row = |y: isize| {
        let start = mirrored(y, height) * row_len;
        input.get(start..start + row_len).unwrap_or_default()
    };
    rows.clear();
    let y = y as isize;
    rows.push(row(y));
    for distance in 1..=radius as isize {
        rows.push(row(y - distance));
        rows.push(row(y + distance));
    }
}

impl Convolve for u8 {
    fn convolve(
        kernels: &Kernels,
        input: &[Self],
        output: &mut [Self],
        layout: Layout,
        mut finish: impl FnMut(&[Self], &mut [Self]),
    ) {
        let [along, across] = &kernels.fixed;
        let (row_len, channels) = (layout.row_len(), layout.channels);
        let (radius, margin) = (along.len() - 1, (along.len() - 1) * channels);
        let mut sums = vec![0; row_len];
        let mut halves = [(); 2].map(|()| vec![0; row_len + 2 * margin]);
        let mut rows = Vec::new();
        let lines = input
            .chunks_exact(row_len)
            .zip(output.chunks_exact_mut(row_len));
        for (y, (line, result)) in lines.enumerate() {
            neighbours(&mut rows, input, row_len, y, across.len() - 1);
            columns_u8(&rows, across, &mut sums);
            let [upper, lower] = &mut halves;
            if let (Some(upper), Some(lower)) = (upper.get_mut(margin..), lower.get_mut(margin..)) {
                split(&sums, upper, lower);
            }
            fill_margins(upper, radius, channels, mirrored);
            fill_margins(lower, radius, channels, mirrored);
            rows_u8(upper, lower, along, channels, result);
            finish(line, result);
        }
    }
}

macro_rules! through_floats {
    ($columns:ident $rows:ident $weights:ident: $sum:ident, $($type:ident)*) => {$(
        const _: () = {
            fn $columns(rows: &[&[$type]], weights: &[$sum], output: &mut [$sum]) {
                vectorized(#[inline(always)] || columns(rows, weights, output, #[inline(always)] |sample| <$type>::to_real(sample)));
            }

            fn $rows(row: &[$sum], weights: &[$sum], step: usize, output: &mut [$type]) {
                vectorized(#[inline(always)] || in_blocks!(output, 32, LANES, start, block => {
                    if let Some(sums) = row_block::<$sum, LANES>(row, weights, start, step) {
                        for (sample, sum) in block.iter_mut().zip(sums) {
                            *sample = <$type>::nearest(sum);
                        }
                    }
                }));
            }

            impl Convolve for $type {
                fn convolve(
                    kernels: &Kernels,
                    input: &[Self],
                    output: &mut [Self],
                    layout: Layout,
                    mut finish: impl FnMut(&[Self], &mut [Self]),
                ) {
                    let [along, across] = &kernels.$weights;
                    let (row_len, channels) = (layout.row_len(), layout.channels);
                    let (radius, margin) = (along.len() - 1, (along.len() - 1) * channels);
                    let mut sums = vec![0.0; row_len + 2 * margin];
                    let mut rows = Vec::new();
                    let lines = input.chunks_exact(row_len).zip(output.chunks_exact_mut(row_len));
                    for (y, (line, result)) in lines.enumerate() {
                        neighbours(&mut rows, input, row_len, y, across.len() - 1);
                        if let Some(sums) = sums.get_mut(margin..margin + row_len) {
                            $columns(&rows, across, sums);
                        }
                        fill_margins(&mut sums, radius, channels, mirrored);
                        $rows(&sums, along, channels, result);
                        finish(line, result);
                    }
                }
            }
        };
    )*};
}

// Sums of 16-bit samples are off by at most a few hundredths of a level in single precision.
through_floats!(columns_single rows_single single: f32, u16 i16 f32);
through_floats!(columns_double rows_double exact: f64, u32 i32 f64);
