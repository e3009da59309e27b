//! Palettes: the exact colours of a picture when they are few, else the best ones for it.

use super::nearest::{Nearest, Rgb};
use super::wu;

/// Bits of each channel that tell colours apart when they are counted.
const BITS: u32 = 6;
/// Colours that are told apart.
const BINS: usize = 1 << (3 * BITS);
/// Rounds of moving the colours of a palette to the middle of what they stand for: the first gains most.
const ROUNDS: usize = 1;

/// Slots of the table of few colours: a power of two.
const SLOTS: usize = 1024;
/// The most colours that a palette holds.
pub(super) const MOST: usize = 256;

/// How often each colour occurs: exactly while there are few, then in bins.
#[derive(Debug)]
pub(super) struct Histogram {
    /// A hash table of few colours and their counts.
    few: Vec<(Rgb, u32)>,
    /// Colours in the table; more than a palette holds when the bins count.
    found: usize,
    bins: Vec<Bin>,
}

/// Count and sums of the channels.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bin {
    pub(super) count: u32,
    pub(super) sums: [u32; 3],
}

impl Bin {
    /// The mean of its colours.
    fn mean(&self) -> Rgb {
        let half = self.count / 2;
        self.sums
            .map(|sum| (sum.saturating_add(half) / self.count.max(1)).min(255) as u8)
    }

    fn add(&mut self, color: Rgb, count: u32) {
        // More pixels of one colour would not fit the sums, and change no palette.
        const MOST_COUNT: u32 = 1 << 24;
        let count = count.min(MOST_COUNT.saturating_sub(self.count));
        self.count += count;
        for (sum, value) in self.sums.iter_mut().zip(color) {
            *sum += u32::from(value) * count;
        }
    }
}

impl Histogram {
    /// Of nothing.
    pub(super) fn new() -> Self {
        Self {
            few: vec![([0; 3], 0); SLOTS],
            found: 0,
            bins: Vec::new(),
        }
    }

    /// Of nothing again, keeping the memory.
    pub(super) fn clear(&mut self) {
        if self.found > MOST {
            self.bins.fill(Bin::default());
        }
        self.few.fill(([0; 3], 0));
        self.found = 0;
    }

    /// Counts colours.
    pub(super) fn add(&mut self, colors: impl Iterator<Item = Rgb>) {
        let mut colors = colors;
        while self.found <= MOST {
            let Some(color) = colors.next() else { return };
            self.add_few(color);
        }
        for color in colors {
            self.add_to_bin(color, 1);
        }
    }

    fn add_few(&mut self, color: Rgb) {
        let [r, g, b] = color.map(usize::from);
        let mut slot = (r * 289 + g * 17 + b) % SLOTS;
        while let Some(entry) = self.few.get_mut(slot) {
            if entry.1 > 0 && entry.0 == color {
                entry.1 = entry.1.saturating_add(1);
                return;
            }
            if entry.1 == 0 {
                *entry = (color, 1);
                break;
            }
            slot = (slot + 1) % SLOTS;
        }
        self.found += 1;
        if self.found > MOST {
            self.bins.resize(BINS, Bin::default());
            for (color, count) in std::mem::take(&mut self.few) {
                self.add_to_bin(color, count);
            }
            self.few = vec![([0; 3], 0); SLOTS];
        }
    }

    fn add_to_bin(&mut self, color: Rgb, count: u32) {
        let [r, g, b] = color.map(|value| usize::from(value >> (8 - BITS)));
        if let Some(bin) = self.bins.get_mut((((r << BITS) | g) << BITS) | b) {
            bin.add(color, count);
        }
    }

    /// The colours themselves, in order, when there are at most `most`.
    pub(super) fn exact(&self, most: usize) -> Option<Vec<Rgb>> {
        let is_few = self.found <= most.min(MOST);
        is_few.then(|| {
            let there = self.few.iter().filter(|entry| entry.1 > 0);
            let mut colors: Vec<Rgb> = there.map(|entry| entry.0).collect();
            colors.sort_unstable();
            colors
        })
    }

    /// The best palette of at most `most` colours (one at least).
    pub(super) fn palette(&self, most: usize) -> Vec<Rgb> {
        if let Some(colors) = self.exact(most) {
            return colors;
        }
        let mut few = [Bin::default(); MOST];
        let mut bins = self.bins.as_slice();
        if self.found <= MOST {
            let there = self.few.iter().filter(|entry| entry.1 > 0);
            for (bin, (color, count)) in few.iter_mut().zip(there) {
                bin.add(*color, *count);
            }
            bins = &few;
        }
        let there = bins.iter().filter(|bin| bin.count > 0);
        let points: Vec<(Rgb, Bin)> = there.map(|bin| (bin.mean(), *bin)).collect();
        let mut colors = wu::palette(&points, most.max(1));
        for _ in 0..ROUNDS {
            colors = centred(&points, &colors);
        }
        colors.sort_unstable();
        colors.dedup();
        colors
    }
}

/// The colours moved to the mean of the points that are nearest to each.
fn centred(points: &[(Rgb, Bin)], colors: &[Rgb]) -> Vec<Rgb> {
    let mut nearest = Nearest::new(colors);
    let mut sums = vec![[0u64; 4]; colors.len()];
    for (mean, bin) in points {
        let place = usize::from(nearest.of(*mean));
        if let Some([r, g, b, count]) = sums.get_mut(place) {
            let [red, green, blue] = bin.sums.map(u64::from);
            (*r, *g, *b) = (*r + red, *g + green, *b + blue);
            *count += u64::from(bin.count);
        }
    }
    let moved = |(color, [r, g, b, count]): (&Rgb, [u64; 4])| {
        let mean = |sum: u64| ((sum + count / 2) / count) as u8;
        if count == 0 {
            *color
        } else {
            [mean(r), mean(g), mean(b)]
        }
    };
    colors.iter().zip(sums).map(moved).collect()
}
