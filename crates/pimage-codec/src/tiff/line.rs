//! A row of stored samples as samples of a frame.

use super::page::{Numbers, Palette};
use crate::samples::{self, ByteOrder};

/// The machine's own byte order.
pub(crate) const NATIVE: ByteOrder = if cfg!(target_endian = "little") {
    ByteOrder::Little
} else {
    ByteOrder::Big
};

/// How the samples of a row lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) bits: u8,
    pub(crate) numbers: Numbers,
    pub(crate) order: ByteOrder,
    /// Every how many samples one is turned round, the first of them; 0 for none.
    pub(crate) inverted_step: usize,
}

/// Writes whole samples of `N` bytes, one for each of the row.
fn each<const N: usize, const M: usize>(
    row: &[u8],
    line: &mut [u8],
    value: impl Fn([u8; N]) -> [u8; M],
) {
    let targets = line.as_chunks_mut::<M>().0;
    for (target, sample) in targets.iter_mut().zip(row.as_chunks::<N>().0) {
        *target = value(*sample);
    }
}

impl Stored {
    /// Bytes of `samples` samples, the last byte filled up.
    pub(crate) fn row_bytes(self, samples: usize) -> Option<usize> {
        Some(samples.checked_mul(usize::from(self.bits))?.div_ceil(8))
    }

    /// Fills `line` with the samples of `row`, in the machine's byte order and the type that holds them.
    pub(crate) fn expand(self, row: &[u8], line: &mut [u8]) {
        let order = self.order;
        match (self.numbers, self.bits) {
            (Numbers::Float, 16) => each(row, line, |bytes: [u8; 2]| {
                samples::f32_from_half(order.integer(&bytes) as u16).to_ne_bytes()
            }),
            (Numbers::Float, 24) => each(row, line, |bytes: [u8; 3]| {
                f32_from_24(order.integer(&bytes) as u32).to_ne_bytes()
            }),
            (Numbers::Signed, 8) => each(row, line, |[byte]: [u8; 1]| {
                i16::from(byte.cast_signed()).to_ne_bytes()
            }),
            (_, 8) => each(row, line, |byte: [u8; 1]| byte),
            (_, bits @ (16 | 32 | 64)) => copy_samples(row, line, order, usize::from(bits) / 8),
            (Numbers::Signed, 24) => each(row, line, |bytes: [u8; 3]| {
                let value = (order.integer(&bytes) as u32) << 8;
                (value.cast_signed() >> 8).to_ne_bytes()
            }),
            (_, 24) => each(row, line, |bytes: [u8; 3]| {
                (order.integer(&bytes) as u32).to_ne_bytes()
            }),
            (numbers, bits) => packed(row, line, numbers, bits),
        }
        if self.inverted_step > 0 {
            self.invert(line);
        }
    }

    /// Turns round the numbers of samples where 0 is white.
    fn invert(self, line: &mut [u8]) {
        let step = self.inverted_step.max(1);
        let top = u32::MAX >> (32 - u32::from(self.bits.clamp(1, 32)));
        match self.bits {
            0..=8 => {
                for value in line.iter_mut().step_by(step) {
                    *value = (top as u8).wrapping_sub(*value);
                }
            }
            9..=16 => {
                for value in line.as_chunks_mut().0.iter_mut().step_by(step) {
                    *value = (top as u16)
                        .wrapping_sub(u16::from_ne_bytes(*value))
                        .to_ne_bytes();
                }
            }
            _ => {
                for value in line.as_chunks_mut().0.iter_mut().step_by(step) {
                    *value = top.wrapping_sub(u32::from_ne_bytes(*value)).to_ne_bytes();
                }
            }
        }
    }
}

/// The bytes as they are, swapped when the file has the other order.
pub fn copy_samples(row: &[u8], line: &mut [u8], order: ByteOrder, sample_bytes: usize) {
    let length = line.len().min(row.len());
    if let (Some(line), Some(row)) = (line.get_mut(..length), row.get(..length)) {
        line.copy_from_slice(row);
        to_native(line, order, sample_bytes);
    }
}

/// Swaps the bytes of samples when the file has the other order.
pub(crate) fn to_native(bytes: &mut [u8], order: ByteOrder, sample_bytes: usize) {
    if order == NATIVE {
        return;
    }
    match sample_bytes {
        2 => bytes
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .for_each(|s| s.reverse()),
        4 => bytes
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .for_each(|s| s.reverse()),
        8 => bytes
            .as_chunks_mut::<8>()
            .0
            .iter_mut()
            .for_each(|s| s.reverse()),
        other => samples::swap(bytes, other),
    }
}

/// Samples that are no whole number of bytes: a stream of bits, highest first.
fn packed(row: &[u8], line: &mut [u8], numbers: Numbers, bits: u8) {
    match (numbers, bits) {
        (Numbers::Unsigned, 1) => {
            for (targets, byte) in line.chunks_mut(8).zip(row) {
                for (place, target) in targets.iter_mut().enumerate() {
                    *target = byte >> (7 - place) & 1;
                }
            }
        }
        (Numbers::Unsigned, ..8) => {
            let mut stream = Bits::new(row, bits);
            for target in line {
                *target = stream.take() as u8;
            }
        }
        (Numbers::Unsigned, 12) => {
            // Two samples in three bytes, and half of that at the end of an odd row.
            let (pairs, last) = line.split_at_mut(line.len() / 4 * 4);
            each(row, pairs, |[a, b, c]: [u8; 3]| {
                let first = u16::from(a) << 4 | u16::from(b >> 4);
                let second = u16::from(b & 0xF) << 8 | u16::from(c);
                let ([a, b], [c, d]) = (first.to_ne_bytes(), second.to_ne_bytes());
                [a, b, c, d]
            });
            let rest = row.get(pairs.len() / 4 * 3..).unwrap_or_default();
            if let (Some(last), Some([a, b])) = (last.first_chunk_mut(), rest.first_chunk()) {
                *last = (u16::from(*a) << 4 | u16::from(b >> 4)).to_ne_bytes();
            }
        }
        (Numbers::Unsigned, ..16) => {
            let mut stream = Bits::new(row, bits);
            for target in line.as_chunks_mut().0 {
                *target = (stream.take() as u16).to_ne_bytes();
            }
        }
        (Numbers::Signed, ..16) => {
            let mut stream = Bits::new(row, bits);
            for target in line.as_chunks_mut().0 {
                *target = (stream.take_signed() as i16).to_ne_bytes();
            }
        }
        (Numbers::Signed, _) => {
            let mut stream = Bits::new(row, bits);
            for target in line.as_chunks_mut().0 {
                *target = stream.take_signed().to_ne_bytes();
            }
        }
        _ => {
            let mut stream = Bits::new(row, bits);
            for target in line.as_chunks_mut().0 {
                *target = stream.take().to_ne_bytes();
            }
        }
    }
}

/// A stream of numbers of so many bits, highest bit first; zeros behind the end.
struct Bits<'a> {
    bytes: std::slice::Iter<'a, u8>,
    bits: u32,
    held: u64,
    held_bits: u32,
}

impl<'a> Bits<'a> {
    fn new(row: &'a [u8], bits: u8) -> Self {
        Self {
            bytes: row.iter(),
            bits: u32::from(bits),
            held: 0,
            held_bits: 0,
        }
    }

    fn take(&mut self) -> u32 {
        while self.held_bits < self.bits {
            let byte = self.bytes.next().copied().unwrap_or(0);
            self.held = self.held << 8 | u64::from(byte);
            self.held_bits += 8;
        }
        self.held_bits -= self.bits;
        let mask = (1u64 << self.bits) - 1;
        (self.held >> self.held_bits & mask) as u32
    }

    fn take_signed(&mut self) -> i32 {
        let unused = 32 - self.bits;
        (self.take() << unused).cast_signed() >> unused
    }
}

/// The colours that the indices of a row name, in `line`: one byte for each channel, or two when the map needs them.
///
/// `indices` is memory that is kept for the next row.
pub(crate) fn look_up(
    row: &[u8],
    stored: Stored,
    palette: &Palette,
    indices: &mut Vec<u8>,
    line: &mut [u8],
) {
    let index_bytes = if stored.bits <= 8 { 1 } else { 2 };
    let count = line.len() / if palette.is_wide { 6 } else { 3 };
    indices.clear();
    indices.resize(count * index_bytes, 0);
    stored.expand(row, indices);
    let colors = indices.chunks_exact(index_bytes).map(|index| {
        let index = NATIVE.integer(index) as usize;
        palette.colors.get(index).copied().unwrap_or_default()
    });
    if palette.is_wide {
        let targets = line.as_chunks_mut::<2>().0.as_chunks_mut::<3>().0;
        for (target, color) in targets.iter_mut().zip(colors) {
            *target = color.map(u16::to_ne_bytes);
        }
    } else {
        for (target, color) in line.as_chunks_mut::<3>().0.iter_mut().zip(colors) {
            *target = color.map(|value| value as u8);
        }
    }
}

/// The value of a float of 24 bits: sign, 7 bits of exponent, 16 of fraction; exact.
fn f32_from_24(bits: u32) -> f32 {
    let sign = (bits >> 23 & 1) << 31;
    let exponent = bits >> 16 & 0x7F;
    let fraction = bits & 0xFFFF;
    let magnitude = match exponent {
        // 2^-78 is the unit of the subnormal numbers; the product is exact.
        0 => (fraction as f32 * 2f32.powi(-78)).to_bits(),
        0x7F => 0x7F80_0000 | fraction << 7,
        _ => (exponent + 64) << 23 | fraction << 7,
    };
    f32::from_bits(magnitude | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(bits: u8, numbers: Numbers) -> Stored {
        Stored {
            bits,
            numbers,
            order: ByteOrder::Big,
            inverted_step: 0,
        }
    }

    fn line<const N: usize>(stored: Stored, row: &[u8]) -> [u8; N] {
        let mut line = [0; N];
        stored.expand(row, &mut line);
        line
    }

    fn words<const N: usize>(values: [u32; N]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect()
    }

    #[test]
    fn bits_are_taken_apart() {
        let unsigned = |bits| stored(bits, Numbers::Unsigned);
        assert_eq!(
            line(unsigned(1), &[0b1010_0000, 0xFF]),
            [1, 0, 1, 0, 0, 0, 0, 0, 1]
        );
        assert_eq!(line(unsigned(4), &[0xA5, 0x30]), [10, 5, 3]);
        assert_eq!(line(unsigned(3), &[0b1010_1100, 0b1000_0000]), [5, 3, 1]);
        let twelve: [u8; 4] = line(unsigned(12), &[0xAB, 0xC1, 0x23]);
        let values: Vec<u8> = [0xABCu16, 0x123]
            .iter()
            .flat_map(|v| v.to_ne_bytes())
            .collect();
        assert_eq!(twelve.to_vec(), values);
        let twenty: [u8; 8] = line(unsigned(20), &[0xAB, 0xCD, 0xE1, 0x23, 0x45]);
        assert_eq!(twenty.to_vec(), words([0xABCDE, 0x12345]));
        let signed: [u8; 4] = line(stored(12, Numbers::Signed), &[0xFF, 0xE1, 0x23]);
        let values: Vec<u8> = [-2i16, 0x123]
            .iter()
            .flat_map(|v| v.to_ne_bytes())
            .collect();
        assert_eq!(signed.to_vec(), values);
    }

    #[test]
    fn white_is_turned_into_black() {
        let mut one = stored(4, Numbers::Unsigned);
        one.inverted_step = 1;
        assert_eq!(line(one, &[0xF0]), [0, 15]);
        one.inverted_step = 2;
        assert_eq!(line(one, &[0xF3]), [0, 3], "opacity stays as it is");
    }

    #[test]
    fn small_floats_are_exact() {
        for (bits, value) in [
            (0, 0.0),
            (0x3F_0000, 1.0),
            (0xBF_8000, -1.5),
            (0x00_0001, 2f32.powi(-78)),
            (0x7F_0000, f32::INFINITY),
            (0x7E_FFFF, (2.0 - 2f32.powi(-16)) * 2f32.powi(63)),
        ] {
            assert_eq!(f32_from_24(bits).to_bits(), value.to_bits(), "{bits:#x}");
        }
        assert!(f32_from_24(0x7F_0001).is_nan());
    }

    #[test]
    fn indices_become_colors() {
        let bits = stored(2, Numbers::Unsigned);
        let colors = |map: &[u16], line: &mut [u8]| {
            let palette = Palette::new(map);
            look_up(&[0b1101_0000], bits, &palette, &mut Vec::new(), line);
        };
        let mut line = [0; 6];
        let map = [0, 257, 514, 771, 0, 0, 0, 65535, 0, 257, 514, 771];
        colors(&map, &mut line);
        assert_eq!(line, [3, 255, 3, 1, 0, 1]);
        colors(&map.map(|value| value / 257), &mut line);
        assert_eq!(line, [3, 255, 3, 1, 0, 1], "8-bit values");
        let mut line = [0; 12];
        let map = [0, 1000, 2, 3, 0, 0, 0, 65535, 0, 1, 2, 5];
        colors(&map, &mut line);
        let expected: Vec<u8> = [3u16, 65535, 5, 1000, 0, 1]
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        assert_eq!(line.to_vec(), expected);
    }
}
