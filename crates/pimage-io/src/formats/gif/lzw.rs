//! The compression of GIF, with a choice of indices where several show a pixel equally well.
//!
//! Where there is no choice it also replaces that of the crate `gif`, which takes 1.5 to 3 times as long and up to 4 % more bytes
//! (noise alone takes 1 % less), because it begins anew whenever its table is full.

/// Codes of the longest table.
const MOST_CODES: usize = 4096;
/// Slots of the hash table: a power of two, four for each code.
const SLOTS: usize = 4 * MOST_CODES;
/// No code.
const NONE: u16 = u16::MAX;
/// No choice of indices.
pub(super) const AS_THEY_ARE: Option<fn(usize, u8) -> Option<u32>> = None;
/// Pixels after which a full table is looked at: is it still good?
const CHECK_PIXELS: usize = 4096;
/// It is not when it takes so much more than at its best.
const WORSE: f64 = 1.02;

/// Compresses indices; its tables are used again for the next picture.
#[derive(Debug)]
pub(super) struct Lzw {
    /// `prefix << 8 | index`, and the code that stands for both.
    slots: Vec<(u32, u16)>,
    /// The last code that continues each code.
    youngest: Vec<u16>,
    /// The last index of each code, and the code before it that continues the same.
    tails: Vec<(u8, u16)>,
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

/// The smallest code size that GIF allows for so many colours and a transparent index.
pub(super) fn code_size(colors: usize, transparent: Option<u8>) -> u8 {
    let indices = colors.max(transparent.map_or(0, |index| usize::from(index) + 1));
    (2..8).find(|bits| indices <= 1 << bits).unwrap_or(8)
}

impl Lzw {
    /// Empty tables.
    pub(super) fn new() -> Self {
        Self {
            slots: vec![(u32::MAX, NONE); SLOTS],
            youngest: vec![NONE; MOST_CODES],
            tails: vec![(0, NONE); MOST_CODES],
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
        if let Some(tail) = self.tails.get_mut(usize::from(code)) {
            *tail = (key as u8, before);
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
        while let Some(&(index, elder)) = self.tails.get(usize::from(code)) {
            if let Some(cost) = cost(index)
                && cost < least
            {
                least = cost;
                best = Some((code, index));
            }
            code = elder;
        }
        best
    }

    /// Compresses `indices`, each below `1 << size`.
    ///
    /// `cost(place, index)` is what it costs to store `index` at `place` instead; `None` when it may not be.
    /// Indices are changed to what was stored. The size comes first, as `gif` wants it, then the codes.
    pub(super) fn encode(
        &mut self,
        size: u8,
        indices: &mut [u8],
        mut cost: Option<impl FnMut(usize, u8) -> Option<u32>>,
    ) -> Vec<u8> {
        let mut codes = Codes::new(size);
        self.clear();
        let mut prefix = NONE;
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
            if let Some((found, code)) = self.slots.get(slot)
                && *found == key
            {
                prefix = *code;
                continue;
            }
            if let Some(cost) = &mut cost
                && let Some((code, other)) = self.other(prefix, &mut |index| cost(place, index))
            {
                *index = other;
                prefix = code;
                continue;
            }
            prefix = u16::from(*index);
            match codes.push(key >> 8, place) {
                Next::Code(code) => self.add(slot, key, code),
                Next::Full => {}
                Next::Cleared => self.clear(),
            }
        }
        codes.finish((prefix != NONE).then_some(prefix))
    }
}

/// What becomes of the table after a code.
enum Next {
    /// It gets this code.
    Code(u16),
    /// It has no room.
    Full,
    /// It is empty again.
    Cleared,
}

/// Codes of growing width.
struct Codes {
    bits: Bits,
    clear: u16,
    width: u32,
    /// The next code of the table.
    next: u16,
    /// Bytes and pixels when the full table was last looked at, and its best rate so far.
    since: (usize, usize, f64),
}

impl Codes {
    fn new(size: u8) -> Self {
        let mut codes = Self {
            bits: Bits::default(),
            clear: 1 << size,
            width: 0,
            next: 0,
            since: (0, 0, f64::MAX),
        };
        codes.restart();
        codes.bits.push(u16::from(size), 8);
        codes.bits.push(codes.clear, codes.width);
        codes
    }

    fn restart(&mut self) {
        self.width = self.clear.trailing_zeros() + 1;
        self.next = self.clear + 2;
    }

    /// Adds a code, of which the pixels end before `place`.
    fn push(&mut self, code: u32, place: usize) -> Next {
        self.bits.push(code as u16, self.width);
        let bytes = self.bits.bytes.len();
        if usize::from(self.next) < MOST_CODES {
            let code = self.next;
            if code == 1 << self.width {
                self.width += 1;
            }
            self.next += 1;
            self.since = (bytes, place, f64::MAX);
            return Next::Code(code);
        }
        let (bytes_then, place_then, best) = self.since;
        // A full table is kept for as long as it serves as well as before.
        if place - place_then < CHECK_PIXELS {
            return Next::Full;
        }
        let rate = (bytes - bytes_then) as f64 / (place - place_then) as f64;
        self.since = (bytes, place, rate.min(best));
        if rate <= best * WORSE {
            return Next::Full;
        }
        self.bits.push(self.clear, self.width);
        self.restart();
        Next::Cleared
    }

    /// The last code and the end.
    fn finish(mut self, last: Option<u16>) -> Vec<u8> {
        if let Some(last) = last {
            self.bits.push(last, self.width);
            // The decoder's table grows by this code too.
            if usize::from(self.next) < MOST_CODES && self.next == 1 << self.width {
                self.width += 1;
            }
        }
        self.bits.push(self.clear + 1, self.width);
        self.bits.finish()
    }
}
