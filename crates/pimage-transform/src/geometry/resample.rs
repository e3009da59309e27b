//! Frames of other sizes: weighted sums of rows, then of columns, or the other way round.

use super::blend::{Blend, Real, with_scratch};
use super::kernel::{EVEN, Taps};
use crate::vector::vectorized;

/// Samples with the number of pixels in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a, T> {
    pub(super) samples: &'a [T],
    pub(super) width: usize,
    pub(super) channels: usize,
}

impl<T> Source<'_, T> {
    const fn row(&self) -> usize {
        self.width * self.channels
    }

    /// A row and the pixels beyond it to which weights of 0 may reach.
    const fn padded(&self) -> usize {
        (self.width + EVEN - 1) * self.channels
    }
}

/// Rows that are summed across at once, each in a lane of its own: sums of columns are sums of vectors then.
const LANES: usize = 8;

/// One number of each of [`LANES`] rows.
type Lane<R> = [R; LANES];

/// Makes each output pixel of the input pixels that `across` and `down` name.
///
/// Rows are summed first unless there are to be more rows than there are.
pub(super) fn resample<T: Blend>(
    source: Source<'_, T>,
    across: &Taps<T::Real>,
    down: &Taps<T::Real>,
    output: &mut [T],
) {
    let samples = source.samples;
    if samples.is_empty() || output.is_empty() {
        return;
    }
    match down.len() > samples.len() / source.row() {
        false => rows_first(source, across, down, output),
        true => columns_first(source, across, down, output),
    }
}

fn rows_first<T: Blend>(
    source: Source<'_, T>,
    across: &Taps<T::Real>,
    down: &Taps<T::Real>,
    output: &mut [T],
) {
    let (row, output_row) = (source.row(), across.len() * source.channels);
    let wider = row.max(output_row);
    let scratch = LANES * (wider + source.padded() + output_row);
    with_scratch(scratch, |memory: &mut [T::Real]| {
        let (sums, memory) = memory.split_at_mut(LANES * wider);
        let (lanes, results) = memory.as_chunks_mut().0.split_at_mut(source.padded());
        vectorized(
            #[inline(always)]
            || {
                let batches = output.chunks_mut(LANES * output_row).enumerate();
                for (batch, output) in batches {
                    let count = output.len() / output_row;
                    let sums_of_rows = sums.chunks_exact_mut(row).take(count);
                    for (at, sums) in sums_of_rows.enumerate() {
                        let (first, weights) = down.of(batch * LANES + at);
                        let rows = |at: usize| {
                            let start = (first + at) * row;
                            source.samples.get(start..start + row).unwrap_or_default()
                        };
                        blend_rows(rows, weights, sums, T::to_real);
                    }
                    lanes_from_rows(sums, row, lanes);
                    blend_lanes(lanes, source.channels, across, results);
                    // Whole rows are narrowed faster than eight numbers at a time.
                    let sums = sums.get_mut(..output.len()).unwrap_or_default();
                    rows_from_lanes(results, sums, output_row);
                    for (result, value) in output.iter_mut().zip(sums) {
                        *result = T::from_real(*value);
                    }
                }
            },
        );
    });
}

fn columns_first<T: Blend>(
    source: Source<'_, T>,
    across: &Taps<T::Real>,
    down: &Taps<T::Real>,
    output: &mut [T],
) {
    let (row, output_row) = (source.row(), across.len() * source.channels);
    // Whole batches of rows, as many as the rows of one sum may lie in.
    let kept = (down.most() + LANES - 1).next_multiple_of(LANES);
    let scratch = LANES * (row + source.padded() + output_row) + output_row * (kept + 1);
    with_scratch(scratch, |memory: &mut [T::Real]| {
        let (rows, memory) = memory.split_at_mut(LANES * row);
        let (sums, memory) = memory.split_at_mut(output_row);
        let (ring, memory) = memory.split_at_mut(output_row * kept);
        let (lanes, results) = memory.as_chunks_mut().0.split_at_mut(source.padded());
        let mut next = 0;
        vectorized(
            #[inline(always)]
            || {
                for (place, output) in output.chunks_exact_mut(output_row).enumerate() {
                    let (first, weights) = down.of(place);
                    while next < first + weights.len() {
                        let samples = source.samples.get(next * row..).unwrap_or_default();
                        for (value, sample) in rows.iter_mut().zip(samples) {
                            *value = sample.to_real();
                        }
                        lanes_from_rows(rows, row, lanes);
                        blend_lanes(lanes, source.channels, across, results);
                        let start = next % kept * output_row;
                        let slots = ring.get_mut(start..start + LANES * output_row);
                        rows_from_lanes(results, slots.unwrap_or_default(), output_row);
                        next += LANES;
                    }
                    let rows = |at: usize| {
                        let start = (first + at) % kept * output_row;
                        ring.get(start..start + output_row).unwrap_or_default()
                    };
                    blend_rows(rows, weights, sums, |value| value);
                    for (result, value) in output.iter_mut().zip(&*sums) {
                        *result = T::from_real(*value);
                    }
                }
            },
        );
    });
}

/// The weighted sum of as many rows as there are weights.
#[inline(always)]
fn blend_rows<'a, U: Copy + 'a, R: Real>(
    row: impl Fn(usize) -> &'a [U],
    weights: &[R],
    sums: &mut [R],
    lift: impl Fn(U) -> R + Copy,
) {
    let mut at = match *weights {
        [_] => {
            for (sum, a) in sums.iter_mut().zip(row(0)) {
                *sum = lift(*a);
            }
            1
        }
        [v, w] => {
            for ((sum, a), b) in sums.iter_mut().zip(row(0)).zip(row(1)) {
                *sum = lift(*a) * v + lift(*b) * w;
            }
            2
        }
        [v, w, x, ..] => {
            let rows = row(0).iter().zip(row(1)).zip(row(2));
            for (sum, ((a, b), c)) in sums.iter_mut().zip(rows) {
                *sum = lift(*a) * v + lift(*b) * w + lift(*c) * x;
            }
            3
        }
        [] => 0,
    };
    while let Some(rest) = weights.get(at..)
        && !rest.is_empty()
    {
        if let [v, w, ..] = *rest {
            for ((sum, a), b) in sums.iter_mut().zip(row(at)).zip(row(at + 1)) {
                *sum += lift(*a) * v + lift(*b) * w;
            }
            at += 2;
        } else if let [v] = *rest {
            for (sum, a) in sums.iter_mut().zip(row(at)) {
                *sum += lift(*a) * v;
            }
            at += 1;
        }
    }
}

/// Puts [`LANES`] rows of `row` numbers beside each other, and 0 into the lanes beyond them.
#[inline(always)]
fn lanes_from_rows<R: Real>(rows: &[R], row: usize, lanes: &mut [Lane<R>]) {
    let (lanes, beyond) = lanes.split_at_mut_checked(row).unwrap_or_default();
    beyond.fill([R::ZERO; LANES]);
    let (blocks, rest) = lanes.as_chunks_mut::<LANES>();
    let done = blocks.len() * LANES;
    for (place, block) in blocks.iter_mut().enumerate() {
        let rows = std::array::from_fn(|lane| {
            let start = lane * row + place * LANES;
            let numbers = rows.get(start..).and_then(|rest| rest.first_chunk());
            numbers.copied().unwrap_or([R::ZERO; LANES])
        });
        *block = R::transposed(rows);
    }
    for (place, lanes) in rest.iter_mut().enumerate() {
        *lanes = std::array::from_fn(|lane| {
            let number = rows.get(lane * row + done + place);
            number.copied().unwrap_or(R::ZERO)
        });
    }
}

/// Puts the numbers of each lane into a row of `row` numbers, as many rows as there are.
#[inline(always)]
fn rows_from_lanes<R: Real>(lanes: &[Lane<R>], rows: &mut [R], row: usize) {
    let count = rows.len() / row;
    let (blocks, rest) = lanes.get(..row).unwrap_or_default().as_chunks::<LANES>();
    for (place, block) in blocks.iter().enumerate() {
        let block = R::transposed(*block);
        for (lane, numbers) in block.iter().enumerate().take(count) {
            let start = lane * row + place * LANES;
            let results = rows
                .get_mut(start..)
                .and_then(|rest| rest.first_chunk_mut());
            if let Some(results) = results {
                *results = *numbers;
            }
        }
    }
    let done = blocks.len() * LANES;
    for (place, numbers) in rest.iter().enumerate() {
        for (lane, number) in numbers.iter().enumerate().take(count) {
            if let Some(result) = rows.get_mut(lane * row + done + place) {
                *result = *number;
            }
        }
    }
}

/// The weighted sums of the pixels of several rows at once; compiled once for all samples that are summed in `R`.
#[inline(never)]
fn blend_lanes<R: Real>(
    lanes: &[Lane<R>],
    channels: usize,
    across: &Taps<R>,
    results: &mut [Lane<R>],
) {
    vectorized(
        #[inline(always)]
        || match channels {
            1 => blend_channels::<1, R>(lanes, across, results),
            2 => blend_channels::<2, R>(lanes, across, results),
            3 => blend_channels::<3, R>(lanes, across, results),
            _ => blend_channels::<4, R>(lanes, across, results),
        },
    );
}

#[inline(always)]
fn blend_channels<const C: usize, R: Real>(
    lanes: &[Lane<R>],
    across: &Taps<R>,
    results: &mut [Lane<R>],
) {
    let (pixels, _) = lanes.as_chunks::<C>();
    let (results, _) = results.as_chunks_mut::<C>();
    match across.fours() {
        [] => blend_pixels(pixels, across, results),
        fours => {
            for (result, (first, weights)) in results.iter_mut().zip(fours) {
                let pixels = pixels.get(*first..).and_then(|rest| rest.first_chunk());
                if let Some([a, b, c, d]) = pixels {
                    blend_four([a, b, c, d], *weights, result);
                }
            }
        }
    }
}

/// Added in pairs: the same to the bit as fewer weights in order, when the last are 0.
#[inline(always)]
fn blend_four<const C: usize, R: Real>(
    [a, b, c, d]: [&[Lane<R>; C]; EVEN],
    [v, w, x, y]: [R; EVEN],
    result: &mut [Lane<R>; C],
) {
    for (channel, result) in result.iter_mut().enumerate() {
        let first = sum(scaled(a[channel], v), scaled(b[channel], w));
        let second = sum(scaled(c[channel], x), scaled(d[channel], y));
        *result = sum(first, second);
    }
}

#[inline(always)]
fn blend_pixels<const C: usize, R: Real>(
    pixels: &[[Lane<R>; C]],
    across: &Taps<R>,
    results: &mut [[Lane<R>; C]],
) {
    for (place, result) in results.iter_mut().enumerate() {
        let (first, weights) = across.of(place);
        let pixels = pixels.get(first..first + weights.len());
        match (pixels.unwrap_or_default(), weights) {
            ([a], _) => *result = *a,
            ([a, b], [v, w]) => {
                for (channel, result) in result.iter_mut().enumerate() {
                    *result = sum(scaled(a[channel], *v), scaled(b[channel], *w));
                }
            }
            ([a, b, c, d], [v, w, x, y]) => {
                blend_four([a, b, c, d], [*v, *w, *x, *y], result);
            }
            ([a, rest @ ..], [v, weights @ ..]) => {
                let mut total = a.map(|lane| scaled(lane, *v));
                for (pixel, weight) in rest.iter().zip(weights) {
                    for (total, lane) in total.iter_mut().zip(pixel) {
                        *total = sum(*total, scaled(*lane, *weight));
                    }
                }
                *result = total;
            }
            _ => {}
        }
    }
}

#[inline(always)]
fn scaled<R: Real>(lane: Lane<R>, weight: R) -> Lane<R> {
    std::array::from_fn(|at| lane[at] * weight)
}

#[inline(always)]
fn sum<R: Real>(first: Lane<R>, second: Lane<R>) -> Lane<R> {
    std::array::from_fn(|at| first[at] + second[at])
}

/// Copies pixels of `N` bytes from the columns and rows that are named.
pub(super) fn pick<const N: usize>(
    input: &[u8],
    width: usize,
    columns: &[usize],
    rows: &[usize],
    output: &mut [u8],
) {
    let (pixels, _) = input.as_chunks::<N>();
    let (results, _) = output.as_chunks_mut::<N>();
    let mut last = None;
    for (place, row) in rows.iter().enumerate() {
        let start = place * columns.len();
        // A row that is wanted again is copied as a whole.
        if last == Some(row) && start >= columns.len() {
            results.copy_within(start - columns.len()..start, start);
            continue;
        }
        last = Some(row);
        let source = pixels.get(row * width..).unwrap_or_default();
        let results = results.get_mut(start..).unwrap_or_default();
        for (result, column) in results.iter_mut().zip(columns) {
            if let Some(pixel) = source.get(*column) {
                *result = *pixel;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::Method;
    use super::*;

    #[test]
    fn even_weights_change_no_sum() {
        fn check<T: Blend>(method: Method, channels: usize, from: (u32, u32), to: (u32, u32)) {
            let across: Taps<T::Real> = Taps::new(from.0, to.0, method);
            let down = Taps::new(from.1, to.1, method);
            let count = from.0 as usize * from.1 as usize * channels;
            let samples: Vec<T> = (0..count)
                .map(|at| T::from_f64((at * 97 % 251) as f64))
                .collect();
            let source = Source {
                samples: &samples,
                width: from.0 as usize,
                channels,
            };
            let made = |across: &Taps<T::Real>| {
                let mut output = vec![T::from_f64(1.0); to.0 as usize * to.1 as usize * channels];
                resample(source, across, &down, &mut output);
                output
            };
            assert_eq!(
                made(&across),
                made(&across.clone().made_even()),
                "{method:?} {channels} {from:?} {to:?}"
            );
        }
        for method in [Method::Area, Method::Linear, Method::Cubic, Method::Lanczos] {
            for (from, to) in [
                ((64, 51), (33, 26)),
                ((29, 30), (28, 9)),
                ((31, 17), (50, 40)),
                ((1, 1), (9, 3)),
                ((40, 20), (7, 19)),
            ] {
                for channels in 1..=4 {
                    check::<u8>(method, channels, from, to);
                    check::<u16>(method, channels, from, to);
                    check::<i32>(method, channels, from, to);
                }
            }
        }
    }
}
