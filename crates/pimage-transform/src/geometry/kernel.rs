//! Which input pixels an output pixel is made of, along one axis, and how much of each.

use std::f64::consts::PI;

use super::blend::Real;

/// How values between pixels are found, and how several pixels become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// The pixel whose area holds the middle of the new one; exact copies.
    Nearest,
    /// Straight lines between the middles of pixels.
    Linear,
    /// Cubic convolution of four pixels with a = -0.75, as OpenCV has it; may overshoot.
    Cubic,
    /// The mean of all that the new pixel covers, parts of pixels by their part.
    Area,
    /// Lanczos' windowed sinc over eight pixels, as OpenCV's `LANCZOS4`; may overshoot.
    Lanczos,
}

impl Method {
    /// Whether a value may be outside of the range of those it is made of.
    pub(super) const fn overshoots(self) -> bool {
        matches!(self, Self::Cubic | Self::Lanczos)
    }
}

/// Cubic convolution at distances 1 + t, t, 1 - t and 2 - t.
pub(super) fn cubic_weights(t: f64) -> [f64; 4] {
    const A: f64 = -0.75;
    let near = |x: f64| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f64| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    if t == 0.0 {
        return [0.0, 1.0, 0.0, 0.0];
    }
    [far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)]
}

/// The windowed sinc at distances 3 + t down to t, and 1 - t up to 4 - t; they add up to 1.
pub(super) fn lanczos_weights(t: f64) -> [f64; 8] {
    let mut weights = [0.0; 8];
    if t.fract() == 0.0 {
        // A pixel itself: 1 where its sinc is, 0 elsewhere.
        if let Some(weight) = weights.get_mut(3 + t as usize) {
            *weight = 1.0;
        }
        return weights;
    }
    for (weight, offset) in weights.iter_mut().zip(-3i32..) {
        let x = PI * (f64::from(offset) - t);
        *weight = 4.0 * x.sin() * (x / 4.0).sin() / (x * x);
    }
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// For each output pixel, the first input pixel that it is made of, and the weights of that one and those after it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Taps<R> {
    /// First input pixel, first weight, and how many.
    spans: Vec<(usize, usize, usize)>,
    weights: Vec<R>,
    /// First input pixel and weights, if they are made even.
    fours: Vec<Four<R>>,
}

/// How many weights each output pixel gets where they are made even.
pub(super) const EVEN: usize = 4;

/// A first input pixel and the weights from there, the last of which may be 0 and reach beyond the last pixel.
type Four<R> = (usize, [R; EVEN]);

impl<R: Real> Taps<R> {
    /// The weights with which `input` pixels become `output` pixels of the same extent; both at least 1.
    pub(super) fn new(input: u32, output: u32, method: Method) -> Self {
        let mut taps = Self {
            spans: Vec::with_capacity(output as usize),
            weights: Vec::new(),
            fours: Vec::new(),
        };
        // Products of three sides overflow 64 bits.
        let (input, output) = (i128::from(input), i128::from(output));
        for place in 0..output {
            match method {
                Method::Area => taps.push_area(place, input, output),
                _ => taps.push_point(place, input, output, method),
            }
        }
        taps
    }

    /// The same with weights of 0 up to [`EVEN`] of each output pixel, unless one has more: sums without branches.
    ///
    /// Only for numbers that are finite: 0 times infinity is not 0.
    pub(super) fn made_even(mut self) -> Self {
        if self.most() <= EVEN {
            let four = |place| {
                let (first, weights) = self.of(place);
                let weight = |at| weights.get(at).copied().unwrap_or(R::ZERO);
                (first, std::array::from_fn(weight))
            };
            self.fours = (0..self.len()).map(four).collect();
        }
        self
    }

    /// The first input pixel and the weights of each output pixel, if they are made even.
    pub(super) fn fours(&self) -> &[Four<R>] {
        &self.fours
    }

    /// The input pixels from `place * input / output` to the next, in exact fractions.
    fn push_area(&mut self, place: i128, input: i128, output: i128) {
        let (low, high) = (place * input, (place + 1) * input);
        let first = low / output;
        let parts = (first..(high + output - 1) / output).map(|pixel| {
            let covered = high.min((pixel + 1) * output) - low.max(pixel * output);
            covered as f64 / input as f64
        });
        self.push(first as usize, parts);
    }

    /// The input pixels around the middle of the output pixel; those at the edges stand for what is beyond.
    fn push_point(&mut self, place: i128, input: i128, output: i128, method: Method) {
        // The middle, in units of half an output pixel from the middle of the first input pixel.
        let middle = (2 * place + 1) * input - output;
        let unit = 2 * output;
        let base = middle.div_euclid(unit);
        let t = middle.rem_euclid(unit) as f64 / unit as f64;
        let mut weights = [0.0; 8];
        let first = match method {
            Method::Cubic => {
                weights[..4].copy_from_slice(&cubic_weights(t));
                base - 1
            }
            Method::Lanczos => {
                weights = lanczos_weights(t);
                base - 3
            }
            Method::Nearest => {
                weights[0] = 1.0;
                (middle + output).div_euclid(unit)
            }
            Method::Linear | Method::Area => {
                weights[..2].copy_from_slice(&[1.0 - t, t]);
                base
            }
        };
        let inside = |place: i128| place.clamp(0, input - 1);
        let (low, high) = (inside(first), inside(first + 7));
        let parts = (low..=high).map(|pixel| {
            let shares = weights.iter().zip(first..);
            shares
                .filter(|(_, place)| inside(*place) == pixel)
                .map(|(weight, _)| weight)
                .sum()
        });
        self.push(low as usize, parts);
    }

    /// Adds an output pixel; weights of 0 at both ends are left out, so that NaN spreads no further than it counts.
    fn push(&mut self, first: usize, weights: impl Iterator<Item = f64>) {
        let start = self.weights.len();
        let mut skipped = 0;
        for weight in weights {
            if weight == 0.0 && self.weights.len() == start {
                skipped += 1;
            } else {
                self.weights.push(R::of(weight));
            }
        }
        while self.weights.len() > start + 1 && self.weights.last() == Some(&R::ZERO) {
            self.weights.pop();
        }
        self.spans
            .push((first + skipped, start, self.weights.len() - start));
    }

    /// The first input pixel of an output pixel, and the weights from there.
    #[inline(always)]
    pub(super) fn of(&self, place: usize) -> (usize, &[R]) {
        let (first, start, count) = self.spans.get(place).copied().unwrap_or_default();
        let weights = self.weights.get(start..start + count);
        (first, weights.unwrap_or_default())
    }

    /// The first input pixels.
    pub(super) fn firsts(&self) -> impl Iterator<Item = usize> {
        self.spans.iter().map(|(first, _, _)| *first)
    }

    /// The most weights that an output pixel has.
    pub(super) fn most(&self) -> usize {
        self.spans.iter().map(|span| span.2).max().unwrap_or(0)
    }

    /// Output pixels.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(input: u32, output: u32, method: Method) -> String {
        let taps: Taps<f64> = Taps::new(input, output, method);
        let all: Vec<_> = (0..output as usize).map(|place| taps.of(place)).collect();
        format!("{all:?}")
    }

    #[test]
    fn weights_are_exact_where_they_can_be() {
        assert_eq!(
            shown(3, 2, Method::Linear),
            "[(0, [0.75, 0.25]), (1, [0.25, 0.75])]"
        );
        assert_eq!(
            shown(2, 4, Method::Linear),
            "[(0, [1.0]), (0, [0.75, 0.25]), (0, [0.25, 0.75]), (1, [1.0])]"
        );
        assert_eq!(
            shown(8, 3, Method::Area).replace("0.125", "1/8").len(),
            shown(8, 3, Method::Area).len() - 4
        );
        assert_eq!(
            shown(4, 2, Method::Area),
            "[(0, [0.5, 0.5]), (2, [0.5, 0.5])]"
        );
        assert_eq!(
            shown(2, 3, Method::Area),
            "[(0, [1.0]), (0, [0.5, 0.5]), (1, [1.0])]"
        );
        assert_eq!(
            shown(5, 3, Method::Nearest),
            "[(0, [1.0]), (2, [1.0]), (4, [1.0])]"
        );
    }

    #[test]
    fn weights_add_up_to_one() {
        for method in [Method::Linear, Method::Cubic, Method::Area, Method::Lanczos] {
            for (input, output) in [(1, 1), (1, 7), (7, 1), (5, 12), (640, 411), (33, 32)] {
                let taps: Taps<f64> = Taps::new(input, output, method);
                for place in 0..taps.len() {
                    let (first, weights) = taps.of(place);
                    let sum: f64 = weights.iter().sum();
                    assert!((sum - 1.0).abs() < 1e-12, "{method:?} {input} to {output}");
                    assert!(first + weights.len() <= input as usize);
                }
            }
        }
    }
}
