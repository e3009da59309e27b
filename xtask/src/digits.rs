//! A tiny font: the ten digits, readable in a video frame.

/// Width of a digit in dots.
pub(crate) const DIGIT_WIDTH: usize = 5;
/// Height of a digit in dots.
pub(crate) const DIGIT_HEIGHT: usize = 7;

/// One row of dots a line, the leftmost dot is the highest of five bits.
const ROWS: [[u8; DIGIT_HEIGHT]; 10] = [
    [
        0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110,
    ],
    [
        0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110,
    ],
    [
        0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111,
    ],
    [
        0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110,
    ],
    [
        0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010,
    ],
    [
        0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110,
    ],
    [
        0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110,
    ],
    [
        0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000,
    ],
    [
        0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110,
    ],
    [
        0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100,
    ],
];

/// Whether `digit` has a dot in column `x` of row `y`; outside the digit there are none.
pub(crate) fn has_dot(digit: u8, x: usize, y: usize) -> bool {
    ROWS.get(usize::from(digit))
        .and_then(|rows| rows.get(y))
        .is_some_and(|row| x < DIGIT_WIDTH && row >> (DIGIT_WIDTH - 1 - x) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_differ_and_end() {
        for (at, rows) in ROWS.iter().enumerate() {
            assert!(!ROWS[..at].contains(rows), "digit {at} looks like another");
        }
        assert!(has_dot(1, 2, 0), "the top of 1");
        assert!(!has_dot(1, 0, 0), "beside 1");
        assert!(!has_dot(10, 2, 0) && !has_dot(1, 5, 0) && !has_dot(1, 2, 7));
    }
}
