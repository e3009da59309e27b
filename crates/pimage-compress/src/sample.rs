//! The numbers that a field is made of.

use crate::level::round;

/// A number that a group can hold.
pub trait Sample: Copy + PartialEq + Send + Sync + std::fmt::Debug + Default + 'static {
    /// Its letter in a group's header, as in numpy: kind and bytes.
    const CODE: [u8; 2];

    /// Whether it has a fraction, NaN and infinities.
    const IS_FLOAT: bool;

    /// The number as the type that arithmetic is done in; exact.
    fn to_f64(self) -> f64;

    /// The nearest number of this type; what is not a number is zero where there is none.
    fn from_f64(value: f64) -> Self;

    /// Its bits, in the lowest places.
    fn to_bits(self) -> u64;

    /// The number of these bits.
    fn from_bits(bits: u64) -> Self;

    /// Bytes of one number.
    #[must_use]
    fn size() -> usize {
        size_of::<Self>()
    }

    /// A whole number that grows as the number grows, by one from each to the next.
    fn rank(self) -> i64;

    /// The number of that rank.
    fn from_rank(rank: i64) -> Self;
}

macro_rules! whole {
    ($($type:ty, $unsigned:ty, $code:literal;)*) => {$(
        impl Sample for $type {
            const CODE: [u8; 2] = *$code;
            const IS_FLOAT: bool = false;

            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            fn from_f64(value: f64) -> Self {
                round(value) as Self
            }

            fn to_bits(self) -> u64 {
                u64::from(self as $unsigned)
            }

            fn from_bits(bits: u64) -> Self {
                bits as Self
            }

            fn rank(self) -> i64 {
                i64::from(self)
            }

            fn from_rank(rank: i64) -> Self {
                rank as Self
            }
        }
    )*};
}

whole! {
    u8, u8, b"u1";
    i8, u8, b"i1";
    u16, u16, b"u2";
    i16, u16, b"i2";
    u32, u32, b"u4";
    i32, u32, b"i4";
}

macro_rules! float {
    ($($type:ty, $signed:ty, $unsigned:ty, $code:literal;)*) => {$(
        impl Sample for $type {
            const CODE: [u8; 2] = *$code;
            const IS_FLOAT: bool = true;

            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            fn from_f64(value: f64) -> Self {
                value as Self
            }

            fn to_bits(self) -> u64 {
                u64::from(self.to_bits())
            }

            fn from_bits(bits: u64) -> Self {
                Self::from_bits(bits as $unsigned)
            }

            fn rank(self) -> i64 {
                let bits = self.to_bits() as $signed;
                i64::from(if bits < 0 { !(bits ^ <$signed>::MIN) } else { bits })
            }

            fn from_rank(rank: i64) -> Self {
                let bits = rank as $signed;
                Self::from_bits((if bits < 0 { !bits ^ <$signed>::MIN } else { bits }) as $unsigned)
            }
        }
    )*};
}

float! {
    f32, i32, u32, b"f4";
    f64, i64, u64, b"f8";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_grow_by_one_and_come_back() {
        let values = [
            -f32::INFINITY,
            -1.5,
            -f32::from_bits(1),
            -0.0,
            0.0,
            f32::from_bits(1),
            2.0,
        ];
        for pair in values.windows(2) {
            assert!(pair[0].rank() < pair[1].rank(), "{pair:?}");
        }
        for value in values {
            assert_eq!(f32::from_rank(value.rank()).to_bits(), value.to_bits());
        }
        assert_eq!((0.0_f64).rank() - (-0.0_f64).rank(), 1);
        assert_eq!(<i16 as Sample>::from_bits(Sample::to_bits(-5_i16)), -5);
    }
}
