//! Long lines made short: what falls into one column of pixels is drawn as its first, least, greatest and last point.

use std::ops::Range;

use crate::raster::Point;
use crate::scale::Placed;

/// Where the points of a line are in the frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Track<'a> {
    pub(crate) x: &'a [f64],
    pub(crate) y: &'a [f64],
    pub(crate) across: Placed,
    pub(crate) up: Placed,
}

/// Points that follow each other in one column of pixels.
///
/// A line through them covers what a line through all points of the column covers, but for less than a pixel to the sides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Which points of the track it stands for.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether a line leads to it from the point before.
    pub(crate) is_joined: bool,
    points: [Point; 4],
    count: usize,
}

impl Run {
    pub(crate) fn points(&self) -> &[Point] {
        self.points.get(..self.count).unwrap_or_default()
    }
}

impl Track<'_> {
    pub(crate) fn len(&self) -> usize {
        self.x.len().min(self.y.len())
    }

    /// A point in the frame; `None` where it has no place.
    pub(crate) fn point(&self, index: usize) -> Option<Point> {
        let (x, y) = (*self.x.get(index)?, *self.y.get(index)?);
        if !(x.is_finite() && y.is_finite()) {
            return None;
        }
        let point = (self.across.place(x), self.up.place(y));
        (point.0.is_finite() && point.1.is_finite()).then_some(point)
    }

    /// The runs of some points; the first begins at the start of the range, whatever is before.
    pub(crate) fn runs(&self, range: Range<usize>) -> Runs<'_> {
        Runs {
            track: *self,
            next: range.start,
            end: range.end.min(self.len()),
        }
    }
}

/// An iterator over [`Run`]s.
#[derive(Debug)]
pub(crate) struct Runs<'a> {
    track: Track<'a>,
    next: usize,
    end: usize,
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let (start, first) =
            (self.next..self.end).find_map(|index| Some((index, self.track.point(index)?)))?;
        let column = first.0.floor();
        let (mut low, mut high) = ((start, first), (start, first));
        let mut last = (start, first);
        let mut end = start + 1;
        while end < self.end {
            let Some(point) = self
                .track
                .point(end)
                .filter(|point| same_column(point.0, column))
            else {
                break;
            };
            if point.1 < low.1.1 {
                low = (end, point);
            }
            if point.1 > high.1.1 {
                high = (end, point);
            }
            last = (end, point);
            end += 1;
        }
        self.next = end;
        let mut four = [(start, first), low, high, last];
        four.sort_by_key(|(index, _)| *index);
        let mut run = Run {
            start,
            end,
            is_joined: start > 0 && self.track.point(start - 1).is_some(),
            points: [first; 4],
            count: 0,
        };
        let mut before = None;
        for (index, point) in four {
            if before != Some(index)
                && let Some(slot) = run.points.get_mut(run.count)
            {
                *slot = point;
                run.count += 1;
            }
            before = Some(index);
        }
        Some(run)
    }
}

fn same_column(x: f64, column: f64) -> bool {
    x >= column && x < column + 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axis::ScaleKind;
    use crate::scale::Scale;

    fn placed(to: f64) -> Placed {
        let scale = Scale {
            kind: ScaleKind::Linear,
            low: 0.0,
            high: to,
        };
        Placed {
            scale,
            from: 0.0,
            to,
        }
    }

    #[test]
    fn a_run_keeps_what_is_highest_and_lowest() {
        let x: Vec<f64> = (0..40).map(|place| f64::from(place) * 0.1).collect();
        let mut y: Vec<f64> = x.iter().map(|x| 5.0 + x).collect();
        y[13] = 90.0;
        y[17] = 1.0;
        y[25] = f64::NAN;
        let track = Track {
            x: &x,
            y: &y,
            across: placed(10.0),
            up: placed(100.0),
        };
        let runs: Vec<_> = track.runs(0..40).collect();
        let ends: Vec<_> = runs
            .iter()
            .map(|run| (run.start, run.end, run.is_joined, run.points().len()))
            .collect();
        assert_eq!(
            ends,
            [
                (0, 10, false, 2),
                (10, 20, true, 4),
                (20, 25, true, 2),
                (26, 30, false, 2),
                (30, 40, true, 2)
            ]
        );
        let heights: Vec<_> = runs[1]
            .points()
            .iter()
            .map(|point| point.1.round())
            .collect();
        assert_eq!(heights, [6.0, 90.0, 1.0, 7.0]);
    }
}
