//! Shapes put together into the coverage of an area.

use crate::bitmap::Bitmap;
use crate::blend::Area;

/// Pixels between two corners, the second one exclusive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Corners {
    pub(crate) from: (i64, i64),
    pub(crate) to: (i64, i64),
}

impl Default for Corners {
    /// Nothing between them.
    fn default() -> Self {
        Self {
            from: (i64::MAX, i64::MAX),
            to: (i64::MIN, i64::MIN),
        }
    }
}

impl Corners {
    /// Moves the corners so that a bitmap at this origin is between them.
    pub(crate) fn include(&mut self, bitmap: &Bitmap, (x, y): (i64, i64)) {
        if bitmap.coverage.is_empty() {
            return;
        }
        let height = bitmap.coverage.len() / bitmap.width;
        let (left, top) = (x + i64::from(bitmap.left), y + i64::from(bitmap.top));
        let (right, bottom) = (left + bitmap.width as i64, top + height as i64);
        self.from = (self.from.0.min(left), self.from.1.min(top));
        self.to = (self.to.0.max(right), self.to.1.max(bottom));
    }
}

/// Puts bitmaps, each at its origin, into the coverage of an area.
pub(crate) fn gather<'a>(
    coverage: &mut Vec<u8>,
    area: Area,
    bitmaps: impl Iterator<Item = (&'a Bitmap, (i64, i64))>,
    combine: impl Fn(u8, u8) -> u8,
) {
    coverage.clear();
    coverage.resize(area.width * area.height, 0);
    for (bitmap, (x, y)) in bitmaps {
        // From the corner of the area.
        let left = x + i64::from(bitmap.left) - area.left as i64;
        let top = y + i64::from(bitmap.top) - area.top as i64;
        let skip = |start: i64| usize::try_from(-start).unwrap_or(0);
        let offset = |start: i64| usize::try_from(start).unwrap_or(0);
        let rows = bitmap.coverage.chunks_exact(bitmap.width.max(1));
        let targets = coverage.chunks_exact_mut(area.width);
        for (row, target) in rows.skip(skip(top)).zip(targets.skip(offset(top))) {
            let (row, target) = (row.get(skip(left)..), target.get_mut(offset(left)..));
            for (value, slot) in row
                .unwrap_or_default()
                .iter()
                .zip(target.unwrap_or_default())
            {
                *slot = combine(*slot, *value);
            }
        }
    }
}

/// Covers the pixels of an area that are between two corners.
pub(crate) fn fill_box(coverage: &mut Vec<u8>, area: Area, corners: Corners) {
    coverage.clear();
    coverage.resize(area.width * area.height, 0);
    let Corners { from, to } = corners;
    let clip = |value: i64, start: usize, side: usize| {
        (value - start as i64).clamp(0, side as i64) as usize
    };
    let columns = clip(from.0, area.left, area.width)..clip(to.0, area.left, area.width);
    let rows = clip(from.1, area.top, area.height)..clip(to.1, area.top, area.height);
    let covered = coverage.chunks_exact_mut(area.width);
    for row in covered.skip(rows.start).take(rows.len()) {
        row.get_mut(columns.clone()).unwrap_or_default().fill(255);
    }
}
