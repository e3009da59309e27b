//! The one fact that FFmpeg's H.264 decoder keeps to itself: whether a stream has colour (ITU-T H.264, 7.3.2.1.1).

/// Profiles whose parameter sets say a chroma format; the others are always 4:2:0.
const HIGH_PROFILES: [u8; 11] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139];

/// The type of a sequence parameter set.
const SPS: u8 = 7;

/// Whether codec headers (an `avcC` box or an Annex B byte stream) describe pictures without chroma.
pub(crate) fn is_monochrome(headers: &[u8]) -> bool {
    sps_of(headers).is_some_and(|sps| chroma_format(sps) == Some(0))
}

/// The first sequence parameter set, after its type byte.
fn sps_of(headers: &[u8]) -> Option<&[u8]> {
    let unit = if headers.first() == Some(&1) {
        // avcC: six bytes, then 16-bit length and content of each set (ISO/IEC 14496-15, 5.3.3.1).
        let length = u16::from_be_bytes(headers.get(6..8)?.try_into().ok()?);
        headers.get(8..8 + usize::from(length))?
    } else {
        let starts = headers
            .windows(4)
            .position(|four| four[..3] == [0, 0, 1] && four[3] & 31 == SPS)?;
        headers.get(starts + 3..)?
    };
    let (kind, sps) = unit.split_first()?;
    (kind & 31 == SPS).then_some(sps)
}

/// `chroma_format_idc`: 0 without colour, 1 for 4:2:0, and so on.
fn chroma_format(sps: &[u8]) -> Option<u32> {
    let profile = *sps.first()?;
    if !HIGH_PROFILES.contains(&profile) {
        return Some(1);
    }
    // Profile, constraints and level, then two Exp-Golomb numbers: the identifier and the chroma format.
    let mut bits = Bits {
        bytes: sps.get(3..)?,
        position: 0,
    };
    bits.exp_golomb()?;
    bits.exp_golomb()
}

struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.position / 8)?;
        let bit = byte >> (7 - self.position % 8) & 1;
        self.position += 1;
        Some(u32::from(bit))
    }

    fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 16 {
                return None;
            }
        }
        let mut value = 1u32;
        for _ in 0..zeros {
            value = value << 1 | self.bit()?;
        }
        Some(value - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chroma_formats_are_found_in_both_kinds_of_headers() {
        // Profile 100, level 10, then the bits 1 (set 0) and 1 (chroma format 0) or 010 (chroma format 1).
        let gray = [0x67, 100, 0, 10, 0b1100_0000];
        let color = [0x67, 100, 0, 10, 0b1010_0000];
        let boxed = |sps: &[u8]| [&[1, 100, 0, 10, 0xff, 0xe1, 0, 5], sps].concat();
        let stream = |sps: &[u8]| [&[0, 0, 0, 1], sps].concat();
        assert!(is_monochrome(&boxed(&gray)));
        assert!(is_monochrome(&stream(&gray)));
        assert!(!is_monochrome(&boxed(&color)));
        assert!(!is_monochrome(&stream(&color)));
        assert!(!is_monochrome(&[]));
        assert!(!is_monochrome(&boxed(&gray)[..9]));
    }
}
