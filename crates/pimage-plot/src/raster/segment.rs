//! Lines: what is within half their width of a straight piece, with smooth edges and round ends.

use super::Point;
use super::mask::{Area, Mask};

impl Mask {
    /// A straight piece of a line `width` pixels wide; returns the pixels that may have changed.
    ///
    /// Pieces that share their ends make one line with round corners. A line thinner than a pixel covers only a part of each.
    pub(crate) fn segment(&mut self, from: Point, to: Point, width: f64) -> Area {
        let half = width / 2.0;
        let reach = half + 1.0;
        let area = self.area();
        let Some((from, to)) = clipped(from, to, &area, reach + 2.0) else {
            return Area::default();
        };
        let low = (from.0.min(to.0), from.1.min(to.1));
        let high = (from.0.max(to.0), from.1.max(to.1));
        let touched = area.around(low, high, reach);
        let piece = Piece::new(from, to, half);
        for y in touched.top..touched.bottom() {
            let middle = y as f64 + 0.5;
            let (start, end) = piece.columns(middle);
            let start = start.clamp(touched.left as f64, touched.right() as f64) as usize;
            let end = end.clamp(start as f64, touched.right() as f64) as usize;
            let span = self.span_mut(y, start, end);
            for (x, pixel) in (start..end).zip(span) {
                *pixel = (*pixel).max(piece.coverage(x as f64 + 0.5, middle));
            }
        }
        touched
    }

    /// Straight pieces from point to point; a single point is a dot.
    pub(crate) fn path(&mut self, points: impl IntoIterator<Item = Point>, width: f64) -> Area {
        let mut touched = Area::default();
        let mut before: Option<Point> = None;
        let mut count = 0usize;
        for point in points {
            if let Some(before) = before {
                touched = touched.join(&self.segment(before, point, width));
            }
            before = Some(point);
            count += 1;
        }
        if let (1, Some(point)) = (count, before) {
            touched = self.disc(point, width / 2.0);
        }
        touched
    }
}

/// What is farther away is taken to be here: parts of a pixel can still be told apart, and no frame is as large.
const FAR: f64 = 1e7;

/// The part of a piece that is within `margin` of an area, so that what is far away costs nothing and overflows nowhere.
fn clipped(from: Point, to: Point, area: &Area, margin: f64) -> Option<(Point, Point)> {
    if ![from.0, from.1, to.0, to.1]
        .iter()
        .all(|value| value.is_finite())
    {
        return None;
    }
    let near = |(x, y): Point| (x.clamp(-FAR, FAR), y.clamp(-FAR, FAR));
    let (from, to) = (near(from), near(to));
    let low = (area.left as f64 - margin, area.top as f64 - margin);
    let high = (area.right() as f64 + margin, area.bottom() as f64 + margin);
    let is_inside = |(x, y): Point| x >= low.0 && x <= high.0 && y >= low.1 && y <= high.1;
    if is_inside(from) && is_inside(to) {
        return Some((from, to));
    }
    // Liang and Barsky: shares of the way at which it is within each pair of sides.
    let (mut start, mut end) = (0.0f64, 1.0f64);
    let pairs = [(from.0, to.0, low.0, high.0), (from.1, to.1, low.1, high.1)];
    for (from, to, low, high) in pairs {
        let way = to - from;
        if way == 0.0 {
            if from < low || from > high {
                return None;
            }
            continue;
        }
        let shares = [low, high].map(|side| (side - from) / way);
        start = start.max(shares[0].min(shares[1]));
        end = end.min(shares[0].max(shares[1]));
    }
    if start > end {
        return None;
    }
    let at = |share: f64| {
        let along = |from: f64, to: f64| from * (1.0 - share) + to * share;
        (along(from.0, to.0), along(from.1, to.1))
    };
    let first = if is_inside(from) { from } else { at(start) };
    let last = if is_inside(to) { to } else { at(end) };
    Some((first, last))
}

/// A straight piece, ready to be asked how far pixels are from it.
struct Piece {
    from: Point,
    /// The way to its end, and 1 over the square of its length.
    way: Point,
    per_square: f64,
    half: f64,
    /// Squares of the distances within which a pixel is covered as much as can be, and not at all.
    full: f64,
    none: f64,
    most: f64,
}

impl Piece {
    fn new(from: Point, to: Point, half: f64) -> Self {
        let way = (to.0 - from.0, to.1 - from.1);
        let square = way.0 * way.0 + way.1 * way.1;
        Self {
            from,
            way,
            per_square: if square > 0.0 { square.recip() } else { 0.0 },
            half,
            full: (half - 0.5).max(0.0).powi(2),
            none: (half + 0.5).powi(2),
            most: (2.0 * half).min(1.0),
        }
    }

    /// The columns of the row at `y` between which the piece is.
    fn columns(&self, y: f64) -> (f64, f64) {
        let (dx, dy) = self.way;
        let reach = self.half + 0.5;
        if dy.abs() < 1e-9 {
            return (f64::NEG_INFINITY, f64::INFINITY);
        }
        let middle = self.from.0 + (y - self.from.1) * dx / dy;
        let slant = dx.hypot(dy) / dy.abs();
        (
            (middle - reach * slant).floor(),
            (middle + reach * slant).ceil(),
        )
    }

    fn coverage(&self, x: f64, y: f64) -> u8 {
        let (dx, dy) = (x - self.from.0, y - self.from.1);
        let share = ((dx * self.way.0 + dy * self.way.1) * self.per_square).clamp(0.0, 1.0);
        let (ax, ay) = (dx - share * self.way.0, dy - share * self.way.1);
        let square = ax * ax + ay * ay;
        if square >= self.none {
            return 0;
        }
        let part = if square <= self.full && self.half >= 0.5 {
            1.0
        } else {
            (self.half + 0.5 - square.sqrt()).clamp(0.0, self.most)
        };
        (part * 255.0).round() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(from: Point, to: Point, width: f64) -> f64 {
        let mut mask = Mask::new(Area::of_size(100, 80));
        mask.segment(from, to, width);
        mask.coverage
            .iter()
            .map(|value| f64::from(*value) / 255.0)
            .sum()
    }

    #[test]
    fn a_line_covers_its_length_times_its_width() {
        for (to, width) in [
            ((80.0, 20.0), 3.0),
            ((20.0, 70.0), 1.0),
            ((73.0, 61.0), 2.0),
            ((75.0, 30.0), 1.3),
            ((20.3, 71.0), 4.4),
        ] {
            let length = (to.0 - 20.0f64).hypot(to.1 - 20.0);
            // Both ends are round.
            let expected = length * width + std::f64::consts::PI * width * width / 4.0;
            let found = sum((20.0, 20.0), to, width);
            assert!(
                (found / expected - 1.0).abs() < 0.05,
                "to {to:?}, {width} wide: {found}, expected {expected}"
            );
        }
    }

    #[test]
    fn what_is_far_away_or_no_number_is_left_out() {
        for (from, to) in [
            ((f64::NAN, 1.0), (9.0, 9.0)),
            ((1e300, 1e300), (1e301, 5.0)),
            ((-90.0, 40.0), (-15.0, 40.0)),
            ((-1e308, -1e308), (1e308, -9e307)),
        ] {
            assert!(sum(from, to, 2.0) < 1e-9, "{from:?} {to:?}");
        }
        assert!((sum((-1e6, 40.0), (1e6, 40.0), 2.0) - 200.0).abs() < 1.0);
        assert!((sum((50.0, -1e308), (50.0, 1e308), 2.0) - 160.0).abs() < 1.0);
        assert!((sum((-1e18, 40.0), (50.0, 40.0), 2.0) - 100.0).abs() < 4.0);
    }

    #[test]
    fn the_order_of_pieces_does_not_matter() {
        let points = [(3.0, 4.0), (60.0, 70.0), (61.0, 5.0), (90.0, 44.0)];
        let mut there = Mask::new(Area::of_size(100, 80));
        there.path(points, 1.7);
        let mut back = Mask::new(Area::of_size(100, 80));
        for pair in points.windows(2).rev() {
            back.segment(pair[0], pair[1], 1.7);
        }
        assert_eq!(there.coverage, back.coverage);
    }
}
