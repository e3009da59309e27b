//! Blocks of pixels that become one pixel each: sums, means and extremes.

use std::ops::Add;

use pimage_core::Sample;

use super::blend::with_scratch;
use crate::vector::vectorized;

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
    /// Calls `row` for each row of blocks, with its index, the sums of its blocks and the rows of samples in them;
    /// sums are exact for integers.
    fn totals(blocks: Blocks<'_, Self>, row: impl FnMut(usize, &[f64], usize));

    /// The mean of a block of 2x2; `halves` is for those of at most 16 bits, others are rounded to even.
    fn mean_of_four(four: [Self; 4], halves: Halves) -> Self;
}

macro_rules! integers {
    ($($type:ident: $small:ident up to $most:literal, $large:ident;)*) => {$(
        impl Block for $type {
            fn totals(blocks: Blocks<'_, Self>, row: impl FnMut(usize, &[f64], usize)) {
                match blocks.block.0.saturating_mul(blocks.block.1) {
                    0..=$most => totals(blocks, $small::from, row),
                    257..=65_536 => totals(blocks, $large::from, row),
                    _ => totals(blocks, f64::from, row),
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
            fn totals(blocks: Blocks<'_, Self>, row: impl FnMut(usize, &[f64], usize)) {
                totals(blocks, f64::from, row);
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
        (false, _) => any_mean(blocks, output),
        (true, Halves::Up) => halve(blocks, output, |four| T::mean_of_four(four, Halves::Up)),
        (true, Halves::ToEven) => {
            halve(blocks, output, |four| T::mean_of_four(four, Halves::ToEven));
        }
    }
}

/// The means of blocks of any size.
fn any_mean<T: Block>(blocks: Blocks<'_, T>, output: &mut [T]) {
    let (width, row) = (blocks.block.0, blocks.columns * blocks.channels);
    let whole = (blocks.width / width).min(blocks.columns) * blocks.channels;
    T::totals(blocks, |place, totals, height| {
        // There is none for rows below the last whole block when those are left out.
        let Some(results) = output.get_mut(place * row..(place + 1) * row) else {
            return;
        };
        let (full, partial) = results.split_at_mut(whole);
        let (full_totals, partial_totals) = totals.split_at(whole);
        vectorized(
            #[inline(always)]
            || {
                let count = (width * height) as f64;
                for (result, total) in full.iter_mut().zip(full_totals) {
                    *result = T::from_f64(total / count);
                }
            },
        );
        let count = (blocks.width % width * height) as f64;
        for (result, total) in partial.iter_mut().zip(partial_totals) {
            *result = T::from_f64(total / count);
        }
    });
}

/// The sums of blocks, each at most what an `A` holds.
fn totals<T: Sample, A: bytemuck::Pod + Add<Output = A> + Into<f64>>(
    blocks: Blocks<'_, T>,
    lift: impl Fn(T) -> A + Copy,
    mut row: impl FnMut(usize, &[f64], usize),
) {
    let add = |first, second| first + second;
    join_rows(blocks, lift, add, |place, joined, height, totals| {
        vectorized(
            #[inline(always)]
            || match blocks.channels {
                1 => add_columns::<1, _>(joined, blocks.block.0, totals),
                2 => add_columns::<2, _>(joined, blocks.block.0, totals),
                3 => add_columns::<3, _>(joined, blocks.block.0, totals),
                _ => add_columns::<4, _>(joined, blocks.block.0, totals),
            },
        );
        row(place, totals, height);
    });
}

/// One of the samples of each block: that which is left of every two that `choose` looks at.
pub(super) fn chosen<T: Sample>(
    blocks: Blocks<'_, T>,
    output: &mut [T],
    choose: impl Fn(T, T) -> T + Copy,
) {
    let Blocks {
        channels,
        block,
        columns,
        ..
    } = blocks;
    let mut results = output.chunks_exact_mut((columns * channels).max(1));
    join_rows(
        blocks,
        |sample| sample,
        choose,
        |_, joined, _, _| {
            for (place, result) in results.next().unwrap_or_default().iter_mut().enumerate() {
                let (column, channel) = (place / channels, place % channels);
                let first = column.saturating_mul(block.0).saturating_mul(channels);
                let members = joined.get(first + channel..).unwrap_or_default();
                let members = members.iter().step_by(channels).take(block.0).copied();
                if let Some(member) = members.reduce(choose) {
                    *result = member;
                }
            }
        },
    );
}

/// Joins the rows of each row of blocks and calls `band` with its index, what became of each column,
/// how many rows there were, and memory for a number for each block and channel.
fn join_rows<T: Sample, A: bytemuck::Pod>(
    blocks: Blocks<'_, T>,
    lift: impl Fn(T) -> A + Copy,
    join: impl Fn(A, A) -> A + Copy,
    mut band: impl FnMut(usize, &[A], usize, &mut [f64]),
) {
    let (row, columns) = (
        blocks.width * blocks.channels,
        blocks.columns * blocks.channels,
    );
    if row == 0 || columns == 0 {
        return;
    }
    let words = (row * size_of::<A>()).div_ceil(size_of::<f64>());
    with_scratch(columns + words, |memory: &mut [f64]| {
        let (totals, memory) = memory.split_at_mut(columns);
        let joined: &mut [A] = bytemuck::cast_slice_mut(memory);
        let joined = joined.get_mut(..row).unwrap_or_default();
        let height = blocks.block.1.saturating_mul(row);
        for (place, samples) in blocks.samples.chunks(height).enumerate() {
            vectorized(
                #[inline(always)]
                || {
                    let mut rows = samples.chunks_exact(row);
                    for (joined, sample) in joined.iter_mut().zip(rows.next().unwrap_or_default()) {
                        *joined = lift(*sample);
                    }
                    for line in rows {
                        for (joined, sample) in joined.iter_mut().zip(line) {
                            *joined = join(*joined, lift(*sample));
                        }
                    }
                },
            );
            band(place, joined, samples.len() / row, totals);
        }
    });
}

/// Adds the columns of blocks that are `width` pixels wide.
#[inline(always)]
fn add_columns<const C: usize, A: Copy + Add<Output = A> + Into<f64>>(
    joined: &[A],
    width: usize,
    totals: &mut [f64],
) {
    let (pixels, _) = joined.as_chunks::<C>();
    let (totals, _) = totals.as_chunks_mut::<C>();
    let done = match width {
        2 => add_whole::<C, 2, A>(pixels, totals),
        3 => add_whole::<C, 3, A>(pixels, totals),
        4 => add_whole::<C, 4, A>(pixels, totals),
        _ => 0,
    };
    let pixels = pixels.get(done * width..).unwrap_or_default();
    let totals = totals.get_mut(done..).unwrap_or_default();
    for (block, total) in pixels.chunks(width).zip(totals) {
        if let Some((first, rest)) = block.split_first() {
            let sum = rest.iter().fold(*first, |sum, pixel| added(sum, *pixel));
            *total = sum.map(Into::into);
        }
    }
}

/// Adds the pixels of each `N`, and says how many blocks there were.
#[inline(always)]
fn add_whole<const C: usize, const N: usize, A: Copy + Add<Output = A> + Into<f64>>(
    pixels: &[[A; C]],
    totals: &mut [[f64; C]],
) -> usize {
    let (blocks, _) = pixels.as_chunks::<N>();
    for (block, total) in blocks.iter().zip(totals.iter_mut()) {
        if let Some(sum) = block.iter().copied().reduce(added) {
            *total = sum.map(Into::into);
        }
    }
    blocks.len().min(totals.len())
}

#[inline(always)]
fn added<const C: usize, A: Copy + Add<Output = A>>(first: [A; C], second: [A; C]) -> [A; C] {
    std::array::from_fn(|channel| first[channel] + second[channel])
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
fn halve_rows<const C: usize, T: bytemuck::Pod>(
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
    if size_of::<[T; C]>() == 3 {
        return every_second_of_three(
            bytemuck::cast_slice(means),
            bytemuck::cast_slice_mut(results),
        );
    }
    every_second::<C, T>(means, results);
}

/// Copies the first pixel of every two.
#[inline(always)]
fn every_second<const C: usize, T: Copy>(pixels: &[T], results: &mut [T]) {
    let pairs = pixels.as_chunks::<C>().0.as_chunks::<2>().0;
    for (result, [pixel, _]) in results.as_chunks_mut::<C>().0.iter_mut().zip(pairs) {
        *result = *pixel;
    }
}

/// The same of pixels of three bytes, eight at a time in words: byte by byte it takes longer than the means.
#[inline(always)]
fn every_second_of_three(pixels: &[u8], results: &mut [u8]) {
    const SIX: u64 = (1 << 48) - 1;
    let (blocks, _) = pixels.as_chunks::<24>();
    let (whole, rest) = results.as_chunks_mut::<12>();
    let done = blocks.len().min(whole.len());
    for (block, result) in blocks.iter().zip(whole) {
        let words = block.as_chunks::<8>().0;
        let [a, b, c] =
            std::array::from_fn(|at| words.get(at).map_or(0, |word| u64::from_le_bytes(*word)));
        // Pixels at bytes 0, 6, 12 and 18.
        let first = (a & 0xff_ffff) | (a >> 48 << 24) | (b << 40 & SIX);
        let second = (b >> 32 & 0xff_ffff) | (c >> 16 & 0xff_ffff) << 24;
        let low = first | second << 48;
        let (front, back) = result.split_at_mut(8);
        front.copy_from_slice(&low.to_le_bytes());
        back.copy_from_slice(&((second >> 16) as u32).to_le_bytes());
    }
    every_second::<3, u8>(pixels.get(done * 24..).unwrap_or_default(), rest);
}
