//! Samples as weighted sums take them and give them back.

use std::cell::RefCell;
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Mul};

use pimage_core::Sample;
use wide::{f32x4, f64x2};

/// A sample with the float in which weighted sums of it are made.
pub(super) trait Blend: Sample {
    /// `f32` for samples of at most 16 bits and `f32` itself, `f64` for wider ones.
    type Real: Real;

    fn to_real(self) -> Self::Real;

    /// The nearest sample: halves to even, what is out of range at the end of it. Sums of integers are never NaN.
    fn from_real(value: Self::Real) -> Self;
}

/// The float of a weighted sum.
pub(super) trait Real:
    bytemuck::Pod
    + Debug
    + PartialOrd
    + Add<Output = Self>
    + AddAssign
    + Mul<Output = Self>
    + Send
    + Sync
{
    const ZERO: Self;

    fn of(value: f64) -> Self;

    /// Makes columns of rows.
    fn transposed(block: Block8<Self>) -> Block8<Self>;
}

/// Eight rows of eight numbers.
pub(super) type Block8<R> = [[R; 8]; 8];

macro_rules! real {
    ($type:ident, $vector:ident, $lanes:literal) => {
        impl Real for $type {
            const ZERO: Self = 0.0;

            fn of(value: f64) -> Self {
                value as Self
            }

            /// In vectors that every machine of the target has: `wide` chooses its instructions when it is compiled,
            /// and takes numbers one at a time where the target may lack vectors of that length.
            #[inline(always)]
            fn transposed(block: Block8<Self>) -> Block8<Self> {
                const PARTS: usize = 8 / $lanes;
                let rows: [[$vector; PARTS]; 8] = bytemuck::cast(block);
                let mut columns = [[$vector::ZERO; PARTS]; 8];
                for down in 0..PARTS {
                    for across in 0..PARTS {
                        let part = std::array::from_fn(|at| rows[down * $lanes + at][across]);
                        for (at, part) in $vector::transpose(part).into_iter().enumerate() {
                            columns[across * $lanes + at][down] = part;
                        }
                    }
                }
                bytemuck::cast(columns)
            }
        }
    };
}

real!(f32, f32x4, 4);
real!(f64, f64x2, 2);

/// 1.5 * 2^23: next to it a float counts ones, so that adding it rounds halves to even and leaves the integer in the last bits.
const ONES: f32 = 12_582_912.0;

macro_rules! narrow {
    ($($type:ident),*) => {$(
        impl Blend for $type {
            type Real = f32;

            #[inline(always)]
            fn to_real(self) -> f32 {
                f32::from(self)
            }

            #[inline(always)]
            fn from_real(value: f32) -> Self {
                const LOW: f32 = $type::MIN as f32;
                const HIGH: f32 = $type::MAX as f32;
                let value = if value > LOW { value } else { LOW };
                let value = if value < HIGH { value } else { HIGH };
                (value + ONES).to_bits() as Self
            }
        }
    )*};
}

narrow!(u8, u16, i16);

macro_rules! wide {
    ($($type:ident),*) => {$(
        impl Blend for $type {
            type Real = f64;

            #[inline(always)]
            fn to_real(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn from_real(value: f64) -> Self {
                Self::from_f64(value)
            }
        }
    )*};
}

wide!(u32, i32, f64);

impl Blend for f32 {
    type Real = Self;

    #[inline(always)]
    fn to_real(self) -> Self {
        self
    }

    #[inline(always)]
    fn from_real(value: Self) -> Self {
        value
    }
}

thread_local! {
    /// Memory for what lies between two passes over a frame, of the alignment of every number.
    static SCRATCH: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with memory for `length` numbers of unspecified value; it is kept for the next call on this thread.
pub(super) fn with_scratch<S: bytemuck::Pod, R>(
    length: usize,
    work: impl FnOnce(&mut [S]) -> R,
) -> R {
    let mut memory = SCRATCH.take();
    let words = (length * size_of::<S>()).div_ceil(size_of::<u64>());
    if memory.len() < words {
        memory.resize(words, 0);
    }
    let numbers: &mut [S] = bytemuck::cast_slice_mut(&mut memory);
    let result = work(numbers.get_mut(..length).unwrap_or_default());
    SCRATCH.replace(memory);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        fn check<R: Real>() {
            let numbers = |row: usize, column: usize| R::of((8 * row + column) as f64);
            let rows = std::array::from_fn(|y| std::array::from_fn(|x| numbers(y, x)));
            let columns = std::array::from_fn(|y| std::array::from_fn(|x| numbers(x, y)));
            assert_eq!(R::transposed(rows), columns);
        }
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn the_nearest_sample_is_that_of_the_foundation() {
        for eighth in -600_000..600_000 {
            let value = eighth as f32 / 8.0;
            assert_eq!(u8::from_real(value), u8::from_f64(value.into()), "{value}");
            assert_eq!(
                u16::from_real(value),
                u16::from_f64(value.into()),
                "{value}"
            );
            assert_eq!(
                i16::from_real(value),
                i16::from_f64(value.into()),
                "{value}"
            );
        }
        for value in [f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, 1e-40] {
            assert_eq!(u8::from_real(value), u8::from_f64(value.into()), "{value}");
            assert_eq!(
                i16::from_real(value),
                i16::from_f64(value.into()),
                "{value}"
            );
        }
    }
}
