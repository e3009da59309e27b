//! Runs of equal bytes, as Apple packed them.

/// Longest run, equal or not.
const LONGEST: usize = 128;

/// Appends one packed row; a row is never packed together with the next.
pub(super) fn row(mut bytes: &[u8], out: &mut Vec<u8>) {
    while let Some(&first) = bytes.first() {
        let same = equal_at_start(bytes, first);
        if same >= 2 {
            // 257 - run length: 255 is a run of two.
            out.extend([257usize.wrapping_sub(same) as u8, first]);
            bytes = bytes.get(same..).unwrap_or_default();
            continue;
        }
        let literal = literal_length(bytes);
        out.push(literal.saturating_sub(1) as u8);
        out.extend(bytes.iter().take(literal));
        bytes = bytes.get(literal..).unwrap_or_default();
    }
}

fn equal_at_start(bytes: &[u8], first: u8) -> usize {
    let alike = bytes
        .iter()
        .take(LONGEST)
        .take_while(|&&byte| byte == first);
    alike.count()
}

/// Bytes before a run of three, for a run of two costs as much as it saves.
fn literal_length(bytes: &[u8]) -> usize {
    let run = bytes
        .windows(3)
        .take(LONGEST)
        .position(|three| three.iter().all(|byte| Some(byte) == three.first()));
    run.unwrap_or(bytes.len()).clamp(1, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(mut packed: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some((&control, rest)) = packed.split_first() {
            let control = usize::from(control);
            if control < 128 {
                bytes.extend(&rest[..=control]);
                packed = &rest[control + 1..];
            } else {
                bytes.extend(std::iter::repeat_n(rest[0], 257 - control));
                packed = &rest[1..];
            }
        }
        bytes
    }

    #[test]
    fn rows_unpack_to_what_they_were() {
        let mut rows = vec![
            vec![],
            vec![1],
            vec![1, 1],
            vec![1, 1, 1],
            vec![1, 2, 2, 3, 3, 3],
        ];
        for length in [127, 128, 129, 130, 256, 257, 300] {
            rows.push(vec![7; length]);
            rows.push((0..length).map(|i| i as u8).collect());
            rows.push((0..length).map(|i| (i / 3) as u8).collect());
            let mut mixed = vec![9; length];
            mixed.extend((0..length).map(|i| (i * 37 / 5) as u8));
            rows.push(mixed);
        }
        for bytes in rows {
            let mut packed = Vec::new();
            row(&bytes, &mut packed);
            assert_eq!(unpack(&packed), bytes);
            assert!(packed.len() <= bytes.len() + bytes.len().div_ceil(LONGEST));
        }
    }

    #[test]
    fn the_example_of_the_specification() {
        let bytes = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        let mut packed = Vec::new();
        row(&bytes, &mut packed);
        assert_eq!(
            packed,
            [
                0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7,
                0xAA
            ]
        );
    }
}
