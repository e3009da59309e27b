//! Samples in the floating-point numbers that filters compute with.

use std::ops::{Add, Mul, Sub};

use pimage_core::Sample;
pub(super) use pimage_range::full_bounds as limits;

/// A sample with the arithmetic that its precision needs: single for 16 bits and less and for `float32`, else double.
pub(super) trait Real: Sample {
    /// The numbers that are computed with.
    type Real: Copy
        + PartialOrd
        + Add<Output = Self::Real>
        + Sub<Output = Self::Real>
        + Mul<Output = Self::Real>;

    /// A constant.
    fn real(value: f64) -> Self::Real;

    /// The sample; exact.
    fn to_real(self) -> Self::Real;

    /// The larger of two numbers.
    fn larger(first: Self::Real, second: Self::Real) -> Self::Real;

    /// The nearest sample, halves to even, of a number that is within the type's range or rounds to it.
    fn nearest(value: Self::Real) -> Self;

    /// The nearest sample between two limits, halves to even; floats are not limited.
    fn within(value: Self::Real, low: Self::Real, high: Self::Real) -> Self;
}

/// 1.5 * 2^23 and 1.5 * 2^52: added to a number of less than 22 or 51 bits, they leave it rounded, halves to even,
/// in the lowest bits of the sum. A cast would be right as well, but is not vectorised.
const ROUND_F32: f32 = 12_582_912.0;
const ROUND_F64: f64 = 6_755_399_441_055_744.0;

macro_rules! reals {
    ($($type:ident $real:ident $kind:ident),*) => {$(
        impl Real for $type {
            type Real = $real;

            #[inline(always)]
            fn real(value: f64) -> $real {
                value as $real
            }

            #[inline(always)]
            fn to_real(self) -> $real {
                self as $real
            }

            #[inline(always)]
            fn larger(first: $real, second: $real) -> $real {
                if first > second { first } else { second }
            }

            #[inline(always)]
            fn nearest(value: $real) -> Self {
                reals!(@$kind value, $type)
            }

            #[inline(always)]
            fn within(value: $real, low: $real, high: $real) -> Self {
                reals!(@$kind value low high)
            }
        }
    )*};
    (@single $value:ident, $type:ident) => { ($value + ROUND_F32).to_bits() as $type };
    (@double $value:ident, $type:ident) => { ($value + ROUND_F64).to_bits() as $type };
    (@float $value:ident, $type:ident) => { $value };
    (@float $value:ident $low:ident $high:ident) => {{
        let _ = ($low, $high);
        $value
    }};
    (@$kind:ident $value:ident $low:ident $high:ident) => {{
        let value = if $value > $low { $value } else { $low };
        Self::nearest(if value < $high { value } else { $high })
    }};
}

reals!(
    u8 f32 single, u16 f32 single, i16 f32 single, f32 f32 float,
    u32 f64 double, i32 f64 double, f64 f64 float
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_sample_is_that_of_the_foundation() {
        for eighth in -600_000..600_000 {
            let value = eighth as f32 / 8.0;
            assert_eq!(
                u8::within(value, 0.0, 255.0),
                u8::from_f64(value.into()),
                "{value}"
            );
            let wide = i16::within(value, -32_768.0, 32_767.0);
            assert_eq!(wide, i16::from_f64(value.into()), "{value}");
        }
        for value in [0.5, 1.5, 2_147_483_646.5, -2_147_483_648.0, -0.5, 1e300] {
            let nearest = i32::within(value, -2_147_483_648.0, 2_147_483_647.0);
            assert_eq!(nearest, i32::from_f64(value), "{value}");
            let nearest = u32::within(value, 0.0, 4_294_967_295.0);
            assert_eq!(nearest, u32::from_f64(value), "{value}");
        }
    }
}
