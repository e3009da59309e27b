//! The numbers that a field of differences begins with (template 5.3), put so that the decoder takes them as they are meant.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use super::octets::{u8_at, u32_at};

/// Bytes of the header of section 7.
const HEAD_BYTES: usize = 5;
/// Where section 5 has the order of the differences, and the bytes of a number.
const ORDER: usize = 47;
const WIDTH: usize = 48;

/// Rewrites sections 5 and 7 where the decoder would take them amiss; `false` when it does not and they are as they were.
///
/// The first values have no sign, and the decoder gives them one; of fewer values than there are first ones it takes none.
/// The smallest difference does have a sign.
pub(super) fn rewrite(packing: &mut [u8], data: &[u8], rewritten: &mut Vec<u8>) -> bool {
    let places = (
        u8_at(packing, ORDER),
        u8_at(packing, WIDTH),
        u32_at(packing, 5),
    );
    let (Some(order @ 1..=2), Some(width @ 1..=7), Some(count)) = places else {
        return false;
    };
    let bytes = usize::from(width);
    let numbers = data.get(HEAD_BYTES..).unwrap_or_default();
    let (Some(first), Some(minimum), Some(rest)) = (
        numbers.get(..bytes * usize::from(order)),
        numbers.get(bytes * usize::from(order)..bytes * (usize::from(order) + 1)),
        numbers.get(bytes * (usize::from(order) + 1)..),
    ) else {
        return false;
    };
    let kept = order.min(u8::try_from(count).unwrap_or(order));
    let is_large = |value: &[u8]| value.first().is_some_and(|byte| byte & 0x80 != 0);
    if kept == order && !first.chunks_exact(bytes).any(is_large) {
        return false;
    }
    rewritten.clear();
    rewritten.extend(data.iter().take(HEAD_BYTES));
    for value in first.chunks_exact(bytes).take(usize::from(kept)) {
        rewritten.push(0);
        rewritten.extend(value);
    }
    for (place, byte) in minimum.iter().enumerate() {
        match place {
            0 => rewritten.extend([byte & 0x80, byte & 0x7F]),
            _ => rewritten.push(*byte),
        }
    }
    rewritten.extend(rest);
    for (place, value) in [(ORDER, kept), (WIDTH, width + 1)] {
        if let Some(byte) = packing.get_mut(place) {
            *byte = value;
        }
    }
    true
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn packing(order: u8, width: u8, count: u8) -> Vec<u8> {
        let mut section = vec![0; 49];
        section[8] = count;
        section[ORDER] = order;
        section[WIDTH] = width;
        section
    }

    #[test]
    fn first_values_have_no_sign() {
        let mut section = packing(2, 2, 9);
        let data = [0, 0, 0, 0, 7, 0x80, 0, 0x7F, 1, 0x80, 3, 42];
        let mut rewritten = Vec::new();
        assert!(rewrite(&mut section, &data, &mut rewritten));
        let expected = [0, 0, 0, 0, 7, 0, 0x80, 0, 0, 0x7F, 1, 0x80, 0, 3, 42];
        assert_eq!(rewritten, expected);
        assert_eq!((section[ORDER], section[WIDTH]), (2, 3));
    }

    #[test]
    fn what_is_understood_is_left_alone() {
        let data = [0, 0, 0, 0, 7, 0x7F, 0, 0x80, 3, 42];
        let mut section = packing(1, 2, 9);
        let mut rewritten = Vec::new();
        assert!(!rewrite(&mut section, &data, &mut rewritten));
        assert_eq!(section, packing(1, 2, 9));
        for length in 0..9 {
            let cut = &[0, 0, 0, 0, 7, 0x80, 0, 0x80, 3][..length];
            assert!(!rewrite(&mut section, cut, &mut rewritten), "{length}");
        }
    }

    #[test]
    fn one_value_has_no_second_one() {
        let mut section = packing(2, 1, 1);
        let mut rewritten = Vec::new();
        assert!(rewrite(
            &mut section,
            &[0, 0, 0, 0, 7, 5, 6, 0x81, 9],
            &mut rewritten
        ));
        assert_eq!(rewritten, [0, 0, 0, 0, 7, 0, 5, 0x80, 1, 9]);
        assert_eq!((section[ORDER], section[WIDTH]), (1, 2));
    }
}
