//! Samples as statistics over frames need them: summed and sorted.

use pimage_core::Sample;

/// A sample that is summed and sorted, many at a time.
pub(super) trait Intensity: Sample {
    /// An unsigned number that sorts like it.
    type Key: Key;
    /// A sum of as many of them as a window may have, exact for integers.
    type Sum: Copy + Default;

    /// The number that sorts like it; anything for what is not a number.
    fn key(self) -> Self::Key;

    /// The sample of a key.
    fn of_key(key: Self::Key) -> Self;

    /// Whether it can be that it is not a number.
    const HAS_NAN: bool = false;

    /// Whether it is not a number.
    fn is_nan(self) -> bool {
        false
    }

    /// An integer of at most 16 bits as it is; others to the nearest that fits.
    fn whole(self) -> i32;

    /// The sum with one sample more.
    fn add(sum: Self::Sum, sample: Self) -> Self::Sum;

    /// The sum as a float; exact for integers.
    fn sum_to_f64(sum: Self::Sum) -> f64;
}

/// An unsigned integer that is compared bit by bit.
pub(super) trait Key: Copy + Ord + Default {
    /// How many bits it has.
    const BITS: u32;

    /// The same with this bit set.
    fn with_bit(self, bit: u32) -> Self;
}

macro_rules! keys {
    ($($type:ty),*) => {$(
        impl Key for $type {
            const BITS: u32 = <$type>::BITS;

            #[inline(always)]
            fn with_bit(self, bit: u32) -> Self {
                self | (1 << bit)
            }
        }
    )*};
}

keys!(u8, u16, u32, u64);

macro_rules! integers {
    ($($type:ident, $key:ty, $sum:ty);*) => {$(
        impl Intensity for $type {
            type Key = $key;
            type Sum = $sum;

            #[inline(always)]
            fn key(self) -> $key {
                // The sign of signed ones is inverted; unsigned ones stay.
                (self as $key) ^ (Self::MIN as $key)
            }

            #[inline(always)]
            fn of_key(key: $key) -> Self {
                (key ^ (Self::MIN as $key)) as Self
            }

            #[inline(always)]
            fn whole(self) -> i32 {
                self as i32
            }

            #[inline(always)]
            fn add(sum: $sum, sample: Self) -> $sum {
                sum + sample as $sum
            }

            #[inline(always)]
            fn sum_to_f64(sum: $sum) -> f64 {
                sum as f64
            }
        }
    )*};
}

integers!(u8, u8, i32; u16, u16, i32; i16, u16, i32; u32, u32, i64; i32, u32, i64);

/// The bits of a float sort like it when those of a negative one are inverted and the sign of the others is set.
macro_rules! floats {
    ($($type:ident, $key:ty);*) => {$(
        impl Intensity for $type {
            type Key = $key;
            type Sum = f64;

            const HAS_NAN: bool = true;

            #[inline(always)]
            fn key(self) -> $key {
                const SIGN: $key = 1 << (<$key>::BITS - 1);
                let bits = self.to_bits();
                if bits & SIGN == 0 { bits | SIGN } else { !bits }
            }

            #[inline(always)]
            fn of_key(key: $key) -> Self {
                const SIGN: $key = 1 << (<$key>::BITS - 1);
                Self::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN })
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                Self::is_nan(self)
            }

            #[inline(always)]
            fn whole(self) -> i32 {
                self as i32
            }

            #[inline(always)]
            fn add(sum: f64, sample: Self) -> f64 {
                sum + f64::from(sample)
            }

            #[inline(always)]
            fn sum_to_f64(sum: f64) -> f64 {
                sum
            }
        }
    )*};
}

floats!(f32, u32; f64, u64);

#[cfg(test)]
mod tests {
    use super::*;

    fn check_keys<T: Intensity>(ascending: &[T]) {
        for pair in ascending.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{} and {}", pair[0], pair[1]);
        }
        for sample in ascending {
            assert_eq!(T::of_key(sample.key()).to_string(), sample.to_string());
        }
    }

    #[test]
    fn keys_sort_like_their_samples() {
        check_keys(&[0u8, 1, 128, 255]);
        check_keys(&[i16::MIN, -1, 0, 1, i16::MAX]);
        check_keys(&[i32::MIN, -70_000, 0, 70_000, i32::MAX]);
        check_keys(&[f32::NEG_INFINITY, -3.5, -0.0, 0.0, 0.25, f32::INFINITY]);
        check_keys(&[-3e100f64, -1.0, 1e-100, 2.0]);
    }
}
