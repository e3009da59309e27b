//! The types of stored numbers: what they are as samples, and with another kind of sign.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use netcdf_reader::NcReadable;
use pimage_core::{Error, Frame, Sample};

use super::attributes::Number;

/// A number of a file.
pub(super) trait Stored: NcReadable + Copy + PartialEq + std::fmt::Display {
    /// The number of the same bits with a sign where this has none, without one where it has.
    type Resigned: Stored;

    /// The same bits with or without a sign.
    fn resigned(self) -> Self::Resigned;
    /// The nearest single float.
    fn single(self) -> f32;
    /// The nearest double float.
    fn double(self) -> f64;
    /// The double float that it is; `None` when there is none such.
    fn exact(self) -> Option<f64>;
    /// The whole number that it is; `None` when it has more than 64 bits with the sign, or is a float.
    fn whole(self) -> Option<i64>;
    /// The number that an attribute means; `None` when this type has none.
    ///
    /// With `wraps`, it may be said with the other kind of sign.
    fn from_number(number: Number, wraps: bool) -> Option<Self>;
    /// Fills a frame of the smallest type with the numbers as they are.
    fn copy(stored: impl Iterator<Item = Self>, frame: &mut Frame) -> Result<(), Error>;
}

fn put<T: Sample>(samples: impl Iterator<Item = T>, frame: &mut Frame) {
    let target = frame.samples_mut::<T>().unwrap_or_default();
    for (target, sample) in target.iter_mut().zip(samples) {
        *target = sample;
    }
}

/// Fills a frame with 64-bit integers.
fn put_wide<T: Stored>(
    mut stored: impl Iterator<Item = T>,
    frame: &mut Frame,
) -> Result<(), Error> {
    let target = frame.samples_mut::<f64>().unwrap_or_default();
    for target in target.iter_mut() {
        let Some(number) = stored.next() else {
            break;
        };
        *target = number.exact().ok_or_else(|| no_float(&number))?;
    }
    Ok(())
}

/// Why a 64-bit integer is not read.
pub(super) fn no_float(number: &impl std::fmt::Display) -> Error {
    let reason = format!(
        "it holds the 64-bit integer {number}, which no float64 is, and frames have no wider type"
    );
    Error::unsupported("", reason)
}

/// A whole number as a double; `None` when there is none that equals it.
fn exact(number: i128) -> Option<f64> {
    let magnitude = number.unsigned_abs();
    let odd = magnitude >> magnitude.trailing_zeros().min(127);
    (odd >> 53 == 0).then_some(number as f64)
}

/// The whole number that a float is.
fn whole(number: f64) -> Option<i128> {
    let is_whole = number.fract().abs() < f64::MIN_POSITIVE && number.abs() < 1e30;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "its magnitude was compared with one far within the range"
    )]
    is_whole.then_some(number as i128)
}

macro_rules! stored_whole {
    ($type:ty, $resigned:ty, $copy:expr) => {
        impl Stored for $type {
            type Resigned = $resigned;

            #[expect(
                clippy::allow_attributes,
                reason = "one macro for types with and without a sign"
            )]
            #[allow(
                clippy::cast_sign_loss,
                clippy::cast_possible_wrap,
                reason = "the bits are to be kept"
            )]
            fn resigned(self) -> $resigned {
                self as $resigned
            }

            fn single(self) -> f32 {
                self as f32
            }

            fn double(self) -> f64 {
                self as f64
            }

            fn exact(self) -> Option<f64> {
                exact(i128::from(self))
            }

            fn whole(self) -> Option<i64> {
                i64::try_from(i128::from(self)).ok()
            }

            fn from_number(number: Number, wraps: bool) -> Option<Self> {
                let number = match number {
                    Number::Whole(number) => number,
                    Number::Real(number, _) => whole(number)?,
                };
                let turn = if wraps {
                    1 << (8 * size_of::<Self>())
                } else {
                    0
                };
                let said = [number, number + turn, number - turn];
                said.into_iter()
                    .find_map(|number| Self::try_from(number).ok())
            }

            fn copy(stored: impl Iterator<Item = Self>, frame: &mut Frame) -> Result<(), Error> {
                $copy(stored, frame)
            }
        }
    };
}

macro_rules! as_it_is {
    () => {
        |stored, frame: &mut Frame| {
            put(stored, frame);
            Ok(())
        }
    };
}

stored_whole!(u8, i8, as_it_is!());
stored_whole!(i16, u16, as_it_is!());
stored_whole!(u16, i16, as_it_is!());
stored_whole!(i32, u32, as_it_is!());
stored_whole!(u32, i32, as_it_is!());
stored_whole!(i8, u8, |stored: _, frame: &mut Frame| {
    put(Iterator::map(stored, i16::from), frame);
    Ok(())
});
stored_whole!(i64, u64, put_wide);
stored_whole!(u64, i64, put_wide);

impl Stored for f32 {
    type Resigned = Self;

    fn resigned(self) -> Self {
        self
    }

    fn exact(self) -> Option<f64> {
        Some(self.double())
    }

    fn whole(self) -> Option<i64> {
        None
    }

    fn single(self) -> f32 {
        self
    }

    fn double(self) -> f64 {
        f64::from(self)
    }

    fn from_number(number: Number, _wraps: bool) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fill values are often written with more digits than their variable has"
        )]
        Some(number.real() as Self)
    }

    fn copy(stored: impl Iterator<Item = Self>, frame: &mut Frame) -> Result<(), Error> {
        put(stored, frame);
        Ok(())
    }
}

impl Stored for f64 {
    type Resigned = Self;

    fn resigned(self) -> Self {
        self
    }

    fn exact(self) -> Option<f64> {
        Some(self.double())
    }

    fn whole(self) -> Option<i64> {
        None
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "never asked for of doubles"
    )]
    fn single(self) -> f32 {
        self as f32
    }

    fn double(self) -> f64 {
        self
    }

    fn from_number(number: Number, _wraps: bool) -> Option<Self> {
        Some(number.real())
    }

    fn copy(stored: impl Iterator<Item = Self>, frame: &mut Frame) -> Result<(), Error> {
        put(stored, frame);
        Ok(())
    }
}
