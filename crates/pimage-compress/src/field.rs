//! One way through a group's values, for both directions: predict, code what is left, remember.

use pimage_core::Cancel;

use crate::arith::BitCoder;
use crate::context::{Expected, INPUTS, QUIETS, SETS, SIZES};
use crate::fit::{Fit, TILE};
use crate::level::Scale;
use crate::mix::Mixer;
use crate::plan::{Plan, Step};
use crate::residual;
use crate::sample::Sample;
use crate::segment::{Lanes, Row, Segment, WIDTH, bounded};
use crate::taps::{TAPS, Taps};

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
    residuals: Vec<i16>,
    mixer: Mixer<INPUTS>,
    quiet: Mixer<INPUTS>,
}

/// A step, and what it has learnt.
struct Pass {
    fit: Fit,
    /// Mean sizes of residuals by tile, of 256ths.
    errors: Vec<u32>,
    row: Row,
    segment: Segment,
    expected: Expected,
    /// How many neighbours lie in other rows.
    outside: usize,
    quantum: f64,
    class: usize,
}

/// What leads to the values of a segment.
#[derive(Debug)]
struct Found<S> {
    weights: [f32; TAPS],
    /// How many neighbours lie in other rows.
    outside: usize,
    numbers: Lanes<Option<i64>>,
    guesses: Lanes<f64>,
    values: Lanes<S>,
    /// How far weighted neighbours lie from the base prediction.
    shifts: Lanes<f32>,
}

/// What lies just before in the row.
#[derive(Debug)]
struct Trail {
    /// Values, the last one first; not a number where there is none.
    before: [f64; 2],
    residual: i32,
    /// Which of three segments had no residual, the last one in the lowest bit.
    quiet: usize,
}

impl<S: Sample> Field<'_, S> {
    /// Codes all values and gives them back as a decoder sees them, in the memory of `kept`; `None` if cancelled.
    pub(crate) fn code<B: BitCoder>(
        &self,
        coder: &mut B,
        mut kept: Vec<S>,
        cancel: &Cancel,
    ) -> Option<Vec<S>> {
        kept.clear();
        let count = self.shape.iter().product();
        kept.resize(count, S::default());
        let mut state = State {
            values: kept,
            residuals: vec![0; count],
            mixer: Mixer::new(SIZES, residual::NODES, SETS * 4),
            quiet: Mixer::new(QUIETS, 1, 8),
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
        let quantum = self.scale.quantum(step.after);
        let row = Row::new(step, &taps, quantum, width);
        let rows = height
            .saturating_sub(step.start[1])
            .div_ceil(step.stride[1]);
        if rows == 0 || row.points == 0 {
            return Some(());
        }
        let fit = Fit::new(rows, row.points, taps.all.len());
        let mut pass = Pass {
            errors: vec![256; fit.tiles()],
            fit,
            row,
            segment: Segment::new(),
            expected: Expected::new(),
            outside: taps.outside,
            quantum,
            class: step.axis.map_or(3, |axis| axis) * 3 + (step.after / 3).min(2),
        };
        for (frame, t) in (step.start[0]..frames).step_by(step.stride[0]).enumerate() {
            for (row, y) in (step.start[1]..height).step_by(step.stride[1]).enumerate() {
                if row % TILE == 0 {
                    if cancel.is_cancelled() {
                        return None;
                    }
                    pass.fit.refresh(row);
                }
                let first = (t * height + y) * width + step.start[2];
                pass.row.go_to(&taps, [t, y], self.shape, first);
                // The last halvings have more points than it takes to know the weights.
                let all = step.after > 2 || frame < 2;
                let share = if all { 1.0 } else { 2.0 };
                let learns = all || (row + frame) % 2 == 0;
                self.code_row(coder, &mut pass, state, row, learns);
                if row % TILE == TILE - 1 || row + 1 == rows {
                    pass.fit.settle(row, share);
                }
            }
        }
        Some(())
    }

    fn code_row<B: BitCoder>(
        &self,
        coder: &mut B,
        pass: &mut Pass,
        state: &mut State<S>,
        row: usize,
        learns: bool,
    ) {
        let mut trail = Trail {
            before: [f64::NAN; 2],
            residual: 0,
            quiet: 7,
        };
        for place in 0..pass.row.points.div_ceil(WIDTH) {
            let from = place * WIDTH;
            let tile = pass.fit.tile(row, place);
            let weights = pass.fit.weights(tile);
            let outside = weights.get(..pass.outside).unwrap_or(&[]);
            let error = pass.errors.get(tile).copied().unwrap_or(256);
            pass.segment
                .look(&pass.row, from, &state.values, &state.residuals, outside);
            pass.expected.look(&pass.segment, pass.class, error);
            let mut found = Found::new(weights, pass.outside);
            let first = pass.row.first + from * pass.row.stride;
            let total = self.code_segment(coder, pass, state, &mut found, &mut trail, first);
            let count = pass.segment.count as u32;
            if let Some(error) = pass.errors.get_mut(tile) {
                let mean = (total.min(1 << 20) << 8) / u64::from(count);
                *error = (i64::from(*error)
                    + (mean as i64 - i64::from(*error)) * i64::from(count) / 64)
                    as u32;
            }
            if learns {
                self.mask_out(pass, first);
                pass.fit.learn(place, &pass.segment);
            }
        }
    }

    /// Leaves values that are not coded out of what is learnt.
    fn mask_out(&self, pass: &mut Pass, first: usize) {
        if self.masked.is_empty() {
            return;
        }
        let masked = self.masked.iter().skip(first).step_by(pass.row.stride);
        for (at, &kind) in masked.take(pass.segment.count).enumerate() {
            if kind != 0 {
                pass.segment.forget(at);
            }
        }
    }

    /// Codes the points of a segment; the sizes of their residuals in all.
    fn code_segment<B: BitCoder>(
        &self,
        coder: &mut B,
        pass: &mut Pass,
        state: &mut State<S>,
        found: &mut Found<S>,
        trail: &mut Trail,
        first: usize,
    ) -> u64 {
        let Pass {
            segment,
            expected,
            row,
            quantum,
            ..
        } = pass;
        let (quantum, stride) = (*quantum, row.stride);
        let is_masked = |at: usize| self.masked.get(at).is_some_and(|&kind| kind != 0);
        if B::ENCODES {
            for at in 0..segment.count {
                let place = first + at * stride;
                let guess = found.guess(segment, at, trail, quantum);
                let value = self.source.get(place).copied().unwrap_or_default();
                let (number, value) = if is_masked(place) {
                    (Some(0), S::from_f64(guess))
                } else {
                    self.scale.code(value, guess, quantum)
                };
                found.numbers[at] = number;
                found.put(segment, at, value, trail, quantum);
            }
        }
        let quiet = expected.quiet(trail.quiet);
        let is_quiet = found
            .numbers
            .iter()
            .take(segment.count)
            .all(|number| *number == Some(0));
        let gate = expected.is_still();
        let is_quiet = gate && state.quiet.code(coder, is_quiet, 0, &quiet, trail.quiet);
        trail.quiet = (trail.quiet << 1 & 7) | usize::from(is_quiet);
        let mut total = 0;
        let mut pending = gate && !is_quiet;
        for at in 0..segment.count {
            let place = first + at * stride;
            let guess = if B::ENCODES {
                found.guesses[at]
            } else {
                found.guess(segment, at, trail, quantum)
            };
            let mut number = Some(0);
            let is_coded = !is_quiet && !is_masked(place);
            if is_coded {
                let shift = found.shifts[at];
                let (contexts, set) = expected.contexts(at, trail.residual, shift);
                let zero = if pending {
                    if at + 1 == segment.count {
                        None
                    } else {
                        Some(2)
                    }
                } else {
                    Some(0)
                };
                number = residual::code_from(
                    zero,
                    &mut state.mixer,
                    coder,
                    found.numbers[at],
                    &contexts,
                    set,
                );
                pending &= number == Some(0);
            }
            if !B::ENCODES {
                let value = match number {
                    Some(number) if is_coded || !is_masked(place) => {
                        self.scale.value(number, guess, quantum)
                    }
                    Some(_) => S::from_f64(guess),
                    None => S::from_bits(coder.code_raw(0, 8 * S::size() as u32)),
                };
                found.put(segment, at, value, trail, quantum);
            } else if number.is_none() {
                coder.code_raw(found.values[at].to_bits(), 8 * S::size() as u32);
            }
            let residual = number.map_or(i16::MAX, |number| number.clamp(-32767, 32767) as i16);
            total += u64::from(residual.unsigned_abs());
            trail.residual = i32::from(residual);
            if let Some(kept) = state.values.get_mut(place) {
                *kept = found.values[at];
            }
            if let Some(kept) = state.residuals.get_mut(place) {
                *kept = residual;
            }
        }
        total
    }
}

impl<S: Sample> Found<S> {
    fn new(weights: [f32; TAPS], outside: usize) -> Self {
        Self {
            weights,
            outside,
            numbers: [Some(0); WIDTH],
            guesses: [0.0; WIDTH],
            values: [S::default(); WIDTH],
            shifts: [0.0; WIDTH],
        }
    }

    /// The prediction of a point, now that those before it in the row are known.
    #[inline(always)]
    fn guess(&mut self, segment: &mut Segment, at: usize, trail: &Trail, quantum: f64) -> f64 {
        let [last, _] = trail.before;
        if segment.follows {
            segment.base[at] = if last.is_nan() { 0.0 } else { last };
        }
        let base = segment.base[at];
        let inverse = 1.0 / quantum;
        let mut shift = segment.shift[at];
        let inside = segment
            .near
            .iter_mut()
            .zip(&self.weights)
            .skip(self.outside);
        for ((near, weight), before) in inside.zip(&trail.before) {
            let found = if before.is_nan() {
                0.0
            } else {
                bounded((before - base) * inverse)
            };
            near[at] = found;
            shift += found * weight;
        }
        self.shifts[at] = shift;
        let guess = base + f64::from(shift) * quantum;
        self.guesses[at] = if guess.is_finite() { guess } else { base };
        self.guesses[at]
    }

    #[inline(always)]
    fn put(&mut self, segment: &mut Segment, at: usize, value: S, trail: &mut Trail, quantum: f64) {
        self.values[at] = value;
        let number = value.to_f64();
        segment.target[at] = bounded((number - segment.base[at]) * (1.0 / quantum));
        let [last, _] = trail.before;
        trail.before = [number, last];
    }
}
