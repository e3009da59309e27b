//! Numbers of GRIB sections: big-endian, signed ones by sign and magnitude, absent where the section ends.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use crate::bytes::array_at;

/// The byte at offset `at`.
pub(super) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// The `u16` at offset `at`.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_be_bytes)
}

/// The `u32` at offset `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_be_bytes)
}

/// The `u64` at offset `at`.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array_at(bytes, at).map(u64::from_be_bytes)
}

/// The signed number of one byte at offset `at`.
pub(super) fn i8_at(bytes: &[u8], at: usize) -> Option<i32> {
    let raw = u8_at(bytes, at)?;
    Some(signed(u32::from(raw & 0x7F), raw & 0x80 != 0))
}

/// The signed number of two bytes at offset `at`.
pub(super) fn i16_at(bytes: &[u8], at: usize) -> Option<i32> {
    let raw = u16_at(bytes, at)?;
    Some(signed(u32::from(raw & 0x7FFF), raw & 0x8000 != 0))
}

/// The signed number of four bytes at offset `at`.
pub(super) fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    let raw = u32_at(bytes, at)?;
    Some(signed(raw & 0x7FFF_FFFF, raw & 0x8000_0000 != 0))
}

const fn signed(magnitude: u32, is_negative: bool) -> i32 {
    let value = magnitude.cast_signed();
    if is_negative { -value } else { value }
}

/// Four bytes of sign and magnitude; what is out of range is held to it.
pub(super) fn i32_bytes(value: i32) -> [u8; 4] {
    let sign = if value < 0 { 0x8000_0000 } else { 0 };
    (value.unsigned_abs().min(0x7FFF_FFFF) | sign).to_be_bytes()
}

/// Two bytes of sign and magnitude.
pub(super) fn i16_bytes(value: i16) -> [u8; 2] {
    let sign = if value < 0 { 0x8000 } else { 0 };
    (value.unsigned_abs().min(0x7FFF) | sign).to_be_bytes()
}

/// One byte of sign and magnitude.
pub(super) fn i8_byte(value: i8) -> u8 {
    let sign = if value < 0 { 0x80 } else { 0 };
    value.unsigned_abs().min(0x7F) | sign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_the_highest_bit() {
        for value in [0, 1, -1, 90_000_000, -180_000_000, i32::MAX, -i32::MAX] {
            assert_eq!(i32_at(&i32_bytes(value), 0), Some(value));
        }
        for value in [0, 5, -5, i16::MAX, -i16::MAX] {
            assert_eq!(i16_at(&i16_bytes(value), 0), Some(i32::from(value)));
        }
        for value in [0, 3, -3, i8::MAX, -i8::MAX] {
            assert_eq!(i8_at(&[i8_byte(value)], 0), Some(i32::from(value)));
        }
        assert_eq!(i32_at(&[0x80, 0, 0], 0), None);
        assert_eq!(u64_at(&[0; 8], 1), None);
    }
}
