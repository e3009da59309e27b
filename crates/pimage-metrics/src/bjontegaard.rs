//! Bjøntegaard deltas: how far one rate-distortion curve is from another, on average over what both cover.
//!
//! The curves are monotone piecewise cubics (PCHIP, Fritsch and Carlson) through the points, over the logarithm of the rate, as the common test
//! conditions of JVET have them; the cubic through four points of the first proposal swings between points that are far apart.

/// A rate, in any unit, and the quality it gives, such as bits per pixel and PSNR in decibels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatePoint {
    /// Above 0.
    pub rate: f64,
    /// The greater the better.
    pub quality: f64,
}

/// By how many per cent the rate of `other` differs from that of `reference` at the same quality; below 0 where it needs less.
///
/// Points that are not finite are left out, and of those of one quality all but the cheapest.
/// `None` when fewer than two are left of either, or their qualities have no range in common.
///
/// ```
/// use pimage_metrics::{RatePoint, bd_rate};
///
/// let curve = |factor: f64| [(0.5, 30.0), (1.0, 34.0), (2.0, 37.5), (4.0, 40.0)].map(|(rate, quality)| RatePoint { rate: rate * factor, quality });
/// let delta = bd_rate(&curve(1.0), &curve(0.8)).expect("they overlap");
/// assert!((delta + 20.0).abs() < 1e-9);
/// ```
#[must_use]
pub fn bd_rate(reference: &[RatePoint], other: &[RatePoint]) -> Option<f64> {
    let curve =
        |points: &[RatePoint]| Curve::new(points, |point| (point.quality, point.rate.log10()));
    let delta = mean_gap(&curve(reference)?, &curve(other)?)?;
    Some(100.0 * (10f64.powf(delta) - 1.0))
}

/// By how much the quality of `other` is better than that of `reference` at the same rate, in the unit of the quality.
///
/// `None` as of [`bd_rate`], with the rates in the place of the qualities.
#[must_use]
pub fn bd_psnr(reference: &[RatePoint], other: &[RatePoint]) -> Option<f64> {
    // Of points of one rate the best is wanted, which is the least of what is given here.
    let curve =
        |points: &[RatePoint]| Curve::new(points, |point| (point.rate.log10(), -point.quality));
    mean_gap(&curve(reference)?, &curve(other)?).map(|gap| -gap)
}

/// The mean of `other` over that of `reference`, over the range that both cover.
fn mean_gap(reference: &Curve, other: &Curve) -> Option<f64> {
    let (first, second) = (reference.range()?, other.range()?);
    let (low, high) = (first.0.max(second.0), first.1.min(second.1));
    if low >= high {
        return None;
    }
    let gap = other.integral(low, high) - reference.integral(low, high);
    Some(gap / (high - low))
}

/// A monotone piecewise cubic.
struct Curve {
    pieces: Vec<Piece>,
}

/// A cubic between two points, by its values and slopes at both.
#[derive(Debug, Clone, Copy)]
struct Piece {
    x: [f64; 2],
    y: [f64; 2],
    slope: [f64; 2],
}

impl Curve {
    /// The curve through these points; of several at one x the least y. `None` for fewer than two.
    fn new(points: &[RatePoint], place: impl Fn(&RatePoint) -> (f64, f64)) -> Option<Self> {
        let mut places: Vec<(f64, f64)> = points
            .iter()
            .map(place)
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        places.dedup_by(|later, first| later.0 <= first.0);
        if places.len() < 2 {
            return None;
        }
        let slopes = slopes(&places);
        let ends = places.windows(2).zip(slopes.windows(2));
        let pieces = ends.filter_map(|(places, slopes)| match (places, slopes) {
            (&[(x0, y0), (x1, y1)], &[d0, d1]) => Some(Piece {
                x: [x0, x1],
                y: [y0, y1],
                slope: [d0, d1],
            }),
            _ => None,
        });
        Some(Self {
            pieces: pieces.collect(),
        })
    }

    fn range(&self) -> Option<(f64, f64)> {
        Some((self.pieces.first()?.x[0], self.pieces.last()?.x[1]))
    }

    fn integral(&self, low: f64, high: f64) -> f64 {
        self.pieces
            .iter()
            .map(|piece| piece.integral(low, high))
            .sum()
    }
}

impl Piece {
    /// The integral over that part of the piece that lies from `low` to `high`.
    fn integral(&self, low: f64, high: f64) -> f64 {
        let [x0, x1] = self.x;
        let width = x1 - x0;
        let until = |x: f64| self.area(((x - x0) / width).clamp(0.0, 1.0)) * width;
        until(high) - until(low)
    }

    /// The integral from the start to `t`, 0 to 1, of the Hermite form on a piece of width 1.
    fn area(&self, t: f64) -> f64 {
        let width = self.x[1] - self.x[0];
        let (t2, t3, t4) = (t * t, t.powi(3), t.powi(4));
        let start = t4 / 2.0 - t3 + t;
        let end = -t4 / 2.0 + t3;
        let leaving = t4 / 4.0 - 2.0 * t3 / 3.0 + t2 / 2.0;
        let arriving = t4 / 4.0 - t3 / 3.0;
        self.y[0] * start
            + self.y[1] * end
            + width * (self.slope[0] * leaving + self.slope[1] * arriving)
    }
}

/// The slope at each point: a weighted harmonic mean of those beside it, 0 where they differ in sign; one-sided at both ends.
fn slopes(places: &[(f64, f64)]) -> Vec<f64> {
    // Width and slope of each piece.
    let pieces: Vec<(f64, f64)> = places
        .windows(2)
        .filter_map(|pair| match pair {
            &[(x0, y0), (x1, y1)] => Some((x1 - x0, (y1 - y0) / (x1 - x0))),
            _ => None,
        })
        .collect();
    let mut slopes = Vec::with_capacity(places.len());
    match pieces.as_slice() {
        [only] => slopes.extend([only.1, only.1]),
        [first, second, ..] => {
            slopes.push(end_slope(*first, *second));
            slopes.extend(pieces.windows(2).map(|pair| match pair {
                &[before, after] => inner_slope(before, after),
                _ => 0.0,
            }));
            if let [.., before, last] = pieces.as_slice() {
                slopes.push(end_slope(*last, *before));
            }
        }
        [] => {}
    }
    slopes
}

fn inner_slope((width0, slope0): (f64, f64), (width1, slope1): (f64, f64)) -> f64 {
    if slope0 * slope1 <= 0.0 {
        return 0.0;
    }
    let (weight0, weight1) = (2.0 * width1 + width0, width1 + 2.0 * width0);
    (weight0 + weight1) / (weight0 / slope0 + weight1 / slope1)
}

/// A three-point estimate that keeps the shape, where `own` is the piece at the end and `next` the one beside it.
fn end_slope(own: (f64, f64), next: (f64, f64)) -> f64 {
    let ((width0, slope0), (width1, slope1)) = (own, next);
    let slope = ((2.0 * width0 + width1) * slope0 - width0 * slope1) / (width0 + width1);
    if slope * slope0 <= 0.0 {
        0.0
    } else if slope0 * slope1 <= 0.0 && slope.abs() > 3.0 * slope0.abs() {
        3.0 * slope0
    } else {
        slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Vec<RatePoint> {
        let point = |&(rate, quality): &(f64, f64)| RatePoint { rate, quality };
        points.iter().map(point).collect()
    }

    const ANCHOR: [(f64, f64); 4] = [
        (9487.76, 40.037),
        (4593.60, 38.615),
        (2486.44, 36.845),
        (1358.24, 34.851),
    ];
    const TEST: [(f64, f64); 4] = [
        (9787.80, 40.121),
        (4469.00, 38.651),
        (2451.52, 36.970),
        (1356.24, 34.987),
    ];

    #[test]
    fn deltas_are_those_of_another_implementation() {
        // The package `bjontegaard` with its method `pchip`.
        let (anchor, test) = (curve(&ANCHOR), curve(&TEST));
        let rate = bd_rate(&anchor, &test).expect("overlaps");
        assert!((rate - (-4.417_485_350_589_045)).abs() < 1e-6, "{rate}");
        let psnr = bd_psnr(&anchor, &test).expect("overlaps");
        assert!((psnr - 0.119_692_785_424_794_89).abs() < 1e-6, "{psnr}");
    }

    #[test]
    fn a_curve_is_nothing_from_itself_and_order_does_not_matter() {
        let mut points = curve(&ANCHOR);
        let rate = bd_rate(&points, &points).expect("overlaps");
        assert!(rate.abs() < 1e-12, "{rate}");
        let test = curve(&TEST);
        let forward = bd_rate(&points, &test);
        points.reverse();
        assert_eq!(bd_rate(&points, &test), forward);
    }

    #[test]
    fn what_cannot_be_compared_has_no_delta() {
        let anchor = curve(&ANCHOR);
        assert_eq!(bd_rate(&anchor, &curve(&[(1.0, 50.0), (2.0, 60.0)])), None);
        assert_eq!(bd_rate(&anchor, &anchor[..1]), None);
        let lossless = curve(&[(5000.0, f64::INFINITY), (1400.0, 36.0)]);
        assert_eq!(bd_rate(&anchor, &lossless), None);
    }

    #[test]
    fn of_two_points_of_one_quality_the_cheaper_counts() {
        let anchor = curve(&ANCHOR);
        let mut doubled = curve(&TEST);
        let expected = bd_rate(&anchor, &doubled);
        doubled.push(RatePoint {
            rate: 9000.0,
            quality: 38.651,
        });
        assert_eq!(bd_rate(&anchor, &doubled), expected);
    }
}
