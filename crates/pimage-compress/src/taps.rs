//! The neighbours that a value is predicted from.

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
    pub(crate) all: Vec<Tap>,
    /// The neighbours of the same step, nearest first: their residuals say what to expect.
    pub(crate) same: [Tap; 4],
    /// Two known before the step, at both sides where there are two.
    pub(crate) known: [Tap; 2],
    /// Which of `all` is the nearest of the same step.
    pub(crate) nearest: usize,
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
            at(0, 0, -1),
            at(0, -1, 0),
            at(0, -1, -1),
            at(-1, 0, 0),
            at(-1, 0, -1),
            at(-1, -1, 0),
            at(0, -1, 1),
            at(0, 0, -2),
            at(0, -2, 0),
            at(-2, 0, 0),
        ];
        for (y, x) in [(0, 1), (1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)] {
            all.push(at(-1, y, x));
        }
        for (y, x) in [(0, 1), (1, 0), (0, -1), (-1, 0)] {
            all.push(at(-2, y, x));
        }
        Self {
            all,
            same: [at(0, 0, -1), at(0, -1, 0), at(-1, 0, 0), at(0, -1, 1)],
            known: [at(-1, 0, 1), at(-1, 1, 0)],
            nearest: 0,
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
        let nearest = all.len();
        all.extend([at(0, 0, -1), at(0, -1, 0), at(0, -1, -1), at(0, -1, 1)]);
        if axis == 0 {
            for (s, f) in [(-1, -1), (-1, 1), (1, -1), (1, 1)] {
                all.extend([at(-1, s, f), at(1, s, f)]);
            }
        } else {
            all.extend([at(-2, 0, 0), at(0, 0, -2), at(0, -2, 0)]);
            all.extend([at(-2, -1, 0), at(2, -1, 0)]);
        }
        let third = if axis == 0 {
            at(0, -1, 1)
        } else {
            at(-2, 0, 0)
        };
        Self {
            all,
            same: [at(0, 0, -1), at(0, -1, 0), third, at(0, -1, -1)],
            known: [at(-1, 0, 0), at(1, 0, 0)],
            nearest,
        }
    }
}

impl Tap {
    /// Whether the neighbour of the value at `place` is in the group.
    pub(crate) fn is_inside(&self, place: [usize; 3], shape: [usize; 3]) -> bool {
        (0..3).all(|axis| {
            place[axis]
                .checked_add_signed(self.by[axis])
                .is_some_and(|at| at < shape[axis])
        })
    }
}
