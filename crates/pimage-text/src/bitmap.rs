//! Coverage: how much of each pixel a shape takes, 0 to 255.

use ab_glyph::{Glyph, GlyphId, OutlinedGlyph, PxScaleFactor, point};

use crate::Font;
use crate::flatten::flattened;

/// Pixels of a glyph's bitmap that are still drawn; what is larger is a broken font.
const MOST_PIXELS: f32 = 67_108_864.0;

/// The coverage of a shape around an origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bitmap {
    /// Column of its first pixel, from the origin.
    pub(crate) left: i32,
    /// Row of its first pixel, from the origin.
    pub(crate) top: i32,
    /// Pixels in a row.
    pub(crate) width: usize,
    /// Row after row.
    pub(crate) coverage: Vec<u8>,
}

impl Bitmap {
    /// The coverage of a glyph whose origin is `fraction` of a pixel right of the bitmap's; empty for blanks.
    pub(crate) fn of_glyph(font: &Font, glyph: GlyphId, scale: f32, fraction: f32) -> Self {
        let Some(outline) = font.outline(glyph) else {
            return Self::default();
        };
        let placed = Glyph {
            id: glyph,
            scale: scale.into(),
            position: point(fraction, 0.0),
        };
        let factor = PxScaleFactor {
            horizontal: scale,
            vertical: scale,
        };
        let outlined = OutlinedGlyph::new(placed, flattened(&outline, scale), factor);
        let bounds = outlined.px_bounds();
        let pixels = bounds.width() * bounds.height();
        if !(pixels > 0.0 && pixels <= MOST_PIXELS) {
            return Self::default();
        }
        let width = bounds.width() as usize;
        let mut coverage = vec![0; width * bounds.height() as usize];
        outlined.draw(|x, y, part| {
            if let Some(pixel) = coverage.get_mut(y as usize * width + x as usize) {
                *pixel = byte_from_part(part);
            }
        });
        Self {
            left: bounds.min.x as i32,
            top: bounds.min.y as i32,
            width,
            coverage,
        }
    }

    /// The shape and all that is within `reach` pixels of it, with soft edges.
    ///
    /// Where the edge runs through a pixel follows from how much of it is covered and from its neighbours
    /// (Gustavson and Strand, Anti-aliased Euclidean distance transform, 2011): exact for straight edges at any angle.
    pub(crate) fn grown(&self, reach: f64) -> Self {
        let margin = reach.ceil() as usize + 1;
        let parts = self.grid(margin, 0.0, |coverage| f32::from(coverage) / 255.0);
        let disc = Disc::new(margin);
        let mut nearest = Grid {
            width: parts.width,
            values: vec![f32::INFINITY; parts.values.len()],
        };
        for (place, part) in parts.values.iter().enumerate() {
            if *part <= 0.0 {
                continue;
            }
            let around = parts.around(place);
            if around.iter().all(|part| *part >= 1.0) {
                // Inside.
                nearest.lower(place, f32::NEG_INFINITY);
            } else {
                nearest.lower_around(place, edge_distance(&around), &disc);
            }
        }
        let reach = reach as f32;
        self.with_margin(margin, &nearest, |distance| {
            byte_from_part(reach + 0.5 - distance)
        })
    }

    /// The shape after a Gaussian of this standard deviation in pixels.
    pub(crate) fn blurred(&self, deviation: f64) -> Self {
        if deviation < 0.1 {
            return self.clone();
        }
        let margin = (deviation * 3.0).ceil() as usize;
        let weight = |distance: usize| (-0.5 * (distance as f64 / deviation).powi(2)).exp();
        let sum: f64 = weight(0) + 2.0 * (1..=margin).map(weight).sum::<f64>();
        let weights: Vec<f32> = (0..=margin)
            .map(|distance| (weight(distance) / sum) as f32)
            .collect();
        let parts = |coverage: u8| f32::from(coverage) / 255.0;
        let soft = self
            .grid(margin, 0.0, parts)
            .both_ways(margin, 0.0, |sum, value, distance| {
                sum + value * weights.get(distance).copied().unwrap_or(0.0)
            });
        self.with_margin(margin, &soft, byte_from_part)
    }

    /// The values of `function`, with a margin of `blank` all around.
    fn grid(&self, margin: usize, blank: f32, function: impl Fn(u8) -> f32) -> Grid {
        let width = self.width + 2 * margin;
        let rows = self.coverage.chunks_exact(self.width.max(1));
        let mut values = vec![blank; width * (rows.len() + 2 * margin)];
        for (row, target) in rows.zip(values.chunks_exact_mut(width).skip(margin)) {
            for (coverage, value) in row.iter().zip(target.iter_mut().skip(margin)) {
                *value = function(*coverage);
            }
        }
        Grid { width, values }
    }

    fn with_margin(&self, margin: usize, grid: &Grid, coverage: impl Fn(f32) -> u8) -> Self {
        if self.coverage.is_empty() {
            return Self::default();
        }
        Self {
            left: self.left - margin as i32,
            top: self.top - margin as i32,
            width: grid.width,
            coverage: grid.values.iter().map(|value| coverage(*value)).collect(),
        }
    }
}

/// 0 to 1 becomes 0 to 255.
fn byte_from_part(part: f32) -> u8 {
    // The cast clamps.
    (part * 255.0 + 0.5) as u8
}

/// Numbers in rows.
struct Grid {
    width: usize,
    values: Vec<f32>,
}

impl Grid {
    /// A number and its eight neighbours, row by row; 0 beyond the first and the last.
    fn around(&self, place: usize) -> [f32; 9] {
        let mut around = [0.0; 9];
        for (row, slots) in around.chunks_exact_mut(3).enumerate() {
            let start = (place + row * self.width).checked_sub(self.width + 1);
            let found = start.and_then(|start| self.values.get(start..start + 3));
            slots.copy_from_slice(found.unwrap_or(&[0.0; 3]));
        }
        around
    }

    fn lower(&mut self, place: usize, value: f32) {
        if let Some(slot) = self.values.get_mut(place) {
            *slot = slot.min(value);
        }
    }

    /// Lowers what is around a place to its distance from there, plus `start`.
    fn lower_around(&mut self, place: usize, start: f32, disc: &Disc) {
        let width = self.width;
        // A margin as wide as the disc is around all that is covered.
        let Some(corner) = place.checked_sub(disc.reach * width + disc.reach) else {
            return;
        };
        let rows = self
            .values
            .get_mut(corner..)
            .unwrap_or_default()
            .chunks_mut(width);
        for (row, distances) in rows.zip(disc.distances.chunks_exact(disc.side())) {
            for (slot, distance) in row.iter_mut().zip(distances) {
                *slot = slot.min(start + distance);
            }
        }
    }

    /// Combines each number with those up to `reach` to its left and right, and then with those above and below:
    /// `combine` gets what there is so far, at first `start`, a number, and how far away it is.
    fn both_ways(
        &self,
        reach: usize,
        start: f32,
        combine: impl Fn(f32, f32, usize) -> f32,
    ) -> Self {
        let across = self.along_rows(reach, start, &combine).transposed();
        across.along_rows(reach, start, &combine).transposed()
    }

    fn along_rows(
        &self,
        reach: usize,
        start: f32,
        combine: impl Fn(f32, f32, usize) -> f32,
    ) -> Self {
        let mut values = vec![start; self.values.len()];
        let rows = self.values.chunks_exact(self.width);
        for (row, target) in rows.zip(values.chunks_exact_mut(self.width)) {
            for distance in 0..=reach.min(self.width - 1) {
                let shifted = target.iter_mut().skip(distance);
                for (slot, value) in shifted.zip(row) {
                    *slot = combine(*slot, *value, distance);
                }
                if distance > 0 {
                    let shifted = row.iter().skip(distance);
                    for (slot, value) in target.iter_mut().zip(shifted) {
                        *slot = combine(*slot, *value, distance);
                    }
                }
            }
        }
        Self {
            width: self.width,
            values,
        }
    }

    fn transposed(&self) -> Self {
        let height = self.values.len() / self.width;
        let column = |x: usize| self.values.iter().skip(x).step_by(self.width);
        Self {
            width: height,
            values: (0..self.width).flat_map(column).copied().collect(),
        }
    }
}

/// Distances from the middle of a square.
struct Disc {
    reach: usize,
    distances: Vec<f32>,
}

impl Disc {
    fn new(reach: usize) -> Self {
        let side = 2 * reach + 1;
        let from_middle = |place: usize| place as f32 - reach as f32;
        let row = |y: usize| (0..side).map(move |x| from_middle(x).hypot(from_middle(y)));
        Self {
            reach,
            distances: (0..side).flat_map(row).collect(),
        }
    }

    const fn side(&self) -> usize {
        2 * self.reach + 1
    }
}

/// How far the edge of a shape is from the middle of a pixel that it runs through, pixels; negative when the middle is covered.
///
/// `parts` is how much of the pixel and of its neighbours is covered. The edge is taken to be straight
/// and at a right angle to the slope of the parts.
fn edge_distance(parts: &[f32; 9]) -> f32 {
    let [a, b, c, d, part, f, g, h, i] = *parts;
    let diagonal = std::f32::consts::SQRT_2;
    let (across, down) = (
        c + diagonal * f + i - a - diagonal * d - g,
        g + diagonal * h + i - a - diagonal * b - c,
    );
    let length = across.hypot(down);
    if length <= 0.0 {
        return 0.5 - part;
    }
    // By symmetry, an edge whose normal is at most 45 degrees from the level.
    let (across, down) = (across.abs() / length, down.abs() / length);
    let (more, less) = (across.max(down), across.min(down));
    // The part that is covered when the edge meets the first corner.
    let corner = 0.5 * less / more;
    if part < corner {
        0.5 * (more + less) - (2.0 * more * less * part).sqrt()
    } else if part <= 1.0 - corner {
        (0.5 - part) * more
    } else {
        (2.0 * more * less * (1.0 - part)).sqrt() - 0.5 * (more + less)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rectangle that is covered all over.
    fn block(width: usize, height: usize) -> Bitmap {
        Bitmap {
            left: 5,
            top: -3,
            width,
            coverage: vec![255; width * height],
        }
    }

    fn at(bitmap: &Bitmap, x: i32, y: i32) -> u8 {
        let (column, row) = ((x - bitmap.left) as usize, (y - bitmap.top) as usize);
        bitmap.coverage[row * bitmap.width + column]
    }

    #[test]
    fn a_grown_block_is_larger_by_the_width_on_each_side() {
        let block = block(9, 7);
        let grown = block.grown(2.0);
        let middle = [(5, 255), (3, 255), (2, 0), (13, 255), (15, 255), (16, 0)];
        for (x, expected) in middle {
            assert_eq!(at(&grown, x, 0), expected, "at {x}");
        }
        // The corner is round: two pixels away on both axes is further than two.
        let corner = at(&grown, 3, -5);
        assert!((1..150).contains(&corner), "{corner}");
        assert_eq!(at(&block.grown(1.75), 3, 0), 191);
        assert_eq!(Bitmap::default().grown(3.0), Bitmap::default());
    }

    #[test]
    fn a_slanted_edge_grows_as_an_upright_one() {
        // Half a plane whose edge falls by `slope` a column; away from its ends, the same edge is further down.
        for slope in [0.0f32, 0.4, 1.0] {
            let part = |x: i32, y: i32, edge: f32| {
                let depth = |corner: f32| y as f32 + 1.0 - edge - slope * (x as f32 + corner);
                let steps = (0..64).map(|step| depth((step as f32 + 0.5) / 64.0).clamp(0.0, 1.0));
                steps.sum::<f32>() / 64.0
            };
            let pixel =
                |edge: f32| move |place: i32| byte_from_part(part(place % 30, place / 30, edge));
            let plane = Bitmap {
                left: 0,
                top: 0,
                width: 30,
                coverage: (0..30 * 60).map(pixel(10.0)).collect(),
            };
            let grown = plane.grown(2.5);
            let expected = pixel(10.0 - 2.5 * slope.hypot(1.0));
            for (x, y) in (12..18).flat_map(|x| (8..24).map(move |y| (x, y))) {
                let (found, expected) = (at(&grown, x, y), expected(y * 30 + x));
                // Coverage by distance is not that by area where an edge is slanted.
                assert!(
                    found.abs_diff(expected) <= 40,
                    "{slope}: {found} at {x},{y}, expected {expected}"
                );
            }
        }
    }

    #[test]
    fn a_blur_keeps_the_sum() {
        let block = block(7, 5);
        let soft = block.blurred(1.5);
        let sum = |bitmap: &Bitmap| {
            bitmap
                .coverage
                .iter()
                .map(|value| f64::from(*value))
                .sum::<f64>()
        };
        assert!(
            (sum(&soft) / sum(&block) - 1.0).abs() < 0.02,
            "{}",
            sum(&soft)
        );
        assert_eq!(at(&soft, 5, -1), at(&soft, 11, -1));
        assert_eq!(block.blurred(0.0), block);
    }

    #[test]
    fn glyphs_sit_on_the_base_line() {
        let font = Font::bundled();
        let bitmap = Bitmap::of_glyph(&font, font.glyph('H').0, font.pixels_from_units(100.0), 0.0);
        let height = bitmap.coverage.len() / bitmap.width;
        assert_eq!(
            (bitmap.top, height),
            (-73, 73),
            "capitals are 0.729 em high"
        );
        let blank = Bitmap::of_glyph(&font, font.glyph(' ').0, 0.01, 0.0);
        assert!(blank.coverage.is_empty());
    }
}
