//! Samples as unsigned numbers that sort like them.

use pimage_core::Sample;

/// A number that a sample is looked up by.
pub(crate) trait Key: Copy + Ord + Send + Sync + 'static {
    /// The greatest.
    const MAX: Self;
    /// It as the widest.
    fn widened(self) -> u64;
    fn of(value: u64) -> Self;
    /// How far it is above `base`, in units of `2^shift`; 0 below.
    fn distance(self, base: Self, shift: u32) -> usize;
}

macro_rules! key {
    ($($type:ty),*) => {$(
        impl Key for $type {
            const MAX: Self = Self::MAX;

            fn widened(self) -> u64 {
                u64::from(self)
            }

            fn of(value: u64) -> Self {
                value as Self
            }

            #[inline(always)]
            fn distance(self, base: Self, shift: u32) -> usize {
                (self.saturating_sub(base) >> shift) as usize
            }
        }
    )*};
}

key!(u32, u64);

/// A sample whose bits can be put in the order of its values.
pub(crate) trait Keyed: Sample {
    type Key: Key;
    /// The key; of no use when the sample is not a number.
    fn key(self) -> Self::Key;
    /// The sample of a key.
    fn from_key(key: Self::Key) -> Self;
    /// The least and the greatest sample that are numbers.
    const ENDS: (Self, Self);
    /// Whether it is not a number.
    fn is_nan(self) -> bool {
        false
    }

    /// Its distance from `low` times `factor`, to the nearest of 0 to `last`; never falls as the sample rises. 0 for integers.
    ///
    /// `last` is below 2^22, so that adding 2^23 leaves the whole number in the low bits: cheaper than a cast, which saturates.
    fn distance(self, _low: Self, _factor: Self, _last: Self) -> usize {
        0
    }
}

macro_rules! keyed_unsigned {
    ($($type:ty),*) => {$(
        impl Keyed for $type {
            type Key = u32;
            const ENDS: (Self, Self) = (Self::MIN, Self::MAX);

            #[inline(always)]
            fn key(self) -> u32 {
                u32::from(self)
            }

            fn from_key(key: u32) -> Self {
                key as Self
            }
        }
    )*};
}

macro_rules! keyed_signed {
    ($($type:ty, $unsigned:ty);*) => {$(
        impl Keyed for $type {
            type Key = u32;
            const ENDS: (Self, Self) = (Self::MIN, Self::MAX);

            #[inline(always)]
            fn key(self) -> u32 {
                u32::from(self as $unsigned ^ (1 << (<$unsigned>::BITS - 1)))
            }

            fn from_key(key: u32) -> Self {
                (key as $unsigned ^ (1 << (<$unsigned>::BITS - 1))) as Self
            }
        }
    )*};
}

macro_rules! keyed_float {
    ($($type:ty, $bits:ty, $signed:ty, $whole:expr);*) => {$(
        impl Keyed for $type {
            type Key = $bits;
            const ENDS: (Self, Self) = (Self::NEG_INFINITY, Self::INFINITY);

            #[inline(always)]
            fn is_nan(self) -> bool {
                <$type>::is_nan(self)
            }

            #[inline(always)]
            fn key(self) -> $bits {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits = self.to_bits();
                // All ones for negative numbers.
                let sign = (bits as $signed >> (<$bits>::BITS - 1)) as $bits;
                bits ^ (sign | SIGN)
            }

            fn from_key(key: $bits) -> Self {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                Self::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN })
            }

            #[inline(always)]
            fn distance(self, low: Self, factor: Self, last: Self) -> usize {
                let whole: Self = $whole;
                let distance = ((self - low) * factor).max(0.0).min(last);
                ((distance + whole).to_bits() - whole.to_bits()) as usize
            }
        }
    )*};
}

keyed_unsigned!(u8, u16, u32);
keyed_signed!(i16, u16; i32, u32);
keyed_float!(f32, u32, i32, 8_388_608.0; f64, u64, i64, 4_503_599_627_370_496.0);

#[cfg(test)]
mod tests {
    use super::*;

    fn rises<T: Keyed>(samples: &[T]) {
        for pair in samples.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
        }
        for sample in samples {
            assert!(T::from_key(sample.key()).key() == sample.key(), "{sample}");
        }
    }

    #[test]
    fn keys_rise_with_the_samples() {
        rises(&[0u8, 1, 255]);
        rises(&[i16::MIN, -1, 0, 1, i16::MAX]);
        rises(&[i32::MIN, -70_000, -1, 0, i32::MAX]);
        rises(&[
            f32::NEG_INFINITY,
            -1.0,
            -0.0,
            0.0,
            1e-40,
            1.0,
            f32::INFINITY,
        ]);
        rises(&[
            f64::NEG_INFINITY,
            -1.0,
            -0.0,
            0.0,
            1e-310,
            1.0,
            f64::INFINITY,
        ]);
    }
}
