//! Quarter turns: rows become columns, in blocks that fit the caches.

use crate::vector::vectorized;

/// Pixels along a side of the blocks that are turned at once: a cache line of gray bytes, a vector register high.
const TILE: usize = 16;

/// Writes the pixels of `N` bytes of `input`, whose rows have `width` and of which there are `height`,
/// turned by a quarter: clockwise, or the other way.
pub(super) fn turn<const N: usize>(
    input: &[u8],
    (width, height): (usize, usize),
    is_clockwise: bool,
    output: &mut [u8],
) {
    let (pixels, _) = input.as_chunks::<N>();
    let (results, _) = output.as_chunks_mut::<N>();
    vectorized(
        #[inline(always)]
        || {
            // Bands of output rows, which are input columns.
            for column in (0..width).step_by(TILE) {
                for row in (0..height).step_by(TILE) {
                    let tile = Tile {
                        column,
                        row,
                        columns: TILE.min(width - column),
                        rows: TILE.min(height - row),
                    };
                    tile.turn(pixels, (width, height), is_clockwise, results);
                }
            }
        },
    );
}

/// A block of the output: rows are columns of the input.
struct Tile {
    /// First row of the output.
    column: usize,
    /// First column of the output.
    row: usize,
    columns: usize,
    rows: usize,
}

impl Tile {
    #[inline(always)]
    fn turn<const N: usize>(
        &self,
        pixels: &[[u8; N]],
        (width, height): (usize, usize),
        is_clockwise: bool,
        results: &mut [[u8; N]],
    ) {
        // Clockwise, the bottom of a column comes first in its row; else the rightmost column is the first row.
        let source = |column: usize, row: usize| match is_clockwise {
            true => (height - 1 - row) * width + column,
            false => row * width + (width - 1 - column),
        };
        if N == 1 && self.columns == TILE && self.rows == TILE {
            self.turn_bytes(
                pixels.as_flattened(),
                (width, height),
                is_clockwise,
                results.as_flattened_mut(),
            );
            return;
        }
        for column in self.column..self.column + self.columns {
            let start = column * height + self.row;
            let results = results.get_mut(start..start + self.rows);
            for (result, row) in results.unwrap_or_default().iter_mut().zip(self.row..) {
                if let Some(pixel) = pixels.get(source(column, row)) {
                    *result = *pixel;
                }
            }
        }
    }

    /// A whole tile of bytes, through vector registers.
    #[inline(always)]
    fn turn_bytes(
        &self,
        pixels: &[u8],
        (width, height): (usize, usize),
        is_clockwise: bool,
        results: &mut [u8],
    ) {
        let rows = std::array::from_fn(|at| {
            let start = match is_clockwise {
                true => (height - 1 - self.row - at) * width + self.column,
                false => (self.row + at) * width + (width - self.column - TILE),
            };
            let row = pixels.get(start..).and_then(|rest| rest.first_chunk());
            row.copied().unwrap_or([0; TILE])
        });
        for (at, line) in transposed(rows).into_iter().enumerate() {
            let column = match is_clockwise {
                true => self.column + at,
                false => self.column + TILE - 1 - at,
            };
            let start = column * height + self.row;
            let place = results
                .get_mut(start..)
                .and_then(|rest| rest.first_chunk_mut());
            if let Some(place) = place {
                *place = line;
            }
        }
    }
}

/// Columns of rows: four times, each row is woven with the one that is eight rows from it.
#[inline(always)]
fn transposed(rows: [[u8; TILE]; TILE]) -> [[u8; TILE]; TILE] {
    use wide::u8x16;

    let mut rows = rows.map(u8x16::new);
    for _ in 0..4 {
        let mut woven = rows;
        let (pairs, _) = woven.as_chunks_mut::<2>();
        let (upper, lower) = rows.split_at(TILE / 2);
        for (([low, high], upper), lower) in pairs.iter_mut().zip(upper).zip(lower) {
            *low = u8x16::unpack_low(*upper, *lower);
            *high = u8x16::unpack_high(*upper, *lower);
        }
        rows = woven;
    }
    rows.map(u8x16::to_array)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        let rows = std::array::from_fn(|y| std::array::from_fn(|x| (16 * y + x) as u8));
        let columns = transposed(rows);
        for (y, column) in columns.iter().enumerate() {
            for (x, byte) in column.iter().enumerate() {
                assert_eq!(usize::from(*byte), 16 * x + y);
            }
        }
    }

    #[test]
    fn every_pixel_finds_its_place() {
        for (width, height) in [(1, 1), (3, 2), (16, 16), (33, 47), (48, 16), (5, 40)] {
            let input: Vec<u8> = (0..width * height).map(|at| (at * 7 % 251) as u8).collect();
            let mut output = vec![0; input.len()];
            turn::<1>(&input, (width, height), true, &mut output);
            for y in 0..height {
                for x in 0..width {
                    assert_eq!(output[x * height + height - 1 - y], input[y * width + x]);
                }
            }
            let mut back = vec![0; input.len()];
            turn::<1>(&output, (height, width), false, &mut back);
            assert_eq!(back, input);
        }
    }
}
