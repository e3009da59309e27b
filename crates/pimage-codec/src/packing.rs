//! Samples of 9 to 15 bits without gaps between them, as cameras send them.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

/// How packed samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packing {
    /// A stream of bits, lowest first: GenICam `Mono10p`, `Mono12p`.
    LowFirst {
        /// Bits of a sample.
        bits: u8,
    },
    /// A stream of bits, highest first: Phantom and Photron.
    HighFirst {
        /// Bits of a sample.
        bits: u8,
    },
    /// Two samples in three bytes, the upper eight bits of each whole: GigE Vision `Mono10Packed`, `Mono12Packed`.
    Pairs {
        /// Bits of a sample, 9 to 12.
        bits: u8,
    },
}

impl Packing {
    /// Significant bits of a sample.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::LowFirst { bits } | Self::HighFirst { bits } | Self::Pairs { bits } => bits,
        }
    }

    /// Bytes of so many samples, the last one filled up; `None` when it exceeds all bounds.
    #[must_use]
    pub fn packed_bytes(self, samples: u64) -> Option<u64> {
        match self {
            Self::LowFirst { bits } | Self::HighFirst { bits } => {
                Some(samples.checked_mul(u64::from(bits))?.div_ceil(8))
            }
            Self::Pairs { .. } => samples.div_ceil(2).checked_mul(3),
        }
    }

    /// Takes samples apart; those that the bytes do not have become 0.
    pub fn unpack(self, bytes: &[u8], samples: &mut [u16]) {
        match self {
            Self::LowFirst { bits: 12 } => {
                triples(bytes, samples, |[a, b, c]| {
                    [a | (b & 0xF) << 8, b >> 4 | c << 4]
                });
            }
            Self::HighFirst { bits: 12 } => {
                triples(bytes, samples, |[a, b, c]| {
                    [a << 4 | b >> 4, (b & 0xF) << 8 | c]
                });
            }
            Self::LowFirst { bits } => low_first(bytes, u32::from(bits), samples),
            Self::HighFirst { bits } => high_first(bytes, u32::from(bits), samples),
            Self::Pairs { bits } => {
                let low = u16::from(bits.saturating_sub(8)).min(4);
                let mask = (1u16 << low) - 1;
                // Upper bits of the first, lower bits of both (first one low), upper bits of the second.
                triples(bytes, samples, |[first, lows, second]| {
                    [
                        first << low | lows & mask,
                        second << low | (lows >> 4) & mask,
                    ]
                });
            }
        }
    }
}

/// Pairs of samples from three bytes each; what is left of the bytes has zeros behind it.
fn triples(bytes: &[u8], samples: &mut [u16], pair: impl Fn([u16; 3]) -> [u16; 2]) {
    let (whole, rest) = bytes.as_chunks::<3>();
    let mut last = [0; 3];
    for (target, byte) in last.iter_mut().zip(rest) {
        *target = *byte;
    }
    let (pairs, single) = samples.as_chunks_mut::<2>();
    let mut sources = whole.iter().chain([&last]);
    for (target, source) in pairs.iter_mut().zip(&mut sources) {
        *target = pair(source.map(u16::from));
    }
    if let (Some(target), Some(source)) = (single.first_mut(), sources.next()) {
        *target = pair(source.map(u16::from))[0];
    }
}

fn low_first(bytes: &[u8], bits: u32, samples: &mut [u16]) {
    let mask = (1u32 << bits) - 1;
    let (mut held, mut held_bits) = (0u32, 0u32);
    let mut bytes = bytes.iter();
    for sample in samples {
        while held_bits < bits {
            let byte = bytes.next().copied().unwrap_or(0);
            held |= u32::from(byte) << held_bits;
            held_bits += 8;
        }
        *sample = u16::try_from(held & mask).unwrap_or(u16::MAX);
        held >>= bits;
        held_bits -= bits;
    }
}

fn high_first(bytes: &[u8], bits: u32, samples: &mut [u16]) {
    let mask = (1u32 << bits) - 1;
    let (mut held, mut held_bits) = (0u32, 0u32);
    let mut bytes = bytes.iter();
    for sample in samples {
        while held_bits < bits {
            let byte = bytes.next().copied().unwrap_or(0);
            held = held << 8 | u32::from(byte);
            held_bits += 8;
        }
        held_bits -= bits;
        *sample = u16::try_from(held >> held_bits & mask).unwrap_or(u16::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked<const N: usize>(packing: Packing, bytes: &[u8]) -> [u16; N] {
        let mut samples = [7; N];
        packing.unpack(bytes, &mut samples);
        samples
    }

    #[test]
    fn packed_samples_are_taken_apart() {
        let low = |bits| Packing::LowFirst { bits };
        let high = |bits| Packing::HighFirst { bits };
        let pairs = |bits| Packing::Pairs { bits };
        // 0x001, 0x3FF, 0x155, 0x2AA of ten bits.
        let stream = [0x01, 0xFC, 0x5F, 0x95, 0xAA];
        assert_eq!(unpacked(low(10), &stream), [0x001, 0x3FF, 0x155, 0x2AA]);
        let stream = [0x00, 0x7F, 0xF5, 0x56, 0xAA];
        assert_eq!(unpacked(high(10), &stream), [0x001, 0x3FF, 0x155, 0x2AA]);
        assert_eq!(unpacked(low(12), &[0xBC, 0x3A, 0x12]), [0xABC, 0x123]);
        assert_eq!(unpacked(high(12), &[0xAB, 0xC1, 0x23]), [0xABC, 0x123]);
        assert_eq!(unpacked(pairs(12), &[0xAB, 0x3C, 0x12]), [0xABC, 0x123]);
        assert_eq!(unpacked(pairs(10), &[0xAB, 0x31, 0x12]), [0x2AD, 0x04B]);
    }

    #[test]
    fn odd_last_samples_need_fewer_bytes() {
        let packing = Packing::LowFirst { bits: 12 };
        assert_eq!(packing.packed_bytes(3), Some(5));
        assert_eq!(unpacked(packing, &[1, 0, 2, 3, 1]), [1, 32, 0x103]);
        let packing = Packing::HighFirst { bits: 12 };
        assert_eq!(unpacked(packing, &[0, 0x10, 2, 3, 0x10]), [1, 2, 0x031]);
        let packing = Packing::Pairs { bits: 12 };
        assert_eq!(packing.packed_bytes(3), Some(6));
        assert_eq!(unpacked(packing, &[1, 0, 2, 3, 0, 0]), [16, 32, 48]);
    }

    #[test]
    fn both_ways_of_twelve_bits_agree() {
        let bytes: Vec<u8> = (0..=254).map(|i: u8| i.wrapping_mul(37)).collect();
        let (mut fast, mut slow) = ([0; 170], [0; 170]);
        Packing::LowFirst { bits: 12 }.unpack(&bytes, &mut fast);
        low_first(&bytes, 12, &mut slow);
        assert_eq!(fast, slow);
        Packing::HighFirst { bits: 12 }.unpack(&bytes, &mut fast);
        high_first(&bytes, 12, &mut slow);
        assert_eq!(fast, slow);
    }
}
