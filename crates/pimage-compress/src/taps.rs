//! The neighbours that a value is predicted from.

use std::ops::Range;

use crate::plan::Step;

/// The most neighbours.
pub(crate) const TAPS: usize = 24;

/// Where one neighbour is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tap {
    /// Away from the value, along (t, y, x).
    pub(crate) by: [isize; 3],
    /// The same as a distance in the group's values.
    pub(crate) flat: isize,
}

/// The neighbours of a step: those known before it, and those that it has visited already.
#[derive(Debug)]
pub(crate) struct Taps {
    /// All of them: those of other rows first, then those that the step has just visited in this row, nearest first.
    pub(crate) all: Vec<Tap>,
    /// How many of `all` lie in other rows, or were known before the step.
    pub(crate) outside: usize,
    /// The neighbours of the same step, that of this row first: their residuals say what to expect.
    pub(crate) same: [Tap; 4],
    /// Two known before the step, at both sides where there are two.
    pub(crate) known: [Tap; 2],
}

fn tap(by: [isize; 3], shape: [usize; 3]) -> Tap {
    let flat = (by[0] * shape[1] as isize + by[1]) * shape[2] as isize + by[2];
    Tap { by, flat }
}

impl Taps {
    pub(crate) fn new(step: &Step, shape: [usize; 3]) -> Self {
        match step.axis {
            None => Self::of_grid(step.stride, shape),
            Some(axis) => Self::of_gaps(axis, step, shape),
        }
    }

    fn of_grid(stride: [usize; 3], shape: [usize; 3]) -> Self {
        let at = |t: isize, y: isize, x: isize| {
            let [ft, fy, fx] = stride.map(|stride| stride as isize);
            tap([t * ft, y * fy, x * fx], shape)
        };
        let mut all = vec![
            at(0, -1, 0),
            at(-1, 0, 0),
            at(-1, -1, 0),
            at(0, -1, -1),
            at(-1, 0, -1),
            at(0, -1, 1),
            at(0, -2, 0),
            at(-2, 0, 0),
        ];
        for (y, x) in [(0, 1), (1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)] {
            all.push(at(-1, y, x));
        }
        for (y, x) in [(0, 1), (1, 0), (0, -1), (-1, 0)] {
            all.push(at(-2, y, x));
        }
        let outside = all.len();
        all.extend([at(0, 0, -1), at(0, 0, -2)]);
        Self {
            all,
            outside,
            same: [at(0, 0, -1), at(0, -1, 0), at(-1, 0, 0), at(0, -1, 1)],
            known: [at(-1, 0, 1), at(-1, 1, 0)],
        }
    }

    fn of_gaps(axis: usize, step: &Step, shape: [usize; 3]) -> Self {
        let (slow, fast) = match axis {
            0 => (1, 2),
            1 => (0, 2),
            _ => (0, 1),
        };
        let half = (step.stride[axis] / 2) as isize;
        let at = |along: isize, on_slow: isize, on_fast: isize| {
            let mut by = [0; 3];
            by[axis] = along * half;
            by[slow] = on_slow * step.stride[slow] as isize;
            by[fast] = on_fast * step.stride[fast] as isize;
            tap(by, shape)
        };
        let mut all = vec![at(-1, 0, 0), at(1, 0, 0), at(-3, 0, 0), at(3, 0, 0)];
        for (s, f) in [(0, -1), (0, 1), (-1, 0), (1, 0)] {
            all.extend([at(-1, s, f), at(1, s, f)]);
        }
        if axis == 0 {
            for (s, f) in [(-1, -1), (-1, 1), (1, -1), (1, 1)] {
                all.extend([at(-1, s, f), at(1, s, f)]);
            }
        }
        all.extend([at(0, -1, 0), at(0, -1, -1), at(0, -1, 1)]);
        match axis {
            0 => {}
            1 => all.extend([at(-2, 0, 0), at(0, -2, 0), at(-2, -1, 0), at(2, -1, 0)]),
            _ => all.extend([
                at(0, 0, -1),
                at(0, 0, -2),
                at(0, -2, 0),
                at(-2, -1, 0),
                at(2, -1, 0),
            ]),
        }
        let outside = all.len();
        match axis {
            0 => all.push(at(0, 0, -1)),
            1 => all.extend([at(0, 0, -1), at(0, 0, -2)]),
            _ => all.push(at(-2, 0, 0)),
        }
        let same = match axis {
            0 => [at(0, 0, -1), at(0, -1, 0), at(0, -1, 1), at(0, -1, -1)],
            1 => [at(0, 0, -1), at(0, -1, 0), at(-2, 0, 0), at(0, -1, -1)],
            _ => [at(-2, 0, 0), at(0, 0, -1), at(0, -1, 0), at(0, -1, -1)],
        };
        Self {
            all,
            outside,
            same,
            known: [at(-1, 0, 0), at(1, 0, 0)],
        }
    }
}

impl Tap {
    /// Whether the row of the neighbours of the row at (t, y) is in the group.
    pub(crate) fn has_row(&self, [t, y]: [usize; 2], shape: [usize; 3]) -> bool {
        let is_inside = |at: usize, by: isize, size: usize| {
            at.checked_add_signed(by).is_some_and(|at| at < size)
        };
        is_inside(t, self.by[0], shape[0]) && is_inside(y, self.by[1], shape[1])
    }

    /// The points of a row whose neighbour lies in the group, counted in points.
    pub(crate) fn columns(&self, step: &Step, width: usize) -> Range<usize> {
        let (start, stride) = (step.start[2] as isize + self.by[2], step.stride[2] as isize);
        let points = width.saturating_sub(step.start[2]).div_ceil(step.stride[2]);
        let first_from = |from: isize| ((from - start).max(0) + stride - 1) / stride;
        let [low, high] = [0, width as isize].map(|from| (first_from(from) as usize).min(points));
        low..high
    }
}
