//! Polygons: what is inside of a closed path.

use super::Point;
use super::mask::{Area, Mask};

/// Lines of a row at which the inside is looked for.
const LINES: usize = 8;

impl Mask {
    /// The inside of a polygon by the rule of the winding number; returns the pixels that may have changed.
    pub(crate) fn polygon(&mut self, corners: &[Point]) -> Area {
        if corners.len() < 3
            || corners
                .iter()
                .any(|(x, y)| !(x.is_finite() && y.is_finite()))
        {
            return Area::default();
        }
        let start = (f64::INFINITY, f64::INFINITY);
        let low = corners
            .iter()
            .fold(start, |low, (x, y)| (low.0.min(*x), low.1.min(*y)));
        let high = corners.iter().fold((-start.0, -start.1), |high, (x, y)| {
            (high.0.max(*x), high.1.max(*y))
        });
        let touched = self.area().around(low, high, 0.0);
        let mut row = vec![0.0f64; touched.width];
        let mut crossings = Vec::new();
        for y in touched.top..touched.bottom() {
            row.fill(0.0);
            for line in 0..LINES {
                let level = y as f64 + (line as f64 + 0.5) / LINES as f64;
                find_crossings(corners, level, &mut crossings);
                cover_line(&crossings, touched.left as f64, &mut row);
            }
            let span = self.span_mut(y, touched.left, touched.right());
            for (pixel, part) in span.iter_mut().zip(&row) {
                *pixel = (*pixel).max((part / LINES as f64 * 255.0).round() as u8);
            }
        }
        touched
    }
}

/// Where sides cross a level, and which way: rising x.
fn find_crossings(corners: &[Point], level: f64, crossings: &mut Vec<(f64, i32)>) {
    crossings.clear();
    let ends = corners.iter().skip(1).chain(corners.first());
    for (from, to) in corners.iter().zip(ends) {
        let turn = match (from.1 <= level, to.1 <= level) {
            (true, false) => 1,
            (false, true) => -1,
            _ => continue,
        };
        let share = (level - from.1) / (to.1 - from.1);
        crossings.push((from.0 + share * (to.0 - from.0), turn));
    }
    crossings.sort_by(|first, second| first.0.total_cmp(&second.0));
}

/// Adds what is inside between crossings.
fn cover_line(crossings: &[(f64, i32)], left: f64, row: &mut [f64]) {
    let mut winding = 0;
    let mut before = f64::NAN;
    for (x, turn) in crossings {
        if winding != 0 {
            cover_span(before - left, x - left, row);
        }
        winding += turn;
        before = *x;
    }
}

fn cover_span(from: f64, to: f64, row: &mut [f64]) {
    let end = row.len() as f64;
    let (from, to) = (from.clamp(0.0, end), to.clamp(0.0, end));
    let (first, last) = (from as usize, to.ceil() as usize);
    for (x, part) in (first..last).zip(row.iter_mut().skip(first)) {
        *part += (to.min(x as f64 + 1.0) - from.max(x as f64)).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(corners: &[Point]) -> f64 {
        let mut mask = Mask::new(Area::of_size(40, 40));
        mask.polygon(corners);
        mask.coverage
            .iter()
            .map(|value| f64::from(*value) / 255.0)
            .sum()
    }

    #[test]
    fn a_polygon_covers_its_area() {
        let triangle = [(2.0, 3.0), (30.0, 5.5), (11.0, 33.0)];
        assert!((sum(&triangle) - 408.75).abs() < 1.0, "{}", sum(&triangle));
        let square = [(-50.0, -50.0), (90.0, -50.0), (90.0, 90.0), (-50.0, 90.0)];
        assert!((sum(&square) - 1600.0).abs() < 1e-6);
        assert!(sum(&[(1.0, 1.0), (5.0, 5.0)]) < 1e-9);
        assert!(sum(&[(1.0, f64::NAN), (5.0, 5.0), (6.0, 1.0)]) < 1e-9);
    }
}
