//! FFV1's own checksums (RFC 9043, 4.9): FFmpeg conceals what fails them without telling, so that we look ourselves.

use crc::{Algorithm, Crc, Table};

/// The polynomial of RFC 9043, 4.9.3, without reflection, beginning at 0: a sound slice with its parity gives 0.
const ALGORITHM: Algorithm<u32> = Algorithm {
    width: 32,
    poly: 0x04c1_1db7,
    init: 0,
    refin: false,
    refout: false,
    xorout: 0,
    check: 0,
    residue: 0,
};

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&ALGORITHM);

/// Size of slice, error status and parity, which end a slice with a checksum, bytes.
const FOOTER_BYTES: usize = 8;

/// Whether every slice of a coded frame passes its checksum; only meaningful for streams that have them.
pub(crate) fn is_sound(frame: &[u8]) -> bool {
    let mut end = frame.len();
    while end > 0 {
        let Some(start) = slice_start(frame, end) else {
            return false;
        };
        let Some(slice) = frame.get(start..end) else {
            return false;
        };
        if CRC.checksum(slice) != 0 {
            return false;
        }
        end = start;
    }
    !frame.is_empty()
}

/// Where the slice that ends at `end` begins: its footer holds its length, 24 bits big-endian.
fn slice_start(frame: &[u8], end: usize) -> Option<usize> {
    let footer = end.checked_sub(FOOTER_BYTES)?;
    let length = frame.get(footer..footer + 3)?;
    let length = length
        .iter()
        .fold(0, |length, &byte| length << 8 | usize::from(byte));
    footer.checked_sub(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(content: &[u8]) -> Vec<u8> {
        let mut slice = content.to_vec();
        slice.extend_from_slice(&(content.len() as u32).to_be_bytes()[1..]);
        slice.push(0);
        let parity = CRC.checksum(&slice);
        slice.extend_from_slice(&parity.to_be_bytes());
        slice
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let frame = [slice(b"first slice"), slice(b"second")].concat();
        assert!(is_sound(&frame));
        for index in 0..frame.len() {
            let mut damaged = frame.clone();
            damaged[index] ^= 4;
            assert!(!is_sound(&damaged), "byte {index}");
        }
        for length in 0..frame.len() {
            let whole_slices = length == 19;
            assert_eq!(is_sound(&frame[..length]), whole_slices, "{length} bytes");
        }
    }
}
