//! What the bits of a residual are expected to depend on.

use crate::level::octaves;
use crate::segment::{Lanes, Segment, WIDTH};
use crate::vector::vectorized;

/// How many contexts a bit is seen in.
pub(crate) const INPUTS: usize = 4;

/// Contexts of each input of the mixer, by what they look at.
pub(crate) const SIZES: [usize; INPUTS] = [512, 33 * 8, 32 * CLASSES, 27 * 16];

/// Contexts of whether a whole segment has no residual.
pub(crate) const QUIETS: [usize; INPUTS] = [24 * CLASSES, 32 * 8, 32 * CLASSES, 24 * 8];

/// Kinds of steps that learn on their own: four by axis, three by how fine.
pub(crate) const CLASSES: usize = 12;

/// Sets of weights: by activity and axis.
pub(crate) const SETS: usize = 24 * 4;

/// What is expected of the points of a segment, as far as it does not depend on the points before in the row.
#[derive(Debug)]
pub(crate) struct Expected {
    class: usize,
    /// Weighted sizes of the residuals around.
    around: Lanes<i32>,
    /// Parts of contexts.
    sizes: Lanes<i32>,
    signs: Lanes<i32>,
    /// How large residuals are in the tile.
    mean: usize,
    /// How large residuals around the segment are, all in all.
    total: i32,
    /// How far weighted neighbours lie from the base predictions, all in all.
    moved: i32,
}

impl Expected {
    pub(crate) fn new() -> Self {
        Self {
            class: 0,
            around: [0; WIDTH],
            sizes: [0; WIDTH],
            signs: [0; WIDTH],
            mean: 0,
            total: 0,
            moved: 0,
        }
    }

    pub(crate) fn look(&mut self, segment: &Segment, class: usize, error: u32) {
        self.class = class;
        self.mean = octaves(error >> 2).min(31);
        vectorized(
            #[inline(always)]
            || self.look_at(segment),
        );
    }

    #[inline(always)]
    fn look_at(&mut self, segment: &Segment) {
        let [_, b, c, d, e, f] = &segment.residuals;
        let (mut total, mut moved) = (0, 0.0_f32);
        for at in 0..WIDTH {
            let sizes = [b[at], c[at], d[at], e[at], f[at]].map(i32::abs);
            let known = sizes[3] + sizes[4];
            self.around[at] = 3 * sizes[0] + 2 * sizes[1] + sizes[2] + known;
            total += sizes[0] + sizes[1] + known;
            self.sizes[at] = half_octaves(sizes[0]).min(7) * 8 + half_octaves(sizes[1]).min(7);
            self.signs[at] = sign(b[at]) * 3 + sign(c[at]);
        }
        for shift in &segment.shift {
            moved += shift.abs();
        }
        self.total = total;
        self.moved = (moved * 4.0) as i32;
    }

    /// Whether there is no residual around the segment, so that there may be none in it.
    pub(crate) fn is_still(&self) -> bool {
        self.total == 0
    }

    /// The contexts of whether the whole segment has no residual, after segments that had none or some.
    pub(crate) fn quiet(&self, before: usize) -> [usize; INPUTS] {
        let total = half_octaves(self.total).min(23) as usize;
        let moved = half_octaves(self.moved).min(31) as usize;
        [
            total * CLASSES + self.class,
            moved * 8 + total.min(7),
            self.mean * CLASSES + self.class,
            total * 8 + before,
        ]
    }

    /// The contexts of one point's bits, and the set of weights to mix them with.
    #[inline]
    pub(crate) fn contexts(&self, at: usize, west: i32, shift: f32) -> ([usize; INPUTS], usize) {
        let size = west.abs();
        let activity = half_octaves(3 * size + self.around[at]).min(23);
        let coarse = activity / 3;
        let class = self.class as i32;
        let moved = half_octaves((shift.abs() * 16.0) as i32).min(15);
        let moved = if shift < 0.0 { 16 - moved } else { 16 + moved };
        let contexts = [
            half_octaves(size).min(7) * 64 + self.sizes[at],
            moved * 8 + coarse,
            (self.mean * CLASSES) as i32 + class,
            (sign(west) * 9 + self.signs[at]) * 16 + (activity / 2).min(15),
        ];
        (
            contexts.map(|context| context as usize),
            (activity * 4 + class / 3) as usize,
        )
    }
}

/// 0 for none, 1 for above, 2 for below.
#[inline(always)]
fn sign(number: i32) -> i32 {
    i32::from(number > 0) + 2 * i32::from(number < 0)
}

/// As [`octaves`], without branches.
#[inline(always)]
fn half_octaves(value: i32) -> i32 {
    let sorted = ((value as f32).to_bits() >> 22) as i32 - 254;
    if value < 2 { value } else { sorted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_sorting_agree() {
        for value in (0..100_000).chain([1 << 23, (1 << 24) - 1, 1 << 24, 3 << 25]) {
            assert_eq!(
                half_octaves(value) as usize,
                octaves(value as u32),
                "{value}"
            );
        }
    }
}
