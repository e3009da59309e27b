//! In which order the values of a group are coded: a coarse grid, then steps that halve one axis each.

/// One pass over the group: the points that it adds to those that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The axis whose gaps are filled; `None` for the coarse grid itself.
    pub(crate) axis: Option<usize>,
    /// First point along (t, y, x).
    pub(crate) start: [usize; 3],
    /// From one point to the next.
    pub(crate) stride: [usize; 3],
    /// How many times the grid will be halved after this step.
    pub(crate) after: usize,
}

/// The orders that an encoder may choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// All axes from coarse to fine, time last in every round.
    SpaceFirst,
    /// All axes from coarse to fine, time first in every round.
    TimeFirst,
    /// Every eighth frame in space, then the frames between.
    Pyramid,
    /// Frame by frame, row by row.
    Raster,
}

impl Plan {
    pub(crate) const ALL: [Self; 4] = [
        Self::SpaceFirst,
        Self::TimeFirst,
        Self::Pyramid,
        Self::Raster,
    ];

    /// Its number in a header.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// The plan of a number.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The passes over a group of `shape`, which visit every point once.
    pub(crate) fn steps(self, shape: [usize; 3]) -> Vec<Step> {
        let (first, order) = self.halvings();
        let mut grid = first;
        for (stride, size) in grid.iter_mut().zip(shape) {
            while *stride > 1 && *stride >= size {
                *stride /= 2;
            }
        }
        let mut steps = vec![Step {
            axis: None,
            start: [0; 3],
            stride: grid,
            after: 0,
        }];
        for &axis in order {
            let half = grid[axis] / 2;
            if half == 0 || first[axis] == 1 {
                continue;
            }
            // An axis that began finer waits until the others have come as far.
            if self != Self::Pyramid && half * 2 < *grid.iter().max().unwrap_or(&1) / 2 {
                continue;
            }
            let mut start = [0; 3];
            start[axis] = half;
            steps.push(Step {
                axis: Some(axis),
                start,
                stride: grid,
                after: 0,
            });
            grid[axis] = half;
        }
        for axis in [1, 2, 0] {
            while grid[axis] > 1 {
                let mut start = [0; 3];
                start[axis] = grid[axis] / 2;
                steps.push(Step {
                    axis: Some(axis),
                    start,
                    stride: grid,
                    after: 0,
                });
                grid[axis] /= 2;
            }
        }
        let count = steps.len();
        for (at, step) in steps.iter_mut().enumerate() {
            step.after = count - 1 - at;
        }
        steps
    }

    /// The coarse grid, and the axes in the order in which they are halved.
    fn halvings(self) -> ([usize; 3], &'static [usize]) {
        match self {
            Self::SpaceFirst => ([32; 3], &[1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0]),
            Self::TimeFirst => ([32; 3], &[0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]),
            Self::Pyramid => ([8, 32, 32], &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 0, 0, 0]),
            Self::Raster => ([1; 3], &[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_visited_once() {
        for shape in [[1, 1, 1], [9, 5, 70], [40, 33, 64], [3, 1, 100]] {
            for plan in Plan::ALL {
                let mut visits = vec![0; shape[0] * shape[1] * shape[2]];
                for step in plan.steps(shape) {
                    for t in (step.start[0]..shape[0]).step_by(step.stride[0]) {
                        for y in (step.start[1]..shape[1]).step_by(step.stride[1]) {
                            for x in (step.start[2]..shape[2]).step_by(step.stride[2]) {
                                visits[(t * shape[1] + y) * shape[2] + x] += 1;
                            }
                        }
                    }
                }
                assert!(visits.iter().all(|&count| count == 1), "{plan:?} {shape:?}");
                assert_eq!(Plan::from_code(plan.code()), Some(plan));
            }
        }
    }
}
