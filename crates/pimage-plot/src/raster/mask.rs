//! Coverage of an area: how much of each pixel shapes take together.

use super::Point;

/// Whole pixels of a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Area {
    pub(crate) const fn of_size(width: usize, height: usize) -> Self {
        Self {
            left: 0,
            top: 0,
            width,
            height,
        }
    }

    pub(crate) const fn right(&self) -> usize {
        self.left + self.width
    }

    pub(crate) const fn bottom(&self) -> usize {
        self.top + self.height
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The pixels that are in both.
    pub(crate) fn meet(&self, other: &Self) -> Self {
        let (left, top) = (self.left.max(other.left), self.top.max(other.top));
        Self {
            left,
            top,
            width: self.right().min(other.right()).saturating_sub(left),
            height: self.bottom().min(other.bottom()).saturating_sub(top),
        }
    }

    /// The least area that holds both.
    pub(crate) fn join(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        Self {
            left,
            top,
            width: self.right().max(other.right()) - left,
            height: self.bottom().max(other.bottom()) - top,
        }
    }

    /// The pixels of this area that are within `reach` of a box of points.
    pub(crate) fn around(&self, low: Point, high: Point, reach: f64) -> Self {
        let clamp = |value: f64, from: usize, to: usize| value.clamp(from as f64, to as f64);
        let left = clamp((low.0 - reach).floor(), self.left, self.right());
        let right = clamp((high.0 + reach).ceil(), self.left, self.right());
        let top = clamp((low.1 - reach).floor(), self.top, self.bottom());
        let bottom = clamp((high.1 + reach).ceil(), self.top, self.bottom());
        // The casts make 0 of what is not a number.
        Self {
            left: left as usize,
            top: top as usize,
            width: (right - left).max(0.0) as usize,
            height: (bottom - top).max(0.0) as usize,
        }
    }
}

/// How much of each pixel of an area is covered, 0 to 255.
///
/// A pixel keeps the greatest coverage that any shape gave it, so that the result does not depend on the order of the shapes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mask {
    pub(super) area: Area,
    pub(super) coverage: Vec<u8>,
}

impl Mask {
    pub(crate) fn new(area: Area) -> Self {
        let mut mask = Self::default();
        mask.reset(area);
        mask
    }

    /// Uncovers all pixels, of this area from now on.
    pub(crate) fn reset(&mut self, area: Area) {
        self.area = area;
        self.coverage.clear();
        self.coverage.resize(area.width * area.height, 0);
    }

    pub(crate) const fn area(&self) -> Area {
        self.area
    }

    /// Covers a shape, and has only the area that it touches from now on.
    pub(crate) fn reset_to_touched(&mut self, within: Area, shape: impl Fn(&mut Self) -> Area) {
        self.area = within;
        self.coverage.clear();
        // Nothing is covered while there is no memory: only the area is found.
        let touched = shape(self);
        self.reset(touched);
        shape(self);
    }

    /// Pixels from one column to another in a row, all in coordinates of the frame; empty when they are not within the area.
    pub(super) fn span_mut(&mut self, y: usize, from: usize, to: usize) -> &mut [u8] {
        let range = self.range(y, from, to);
        self.coverage.get_mut(range).unwrap_or_default()
    }

    pub(super) fn span(&self, y: usize, from: usize, to: usize) -> &[u8] {
        let range = self.range(y, from, to);
        self.coverage.get(range).unwrap_or_default()
    }

    fn range(&self, y: usize, from: usize, to: usize) -> std::ops::Range<usize> {
        let row = y.wrapping_sub(self.area.top).wrapping_mul(self.area.width);
        let start = row.wrapping_add(from.wrapping_sub(self.area.left));
        start..start.wrapping_add(to.saturating_sub(from))
    }

    /// Covers one pixel as much as this.
    pub(crate) fn set(&mut self, x: usize, y: usize, covered: u8) {
        if let Some(pixel) = self.span_mut(y, x, x + 1).first_mut() {
            *pixel = covered;
        }
    }

    /// A disc; returns the pixels that may have changed.
    pub(crate) fn disc(&mut self, center: Point, radius: f64) -> Area {
        self.segment(center, center, 2.0 * radius)
    }

    /// A rectangle with sides along those of pixels; returns the pixels that may have changed.
    pub(crate) fn rectangle(&mut self, low: Point, high: Point) -> Area {
        let touched = self.area.around(low, high, 0.0);
        let part = |from: f64, to: f64, pixel: usize| {
            let pixel = pixel as f64;
            (to.min(pixel + 1.0) - from.max(pixel)).clamp(0.0, 1.0)
        };
        for y in touched.top..touched.bottom() {
            let down = part(low.1, high.1, y);
            let span = self.span_mut(y, touched.left, touched.right());
            for (x, pixel) in (touched.left..).zip(span) {
                let covered = (part(low.0, high.0, x) * down * 255.0).round() as u8;
                *pixel = (*pixel).max(covered);
            }
        }
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_meet_and_join() {
        let a = Area {
            left: 2,
            top: 1,
            width: 5,
            height: 4,
        };
        let b = Area {
            left: 4,
            top: 0,
            width: 9,
            height: 2,
        };
        let both = a.meet(&b);
        assert_eq!((both.left, both.top, both.width, both.height), (4, 1, 3, 1));
        let all = a.join(&b);
        assert_eq!((all.left, all.top, all.width, all.height), (2, 0, 11, 5));
        assert!(a.meet(&Area::of_size(1, 1)).is_empty());
        assert_eq!(a.join(&Area::default()), a);
    }

    #[test]
    fn a_rectangle_covers_its_area() {
        let mut mask = Mask::new(Area::of_size(8, 8));
        mask.rectangle((1.5, 2.0), (4.0, 3.25));
        let sum: f64 = mask.coverage.iter().map(|value| f64::from(*value)).sum();
        assert!((sum / 255.0 - 2.5 * 1.25).abs() < 0.02, "{sum}");
        mask.rectangle((-9.0, -9.0), (99.0, 99.0));
        assert!(mask.coverage.iter().all(|value| *value == 255));
    }
}
