//! Tables that equalise the histograms of tiles, and the look-up between them.

use pimage_core::Sample;

use super::border::mirrored;
use super::real::Real;
use crate::vector::vectorized;

/// A sample that has a level.
pub(super) trait Level: Sample + Default {
    /// How many levels it is above `low`.
    fn above(self, low: i32) -> i32;
    /// The sample that many levels above `low`.
    fn at(level: u16, low: i32) -> Self;
}

macro_rules! levels {
    ($($type:ident),*) => {$(
        impl Level for $type {
            #[inline(always)]
            fn above(self, low: i32) -> i32 {
                i32::from(self) - low
            }

            #[inline(always)]
            fn at(level: u16, low: i32) -> Self {
                (i32::from(level) + low) as Self
            }
        }
    )*};
}

levels!(u8, u16, i16);

/// Where the samples of one channel are, and what their levels are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    /// Pixels in a row.
    pub(super) width: usize,
    /// Samples from one pixel to the next.
    pub(super) step: usize,
    /// The sample of level 0.
    pub(super) low: i32,
    /// The highest level.
    pub(super) top: usize,
}

impl Plane {
    #[inline(always)]
    fn level<T: Level>(self, sample: T) -> usize {
        sample.above(self.low).clamp(0, self.top as i32) as usize
    }

    fn rows<T>(self, samples: &[T]) -> std::slice::ChunksExact<'_, T> {
        samples.chunks_exact((self.width * self.step).max(1))
    }
}

/// The tables of the tiles of a frame, and memory to look up in them.
#[derive(Debug, Default)]
pub(super) struct Tiles {
    across: usize,
    down: usize,
    width: usize,
    height: usize,
    levels: usize,
    /// A result for each level, tile after tile.
    tables: Vec<u16>,
    histograms: Vec<u32>,
    /// For each column, the tables to its left and right, and the weights of the two.
    columns: Vec<Column>,
    /// The results of a row in the four tables around it.
    found: [Vec<f32>; 4],
    weights: [Vec<f32>; 2],
    /// Columns between the same tables.
    segments: Vec<Segment>,
    /// For each segment and each level, the results in the four tables around, of 8 bits each.
    packed: Vec<u32>,
    results: Vec<u32>,
}

/// Levels up to which four results are looked up as one.
const PACKED: usize = 256;

/// Columns that are between the same tables.
#[derive(Debug, Clone, Copy)]
struct Segment {
    column: Column,
    start: usize,
    end: usize,
}

/// Which tables a column, or a row, is between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column {
    first: usize,
    second: usize,
}

/// Histograms that are counted side by side, so that equal levels in a row do not wait for each other.
const LANES: usize = 4;

impl Tiles {
    /// Makes the tables of a frame for so many tiles along rows and along columns.
    ///
    /// A frame that is not a multiple of the tiles is continued by mirroring it, by a whole number of tiles where it is one.
    pub(super) fn measure<T: Level>(
        &mut self,
        samples: &[T],
        plane: Plane,
        clip: f64,
        [across, down]: [usize; 2],
    ) {
        let (width, height) = (plane.width, plane.rows(samples).len());
        let is_whole = width.is_multiple_of(across) && height.is_multiple_of(down);
        let extended = |size: usize, tiles: usize| match is_whole {
            true => size / tiles,
            false => size / tiles + 1,
        };
        (self.across, self.down) = (across, down);
        (self.width, self.height) = (extended(width, across), extended(height, down));
        self.levels = plane.top + 1;
        self.tables.resize(across * down * self.levels, 0);
        self.histograms.resize(LANES * self.levels, 0);
        let area = self.width * self.height;
        let limit = match clip {
            0.0 => u32::MAX,
            clip => ((clip * area as f64 / self.levels as f64) as u32).max(1),
        };
        let scale = plane.top as f32 / area as f32;
        for tile in 0..across * down {
            self.count(samples, plane, height, tile);
            let histogram = self.histograms.get_mut(..self.levels).unwrap_or_default();
            clip_histogram(histogram, limit);
            let table = self
                .tables
                .get_mut(tile * self.levels..)
                .unwrap_or_default();
            let mut sum = 0;
            for (result, count) in table.iter_mut().zip(histogram) {
                sum += *count;
                *result = u16::within(sum as f32 * scale, 0.0, plane.top as f32);
            }
        }
    }

    /// Counts the levels of a tile into the first histogram.
    fn count<T: Level>(&mut self, samples: &[T], plane: Plane, height: usize, tile: usize) {
        self.histograms.fill(0);
        let (left, top) = (
            tile % self.across * self.width,
            tile / self.across * self.height,
        );
        let inside = left.min(plane.width)..(left + self.width).min(plane.width);
        let outside = inside.end.max(left)..left + self.width;
        let row_len = plane.width * plane.step;
        for y in top..top + self.height {
            let start = mirrored(y as isize, height) * row_len;
            let row = samples.get(start..start + row_len).unwrap_or_default();
            let part = row.get(inside.start * plane.step..inside.end * plane.step);
            let part = part.unwrap_or_default();
            match plane.step {
                1 => count_all(part, plane, &mut self.histograms),
                step => {
                    for sample in part.iter().step_by(step) {
                        count_all(std::slice::from_ref(sample), plane, &mut self.histograms);
                    }
                }
            }
            for x in outside.clone() {
                let place = mirrored(x as isize, plane.width) * plane.step;
                let sample = row.get(place).copied().unwrap_or_default();
                if let Some(count) = self.histograms.get_mut(plane.level(sample)) {
                    *count += 1;
                }
            }
        }
        let (first, others) = self.histograms.split_at_mut(self.levels);
        for other in others.chunks_exact(self.levels) {
            for (sum, count) in first.iter_mut().zip(other) {
                *sum += count;
            }
        }
    }

    /// Looks every sample up in the tables around it.
    pub(super) fn map<T: Level>(&mut self, samples: &[T], plane: Plane, output: &mut [T]) {
        self.place_columns(plane.width);
        let row_len = (plane.width * plane.step).max(1);
        let rows = plane.rows(samples).zip(output.chunks_exact_mut(row_len));
        let mut packed_for = None;
        for (y, (row, result)) in rows.enumerate() {
            let (between, below) = between(y, self.height, self.down);
            if self.levels > PACKED {
                self.look_up(row, plane, between);
            } else {
                if packed_for != Some(between) {
                    self.pack(between);
                    packed_for = Some(between);
                }
                self.look_up_packed(row, plane);
            }
            let [left, right] = &self.weights;
            mix(&mut self.found, left, right, below);
            write_levels(&self.found[0], plane, result);
        }
    }

    /// Puts the four results of each level together, for each pair of columns of tiles and this pair of rows.
    fn pack(&mut self, rows: Column) {
        self.packed.clear();
        let table = |row: usize, column: usize| {
            let start = (row * self.across + column) * self.levels;
            self.tables
                .get(start..start + self.levels)
                .unwrap_or_default()
        };
        for segment in &self.segments {
            let Column { first, second } = segment.column;
            let [a, b] = [first, second].map(|column| table(rows.first, column));
            let [c, d] = [first, second].map(|column| table(rows.second, column));
            let results = a.iter().zip(b).zip(c.iter().zip(d));
            self.packed.extend(results.map(|((a, b), (c, d))| {
                u32::from_le_bytes([*a as u8, *b as u8, *c as u8, *d as u8])
            }));
        }
    }

    /// The same as `look_up`, with one access for all four.
    fn look_up_packed<T: Level>(&mut self, row: &[T], plane: Plane) {
        let tables = self.packed.chunks_exact(self.levels);
        for (segment, table) in self.segments.iter().zip(tables) {
            let range = segment.start..segment.end;
            let pixels = row.get(range.start * plane.step..range.end * plane.step);
            let pixels = pixels.unwrap_or_default();
            let found = self.results.get_mut(range).unwrap_or_default();
            let one = |sample: T| table.get(plane.level(sample)).copied().unwrap_or(0);
            if plane.step == 1 {
                for (sample, found) in pixels.iter().zip(found) {
                    *found = one(*sample);
                }
            } else {
                for (sample, found) in pixels.iter().step_by(plane.step).zip(found) {
                    *found = one(*sample);
                }
            }
        }
        unpack(&self.results, &mut self.found);
    }

    fn place_columns(&mut self, width: usize) {
        let places = (0..width).map(|x| between(x, self.width, self.across));
        self.columns.clear();
        self.columns
            .extend(places.clone().map(|(column, _)| column));
        let [left, right] = &mut self.weights;
        left.clear();
        left.extend(places.clone().map(|(_, weight)| 1.0 - weight));
        right.clear();
        right.extend(places.map(|(_, weight)| weight));
        for found in &mut self.found {
            found.resize(width, 0.0);
        }
        self.results.resize(width, 0);
        self.segments.clear();
        for (x, column) in self.columns.iter().enumerate() {
            match self.segments.last_mut() {
                Some(last) if last.column == *column => last.end = x + 1,
                _ => self.segments.push(Segment {
                    column: *column,
                    start: x,
                    end: x + 1,
                }),
            }
        }
    }

    /// Finds the results of a row in the four tables around each sample.
    fn look_up<T: Level>(&mut self, row: &[T], plane: Plane, rows: Column) {
        let [a, b, c, d] = &mut self.found;
        let found = a.iter_mut().zip(b).zip(c.iter_mut().zip(d));
        let pixels = row.iter().step_by(plane.step).zip(&self.columns);
        let (tables, levels) = (&self.tables, self.levels);
        let table = |row: usize, column: usize| (row * self.across + column) * levels;
        for ((sample, column), ((a, b), (c, d))) in pixels.zip(found) {
            let level = plane.level(*sample);
            let one = |row, column| {
                let result = tables.get(table(row, column) + level);
                f32::from(result.copied().unwrap_or(0))
            };
            *a = one(rows.first, column.first);
            *b = one(rows.first, column.second);
            *c = one(rows.second, column.first);
            *d = one(rows.second, column.second);
        }
    }
}

/// Counts the levels of samples, each fourth into the same histogram.
fn count_all<T: Level>(samples: &[T], plane: Plane, histograms: &mut [u32]) {
    let levels = plane.top + 1;
    let mut lanes = histograms.chunks_exact_mut(levels);
    let (Some(a), Some(b), Some(c), Some(d)) =
        (lanes.next(), lanes.next(), lanes.next(), lanes.next())
    else {
        return;
    };
    let one = |histogram: &mut [u32], sample: T| {
        if let Some(count) = histogram.get_mut(plane.level(sample)) {
            *count += 1;
        }
    };
    let (fours, rest) = samples.as_chunks::<LANES>();
    for [first, second, third, fourth] in fours {
        one(a, *first);
        one(b, *second);
        one(c, *third);
        one(d, *fourth);
    }
    for sample in rest {
        one(a, *sample);
    }
}

/// Cuts off what counts more often than the limit, and spreads it over all levels.
fn clip_histogram(histogram: &mut [u32], limit: u32) {
    let mut clipped = 0;
    for count in histogram.iter_mut() {
        clipped += count.saturating_sub(limit);
        *count = (*count).min(limit);
    }
    let levels = histogram.len();
    let (batch, rest) = (clipped / levels as u32, clipped as usize % levels);
    for count in histogram.iter_mut() {
        *count += batch;
    }
    let step = levels.checked_div(rest).unwrap_or(1).max(1);
    for count in histogram.iter_mut().step_by(step).take(rest) {
        *count += 1;
    }
}

/// The tiles whose middles a place lies between, and how near it is to the second, 0 to 1.
fn between(place: usize, size: usize, count: usize) -> (Column, f32) {
    // In the order of OpenCV's operations, so that it is the same to the bit.
    let position = place as f32 * (1.0 / size as f32) - 0.5;
    let first = position.floor();
    let column = Column {
        first: first.max(0.0) as usize,
        second: ((first + 1.0) as usize).min(count - 1),
    };
    (column, position - first)
}

/// Takes four results apart.
fn unpack(results: &[u32], found: &mut [Vec<f32>; 4]) {
    let [a, b, c, d] = found.each_mut().map(Vec::as_mut_slice);
    vectorized(
        #[inline(always)]
        || {
            let found = a.iter_mut().zip(b).zip(c.iter_mut().zip(d));
            for (result, ((a, b), (c, d))) in results.iter().zip(found) {
                // Signed, for which there is an instruction.
                let one = |shift: u32| (*result >> shift & 0xFF) as i32 as f32;
                (*a, *b, *c, *d) = (one(0), one(8), one(16), one(24));
            }
        },
    );
}

/// Mixes the four results of each sample into the first.
fn mix(found: &mut [Vec<f32>; 4], left: &[f32], right: &[f32], below: f32) {
    let [a, b, c, d] = found.each_mut().map(Vec::as_mut_slice);
    let above = 1.0 - below;
    vectorized(
        #[inline(always)]
        || {
            let others = b.iter().zip(c).zip(d);
            for (((a, ((b, c), d)), left), right) in a.iter_mut().zip(others).zip(left).zip(right) {
                let upper = *a * *left + *b * *right;
                let lower = *c * *left + *d * *right;
                *a = upper * above + lower * below;
            }
        },
    );
}

/// Rounds levels, halves to even, and writes the samples that have them.
fn write_levels<T: Level>(levels: &[f32], plane: Plane, result: &mut [T]) {
    if plane.step == 1 {
        vectorized(
            #[inline(always)]
            || {
                for (result, level) in result.iter_mut().zip(levels) {
                    *result = T::at(u16::nearest(*level), plane.low);
                }
            },
        );
    } else {
        for (result, level) in result.iter_mut().step_by(plane.step).zip(levels) {
            *result = T::at(u16::nearest(*level), plane.low);
        }
    }
}
