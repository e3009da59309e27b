//! The probability of one kind of bit, learned quickly and slowly at once.

use crate::arith::BitCoder;

/// How fast the two averages follow, as shifts.
const QUICK: u32 = 4;
const SLOW: u32 = 7;

/// A bit that was seen in one context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter {
    quick: u16,
    slow: u16,
    /// Bits seen, up to where the slow average has its pace.
    seen: u16,
}

impl Counter {
    pub(crate) const fn new() -> Self {
        Self {
            quick: 1 << 15,
            slow: 1 << 15,
            seen: 0,
        }
    }

    /// Codes a bit, and learns from it.
    #[inline]
    pub(crate) fn code<B: BitCoder>(&mut self, coder: &mut B, bit: bool) -> bool {
        let p = (u32::from(self.quick) + u32::from(self.slow)) >> 1;
        let bit = coder.code(bit, p.clamp(1, 65535));
        // The first bits count for more: 1/2, 1/4, 1/4, 1/8 …
        let pace = 16 - self.seen.leading_zeros();
        let [quick, slow] = [(pace + 1).min(QUICK), (pace + 1).min(SLOW)];
        if bit {
            self.quick += (65535 - self.quick) >> quick;
            self.slow += (65535 - self.slow) >> slow;
        } else {
            self.quick -= self.quick >> quick;
            self.slow -= self.slow >> slow;
        }
        self.seen += u16::from(self.seen < 1 << SLOW);
        bit
    }
}
