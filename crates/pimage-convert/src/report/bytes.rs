//! How often each byte occurs in what was written.

/// How often each of the 256 bytes occurs.
///
/// ```
/// use pimage_convert::ByteCounts;
///
/// let mut bytes = ByteCounts::default();
/// bytes.add(&[0, 255, 0, 255]);
/// assert_eq!((bytes.total(), bytes.entropy_bits()), (4, 1.0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByteCounts {
    counts: [u64; 256],
}

impl Default for ByteCounts {
    fn default() -> Self {
        Self { counts: [0; 256] }
    }
}

impl ByteCounts {
    /// Counts bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(count) = self.counts.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
    }

    /// How often each byte occurs, from 0 on.
    #[must_use]
    pub const fn counts(&self) -> &[u64; 256] {
        &self.counts
    }

    /// How many bytes there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Bits that a byte carries if each stands by itself, 0 to 8: near 8, nothing is left that a table of frequencies could save.
    #[must_use]
    pub fn entropy_bits(&self) -> f64 {
        let total = self.total().max(1) as f64;
        let shares = self.counts.iter().filter(|count| **count > 0);
        shares
            .map(|count| *count as f64 / total)
            .map(|share| -share * share.log2())
            .sum::<f64>()
            // A single byte gives a negative zero.
            .max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_between_nothing_and_eight_bits() {
        let mut bytes = ByteCounts::default();
        assert!(bytes.entropy_bits().abs() < 1e-12);
        bytes.add(&[7; 1000]);
        assert!(bytes.entropy_bits().abs() < 1e-12 && bytes.entropy_bits().is_sign_positive());
        let mut all = ByteCounts::default();
        all.add(&(0..=255).collect::<Vec<u8>>());
        assert!((all.entropy_bits() - 8.0).abs() < 1e-12);
    }
}
