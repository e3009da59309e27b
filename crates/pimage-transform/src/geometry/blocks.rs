//! Blocks of pixels that become one pixel each: sums, means and extremes.

use pimage_core::Sample;

use super::blend::{vectorized, with_scratch};

/// A frame's samples with their sides, and the sides of the blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocks<'a, T> {
    pub(super) samples: &'a [T],
    /// Pixels in a row of the frame.
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Width and height of a block, pixels.
    pub(super) block: (usize, usize),
    /// Blocks in a row of the result.
    pub(super) columns: usize,
}

/// What becomes of means that lie halfway between two integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halves {
    /// The even one.
    ToEven,
    /// The greater one, as OpenCV has it for 2x2 blocks of at most 16 bits.
    Up,
}

/// A sample with integers in which sums of it are exact.
pub(super) trait Block: Sample {
    /// Calls `end` with the sum of each block and the number of samples in it; sums are exact for integers.
    fn totals<O: Copy>(
        blocks: Blocks<'_, Self>,
        output: &mut [O],
        end: impl Fn(f64, f64) -> O + Copy,
    );

    /// The mean of a block of 2x2; `halves` is for those of at most 16 bits, others are rounded to even.
    fn mean_of_four(four: [Self; 4], halves: Halves) -> Self;
}

macro_rules! integers {
    ($($type:ident: $small:ident up to $most:literal, $large:ident;)*) => {$(
        impl Block for $type {
            fn totals<O: Copy>(blocks: Blocks<'_, Self>, output: &mut [O], end: impl Fn(f64, f64) -> O + Copy) {
                match blocks.block.0.saturating_mul(blocks.block.1) {
                    0..=$most => fold(blocks, output, $small::from, |a, b| a + b, |sum, count| end(f64::from(sum), count)),
                    257..=65_536 => fold(blocks, output, $large::from, |a, b| a + b, |sum, count| end(f64::from(sum), count)),
                    _ => fold(blocks, output, f64::from, |a, b| a + b, end),
                }
            }

            #[inline(always)]
            fn mean_of_four([a, b, c, d]: [Self; 4], halves: Halves) -> Self {
                // Quarters and what they leave: no sum needs more bits than a sample.
                let quarters = (a >> 2) + (b >> 2) + (c >> 2) + (d >> 2);
                let rest = (a & 3) + (b & 3) + (c & 3) + (d & 3);
                match halves {
                    Halves::Up => quarters + ((rest + 2) >> 2),
                    Halves::ToEven => quarters + ((rest + 1 + ((quarters + (rest >> 2)) & 1)) >> 2),
                }
            }
        }
    )*};
}

integers! {
    u8: u16 up to 256, u32;
    u16: u32 up to 256, u32;
    i16: i32 up to 256, i32;
}

macro_rules! others {
    ($($type:ident),*) => {$(
        impl Block for $type {
            fn totals<O: Copy>(blocks: Blocks<'_, Self>, output: &mut [O], end: impl Fn(f64, f64) -> O + Copy) {
                fold(blocks, output, f64::from, |a, b| a + b, end);
            }

            #[inline(always)]
            fn mean_of_four([a, b, c, d]: [Self; 4], _: Halves) -> Self {
                Self::from_f64((f64::from(a) + f64::from(b) + (f64::from(c) + f64::from(d))) * 0.25)
            }
        }
    )*};
}

others!(u32, i32, f32, f64);

/// The means of blocks; those at the right and at the bottom may be smaller.
pub(super) fn mean<T: Block>(blocks: Blocks<'_, T>, halves: Halves, output: &mut [T]) {
    let row = blocks.width * blocks.channels;
    let is_whole = blocks.block == (2, 2)
        && blocks.width == 2 * blocks.columns
        && blocks.samples.len() == output.len() * 4
        && row > 0;
    match (is_whole, halves) {
        (false, _) => T::totals(blocks, output, |sum, count| T::from_f64(sum / count)),
        (true, Halves::Up) => halve(blocks, output, |four| T::mean_of_four(four, Halves::Up)),
        (true, Halves::ToEven) => {
            halve(blocks, output, |four| T::mean_of_four(four, Halves::ToEven));
        }
    }
}

/// One value of each block: `lift` what is in it, `join` two values, `end` with the number of samples.
pub(super) fn fold<T: Sample, A: bytemuck::Pod, O: Copy>(
    blocks: Blocks<'_, T>,
    output: &mut [O],
    lift: impl Fn(T) -> A + Copy,
    join: impl Fn(A, A) -> A + Copy,
    end: impl Fn(A, f64) -> O + Copy,
) {
    let Blocks {
        samples,
        width,
        channels,
        block,
        columns,
    } = blocks;
    let row = width * channels;
    if row == 0 || columns == 0 {
        return;
    }
    with_scratch(row, |joined: &mut [A]| {
        vectorized(
            #[inline(always)]
            || {
                let bands = samples.chunks(block.1.saturating_mul(row));
                for (band, results) in bands.zip(output.chunks_exact_mut(columns * channels)) {
                    let mut rows = band.chunks_exact(row);
                    for (joined, &sample) in joined.iter_mut().zip(rows.next().unwrap_or_default())
                    {
                        *joined = lift(sample);
                    }
                    for line in rows {
                        for (joined, &sample) in joined.iter_mut().zip(line) {
                            *joined = join(*joined, lift(sample));
                        }
                    }
                    let height = band.len() / row;
                    let end = |value, count: usize| end(value, (count * height) as f64);
                    match channels {
                        1 => across::<1, _, _>(joined, results, block.0, join, end),
                        2 => across::<2, _, _>(joined, results, block.0, join, end),
                        3 => across::<3, _, _>(joined, results, block.0, join, end),
                        _ => across::<4, _, _>(joined, results, block.0, join, end),
                    }
                }
            },
        );
    });
}

/// Joins the columns of blocks that are `width` pixels wide.
#[inline(always)]
fn across<const C: usize, A: Copy, O: Copy>(
    joined: &[A],
    results: &mut [O],
    width: usize,
    join: impl Fn(A, A) -> A + Copy,
    end: impl Fn(A, usize) -> O + Copy,
) {
    let (pixels, _) = joined.as_chunks::<C>();
    let (results, _) = results.as_chunks_mut::<C>();
    match width {
        2 => across_whole::<C, 2, _, _>(pixels, results, join, end),
        3 => across_whole::<C, 3, _, _>(pixels, results, join, end),
        4 => across_whole::<C, 4, _, _>(pixels, results, join, end),
        8 => across_whole::<C, 8, _, _>(pixels, results, join, end),
        _ => across_any(pixels, results, width, join, end),
    }
}

#[inline(always)]
fn across_whole<const C: usize, const N: usize, A: Copy, O: Copy>(
    pixels: &[[A; C]],
    results: &mut [[O; C]],
    join: impl Fn(A, A) -> A + Copy,
    end: impl Fn(A, usize) -> O + Copy,
) {
    let (whole, rest) = pixels.as_chunks::<N>();
    for (block, result) in whole.iter().zip(results.iter_mut()) {
        let mut columns = block.iter();
        if let Some(first) = columns.next() {
            let value = columns.fold(*first, |value, pixel| joined_pixels(value, *pixel, join));
            *result = value.map(|value| end(value, N));
        }
    }
    let results = results.get_mut(whole.len()..).unwrap_or_default();
    across_any(rest, results, N, join, end);
}

#[inline(always)]
fn across_any<const C: usize, A: Copy, O: Copy>(
    pixels: &[[A; C]],
    results: &mut [[O; C]],
    width: usize,
    join: impl Fn(A, A) -> A + Copy,
    end: impl Fn(A, usize) -> O + Copy,
) {
    for (block, result) in pixels.chunks(width).zip(results) {
        if let Some((first, rest)) = block.split_first() {
            let value = rest
                .iter()
                .fold(*first, |value, pixel| joined_pixels(value, *pixel, join));
            *result = value.map(|value| end(value, block.len()));
        }
    }
}

#[inline(always)]
fn joined_pixels<const C: usize, A: Copy>(
    first: [A; C],
    second: [A; C],
    join: impl Fn(A, A) -> A,
) -> [A; C] {
    let mut joined = first;
    for (joined, other) in joined.iter_mut().zip(second) {
        *joined = join(*joined, other);
    }
    joined
}

/// Whole blocks of 2x2.
fn halve<T: Sample>(blocks: Blocks<'_, T>, output: &mut [T], mean: impl Fn([T; 4]) -> T + Copy) {
    let row = blocks.width * blocks.channels;
    with_scratch(row, |means: &mut [T]| {
        vectorized(
            #[inline(always)]
            || {
                let bands = blocks.samples.chunks_exact(2 * row);
                for (band, results) in bands.zip(output.chunks_exact_mut(row / 2)) {
                    let (upper, lower) = band.split_at(row);
                    match blocks.channels {
                        1 => halve_gray(upper, lower, results, mean),
                        2 => halve_rows::<2, _>(upper, lower, means, results, mean),
                        3 => halve_rows::<3, _>(upper, lower, means, results, mean),
                        _ => halve_rows::<4, _>(upper, lower, means, results, mean),
                    }
                }
            },
        );
    });
}

#[inline(always)]
fn halve_gray<T: Copy>(upper: &[T], lower: &[T], results: &mut [T], mean: impl Fn([T; 4]) -> T) {
    let upper = upper.as_chunks::<2>().0;
    let lower = lower.as_chunks::<2>().0;
    for (([a, b], [c, d]), result) in upper.iter().zip(lower).zip(results) {
        *result = mean([*a, *b, *c, *d]);
    }
}

/// The means of all neighbours, of which every second pixel is taken: twice the work, but of whole vectors.
#[inline(always)]
fn halve_rows<const C: usize, T: Copy>(
    upper: &[T],
    lower: &[T],
    means: &mut [T],
    results: &mut [T],
    mean: impl Fn([T; 4]) -> T,
) {
    let beside = |row| <[T]>::get(row, C..).unwrap_or_default();
    let pairs = upper.iter().zip(beside(upper));
    let four = pairs.zip(lower).zip(beside(lower));
    for (result, (((a, b), c), d)) in means.iter_mut().zip(four) {
        *result = mean([*a, *b, *c, *d]);
    }
    let pairs = means.as_chunks::<C>().0.as_chunks::<2>().0;
    for (result, [pixel, _]) in results.as_chunks_mut::<C>().0.iter_mut().zip(pairs) {
        *result = *pixel;
    }
}
