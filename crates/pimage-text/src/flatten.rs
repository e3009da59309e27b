//! Curves as lines: more of them than the rasteriser would take.

use ab_glyph::{Outline, OutlineCurve, Point, point};

/// How far a line may be from its curve, pixels: a fiftieth changes no pixel by more than six levels of 255.
const TOLERANCE: f32 = 0.02;
/// Lines for one curve at most.
const MOST_LINES: f32 = 256.0;

/// The same shape of lines only; `scale` is pixels in a unit of the font.
///
/// The rasteriser's own lines are up to a fifth of a pixel away from the curve, which shows in small letters.
pub(crate) fn flattened(outline: &Outline, scale: f32) -> Outline {
    let mut lines = Vec::with_capacity(outline.curves.len() * 4);
    for curve in &outline.curves {
        match *curve {
            OutlineCurve::Line(from, to) => lines.push(OutlineCurve::Line(from, to)),
            OutlineCurve::Quad(from, control, to) => {
                let bend = second_difference(from, control, to) * scale;
                let at = |t: f32| {
                    let s = 1.0 - t;
                    mix(&[(s * s, from), (2.0 * s * t, control), (t * t, to)])
                };
                split(&mut lines, from, to, (0.25 * bend / TOLERANCE).sqrt(), at);
            }
            OutlineCurve::Cubic(from, first, second, to) => {
                let bends = [
                    second_difference(from, first, second),
                    second_difference(first, second, to),
                ];
                let bend = bends[0].max(bends[1]) * scale;
                let at = |t: f32| {
                    let s = 1.0 - t;
                    mix(&[
                        (s * s * s, from),
                        (3.0 * s * s * t, first),
                        (3.0 * s * t * t, second),
                        (t * t * t, to),
                    ])
                };
                split(&mut lines, from, to, (0.75 * bend / TOLERANCE).sqrt(), at);
            }
        }
    }
    Outline {
        bounds: outline.bounds,
        curves: lines,
    }
}

/// How much three points bend, in units.
fn second_difference(a: Point, b: Point, c: Point) -> f32 {
    (a.x - 2.0 * b.x + c.x).hypot(a.y - 2.0 * b.y + c.y)
}

fn mix(parts: &[(f32, Point)]) -> Point {
    let sum = |part: fn(&Point) -> f32| parts.iter().map(|(weight, at)| weight * part(at)).sum();
    point(sum(|at| at.x), sum(|at| at.y))
}

/// Adds lines along a curve from one end to the other.
fn split(
    lines: &mut Vec<OutlineCurve>,
    from: Point,
    to: Point,
    count: f32,
    at: impl Fn(f32) -> Point,
) {
    let count = count.ceil().clamp(1.0, MOST_LINES);
    let mut before = from;
    for step in 1..count as u32 {
        let next = at(step as f32 / count);
        lines.push(OutlineCurve::Line(before, next));
        before = next;
    }
    lines.push(OutlineCurve::Line(before, to));
}
