//! How a frame's whole numbers of steps become bits: by blocks, most of which are empty, and by how large their neighbours are.

use crate::arith::BitCoder;
use crate::counter::Counter;
use crate::level::octaves;

/// The steps of a value that is stored as it is.
pub(crate) const ESCAPE: i64 = i64::MIN;

/// The side of a block, values.
const SIDE: usize = 8;

/// Values of a block's line that are asked for at once whether any of them has steps.
const QUAD: usize = 4;

/// As many steps around a quad say that it has some.
const DENSE: u32 = 8;

/// Classes of what was wrong around a quad, in the same frame and in the one before.
const QUADS: usize = 8;

/// Stages of a quad: not asked for, asked for and found, and none found yet up to each of its values.
const STAGES: usize = 2 + QUAD;

/// Steps beyond this look alike to their neighbours.
const MOST_STEPS: i64 = 1 << 20;

/// Classes of what was wrong in the same frame, and in the one before.
const SPACE: usize = 14;
const PAST: usize = 8;

/// Sizes up to this are coded one by one, larger ones by their length.
const SMALL: usize = 14;

/// The length of an escape.
const LONGEST: usize = 64;

/// All that is learned along the way.
pub(crate) struct Model {
    width: usize,
    height: usize,
    /// Steps of this frame and of the one before, bounded, with a border of zeros on all sides.
    now: Vec<i32>,
    past: Vec<i32>,
    /// Which blocks of the frame before and of this one needed something.
    busy: [Vec<bool>; 2],
    block: [Counter; 8],
    quad: [Counter; QUADS * QUADS],
    /// By stage, and by what was wrong around.
    zero: Vec<Counter>,
    sign: [Counter; 27],
    size: Vec<Counter>,
    length: Vec<Counter>,
    second: [Counter; LONGEST + 1],
}

impl Model {
    pub(crate) fn new([_, height, width]: [usize; 3]) -> Self {
        let bordered = (width + 2) * (height + 2) + QUAD;
        let blocks = width.div_ceil(SIDE) * height.div_ceil(SIDE);
        Self {
            width,
            height,
            now: vec![0; bordered],
            past: vec![0; bordered],
            busy: [vec![false; blocks], vec![false; blocks]],
            block: [Counter::new(); 8],
            quad: [Counter::new(); QUADS * QUADS],
            zero: vec![Counter::new(); STAGES * SPACE * PAST],
            sign: [Counter::new(); 27],
            size: vec![Counter::new(); SPACE * SMALL],
            length: vec![Counter::new(); 64 * (LONGEST + 1)],
            second: [Counter::new(); LONGEST + 1],
        }
    }

    /// Values of a frame.
    pub(crate) fn area(&self) -> usize {
        (self.width * self.height).max(1)
    }

    /// Codes the steps of one frame; a decoder's are zero before.
    pub(crate) fn code_frame<B: BitCoder>(
        &mut self,
        coder: &mut B,
        steps: &mut [i64],
        masked: &[u8],
    ) {
        std::mem::swap(&mut self.now, &mut self.past);
        self.now.fill(0);
        self.busy.swap(0, 1);
        let columns = self.width.div_ceil(SIDE);
        for y in 0..self.height {
            if y.is_multiple_of(SIDE) {
                self.code_blocks(coder, steps, y);
            }
            for column in 0..columns {
                if self.busy[1][y / SIDE * columns + column] {
                    let start = y * self.width + column * SIDE;
                    let end = (start + SIDE).min((y + 1) * self.width);
                    self.code_run(coder, steps, masked, y, start..end);
                }
            }
        }
    }

    /// Codes which blocks of the row that begins at line `y` need something.
    fn code_blocks<B: BitCoder>(&mut self, coder: &mut B, steps: &[i64], y: usize) {
        let columns = self.width.div_ceil(SIDE);
        for column in 0..columns {
            let at = y / SIDE * columns + column;
            let x = column * SIDE;
            let is_busy = B::ENCODES
                && (y..(y + SIDE).min(self.height)).any(|y| {
                    let end = (x + SIDE).min(self.width);
                    let run = steps.get(y * self.width + x..y * self.width + end);
                    run.is_some_and(|run| run.iter().any(|&step| step != 0))
                });
            let left = column > 0 && self.busy[1][at - 1];
            let above = y > 0 && self.busy[1][at - columns];
            let context = [left, above, self.busy[0][at]]
                .into_iter()
                .fold(0, |context, is_busy| context << 1 | usize::from(is_busy));
            self.busy[1][at] = self.block[context].code(coder, is_busy);
        }
    }

    /// Codes some values of one line.
    fn code_run<B: BitCoder>(
        &mut self,
        coder: &mut B,
        steps: &mut [i64],
        masked: &[u8],
        y: usize,
        run: std::ops::Range<usize>,
    ) {
        // The border: a line above, and a value before each line and behind it.
        let border = self.width + 3 + 2 * y;
        let mut start = run.start;
        while start < run.end {
            let quad = start..(start + QUAD).min(run.end);
            start = quad.end;
            let is_known = match self.quad_class(quad.start + border) {
                Some(class) => {
                    let quad = steps.get(quad.clone()).unwrap_or(&[]);
                    let is_busy = B::ENCODES && quad.iter().any(|&step| step != 0);
                    if !self.quad[class].code(coder, is_busy) {
                        continue;
                    }
                    true
                }
                None => false,
            };
            // A quad that has some is the likelier to have the next, the more of it were zero.
            let mut stage = if is_known { STAGES - QUAD } else { 0 };
            for at in quad {
                if masked.get(at).is_none_or(|&kind| kind == 0) {
                    let near = self.near(at + border);
                    let step = self.code_step(coder, steps[at], &near, stage.min(STAGES - 1));
                    steps[at] = step;
                    self.now[at + border] = step.clamp(-MOST_STEPS, MOST_STEPS) as i32;
                    stage = match (stage, step) {
                        (0, _) => 0,
                        (1, _) => 1,
                        (_, 0) => stage + 1,
                        _ => 1,
                    };
                }
            }
        }
    }

    /// In what a quad lies; `None` where it has steps for sure.
    #[inline]
    fn quad_class(&self, place: usize) -> Option<usize> {
        let stride = self.width + 2;
        let sum = |values: Option<&[i32]>| -> u32 {
            let values = values.unwrap_or(&[]).iter();
            values.map(|step| step.unsigned_abs()).sum()
        };
        let north = place - stride;
        let space =
            sum(self.now.get(north - 1..north + QUAD + 1)) + 2 * self.now[place - 1].unsigned_abs();
        let past = 2 * sum(self.past.get(place..place + QUAD))
            + sum(self.past.get(place + stride..place + stride + QUAD));
        let class = octaves(space).min(QUADS - 1) * QUADS + octaves(past).min(QUADS - 1);
        (space + past < DENSE).then_some(class)
    }

    /// What was wrong around a value.
    #[inline]
    fn near(&self, place: usize) -> Near {
        let stride = self.width + 2;
        let [west, north] = [self.now[place - 1], self.now[place - stride]];
        let [corner, other] = [self.now[place - stride - 1], self.now[place - stride + 1]];
        let past = self.past[place];
        let beside = self.past[place - 1].unsigned_abs() + self.past[place + 1].unsigned_abs();
        let around =
            self.past[place - stride].unsigned_abs() + self.past[place + stride].unsigned_abs();
        Near {
            space: 2 * (west.unsigned_abs() + north.unsigned_abs())
                + corner.unsigned_abs()
                + other.unsigned_abs(),
            past: 2 * past.unsigned_abs() + beside + around,
            signs: (class(west) * 3 + class(north)) * 3 + class(past),
        }
    }

    #[inline]
    fn code_step<B: BitCoder>(
        &mut self,
        coder: &mut B,
        step: i64,
        near: &Near,
        stage: usize,
    ) -> i64 {
        let space = octaves(near.space).min(SPACE - 1);
        let mean = (near.space + near.past) / 12;
        let size = match step {
            ESCAPE => u64::MAX,
            _ => step.unsigned_abs(),
        };
        if mean < 8 {
            let past = octaves(near.past).min(PAST - 1);
            let zero = &mut self.zero[(stage * SPACE + space) * PAST + past];
            if !zero.code(coder, size != 0) {
                return 0;
            }
            let is_negative = self.sign[near.signs].code(coder, step < 0);
            let class = octaves((near.space + near.past) / 2).min(SPACE - 1);
            let counters = &mut self.size[class * SMALL..(class + 1) * SMALL];
            for (found, counter) in counters.iter_mut().enumerate() {
                if !counter.code(coder, size > found as u64 + 1) {
                    return signed(found as u64 + 1, is_negative);
                }
            }
            let next = SMALL as u64 + 1;
            let rest = match step {
                ESCAPE => u64::MAX,
                _ => size.saturating_sub(next),
            };
            let rest = self.code_long(coder, rest, 0);
            return rest.map_or(ESCAPE, |rest| signed(rest + next, is_negative));
        }
        let class = octaves(mean).min(62) + 1;
        let Some(size) = self.code_long(coder, size, class) else {
            return ESCAPE;
        };
        let is_negative = size != 0 && self.sign[near.signs].code(coder, step < 0);
        signed(size, is_negative)
    }

    /// Codes a number below 2^63 by its length; `None` for what is stored as it is, which is longer.
    fn code_long<B: BitCoder>(&mut self, coder: &mut B, number: u64, class: usize) -> Option<u64> {
        let wanted = (64 - number.leading_zeros()) as usize;
        let counters = &mut self.length[class * (LONGEST + 1)..(class + 1) * (LONGEST + 1)];
        // Lengths near that of the neighbourhood first: it is what most have.
        let usual = (class / 2).min(LONGEST);
        let mut length = usual;
        if counters[usual].code(coder, wanted > usual) {
            length += 1;
            while length < LONGEST && counters[length].code(coder, wanted > length) {
                length += 1;
            }
        } else {
            while length > 0 && !counters[length - 1].code(coder, wanted > length - 1) {
                length -= 1;
            }
        }
        match length {
            0 => Some(0),
            1 => Some(1),
            LONGEST => None,
            _ => {
                let rest = length as u32 - 2;
                let half = self.second[length].code(coder, number >> rest & 1 == 1);
                let low = coder.code_raw(number & ((1 << rest) - 1), rest);
                Some((2 | u64::from(half)) << rest | low)
            }
        }
    }
}

/// What was wrong around a value; the nearest count twice.
struct Near {
    space: u32,
    past: u32,
    signs: usize,
}

#[inline]
fn class(step: i32) -> usize {
    (step.signum() + 1) as usize
}

#[inline]
fn signed(size: u64, is_negative: bool) -> i64 {
    let size = size as i64;
    if is_negative {
        size.wrapping_neg()
    } else {
        size
    }
}
