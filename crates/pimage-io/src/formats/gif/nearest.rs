//! The nearest colour of a palette, exactly, by cells of the colour cube.

/// Red, green, blue.
pub(super) type Rgb = [u8; 3];

/// A place in the palette and its colour, as one word for speed.
type Entry = [u8; 4];

/// Bits of each channel that name a cell, coarsest first.
const BITS: [u32; 3] = [3, 4, 5];

/// The square of the distance of two colours.
pub(super) fn distance(a: Rgb, b: Rgb) -> u32 {
    let square = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2).cast_unsigned();
    square(a[0], b[0]) + square(a[1], b[1]) + square(a[2], b[2])
}

/// Finds the nearest colour among at most 256.
///
/// Each cell of the cube lists the colours that are nearest to some point in it; a list is made when the first point falls into its cell,
/// that of a fine cell from that of the coarser one around it.
#[derive(Debug)]
pub(super) struct Nearest {
    colors: Vec<Entry>,
    coarse: Cells,
    middle: Cells,
    fine: Cells,
    last: (Rgb, u8),
}

/// Lists of colours by cell.
#[derive(Debug)]
struct Cells {
    bits: u32,
    /// Where each cell's list begins and ends; empty before it is made.
    ranges: Vec<(u32, u32)>,
    lists: Vec<Entry>,
    /// The least distances of the list that is being made.
    near: Vec<i32>,
}

impl Cells {
    fn new(bits: u32) -> Self {
        Self {
            bits,
            ranges: vec![(0, 0); 1 << (3 * bits)],
            lists: Vec::new(),
            near: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.ranges.fill((0, 0));
        self.lists.clear();
    }

    fn cell(&self, color: Rgb) -> usize {
        let [r, g, b] = color.map(|value| usize::from(value >> (8 - self.bits)));
        (((r << self.bits) | g) << self.bits) | b
    }

    /// The list of the cell that `color` is in; empty when it was not made yet.
    fn list(&self, color: Rgb) -> &[Entry] {
        let range = self.ranges.get(self.cell(color)).copied();
        let (start, end) = range.unwrap_or_default();
        self.lists
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Makes the list of the cell that `color` is in, of those of `entries` that are nearest to some point in it.
    fn fill(&mut self, color: Rgb, entries: &[Entry]) {
        let reach = (1 << (8 - self.bits)) - 1;
        let corner = color.map(|value| i32::from(value) & !reach);
        let mut least_far = i32::MAX;
        self.near.clear();
        for [r, g, b, _] in entries {
            let (mut near, mut far) = (0, 0);
            for (low, value) in corner.iter().zip([*r, *g, *b].map(i32::from)) {
                let (below, above) = (low - value, value - (low + reach));
                near += below.max(above).max(0).pow(2);
                far += below.min(above).pow(2);
            }
            least_far = least_far.min(far);
            self.near.push(near);
        }
        let start = self.lists.len() as u32;
        let near = entries
            .iter()
            .zip(&self.near)
            .filter(|(_, near)| **near <= least_far);
        self.lists.extend(near.map(|(entry, _)| entry));
        let range = (start, self.lists.len() as u32);
        let cell = self.cell(color);
        if let Some(slot) = self.ranges.get_mut(cell) {
            *slot = range;
        }
    }
}

impl Nearest {
    /// For a palette that is not empty.
    pub(super) fn new(colors: &[Rgb]) -> Self {
        let mut nearest = Self {
            colors: Vec::new(),
            coarse: Cells::new(BITS[0]),
            middle: Cells::new(BITS[1]),
            fine: Cells::new(BITS[2]),
            last: ([0; 3], 0),
        };
        nearest.reset(colors);
        nearest
    }

    /// For another palette, with the same memory.
    pub(super) fn reset(&mut self, colors: &[Rgb]) {
        self.colors.clear();
        let entries = (0..=u8::MAX).zip(colors);
        self.colors
            .extend(entries.map(|(place, [r, g, b])| [*r, *g, *b, place]));
        self.coarse.clear();
        self.middle.clear();
        self.fine.clear();
        self.last = ([0; 3], self.search([0; 3]));
    }

    /// The place of the colour nearest to `color`, the first among equals.
    pub(super) fn of(&mut self, color: Rgb) -> u8 {
        if color == self.last.0 {
            return self.last.1;
        }
        let found = self.search(color);
        self.last = (color, found);
        found
    }

    fn search(&mut self, color: Rgb) -> u8 {
        if self.fine.list(color).is_empty() {
            if self.middle.list(color).is_empty() {
                if self.coarse.list(color).is_empty() {
                    self.coarse.fill(color, &self.colors);
                }
                self.middle.fill(color, self.coarse.list(color));
            }
            self.fine.fill(color, self.middle.list(color));
        }
        let mut best = (u32::MAX, 0);
        for &[r, g, b, place] in self.fine.list(color) {
            let found = distance(color, [r, g, b]);
            if found < best.0 {
                best = (found, place);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_testkit::Noise;

    #[test]
    fn the_nearest_is_the_nearest() {
        let mut noise = Noise::new(3);
        for count in [1, 2, 7, 100, 256] {
            let colors: Vec<Rgb> = (0..count).map(|_| random(&mut noise)).collect();
            let mut nearest = Nearest::new(&colors);
            for _ in 0..3000 {
                let color = random(&mut noise);
                let found = colors[usize::from(nearest.of(color))];
                let best = colors.iter().map(|other| distance(color, *other)).min();
                assert_eq!(Some(distance(color, found)), best, "{color:?}");
            }
        }
    }

    fn random(noise: &mut Noise) -> Rgb {
        let [r, g, b, ..] = noise.next_u64().to_le_bytes();
        [r, g, b]
    }
}
