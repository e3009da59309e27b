//! Some points of a row at once: what is known of them before the first is coded.

use std::ops::Range;

use crate::plan::Step;
use crate::sample::Sample;
use crate::taps::{TAPS, Tap, Taps};
use crate::vector::vectorized;

/// Points of a segment.
pub(crate) const WIDTH: usize = 16;

/// One number for each point of a segment.
pub(crate) type Lanes<T> = [T; WIDTH];

/// Neighbours that the simple prediction is made of.
const BASES: usize = 4;

/// A row of a step: where it begins, and which of its neighbours are in the group.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The place of the first point among the group's values.
    pub(crate) first: usize,
    /// From one point to the next.
    pub(crate) stride: usize,
    /// How many points it has.
    pub(crate) points: usize,
    is_grid: bool,
    quantum: f64,
    /// By how much each neighbour is away, and which points have it.
    near: Vec<(isize, Range<usize>)>,
    residuals: [(isize, Range<usize>); 6],
    columns: Vec<Range<usize>>,
    residual_columns: [Range<usize>; 6],
}

impl Row {
    pub(crate) fn new(step: &Step, taps: &Taps, quantum: f64, width: usize) -> Self {
        let columns = |tap: &Tap| tap.columns(step, width);
        let [a, b, c, d] = &taps.same;
        let [e, f] = &taps.known;
        Self {
            first: 0,
            stride: step.stride[2],
            points: width.saturating_sub(step.start[2]).div_ceil(step.stride[2]),
            is_grid: step.axis.is_none(),
            quantum,
            near: taps.all.iter().map(|tap| (tap.flat, 0..0)).collect(),
            residuals: [a, b, c, d, e, f].map(|tap| (tap.flat, 0..0)),
            columns: taps.all.iter().map(columns).collect(),
            residual_columns: [a, b, c, d, e, f].map(columns),
        }
    }

    /// Goes to the row of (t, y), which begins at `first`.
    pub(crate) fn go_to(
        &mut self,
        taps: &Taps,
        place: [usize; 2],
        shape: [usize; 3],
        first: usize,
    ) {
        self.first = first;
        let there = |tap: &Tap, columns: &Range<usize>| {
            if tap.has_row(place, shape) {
                columns.clone()
            } else {
                0..0
            }
        };
        for ((near, tap), columns) in self.near.iter_mut().zip(&taps.all).zip(&self.columns) {
            near.1 = there(tap, columns);
        }
        let all = taps.same.iter().chain(&taps.known);
        for ((residual, tap), columns) in self
            .residuals
            .iter_mut()
            .zip(all)
            .zip(&self.residual_columns)
        {
            residual.1 = there(tap, columns);
        }
    }

    /// Whether there is a neighbour in an other row that the simple prediction can be made of.
    fn has_base(&self) -> bool {
        self.near
            .iter()
            .take(2)
            .any(|(_, columns)| !columns.is_empty())
    }
}

/// What is known of some points of a row.
#[derive(Debug)]
pub(crate) struct Segment {
    /// How many points.
    pub(crate) count: usize,
    /// Simple predictions; `None` where the value before in the row is one.
    pub(crate) base: Lanes<f64>,
    pub(crate) follows: bool,
    /// How far neighbours lie from them, in steps of the quantiser.
    pub(crate) near: [Lanes<f32>; TAPS],
    /// How far the weighted neighbours of other rows lie from them.
    pub(crate) shift: Lanes<f32>,
    /// How far the values lie from them.
    pub(crate) target: Lanes<f32>,
    /// Residuals of neighbours, that of this row first, which is not known yet.
    pub(crate) residuals: [Lanes<i32>; 6],
}

/// A distance in steps of the quantiser, within what sums can hold; none for what is not there.
#[inline(always)]
pub(crate) fn bounded(value: f64) -> f32 {
    let value = if value < 1e6 { value } else { 1e6 };
    (if value > -1e6 { value } else { -1e6 }) as f32
}

impl Segment {
    pub(crate) fn new() -> Self {
        Self {
            count: 0,
            base: [0.0; WIDTH],
            follows: false,
            near: [[0.0; WIDTH]; TAPS],
            shift: [0.0; WIDTH],
            target: [0.0; WIDTH],
            residuals: [[0; WIDTH]; 6],
        }
    }

    /// Looks at the neighbours in other rows of the points from the column `from` on.
    pub(crate) fn look<S: Sample>(
        &mut self,
        row: &Row,
        from: usize,
        values: &[S],
        residuals: &[i16],
        weights: &[f32],
    ) {
        self.count = WIDTH.min(row.points - from);
        self.follows = row.is_grid && !row.has_base();
        vectorized(
            #[inline(always)]
            || {
                self.look_at_values(row, from, values, weights);
                self.look_at_residuals(row, from, residuals);
            },
        );
    }

    #[inline(always)]
    fn look_at_values<S: Sample>(&mut self, row: &Row, from: usize, values: &[S], weights: &[f32]) {
        let mut found = [[f64::NAN; WIDTH]; BASES];
        for (found, near) in found.iter_mut().zip(&row.near) {
            gather(row, near, from, self.count, values, found, |value| {
                value.to_f64()
            });
        }
        let [a, b, c, d] = found;
        let mut base = [0.0; WIDTH];
        for at in 0..WIDTH {
            base[at] = if row.is_grid {
                onward(a[at], b[at], c[at])
            } else {
                between(a[at], b[at], c[at], d[at])
            };
        }
        let inverse = 1.0 / row.quantum;
        let mut shift = [0.0; WIDTH];
        for ((near, neighbour), weight) in self.near.iter_mut().zip(&row.near).zip(weights) {
            let mut found = base;
            gather(
                row,
                neighbour,
                from,
                self.count,
                values,
                &mut found,
                |value| value.to_f64(),
            );
            let mut away = [0.0; WIDTH];
            for ((away, found), base) in away.iter_mut().zip(&found).zip(&base) {
                *away = bounded((found - base) * inverse);
            }
            for (shift, away) in shift.iter_mut().zip(&away) {
                *shift += away * weight;
            }
            *near = away;
        }
        self.base = base;
        self.shift = shift;
    }

    #[inline(always)]
    fn look_at_residuals(&mut self, row: &Row, from: usize, residuals: &[i16]) {
        for (found, near) in self.residuals.iter_mut().zip(&row.residuals).skip(1) {
            *found = [0; WIDTH];
            gather(row, near, from, self.count, residuals, found, i32::from);
        }
    }

    /// Forgets a point, which is not to be learnt from.
    pub(crate) fn forget(&mut self, at: usize) {
        for near in &mut self.near {
            near[at] = 0.0;
        }
    }
}

/// The neighbours of some points of a row, where they are in the group.
#[inline(always)]
fn gather<T: Copy, U>(
    row: &Row,
    (flat, columns): &(isize, Range<usize>),
    from: usize,
    count: usize,
    values: &[T],
    found: &mut Lanes<U>,
    convert: impl Fn(T) -> U,
) {
    let low = columns.start.saturating_sub(from).min(count);
    let high = columns.end.saturating_sub(from).min(count);
    let first = (row.first + (from + low) * row.stride).wrapping_add_signed(*flat);
    let values = values.get(first..).unwrap_or(&[]);
    if row.stride == 1
        && high == low + WIDTH
        && let Some(values) = values.first_chunk::<WIDTH>()
    {
        for (found, value) in found.iter_mut().zip(values) {
            *found = convert(*value);
        }
        return;
    }
    let values = values.iter().step_by(row.stride);
    for (found, value) in found.iter_mut().take(high).skip(low).zip(values) {
        *found = convert(*value);
    }
}

/// What lies between known neighbours on one line: cubic where there are four.
#[inline(always)]
fn between(left: f64, right: f64, far_left: f64, far_right: f64) -> f64 {
    let base = match (right.is_nan(), far_left.is_nan(), far_right.is_nan()) {
        (false, false, false) => (9.0 * (left + right) - (far_left + far_right)) * 0.0625,
        (false, false, true) => 0.375 * right + 0.75 * left - 0.125 * far_left,
        (false, true, false) => 0.375 * left + 0.75 * right - 0.125 * far_right,
        (false, true, true) => 0.5 * (left + right),
        (true, false, _) => 1.5 * left - 0.5 * far_left,
        (true, true, _) => left,
    };
    if base.is_finite() { base } else { 0.0 }
}

/// What follows the neighbours above and before.
#[inline(always)]
fn onward(north: f64, past: f64, past_north: f64) -> f64 {
    let base = match (north.is_nan(), past.is_nan(), past_north.is_nan()) {
        (false, false, false) => past + north - past_north,
        (false, true, _) => north,
        (_, false, _) => past,
        (true, true, _) => 0.0,
    };
    if base.is_finite() { base } else { 0.0 }
}
