//! Samples as unsigned numbers that sort like them.

use pimage_core::{Sample, SampleType};

/// A sample as an unsigned number that sorts like it, so that percentiles can be found digit by digit.
pub trait Ordered: Sample {
    /// The least value.
    const LEAST: Self;
    /// The greatest value.
    const GREATEST: Self;
    /// The key; `None` for what is not a number.
    fn order(self) -> Option<u64>;
    /// Whether it is neither infinite nor not a number.
    fn is_finite(self) -> bool {
        true
    }
    /// The key; `None` for what is not finite.
    fn key(self) -> Option<u64> {
        self.order().filter(|_| Ordered::is_finite(self))
    }
    /// The sample of a key, as a float; exact for every type.
    fn value_of(key: u64) -> f64;
}

macro_rules! ordered_unsigned {
    ($($type:ty),*) => {$(
        impl Ordered for $type {
            const LEAST: Self = Self::MIN;
            const GREATEST: Self = Self::MAX;

            fn order(self) -> Option<u64> {
                Some(u64::from(self))
            }

            fn value_of(key: u64) -> f64 {
                key as f64
            }
        }
    )*};
}

macro_rules! ordered_signed {
    ($($type:ty, $unsigned:ty);*) => {$(
        impl Ordered for $type {
            const LEAST: Self = Self::MIN;
            const GREATEST: Self = Self::MAX;

            fn order(self) -> Option<u64> {
                Some(u64::from(self as $unsigned ^ (1 << (<$unsigned>::BITS - 1))))
            }

            fn value_of(key: u64) -> f64 {
                f64::from((key as $unsigned ^ (1 << (<$unsigned>::BITS - 1))) as $type)
            }
        }
    )*};
}

/// The bits of a float sort like it when those of a negative one are inverted and the sign of the others is set.
macro_rules! ordered_float {
    ($($type:ty, $bits:ty);*) => {$(
        impl Ordered for $type {
            const LEAST: Self = Self::NEG_INFINITY;
            const GREATEST: Self = Self::INFINITY;

            fn order(self) -> Option<u64> {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits = self.to_bits();
                let key = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                (!self.is_nan()).then_some(u64::from(key))
            }

            fn is_finite(self) -> bool {
                <$type>::is_finite(self)
            }

            fn value_of(key: u64) -> f64 {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let key = key as $bits;
                let bits = if key & SIGN == 0 { !key } else { key & !SIGN };
                f64::from(<$type>::from_bits(bits))
            }
        }
    )*};
}

ordered_unsigned!(u8, u16, u32);
ordered_signed!(i16, u16; i32, u32);
ordered_float!(f32, u32; f64, u64);

/// The sample of this type that has this key, as a float.
#[must_use]
pub fn value_of(sample: SampleType, key: u64) -> f64 {
    match sample {
        SampleType::I16 => i16::value_of(key),
        SampleType::I32 => i32::value_of(key),
        SampleType::F32 => f32::value_of(key),
        SampleType::F64 => f64::value_of(key),
        _ => u32::value_of(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Ordered>(ascending: &[T]) {
        let keys: Vec<_> = ascending.iter().filter_map(|sample| sample.key()).collect();
        assert_eq!(keys.len(), ascending.len());
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
        for (key, sample) in keys.iter().zip(ascending) {
            assert_eq!(T::value_of(*key).to_string(), sample.to_string());
        }
    }

    #[test]
    fn keys_sort_like_their_samples_and_lead_back() {
        check(&[0u8, 1, 255]);
        check(&[0u16, 256, u16::MAX]);
        check(&[0u32, 65_536, u32::MAX]);
        check(&[i16::MIN, -1, 0, 1, i16::MAX]);
        check(&[i32::MIN, -70_000, 0, 70_000, i32::MAX]);
        check(&[-3.5f32, -1.0, -0.5, 0.0, 0.25, 2.0]);
        check(&[-3e100f64, -1.0, 0.0, 1e-100, 2.0]);
        assert_eq!(f32::NAN.key(), None);
        assert_eq!(f64::NEG_INFINITY.key(), None);
    }
}
