//! One way through a group's values, for both directions: predict, code what is left, remember.

use pimage_core::Cancel;

use crate::arith::BitCoder;
use crate::fit::{Fit, TILE};
use crate::level::{Scale, magnitude_code, magnitude_of, octaves, signed_octaves};
use crate::mix::{INPUTS, Mixer};
use crate::plan::{Plan, Step};
use crate::residual;
use crate::sample::Sample;
use crate::taps::{TAPS, Tap, Taps};

/// Contexts of each input of the mixer, by what they look at.
const SIZES: [usize; INPUTS - 1] = [
    24 * CLASSES,
    512,
    16 * 16,
    32 * 8,
    49 * 4,
    32 * CLASSES,
    27 * 16,
];

/// Kinds of steps that learn on their own: four by axis, three by how fine.
const CLASSES: usize = 12;

/// Sets of weights: by activity and axis.
const SETS: usize = 24 * 4;

/// The group's values as both directions see them.
#[derive(Debug)]
pub(crate) struct Field<'a, S> {
    /// Frames, rows, columns.
    pub(crate) shape: [usize; 3],
    /// What is to be coded; empty for a decoder.
    pub(crate) source: &'a [S],
    /// Which values are not coded here; empty for none.
    pub(crate) masked: &'a [u8],
    pub(crate) plan: Plan,
    pub(crate) scale: Scale,
}

/// What has been coded so far.
struct State<S> {
    values: Vec<S>,
    magnitudes: Vec<u8>,
    mixer: Mixer,
}

/// A row of a step, and what is the same for all of its points.
struct Line<'a> {
    step: &'a Step,
    taps: &'a Taps,
    row: usize,
    place: [usize; 3],
    /// Columns whose neighbours all lie in the group.
    inner: std::ops::Range<usize>,
    quantum: f64,
    class: usize,
}

impl<S: Sample> Field<'_, S> {
    /// Codes all values and gives them back as a decoder sees them; `None` if cancelled.
    pub(crate) fn code<B: BitCoder>(&self, coder: &mut B, cancel: &Cancel) -> Option<Vec<S>> {
        let count = self.shape.iter().product();
        let mut state = State {
            values: vec![S::default(); count],
            magnitudes: vec![0; count],
            mixer: Mixer::new(SIZES, residual::NODES, SETS * 4),
        };
        for step in self.plan.steps(self.shape) {
            self.code_step(coder, &step, &mut state, cancel)?;
        }
        Some(state.values)
    }

    fn code_step<B: BitCoder>(
        &self,
        coder: &mut B,
        step: &Step,
        state: &mut State<S>,
        cancel: &Cancel,
    ) -> Option<()> {
        let [frames, height, width] = self.shape;
        let taps = Taps::new(step, self.shape);
        let points = |axis: usize| {
            self.shape[axis]
                .saturating_sub(step.start[axis])
                .div_ceil(step.stride[axis])
        };
        let mut fit = Fit::new(points(1), points(2), taps.all.len());
        let mut errors = vec![256_u32; fit.tiles()];
        let mut line = Line {
            step,
            taps: &taps,
            row: 0,
            place: [0; 3],
            inner: 0..0,
            quantum: self.scale.quantum(step.after),
            class: step.axis.map_or(3, |axis| axis) * 3 + (step.after / 3).min(2),
        };
        for t in (step.start[0]..frames).step_by(step.stride[0]) {
            if cancel.is_cancelled() {
                return None;
            }
            for (row, y) in (step.start[1]..height).step_by(step.stride[1]).enumerate() {
                if row % TILE == 0 {
                    fit.refresh(row);
                }
                line.row = row;
                line.place = [t, y, 0];
                line.inner = self.inner(&taps, [t, y, 0], width);
                self.code_line(coder, &line, state, &mut fit, &mut errors);
            }
        }
        Some(())
    }

    /// The columns of a row whose neighbours all lie in the group.
    fn inner(&self, taps: &Taps, place: [usize; 3], width: usize) -> std::ops::Range<usize> {
        let mut inner = 0..width;
        for tap in taps.all.iter().chain(&taps.same).chain(&taps.known) {
            let upright = Tap {
                by: [tap.by[0], tap.by[1], 0],
                flat: 0,
            };
            if !upright.is_inside(place, self.shape) {
                return 0..0;
            }
            let by = tap.by[2];
            inner.start = inner.start.max(by.min(0).unsigned_abs());
            inner.end = inner
                .end
                .min(width.saturating_sub(by.max(0).unsigned_abs()));
        }
        inner
    }

    fn code_line<B: BitCoder>(
        &self,
        coder: &mut B,
        line: &Line<'_>,
        state: &mut State<S>,
        fit: &mut Fit,
        errors: &mut [u32],
    ) {
        let [t, y, _] = line.place;
        let start = (t * self.shape[1] + y) * self.shape[2];
        let columns = (line.step.start[2]..self.shape[2]).step_by(line.step.stride[2]);
        for (column, x) in columns.enumerate() {
            let (at, place) = (start + x, [t, y, x]);
            let is_inner = line.inner.contains(&x);
            let tile = fit.tile(line.row, column);
            let (base, neighbours) = self.neighbours(line, &state.values, at, place, is_inner);
            let shift = fit.predict(tile, &neighbours);
            let mut guess = base + f64::from(shift) * line.quantum;
            if !guess.is_finite() {
                guess = base;
            }
            if self.masked.get(at).is_some_and(|&kind| kind != 0) {
                state.values[at] = S::from_f64(guess);
                continue;
            }
            let residuals = self.residuals(line, &state.magnitudes, at, place, is_inner);
            let (contexts, set) = contexts(line, &residuals, &neighbours, shift, errors[tile]);
            let (value, number) = self.code_value(
                coder,
                &mut state.mixer,
                at,
                guess,
                line.quantum,
                (&contexts, set),
            );
            state.values[at] = value;
            let size = number.map_or(u64::MAX, i64::unsigned_abs);
            state.magnitudes[at] = magnitude_code(size, number.unwrap_or(0) < 0);
            let error = &mut errors[tile];
            let seen = u32::try_from(size.min(1 << 20)).unwrap_or(0) << 8;
            *error = (i64::from(*error) + (i64::from(seen) - i64::from(*error)) / 32) as u32;
            let target = (value.to_f64() - base) / line.quantum;
            fit.learn(tile, &neighbours, bounded(target));
        }
    }

    /// The simple prediction of a value, and how far its neighbours lie from it.
    #[inline]
    fn neighbours(
        &self,
        line: &Line<'_>,
        values: &[S],
        at: usize,
        place: [usize; 3],
        is_inner: bool,
    ) -> (f64, [f32; TAPS]) {
        let mut found = [f64::NAN; TAPS];
        for (found, tap) in found.iter_mut().zip(&line.taps.all) {
            if is_inner || tap.is_inside(place, self.shape) {
                *found = values
                    .get(at.wrapping_add_signed(tap.flat))
                    .map_or(f64::NAN, |value| value.to_f64());
            }
        }
        let base = if line.step.axis.is_some() {
            between(&found)
        } else {
            onward(&found)
        };
        let base = if base.is_finite() { base } else { 0.0 };
        let inverse = 1.0 / line.quantum;
        let neighbours = found.map(|value| {
            if value.is_nan() {
                0.0
            } else {
                bounded((value - base) * inverse)
            }
        });
        (base, neighbours)
    }

    /// The residuals of the nearest neighbours: of the same step, and of those known before.
    #[inline]
    fn residuals(
        &self,
        line: &Line<'_>,
        magnitudes: &[u8],
        at: usize,
        place: [usize; 3],
        is_inner: bool,
    ) -> [u8; 6] {
        let mut found = [0; 6];
        let taps = line.taps.same.iter().chain(&line.taps.known);
        for (found, tap) in found.iter_mut().zip(taps) {
            if is_inner || tap.is_inside(place, self.shape) {
                *found = magnitudes
                    .get(at.wrapping_add_signed(tap.flat))
                    .copied()
                    .unwrap_or(0);
            }
        }
        found
    }

    /// Codes one value; what it is to a decoder, and its residual.
    #[inline]
    fn code_value<B: BitCoder>(
        &self,
        coder: &mut B,
        mixer: &mut Mixer,
        at: usize,
        guess: f64,
        quantum: f64,
        (contexts, set): (&[usize; INPUTS - 1], usize),
    ) -> (S, Option<i64>) {
        let true_value = self.source.get(at).copied();
        let number = true_value.and_then(|value| self.scale.number(value, guess, quantum));
        let number = residual::code(mixer, coder, number, contexts, set);
        let value = if let Some(number) = number {
            self.scale.value(number, guess, quantum)
        } else {
            let bits = true_value.map_or(0, S::to_bits);
            S::from_bits(coder.code_raw(bits, 8 * S::size() as u32))
        };
        (value, number)
    }
}

fn bounded(value: f64) -> f32 {
    value.clamp(-1e6, 1e6) as f32
}

/// What lies between known neighbours on one line: cubic where there are four.
fn between(found: &[f64; TAPS]) -> f64 {
    let [left, right, far_left, far_right, ..] = *found;
    match (right.is_nan(), far_left.is_nan(), far_right.is_nan()) {
        (false, false, false) => (9.0 * (left + right) - (far_left + far_right)) * 0.0625,
        (false, false, true) => 0.375 * right + 0.75 * left - 0.125 * far_left,
        (false, true, false) => 0.375 * left + 0.75 * right - 0.125 * far_right,
        (false, true, true) => 0.5 * (left + right),
        (true, false, _) => 1.5 * left - 0.5 * far_left,
        (true, true, _) => left,
    }
}

/// What follows known neighbours of a grid, behind, above and before.
fn onward(found: &[f64; TAPS]) -> f64 {
    let [west, north, corner, past, past_west, past_north, ..] = *found;
    let or = |value: f64, other: f64| if value.is_nan() { other } else { value };
    if past.is_nan() {
        return if corner.is_nan() {
            or(west, or(north, 0.0))
        } else {
            west + north - corner
        };
    }
    let change = or(west - past_west, 0.0) + or(north - past_north, 0.0);
    past + 0.5 * change
}

/// What the bits of a residual are expected to depend on, and whose weights to mix them with.
#[inline]
fn contexts(
    line: &Line<'_>,
    residuals: &[u8; 6],
    neighbours: &[f32; TAPS],
    shift: f32,
    error: u32,
) -> ([usize; INPUTS - 1], usize) {
    let sizes = residuals.map(magnitude_of);
    let near = 3 * sizes[0] + 3 * sizes[1] + 2 * sizes[2] + sizes[3] + sizes[4] + sizes[5];
    let activity = octaves(near).min(23);
    let coarse = activity / 3;
    let each = |at: usize| octaves(sizes[at]).min(7);
    let known = octaves(sizes[4] + sizes[5]).min(15);
    let spread = (neighbours[0] - neighbours[1]).abs() * 2.0;
    let spread = octaves(spread as u32).min(15);
    let nearest = neighbours[line.taps.nearest] - shift;
    let steps = (nearest.clamp(-24.0, 24.0) + 24.5) as usize;
    let mean_error = octaves(error >> 2).min(31);
    let sign = |at: usize| match (sizes[at], residuals[at] & 1) {
        (0, _) => 0,
        (_, 0) => 1,
        _ => 2,
    };
    let contexts = [
        activity * CLASSES + line.class,
        each(0) * 64 + each(1) * 8 + each(2),
        known * 16 + spread,
        signed_octaves(shift) * 8 + coarse,
        steps * 4 + (coarse / 2).min(3),
        mean_error * CLASSES + line.class,
        (sign(0) * 9 + sign(1) * 3 + sign(2)) * 16 + (activity / 2).min(15),
    ];
    (contexts, activity * 4 + line.class / 3)
}
