//! Run-length coded numbers of colours.

use pimage_core::Error;

use super::header::malformed;

/// The numbers, the last row first; those that no run names are 0.
///
/// # Errors
///
/// [`Error::Malformed`] when it stops before its end or goes over the edge.
pub(super) fn decode(data: &[u8], bits: u8, width: usize, rows: &mut [u8]) -> Result<(), Error> {
    let cut = || malformed("it is cut short in its runs");
    rows.fill(0);
    let height = rows.len() / width.max(1);
    let (mut x, mut y) = (0, 0);
    let mut pairs = data;
    loop {
        let (&[count, value], rest) = pairs.split_first_chunk().ok_or_else(cut)?;
        pairs = rest;
        match (count, value) {
            (0, 0) => (x, y) = (0, y + 1),
            (0, 1) => return Ok(()),
            (0, 2) => {
                let (&[right, up], rest) = pairs.split_first_chunk().ok_or_else(cut)?;
                pairs = rest;
                x += usize::from(right);
                y += usize::from(up);
                if x > width || y > height {
                    return Err(malformed("a run goes over the edge"));
                }
            }
            (0, count) => {
                let count = usize::from(count);
                let stored = (count * usize::from(bits)).div_ceil(8);
                let values = pairs.get(..stored).ok_or_else(cut)?;
                for (at, out) in place(rows, width, x, y, count)?.iter_mut().enumerate() {
                    *out = number(values, bits, at);
                }
                x += count;
                // Filled up to two bytes; the very last may lack the filling.
                pairs = pairs.get(stored.next_multiple_of(2)..).unwrap_or_default();
            }
            (count, value) => {
                let count = usize::from(count);
                for (at, out) in place(rows, width, x, y, count)?.iter_mut().enumerate() {
                    *out = number(&[value], bits, at % (8 / usize::from(bits)));
                }
                x += count;
            }
        }
    }
}

/// Number `at` of packed ones; only called for 4 and 8 bits.
fn number(values: &[u8], bits: u8, at: usize) -> u8 {
    let byte = |at: usize| values.get(at).copied().unwrap_or(0);
    match (bits, at % 2) {
        (8, _) => byte(at),
        (_, 0) => byte(at / 2) >> 4,
        _ => byte(at / 2) & 0xF,
    }
}

/// The pixels of a run. Some encoders fill the last one of a row beyond its end, which is left out.
fn place(
    rows: &mut [u8],
    width: usize,
    x: usize,
    y: usize,
    count: usize,
) -> Result<&mut [u8], Error> {
    let edge = || malformed("a run goes over the edge");
    let start = y.checked_mul(width).ok_or_else(edge)?;
    let row = rows.get_mut(start..start + width).ok_or_else(edge)?;
    let end = (x + count).min(width);
    row.get_mut(x..end).ok_or_else(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &[u8], bits: u8, expected: Result<&[u8], &str>) {
        let mut rows = [9; 12];
        let result = decode(data, bits, 4, &mut rows).map_err(|error| error.to_string());
        match expected {
            Ok(numbers) => {
                assert_eq!(result, Ok(()), "{data:?}");
                assert_eq!(rows, numbers, "{data:?}");
            }
            Err(reason) => {
                let error = result.expect_err("is refused");
                assert!(error.contains(reason), "{error}");
            }
        }
    }

    #[test]
    fn runs_steps_and_literals() {
        let bytes = [4, 7, 0, 0, 0, 3, 1, 2, 3, 0, 0, 2, 0, 1, 1, 5, 0, 1];
        check(&bytes, 8, Ok(&[7, 7, 7, 7, 1, 2, 3, 0, 0, 0, 0, 5]));
        let nibbles = [3, 0x12, 0, 0, 0, 4, 0x34, 0x56, 0, 1];
        check(&nibbles, 4, Ok(&[1, 2, 1, 0, 3, 4, 5, 6, 0, 0, 0, 0]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        check(&[4, 7], 8, Err("cut short"));
        check(&[0, 9, 1], 8, Err("cut short"));
        check(&[0, 2, 9, 9, 1, 1, 0, 1], 8, Err("over the edge"));
        check(&[0, 0, 0, 0, 0, 0, 1, 1, 0, 1], 8, Err("over the edge"));
    }
}
