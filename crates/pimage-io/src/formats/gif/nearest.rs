//! The nearest colour of a palette, exactly, by cells of the colour cube.

/// Red, green, blue.
pub(super) type Rgb = [u8; 3];

/// Bits of each channel that name a cell, coarsest first.
const BITS: [u32; 3] = [3, 4, 5];
/// Colours that are looked at together, which compilers turn into vector instructions.
const LANES: usize = 8;

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
    colors: List,
    coarse: Cells,
    middle: Cells,
    fine: Cells,
    last: (Rgb, u8),
}

/// Colours of a list and their places in the palette; lanes that are left over repeat the first.
#[derive(Debug, Clone, Copy)]
struct Group {
    channels: [[u8; LANES]; 3],
    places: [u8; LANES],
}

impl Group {
    /// The squares of the distances from a cell to its colours: of the cell's nearest point, and of its farthest.
    fn reaches_of_cell(&self, low: [i16; 3], reach: i16) -> ([i32; LANES], [i32; LANES]) {
        let (mut near, mut far) = ([0; LANES], [0; LANES]);
        for (low, values) in low.iter().zip(&self.channels) {
            for lane in 0..LANES {
                let below = low - i16::from(values[lane]);
                let above = -below - reach;
                let (closer, farther) = (below.max(above).max(0), below.min(above));
                near[lane] += i32::from(closer) * i32::from(closer);
                far[lane] += i32::from(farther) * i32::from(farther);
            }
        }
        (near, far)
    }

    /// For each colour the square of its distance to `color`, and its place in the lowest 8 bits.
    fn keys_for(&self, color: [i16; 3]) -> [i32; LANES] {
        let mut found = [0; LANES];
        for (value, values) in color.iter().zip(&self.channels) {
            for (found, other) in found.iter_mut().zip(values) {
                let away = i16::from(*other) - value;
                *found += i32::from(away) * i32::from(away);
            }
        }
        for (found, place) in found.iter_mut().zip(self.places) {
            *found = (*found << 8) | i32::from(place);
        }
        found
    }
}

/// Lists one behind another, of which the last one grows.
#[derive(Debug, Default)]
struct List {
    groups: Vec<Group>,
    /// Colours in the last list.
    count: usize,
}

impl List {
    fn clear(&mut self) {
        self.groups.clear();
        self.count = 0;
    }

    fn push(&mut self, [r, g, b]: Rgb, place: u8) {
        let lane = self.count % LANES;
        self.count += 1;
        match self.groups.last_mut().filter(|_| lane > 0) {
            None => self.groups.push(Group {
                channels: [[r; LANES], [g; LANES], [b; LANES]],
                places: [place; LANES],
            }),
            Some(group) => {
                for (values, value) in group.channels.iter_mut().zip([r, g, b]) {
                    values[lane] = value;
                }
                group.places[lane] = place;
            }
        }
    }
}

/// Lists of colours by cell.
#[derive(Debug)]
struct Cells {
    bits: u32,
    /// For each cell the group that its list begins with, and in the lowest 9 bits how many colours it has: none before it is made.
    ranges: Vec<u32>,
    lists: List,
    /// The least distances of the list that is being made.
    near: Vec<[i32; LANES]>,
}

impl Cells {
    fn new(bits: u32) -> Self {
        Self {
            bits,
            ranges: vec![0; 1 << (3 * bits)],
            lists: List::default(),
            near: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.ranges.fill(0);
        self.lists.clear();
    }

    fn cell(&self, color: Rgb) -> usize {
        let [r, g, b] = color.map(|value| usize::from(value >> (8 - self.bits)));
        (((r << self.bits) | g) << self.bits) | b
    }

    /// The list of the cell that `color` is in, and how many colours it has: none when it was not made yet.
    fn list(&self, color: Rgb) -> (&[Group], usize) {
        let range = self.ranges.get(self.cell(color)).copied().unwrap_or(0);
        let (start, count) = ((range >> 9) as usize, (range & 0x1FF) as usize);
        let groups = start..start + count.div_ceil(LANES);
        (self.lists.groups.get(groups).unwrap_or_default(), count)
    }

    /// Makes the list of the cell that `color` is in, of those of `groups` (`count` colours) that are nearest to some point in it.
    fn fill(&mut self, color: Rgb, (groups, count): (&[Group], usize)) {
        let reach = (1 << (8 - self.bits)) - 1;
        let low = color.map(|value| i16::from(value) & !reach);
        let mut least_far = [i32::MAX; LANES];
        self.near.clear();
        for group in groups {
            let (near, far) = group.reaches_of_cell(low, reach);
            for (least, far) in least_far.iter_mut().zip(far) {
                *least = far.min(*least);
            }
            self.near.push(near);
        }
        let least_far = least_far.into_iter().min().unwrap_or(0);
        let start = self.lists.groups.len() as u32;
        self.lists.count = 0;
        for (at, (group, near)) in groups.iter().zip(&self.near).enumerate() {
            let there = (count - at * LANES).min(LANES);
            let mut is_near = 0u32;
            for (lane, near) in near.iter().enumerate() {
                is_near |= u32::from(*near <= least_far) << lane;
            }
            is_near &= (1 << there) - 1;
            while is_near != 0 {
                let lane = is_near.trailing_zeros() as usize % LANES;
                is_near &= is_near - 1;
                let color = group.channels.map(|values| values[lane]);
                self.lists.push(color, group.places[lane]);
            }
        }
        let cell = self.cell(color);
        if let Some(range) = self.ranges.get_mut(cell) {
            *range = (start << 9) | self.lists.count as u32;
        }
    }
}

impl Nearest {
    /// For a palette that is not empty.
    pub(super) fn new(colors: &[Rgb]) -> Self {
        let mut nearest = Self {
            colors: List::default(),
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
        for (place, color) in (0..=u8::MAX).zip(colors) {
            self.colors.push(*color, place);
        }
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
        if self.fine.list(color).1 == 0 {
            self.fill(color);
        }
        let mut best = [i32::MAX; LANES];
        for group in self.fine.list(color).0 {
            let found = group.keys_for(color.map(i16::from));
            for (best, found) in best.iter_mut().zip(found) {
                *best = found.min(*best);
            }
        }
        best.into_iter().min().unwrap_or(0) as u8
    }

    /// Makes the list of the fine cell that `color` is in.
    #[cold]
    fn fill(&mut self, color: Rgb) {
        if self.middle.list(color).1 == 0 {
            if self.coarse.list(color).1 == 0 {
                let all = (self.colors.groups.as_slice(), self.colors.count);
                self.coarse.fill(color, all);
            }
            self.middle.fill(color, self.coarse.list(color));
        }
        self.fine.fill(color, self.middle.list(color));
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
