//! From the samples of a file to those of a frame, and back.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::borrow::Cow;

use pimage_core::{Error, Frame, FrameFormat, SampleType};

use crate::packing::Packing;

/// Which byte of a sample comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// The lowest.
    Little,
    /// The highest.
    Big,
}

impl ByteOrder {
    /// Whether this machine has the other order.
    const fn is_foreign(self) -> bool {
        matches!(self, Self::Little) != cfg!(target_endian = "little")
    }
}

/// How a sample lies in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// As the frame has it.
    As(SampleType, ByteOrder),
    /// Signed bytes, widened to `I16`.
    I8,
    /// Half-precision floats, widened to `F32`.
    F16(ByteOrder),
    /// 64-bit integers, as `F64`; see [`Stored::expect_exact`].
    Wide {
        /// Whether they have a sign.
        is_signed: bool,
        /// Which byte comes first.
        order: ByteOrder,
    },
    /// Fewer than 16 bits without gaps, in `U16`.
    Packed(Packing),
}

impl Stored {
    /// Size of a sample in the file, bytes; `None` when it is no whole number.
    #[must_use]
    pub const fn sample_bytes(self) -> Option<usize> {
        match self {
            Self::As(sample, _) => Some(sample.bytes()),
            Self::I8 => Some(1),
            Self::F16(_) => Some(2),
            Self::Wide { .. } => Some(8),
            Self::Packed(_) => None,
        }
    }

    /// Bytes of a frame in the file; `None` when it exceeds the address space.
    #[must_use]
    pub fn frame_bytes(self, format: &FrameFormat) -> Option<usize> {
        let samples = (format.width as usize)
            .checked_mul(format.height as usize)?
            .checked_mul(format.color.channels())?;
        match self {
            Self::Packed(packing) => usize::try_from(packing.packed_bytes(samples as u64)?).ok(),
            _ => samples.checked_mul(self.sample_bytes()?),
        }
    }

    /// The type in the frame, which holds every value of the file (but for [`Stored::Wide`], see [`Stored::expect_exact`]).
    #[must_use]
    pub const fn sample(self) -> SampleType {
        match self {
            Self::As(sample, _) => sample,
            Self::I8 => SampleType::I16,
            Self::F16(_) => SampleType::F32,
            Self::Wide { .. } => SampleType::F64,
            Self::Packed(_) => SampleType::U16,
        }
    }

    /// An error when a number in these bytes has no equal in the frame: a 64-bit integer that no `F64` is, which some beyond 2^53 are.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] with an empty path, which names the number.
    pub fn expect_exact(self, bytes: &[u8]) -> Result<(), Error> {
        let Self::Wide { is_signed, order } = self else {
            return Ok(());
        };
        let numbers = bytes.as_chunks().0;
        match numbers
            .iter()
            .find(|number| wide(**number, is_signed, order).is_none())
        {
            None => Ok(()),
            Some(number) => {
                let bits = bits_of(*number, order);
                let number = if is_signed {
                    bits.cast_signed().to_string()
                } else {
                    bits.to_string()
                };
                let reason = format!(
                    "it holds the 64-bit integer {number}, which no float64 is, and frames have no wider type"
                );
                Err(Error::unsupported("", reason))
            }
        }
    }

    /// Fills the frame, whose type is [`Stored::sample`], from the bytes of the file.
    pub fn unpack(self, bytes: &[u8], frame: &mut Frame) {
        match self {
            Self::As(sample, order) => {
                let target = frame.bytes_mut();
                if let Some(source) = bytes.get(..target.len()) {
                    target.copy_from_slice(source);
                }
                if order.is_foreign() {
                    swap(target, sample.bytes());
                }
            }
            Self::I8 => {
                let target = frame.samples_mut::<i16>().unwrap_or_default();
                for (target, source) in target.iter_mut().zip(bytes) {
                    *target = i16::from(source.cast_signed());
                }
            }
            Self::F16(order) => {
                let target = frame.samples_mut::<f32>().unwrap_or_default();
                for (target, source) in target.iter_mut().zip(bytes.as_chunks().0) {
                    let bits = match order {
                        ByteOrder::Little => u16::from_le_bytes(*source),
                        ByteOrder::Big => u16::from_be_bytes(*source),
                    };
                    *target = f32_from_half(bits);
                }
            }
            Self::Wide { is_signed, order } => {
                let target = frame.samples_mut::<f64>().unwrap_or_default();
                for (target, source) in target.iter_mut().zip(bytes.as_chunks().0) {
                    *target = wide(*source, is_signed, order).unwrap_or(f64::NAN);
                }
            }
            Self::Packed(packing) => {
                packing.unpack(bytes, frame.samples_mut::<u16>().unwrap_or_default());
            }
        }
    }
}

const fn bits_of(bytes: [u8; 8], order: ByteOrder) -> u64 {
    match order {
        ByteOrder::Little => u64::from_le_bytes(bytes),
        ByteOrder::Big => u64::from_be_bytes(bytes),
    }
}

/// A 64-bit integer as a float; `None` when there is none that equals it.
fn wide(bytes: [u8; 8], is_signed: bool, order: ByteOrder) -> Option<f64> {
    let bits = bits_of(bytes, order);
    let magnitude = if is_signed {
        bits.cast_signed().unsigned_abs()
    } else {
        bits
    };
    // 53 bits from the highest to the lowest that is set fit into the fraction.
    let odd = magnitude >> magnitude.trailing_zeros().min(63);
    (odd >> 53 == 0).then_some(if is_signed {
        bits.cast_signed() as f64
    } else {
        bits as f64
    })
}

/// Reverses the bytes of each sample.
pub fn swap(bytes: &mut [u8], sample_bytes: usize) {
    if sample_bytes > 1 {
        for sample in bytes.chunks_exact_mut(sample_bytes) {
            sample.reverse();
        }
    }
}

/// The samples of a frame as little-endian bytes; a copy only on big-endian machines.
#[must_use]
pub fn little_endian(frame: &Frame) -> Cow<'_, [u8]> {
    if ByteOrder::Little.is_foreign() {
        let mut bytes = frame.bytes().to_vec();
        swap(&mut bytes, frame.format().sample.bytes());
        Cow::Owned(bytes)
    } else {
        Cow::Borrowed(frame.bytes())
    }
}

/// The value of an IEEE 754 binary16; exact, and NaN stays NaN.
pub(crate) fn f32_from_half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 0x1F;
    let fraction = u32::from(bits) & 0x3FF;
    match exponent {
        0 => {
            // 2^-24 is the unit of the subnormal numbers; the product is exact.
            let magnitude = f32::from(bits & 0x3FF) / 16_777_216.0;
            f32::from_bits(magnitude.to_bits() | sign)
        }
        0x1F => f32::from_bits(sign | 0x7F80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameFormat};

    use super::*;

    #[test]
    fn half_floats_are_widened_exactly() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x7BFF, 65504.0),
            (0x0001, 2f32.powi(-24)),
            (0x03FF, 1023.0 * 2f32.powi(-24)),
            (0x0400, 2f32.powi(-14)),
            (0x7C00, f32::INFINITY),
        ] {
            assert_eq!(f32_from_half(bits).to_bits(), value.to_bits(), "{bits:04x}");
        }
        assert!(f32_from_half(0x7E00).is_nan());
        assert_eq!(f32_from_half(0x8000).to_bits(), (-0.0f32).to_bits());
    }

    #[test]
    fn wide_integers_are_exact_or_refused() {
        let stored = Stored::Wide {
            is_signed: true,
            order: ByteOrder::Big,
        };
        let values = [0, -1, i64::MIN, 1 << 53, -(1 << 60), (1 << 53) - 1];
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value: &i64| value.to_be_bytes())
            .collect();
        stored.expect_exact(&bytes).expect("all are floats");
        let mut frame = Frame::zeroed(FrameFormat::new(6, 1, Color::Gray, SampleType::F64));
        stored.unpack(&bytes, &mut frame);
        let expected = values.map(|value| value as f64);
        assert_eq!(frame.samples::<f64>(), Some(&expected[..]));
        let error = stored.expect_exact(&((1i64 << 53) + 1).to_be_bytes());
        let text = error.expect_err("is no float").to_string();
        assert!(text.contains("9007199254740993"), "{text}");
        let unsigned = Stored::Wide {
            is_signed: false,
            order: ByteOrder::Little,
        };
        assert!(unsigned.expect_exact(&u64::MAX.to_le_bytes()).is_err());
        unsigned
            .expect_exact(&(1u64 << 63).to_le_bytes())
            .expect("is a float");
    }

    #[test]
    fn both_byte_orders_give_the_same_frame() {
        let mut frame = Frame::zeroed(FrameFormat::new(2, 1, Color::Gray, SampleType::U16));
        Stored::As(SampleType::U16, ByteOrder::Little).unpack(&[1, 2, 3, 4], &mut frame);
        assert_eq!(frame.samples::<u16>(), Some(&[0x0201, 0x0403][..]));
        Stored::As(SampleType::U16, ByteOrder::Big).unpack(&[2, 1, 4, 3], &mut frame);
        assert_eq!(frame.samples::<u16>(), Some(&[0x0201, 0x0403][..]));
        assert_eq!(little_endian(&frame).as_ref(), [1, 2, 3, 4]);
    }
}
