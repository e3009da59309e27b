//! Rows of a Bayer mosaic, and the colours between its pixels.
//!
//! All is computed for whole rows without asking which pixel saw what: samples of other colours are 0, so that
//! one weighted sum gives the sample itself where there is one and the mean of its neighbours where there is none.

use pimage_core::Sample;

use crate::vector::vectorized;

/// Samples with the numbers in which sums of several are exact.
pub(super) trait Raw: Sample {
    /// Room for sums of eight samples, with a sign.
    type Sum: Sum;

    /// The sample as a number.
    fn up(self) -> Self::Sum;
    /// The nearest sample from 0 to `full`; floats as they are.
    fn down(sum: Self::Sum, full: Self::Sum) -> Self;
}

/// Numbers in which neighbours are added.
pub(super) trait Sum:
    Copy + Default + PartialOrd + 'static + std::ops::Add<Output = Self> + std::ops::Sub<Output = Self>
{
    /// Half of it; halves up.
    fn half(self) -> Self;
    /// A quarter of it, to the nearest, halves up.
    fn quarter(self) -> Self;
    /// Without its sign.
    fn size(self) -> Self;
}

macro_rules! whole_sum {
    ($($type:ident),*) => {$(
        impl Sum for $type {
            #[inline(always)]
            fn half(self) -> Self {
                (self + 1) >> 1
            }

            #[inline(always)]
            fn quarter(self) -> Self {
                (self + 2) >> 2
            }

            #[inline(always)]
            fn size(self) -> Self {
                self.abs()
            }
        }
    )*};
}

macro_rules! float_sum {
    ($($type:ident),*) => {$(
        impl Sum for $type {
            #[inline(always)]
            fn half(self) -> Self {
                self * 0.5
            }

            #[inline(always)]
            fn quarter(self) -> Self {
                self * 0.25
            }

            #[inline(always)]
            fn size(self) -> Self {
                self.abs()
            }
        }

        impl Raw for $type {
            type Sum = Self;

            #[inline(always)]
            fn up(self) -> Self {
                self
            }

            #[inline(always)]
            fn down(sum: Self, _: Self) -> Self {
                sum
            }
        }
    )*};
}

macro_rules! raw {
    ($($type:ident in $sum:ident from $low:expr),*) => {$(
        impl Raw for $type {
            type Sum = $sum;

            #[inline(always)]
            fn up(self) -> $sum {
                $sum::from(self)
            }

            #[inline(always)]
            fn down(sum: $sum, full: $sum) -> Self {
                // Signed samples reach as far below 0 as above it, and one farther.
                sum.clamp(if $low { -full - 1 } else { 0 }, full) as Self
            }
        }
    )*};
}

whole_sum!(i16, i32, i64);
float_sum!(f32, f64);
raw!(u8 in i16 from false, u16 in i32 from false, i16 in i32 from true, u32 in i64 from false, i32 in i64 from true);

/// Samples of a frame and what was computed of some of its rows.
pub(super) struct Mosaic<'a, T: Raw> {
    samples: &'a [T],
    width: usize,
    height: usize,
    /// Column and row of the first red pixel, 0 or 1 each.
    red: (usize, usize),
    full: T::Sum,
    /// The samples, two mirrored ones at each end.
    raw: Rows<T::Sum>,
    /// Green everywhere, where colours are told by their difference from it; else 0.
    base: Rows<T::Sum>,
    /// Red or blue, whatever the row has, less the base; 0 between; one mirrored sample at each end.
    color: Rows<T::Sum>,
    green: Rows<T::Sum>,
    /// Estimates from left and right and from above and below: values, and how much the picture changes.
    across: [Vec<T::Sum>; 2],
    along: [Vec<T::Sum>; 2],
    /// The colours of the rows above and below together.
    sums: Vec<T::Sum>,
    /// Rows that are in `raw`.
    loaded: usize,
}

/// The last few rows of a plane.
struct Rows<S> {
    memory: Vec<S>,
    length: usize,
}

/// Rows of a plane that are kept: one more than the filter reaches, as a power of two.
const KEPT: usize = 8;

impl<S: Copy + Default> Rows<S> {
    fn new(length: usize) -> Self {
        Self {
            memory: vec![S::default(); length * KEPT],
            length,
        }
    }

    fn row(&self, y: usize) -> &[S] {
        let start = y % KEPT * self.length;
        self.memory
            .get(start..start + self.length)
            .unwrap_or_default()
    }

    fn row_mut(&mut self, y: usize) -> &mut [S] {
        let start = y % KEPT * self.length;
        self.memory
            .get_mut(start..start + self.length)
            .unwrap_or_default()
    }
}

/// The place within `0..count` that is seen `beyond` before the first or after the last one in a mirror; pixels keep their colour by it.
const fn mirrored(place: usize, offset: isize, count: usize) -> usize {
    let period = 2 * (count as isize - 1);
    let place = (place as isize + offset).rem_euclid(period);
    (if place < count as isize {
        place
    } else {
        period - place
    }) as usize
}

/// `length` samples from `start` on.
fn part<S>(row: &[S], start: usize, length: usize) -> &[S] {
    row.get(start..start + length).unwrap_or_default()
}

impl<'a, T: Raw> Mosaic<'a, T> {
    /// The samples of a frame of at least 2x2 pixels; `full` is the greatest value of an integer.
    pub(super) fn new(samples: &'a [T], width: usize, red: (usize, usize), full: T::Sum) -> Self {
        let row = || vec![T::Sum::default(); width];
        Self {
            samples,
            width,
            height: samples.len() / width.max(1),
            red,
            full,
            raw: Rows::new(width + 4),
            base: Rows::new(width),
            color: Rows::new(width + 2),
            green: Rows::new(width),
            across: [row(), row()],
            along: [row(), row()],
            sums: vec![T::Sum::default(); width + 2],
            loaded: 0,
        }
    }

    /// Fills the pixels of an RGB frame; `green` computes a row of green, of which the raw rows are there.
    pub(super) fn fill(&mut self, target: &mut [T], green: impl Fn(&mut Self, usize)) {
        let mut prepared = 0;
        for (y, target) in target.chunks_exact_mut(3 * self.width).enumerate() {
            while prepared < (y + 2).min(self.height) {
                self.load((prepared + 3).min(self.height));
                green(self, prepared);
                self.differ(prepared);
                prepared += 1;
            }
            self.write(y, target);
        }
    }

    /// Reads rows up to `end`.
    fn load(&mut self, end: usize) {
        let width = self.width;
        for y in self.loaded..end {
            let samples = part(self.samples, y * width, width);
            let row = self.raw.row_mut(y);
            for (raw, sample) in row.iter_mut().skip(2).zip(samples) {
                *raw = sample.up();
            }
            for (place, offset) in [(0, -2), (0, -1), (width - 1, 1), (width - 1, 2)] {
                let from = samples.get(mirrored(place, offset, width)).copied();
                let to = row.get_mut((place + 2).wrapping_add_signed(offset));
                if let (Some(from), Some(to)) = (from, to) {
                    *to = from.up();
                }
            }
        }
        self.loaded = self.loaded.max(end);
    }

    /// Column, 0 or 1, from which on every other pixel of a row is red or blue.
    const fn phase(&self, y: usize) -> usize {
        match y % 2 == self.red.1 {
            true => self.red.0,
            false => 1 - self.red.0,
        }
    }

    /// Green by the mean of the four neighbours; red and blue are themselves.
    pub(super) fn mean_green(&mut self, y: usize) {
        let width = self.width;
        let [above, below] = [-1, 1].map(|offset| mirrored(y, offset, self.height));
        let phase = self.phase(y);
        let row = self.raw.row(y);
        let (left, right) = (part(row, 1, width), part(row, 3, width));
        let above = part(self.raw.row(above), 2, width);
        let below = part(self.raw.row(below), 2, width);
        let green = self.green.row_mut(y);
        vectorized(
            #[inline(always)]
            || {
                let near = left.iter().zip(right).zip(above.iter().zip(below));
                for (green, ((left, right), (above, below))) in green.iter_mut().zip(near) {
                    *green = (*left + *right + *above + *below).quarter();
                }
            },
        );
        keep_own(green, part(row, 2, width), phase);
    }

    /// Green along the direction in which green and the colour at hand change less; colours are told by their difference from it.
    pub(super) fn edge_green(&mut self, y: usize) {
        let width = self.width;
        let phase = self.phase(y);
        let row = self.raw.row(y);
        let shifted = [0, 1, 2, 3, 4].map(|start| part(row, start, width));
        estimate(shifted, &mut self.across);
        let stacked = [-2, -1, 0, 1, 2]
            .map(|offset| part(self.raw.row(mirrored(y, offset, self.height)), 2, width));
        estimate(stacked, &mut self.along);
        let green = self.green.row_mut(y);
        let ([across, across_change], [along, along_change]) = (&self.across, &self.along);
        let full = self.full;
        vectorized(
            #[inline(always)]
            || {
                let across = across.iter().zip(across_change);
                let along = along.iter().zip(along_change);
                let both = across.zip(along);
                for (green, ((across, across_change), (along, along_change))) in
                    green.iter_mut().zip(both)
                {
                    let even = (*across + *along).half();
                    let flatter = if across_change < along_change {
                        *across
                    } else {
                        *along
                    };
                    let value = if across_change == along_change {
                        even
                    } else {
                        flatter
                    };
                    *green = T::down(value, full).up();
                }
            },
        );
        keep_own(green, part(row, 2, width), phase);
        self.base.row_mut(y).copy_from_slice(green);
    }

    /// Computes the colour of a row less its base.
    fn differ(&mut self, y: usize) {
        let width = self.width;
        let phase = self.phase(y);
        let raw = part(self.raw.row(y), 2, width);
        let base = self.base.row(y);
        let row = self.color.row_mut(y);
        if let Some(inner) = row.get_mut(1..=width) {
            for (color, (raw, base)) in inner.iter_mut().zip(raw.iter().zip(base)) {
                *color = *raw - *base;
            }
            for color in inner.iter_mut().skip(1 - phase).step_by(2) {
                *color = T::Sum::default();
            }
        }
        for (end, place, offset) in [(0, 0, -1), (width + 1, width - 1, 1)] {
            let from = row.get(mirrored(place, offset, width) + 1).copied();
            if let (Some(from), Some(to)) = (from, row.get_mut(end)) {
                *to = from;
            }
        }
    }

    /// Writes a row of pixels.
    fn write(&mut self, y: usize, target: &mut [T]) {
        let width = self.width;
        let [above, below] = [-1, 1].map(|offset| self.color.row(mirrored(y, offset, self.height)));
        let own = [0, 1, 2].map(|start| part(self.color.row(y), start, width));
        let sums = &mut self.sums;
        let (green, base) = (self.green.row(y), self.base.row(y));
        let (target, _) = target.as_chunks_mut::<3>();
        let is_red = y % 2 == self.red.1;
        let full = self.full;
        let ([own_row, _], [other_row, _]) = (&mut self.across, &mut self.along);
        vectorized(
            #[inline(always)]
            || {
                let near = own[0].iter().zip(own[2]).zip(own[1]);
                for (color, (((left, right), middle), base)) in
                    own_row.iter_mut().zip(near.zip(base))
                {
                    *color = *base + (*left + *middle + *middle + *right).half();
                }
                for (sum, (above, below)) in sums.iter_mut().zip(above.iter().zip(below)) {
                    *sum = *above + *below;
                }
                let near = sums
                    .iter()
                    .zip(part(sums, 2, width))
                    .zip(part(sums, 1, width));
                for (color, (((left, right), middle), base)) in
                    other_row.iter_mut().zip(near.zip(base))
                {
                    *color = *base + (*left + *middle + *middle + *right).quarter();
                }
                let (red, blue) = if is_red {
                    (own_row, other_row)
                } else {
                    (other_row, own_row)
                };
                let planes = red.iter().zip(green).zip(blue.iter());
                for (pixel, ((red, green), blue)) in target.iter_mut().zip(planes) {
                    *pixel = [
                        T::down(*red, full),
                        T::down(*green, full),
                        T::down(*blue, full),
                    ];
                }
            },
        );
    }
}

/// Every other sample of `green` is the one that was recorded.
fn keep_own<S: Copy>(green: &mut [S], raw: &[S], phase: usize) {
    let own = raw.iter().skip(1 - phase).step_by(2);
    for (green, raw) in green.iter_mut().skip(1 - phase).step_by(2).zip(own) {
        *green = *raw;
    }
}

/// Green from the neighbours at both sides, corrected by the second derivative of the colour at hand, and how much both change.
fn estimate<S: Sum>(
    [far, near, own, next, beyond]: [&[S]; 5],
    [values, changes]: &mut [Vec<S>; 2],
) {
    vectorized(
        #[inline(always)]
        || {
            let sides = far.iter().zip(beyond).zip(near.iter().zip(next)).zip(own);
            let results = values.iter_mut().zip(changes.iter_mut());
            for ((value, change), (((far, beyond), (near, next)), own)) in results.zip(sides) {
                let bend = *own + *own - *far - *beyond;
                *change = (*near - *next).size() + bend.size();
                let both = *near + *next;
                *value = (both + both + bend).quarter();
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_keep_the_colour() {
        for count in 2..7 {
            for offset in -2..=2 {
                for place in 0..count {
                    let seen = mirrored(place, offset, count);
                    assert!(seen < count, "{place} {offset} {count}");
                    assert_eq!((seen as isize - place as isize - offset) % 2, 0);
                }
            }
        }
        assert_eq!(
            [mirrored(0, -1, 5), mirrored(4, 2, 5), mirrored(1, 1, 5)],
            [1, 2, 2]
        );
    }
}
