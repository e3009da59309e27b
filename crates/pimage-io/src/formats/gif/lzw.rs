//! The compression of GIF, with a choice of indices where several show a pixel equally well.

/// Codes of the longest table.
const MOST_CODES: usize = 4096;
/// Slots of the hash table: a power of two, four for each code.
const SLOTS: usize = 4 * MOST_CODES;
/// No code.
const NONE: u16 = u16::MAX;
/// Pixels after which a full table is looked at: is it still good?
const CHECK_PIXELS: usize = 4096;

/// Compresses indices; its tables are used again for the next picture.
#[derive(Debug)]
pub(super) struct Lzw {
    /// `prefix << 8 | index`, and the code that stands for both.
    slots: Vec<(u32, u16)>,
    /// The last code that continues each code, and the one before it that continues the same.
    youngest: Vec<u16>,
    elder: Vec<u16>,
    /// The last index of each code.
    tail: Vec<u8>,
}

/// Bits, lowest first.
#[derive(Debug, Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits {
    fn push(&mut self, code: u16, size: u32) {
        self.held |= u64::from(code) << self.count;
        self.count += size;
        while self.count >= 8 {
            self.bytes.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.held as u8);
        }
        self.bytes
    }
}

/// The smallest code size that GIF allows for so many colours.
pub(super) fn code_size(colors: usize) -> u8 {
    (2..8).find(|bits| colors <= 1 << bits).unwrap_or(8)
}

impl Lzw {
    /// Empty tables.
    pub(super) fn new() -> Self {
        Self {
            slots: vec![(u32::MAX, NONE); SLOTS],
            youngest: vec![NONE; MOST_CODES],
            elder: vec![NONE; MOST_CODES],
            tail: vec![0; MOST_CODES],
        }
    }

    fn clear(&mut self) {
        self.slots.fill((u32::MAX, NONE));
        self.youngest.fill(NONE);
    }

    fn slot(&self, key: u32) -> usize {
        let mut slot = (key.wrapping_mul(0x9E37_79B1) >> 18) as usize % SLOTS;
        while let Some(&(found, _)) = self.slots.get(slot) {
            if found == key || found == u32::MAX {
                break;
            }
            slot = (slot + 1) % SLOTS;
        }
        slot
    }

    fn add(&mut self, slot: usize, key: u32, code: u16) {
        let prefix = (key >> 8) as usize;
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = (key, code);
        }
        let before = self
            .youngest
            .get_mut(prefix)
            .map_or(NONE, |youngest| std::mem::replace(youngest, code));
        if let Some(elder) = self.elder.get_mut(usize::from(code)) {
            *elder = before;
        }
        if let Some(tail) = self.tail.get_mut(usize::from(code)) {
            *tail = key as u8;
        }
    }

    /// The continuation of `prefix` that costs least, if `cost` allows one.
    fn other(&self, prefix: u16, cost: &mut impl FnMut(u8) -> Option<u32>) -> Option<(u16, u8)> {
        let mut best = None;
        let mut least = u32::MAX;
        let mut code = self
            .youngest
            .get(usize::from(prefix))
            .copied()
            .unwrap_or(NONE);
        while code != NONE {
            let index = self.tail.get(usize::from(code)).copied().unwrap_or(0);
            if let Some(cost) = cost(index)
                && cost < least
            {
                least = cost;
                best = Some((code, index));
            }
            code = self.elder.get(usize::from(code)).copied().unwrap_or(NONE);
        }
        best
    }

    /// Compresses `indices`, each below `1 << size`.
    ///
    /// `cost(place, index)` is what it costs to store `index` at `place` instead; `None` when it may not be.
    /// Indices are changed to what was stored.
    pub(super) fn encode(
        &mut self,
        size: u8,
        indices: &mut [u8],
        mut cost: Option<&mut dyn FnMut(usize, u8) -> Option<u32>>,
    ) -> Vec<u8> {
        let clear = 1u16 << size;
        let end = clear + 1;
        let first_width = u32::from(size) + 1;
        let mut bits = Bits::default();
        let (mut width, mut next) = (first_width, end + 1);
        self.clear();
        bits.push(clear, width);
        let mut prefix = NONE;
        // Bits and pixels since the table is full, and the best rate so far.
        let mut since = (0usize, 0usize, f64::MAX);
        for place in 0..indices.len() {
            let Some(index) = indices.get_mut(place) else {
                break;
            };
            if prefix == NONE {
                prefix = u16::from(*index);
                continue;
            }
            let key = (u32::from(prefix) << 8) | u32::from(*index);
            let slot = self.slot(key);
            let known = self.slots.get(slot).map_or(
                NONE,
                |(found, code)| if *found == key { *code } else { NONE },
            );
            if known != NONE {
                prefix = known;
                continue;
            }
            if let Some(cost) = &mut cost
                && let Some((code, other)) = self.other(prefix, &mut |index| cost(place, index))
            {
                *index = other;
                prefix = code;
                continue;
            }
            bits.push(prefix, width);
            prefix = u16::from(*index);
            if usize::from(next) < MOST_CODES {
                self.add(slot, key, next);
                if next == 1 << width {
                    width += 1;
                }
                next += 1;
                since = (bits.bytes.len(), place, f64::MAX);
                continue;
            }
            // A full table is kept for as long as it serves as well as before.
            if place - since.1 >= CHECK_PIXELS {
                let rate = (bits.bytes.len() - since.0) as f64 / (place - since.1) as f64;
                let is_worse = rate > since.2 * 1.02;
                since = (bits.bytes.len(), place, rate.min(since.2));
                if is_worse {
                    bits.push(clear, width);
                    self.clear();
                    (width, next) = (first_width, end + 1);
                }
            }
        }
        if prefix != NONE {
            bits.push(prefix, width);
            // The decoder's table grows by this code too.
            if usize::from(next) < MOST_CODES && next == 1 << width {
                width += 1;
            }
        }
        bits.push(end, width);
        bits.finish()
    }
}
