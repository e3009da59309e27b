//! Numbers as BPG and HEVC write them: bit fields, exponential Golomb codes, and bytes of seven bits.

use pimage_core::Error;

/// Reads bit fields, the highest bit of a byte first.
#[derive(Debug, Clone)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Bits read so far.
    position: usize,
}

impl<'a> BitReader<'a> {
    /// Begins at the first bit.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// One bit.
    pub(super) fn flag(&mut self) -> Result<bool, Error> {
        let byte = self.bytes.get(self.position / 8).ok_or_else(cut)?;
        let shift = 7 - self.position % 8;
        self.position += 1;
        Ok(byte >> shift & 1 == 1)
    }

    /// A number of `count` bits, at most 32.
    pub(super) fn bits(&mut self, count: u32) -> Result<u32, Error> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Ok(value)
    }

    /// Passes over `count` bits.
    pub(super) fn skip(&mut self, count: usize) -> Result<(), Error> {
        self.position = self.position.saturating_add(count);
        if self.position > self.bytes.len() * 8 {
            return Err(cut());
        }
        Ok(())
    }

    /// An exponential Golomb code, `ue(v)`, of less than 2^32 - 1.
    pub(super) fn golomb(&mut self) -> Result<u32, Error> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros == 32 {
                return Err(malformed("a number of its coding header is over 32 bits"));
            }
        }
        let rest = self.bits(zeros)?;
        // At most 2^32 - 2, for at most 31 bits follow.
        Ok((((1u64 << zeros) | u64::from(rest)) - 1) as u32)
    }

    /// An exponential Golomb code of at most `greatest`.
    pub(super) fn golomb_to(&mut self, what: &str, greatest: u32) -> Result<u32, Error> {
        let value = self.golomb()?;
        if value > greatest {
            return Err(malformed(format!(
                "its {what} is {value}, expected 0 to {greatest}"
            )));
        }
        Ok(value)
    }
}

/// Writes bit fields, the highest bit of a byte first.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits of the last byte that are written; 0 when it is full.
    used: u32,
}

impl BitWriter {
    /// Begins with these bytes.
    pub(super) fn after(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            used: 0,
        }
    }

    /// One bit.
    pub(super) fn flag(&mut self, value: bool) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(value) << (7 - self.used);
        }
        self.used = (self.used + 1) % 8;
    }

    /// The lowest `count` bits of a number.
    pub(super) fn bits(&mut self, count: u32, value: u32) {
        for bit in (0..count).rev() {
            self.flag(value >> bit & 1 == 1);
        }
    }

    /// An exponential Golomb code of less than 2^32 - 1.
    pub(super) fn golomb(&mut self, value: u32) {
        let value = value.saturating_add(1);
        let length = 32 - value.leading_zeros();
        self.bits(length - 1, 0);
        self.bits(length, value);
    }

    /// The bytes, the last one filled with zeros.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Takes a `ue7(32)` from the front of `bytes`: seven bits a byte, the highest first, all but the last byte with their top bit set.
pub(super) fn take_ue7(bytes: &mut &[u8]) -> Result<u32, Error> {
    let mut value = 0u32;
    for index in 0..5 {
        let (&byte, rest) = bytes.split_first().ok_or_else(cut)?;
        if index == 0 && byte == 0x80 {
            return Err(malformed("a number of its header begins with empty bits"));
        }
        if value >> 25 != 0 {
            break;
        }
        *bytes = rest;
        value = value << 7 | u32::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(malformed("a number of its header is over 32 bits"))
}

/// Appends a `ue7(32)`, the shortest that there is.
pub(super) fn put_ue7(out: &mut Vec<u8>, value: u32) {
    let length = (32 - value.leading_zeros()).div_ceil(7).max(1);
    for index in (0..length).rev() {
        let more = u8::from(index > 0) << 7;
        out.push((value >> (7 * index) & 0x7F) as u8 | more);
    }
}

/// An [`Error::Malformed`] of a BPG image.
pub(super) fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("BPG", "", reason)
}

fn cut() -> Error {
    malformed("it is cut short in a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_are_read_and_written() {
        for (bytes, value) in [
            (&[0x08][..], 8),
            (&[0x84, 0x1E], 542),
            (&[0xAC, 0xBE, 0x17], 728_855),
            (&[0x00], 0),
            (&[0x8F, 0xFF, 0xFF, 0xFF, 0x7F], u32::MAX),
        ] {
            let mut rest = bytes;
            assert_eq!(take_ue7(&mut rest).expect("is a number"), value);
            assert!(rest.is_empty());
            let mut out = Vec::new();
            put_ue7(&mut out, value);
            assert_eq!(out, bytes);
        }
    }

    #[test]
    fn long_and_padded_and_cut_numbers_are_refused() {
        for (bytes, text) in [
            (&[0x80, 0x01][..], "empty bits"),
            (&[0x90, 0x80, 0x80, 0x80, 0x00], "over 32 bits"),
            (&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "over 32 bits"),
            (&[0x81], "cut short"),
            (&[], "cut short"),
        ] {
            let error = take_ue7(&mut &*bytes).expect_err("is no number");
            assert!(error.to_string().contains(text), "{bytes:?}: {error}");
        }
    }

    #[test]
    fn bit_fields_come_back() {
        let mut writer = BitWriter::default();
        let values = [0, 1, 2, 3, 7, 8, 62, 63, 1 << 20, u32::MAX - 1];
        for value in values {
            writer.golomb(value);
            writer.bits(5, value & 31);
            writer.flag(value % 3 == 0);
        }
        let bytes = writer.into_bytes();
        let mut reader = BitReader::new(&bytes);
        for value in values {
            assert_eq!(reader.golomb().expect("is there"), value);
            assert_eq!(reader.bits(5).expect("is there"), value & 31);
            assert_eq!(reader.flag().expect("is there"), value % 3 == 0);
        }
        assert!(reader.bits(8).is_err());
    }

    #[test]
    fn a_golomb_code_without_end_is_refused() {
        assert!(BitReader::new(&[0; 3]).golomb().is_err());
        assert!(BitReader::new(&[0; 9]).golomb().is_err());
        assert!(BitReader::new(&[0x10]).golomb_to("size", 6).is_err());
    }
}
