//! A binary arithmetic coder: bits and their probabilities to bytes, and back.

/// Certain of nothing: the probability of a bit that is not modelled.
pub(crate) const HALF: u32 = 1 << 15;

/// Either direction of the coder, so that what is coded is written down once.
pub(crate) trait BitCoder {
    /// Whether `code` looks at the bit that it is given.
    const ENCODES: bool;

    /// Codes one bit whose probability of being set is `p` of 65536 (1 to 65535); gives the bit back.
    fn code(&mut self, bit: bool, p: u32) -> bool;

    /// Codes the `count` lowest bits of a number without a model.
    fn code_raw(&mut self, value: u64, count: u32) -> u64 {
        let mut coded = 0;
        for at in (0..count).rev() {
            coded = coded << 1 | u64::from(self.code(value >> at & 1 == 1, HALF));
        }
        coded
    }
}

/// The interval that both directions narrow in the same way.
#[derive(Debug)]
struct Interval {
    low: u64,
    high: u64,
}

impl Interval {
    const WHOLE: Self = Self {
        low: 0,
        high: u64::MAX,
    };

    fn middle(&self, p: u32) -> u64 {
        self.low + ((self.high - self.low) >> 16) * u64::from(p)
    }

    fn narrow(&mut self, bit: bool, middle: u64) {
        if bit {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
    }

    /// The leading byte, once it is settled; also where the interval has become too narrow to go on.
    fn shift(&mut self) -> Option<u8> {
        if (self.low ^ self.high) >> 56 != 0 {
            if self.high - self.low >= 1 << 24 {
                return None;
            }
            // Both ends lie close to a border of leading bytes: give one side of it up.
            self.high = self.low | 0x00ff_ffff_ffff_ffff;
        }
        let settled = (self.low >> 56) as u8;
        self.low <<= 8;
        self.high = self.high << 8 | 0xff;
        Some(settled)
    }
}

/// Bits to bytes.
#[derive(Debug)]
pub(crate) struct Encoder {
    interval: Interval,
    bytes: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            interval: Interval::WHOLE,
            bytes: Vec::new(),
        }
    }

    /// All bytes; a decoder reads zeros behind them.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let Interval { low, high } = self.interval;
        for count in 0..=8_u32 {
            let open = u64::MAX.checked_shr(8 * count).unwrap_or(0);
            let value = match low & open {
                0 => Some(low),
                _ => (low & !open).checked_add(open.wrapping_add(1)),
            };
            let is_inside = |value: &u64| (low..=high).contains(value);
            if let Some(value) = value.filter(is_inside) {
                let bytes = value.to_be_bytes();
                self.bytes.extend(bytes.iter().take(count as usize));
                break;
            }
        }
        while self.bytes.last() == Some(&0) {
            self.bytes.pop();
        }
        self.bytes
    }
}

impl BitCoder for Encoder {
    const ENCODES: bool = true;

    #[inline]
    fn code(&mut self, bit: bool, p: u32) -> bool {
        let middle = self.interval.middle(p);
        self.interval.narrow(bit, middle);
        while let Some(byte) = self.interval.shift() {
            self.bytes.push(byte);
        }
        bit
    }
}

/// Bytes to bits.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    interval: Interval,
    value: u64,
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut bytes = bytes.iter();
        let value = (0..8).fold(0, |value, _| {
            value << 8 | u64::from(bytes.next().copied().unwrap_or(0))
        });
        Self {
            interval: Interval::WHOLE,
            value,
            bytes,
        }
    }
}

impl BitCoder for Decoder<'_> {
    const ENCODES: bool = false;

    #[inline]
    fn code(&mut self, _: bool, p: u32) -> bool {
        let middle = self.interval.middle(p);
        let bit = self.value <= middle;
        self.interval.narrow(bit, middle);
        while self.interval.shift().is_some() {
            self.value = self.value << 8 | u64::from(self.bytes.next().copied().unwrap_or(0));
        }
        bit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back_whatever_was_believed_of_them() {
        let mut seed = 1_u64;
        let mut draws = Vec::new();
        for _ in 0..200_000 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            let p = match seed >> 61 {
                0 => 1,
                1 => 65535,
                _ => (seed >> 40 & 0xffff).clamp(1, 65535) as u32,
            };
            draws.push((seed >> 33 & 0xffff < u64::from(p), p));
        }
        let mut encoder = Encoder::new();
        for &(bit, p) in &draws {
            encoder.code(bit, p);
        }
        let bytes = encoder.finish();
        let mut decoder = Decoder::new(&bytes);
        for (at, &(bit, p)) in draws.iter().enumerate() {
            assert_eq!(decoder.code(false, p), bit, "bit {at}");
        }
    }

    #[test]
    fn what_is_sure_costs_next_to_nothing() {
        let mut encoder = Encoder::new();
        for _ in 0..100_000 {
            encoder.code(true, 65535);
        }
        assert!(encoder.finish().len() <= 1);
    }
}
