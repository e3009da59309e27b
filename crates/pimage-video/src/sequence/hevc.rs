//! HEVC as Matroska stores it: units behind their lengths, parameter sets in a record of their own (ISO/IEC 14496-15).

use crate::still::units;

/// Video, sequence and picture parameter sets.
const PARAMETER_SETS: [u8; 3] = [32, 33, 34];

/// Bytes of the record before its arrays of units.
const HEAD_BYTES: usize = 22;

/// Where the profile begins in a sequence parameter set, and how long it is: two bytes of unit header and one of numbers come before.
const PROFILE: std::ops::Range<usize> = 3..15;

fn kind(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |first| first >> 1 & 63)
}

/// The record that holds the parameter sets of a byte stream's headers; `None` if it has none of them.
pub(super) fn configuration(headers: &[u8], depth: u8) -> Option<Vec<u8>> {
    let sequence = units(headers).find(|unit| kind(unit) == PARAMETER_SETS[1])?;
    let plain = unescaped(sequence);
    let numbers = *plain.get(2)?;
    let layers = (numbers >> 1 & 7) + 1;
    let mut record = vec![1];
    record.extend(plain.get(PROFILE)?);
    // No segmentation, no kind of parallel work, gray, the depth twice, no constant rate; lengths of four bytes.
    record.extend([0xf0, 0, 0xfc, 0xfc]);
    record.extend([0xf8 | (depth - 8), 0xf8 | (depth - 8), 0, 0]);
    record.push(layers << 3 | (numbers & 1) << 2 | 3);
    record.push(PARAMETER_SETS.len() as u8);
    for wanted in PARAMETER_SETS {
        let sets: Vec<_> = units(headers).filter(|unit| kind(unit) == wanted).collect();
        record.push(0x80 | wanted);
        record.extend((sets.len() as u16).to_be_bytes());
        for set in sets {
            record.extend(u16::try_from(set.len()).ok()?.to_be_bytes());
            record.extend(set);
        }
    }
    Some(record)
}

/// A byte stream's units, each behind its length in four bytes.
pub(super) fn with_lengths(stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(stream.len() + 8);
    for unit in units(stream) {
        push(&mut out, unit);
    }
    out
}

fn push(out: &mut Vec<u8>, unit: &[u8]) {
    out.extend((unit.len() as u32).to_be_bytes());
    out.extend(unit);
}

/// The parameter sets of a record as the units of a packet; `None` if it is no such record.
pub(super) fn parameter_sets(record: &[u8]) -> Option<Vec<u8>> {
    if record.first() != Some(&1) {
        return None;
    }
    let (&arrays, mut rest) = record.get(HEAD_BYTES..)?.split_first()?;
    let mut out = Vec::new();
    for _ in 0..arrays {
        let (head, behind) = rest.split_at_checked(3)?;
        rest = behind;
        let count = u16::from_be_bytes([*head.get(1)?, *head.get(2)?]);
        for _ in 0..count {
            let (length, behind) = rest.split_first_chunk::<2>()?;
            let (unit, behind) =
                behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            push(&mut out, unit);
            rest = behind;
        }
    }
    Some(out)
}

/// A unit without the bytes that keep start codes out of it.
fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        bytes.push(byte);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_sets_come_back_from_the_record() {
        let mut sequence = vec![66, 1, 1];
        sequence.extend(1..=12);
        let sets = [vec![64, 1, 7], sequence, vec![68, 1, 9]];
        let mut headers = Vec::new();
        for set in &sets {
            headers.extend([0, 0, 0, 1]);
            headers.extend(set);
        }
        let record = configuration(&headers, 12).expect("has all sets");
        assert_eq!(record.get(1..13), sets[1].get(3..15));
        assert_eq!(parameter_sets(&record), Some(with_lengths(&headers)));
        assert_eq!(parameter_sets(&record[..30]), None);
        assert_eq!(configuration(&headers[..7], 8), None);
    }

    #[test]
    fn escapes_are_left_out() {
        assert_eq!(
            unescaped(&[1, 0, 0, 3, 0, 0, 3, 1, 3]),
            [1, 0, 0, 0, 0, 1, 3]
        );
    }
}
