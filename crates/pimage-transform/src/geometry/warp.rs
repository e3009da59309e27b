//! Frames whose pixels come from places between pixels.

use std::sync::OnceLock;

use pimage_core::{Frame, Sample, with_sample_type};

use super::blend::{Blend, Real};
use super::fill::{Fill, clamp_to_depth};
use super::kernel::{Method, cubic_weights, lanczos_weights};

/// From where in the input each output pixel comes: turned about one point, and moved to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Motion {
    cos: f64,
    sin: f64,
    /// Column and row of the input's point that stays a point.
    from: (f64, f64),
    /// Where it is in the output.
    to: (f64, f64),
}

impl Motion {
    /// Turns by `degrees` clockwise about `from`, which comes to stand at `to`; exact for quarter turns.
    pub(super) fn new(degrees: f64, from: (f64, f64), to: (f64, f64)) -> Self {
        let (sin, cos) = sin_cos(degrees);
        Self { cos, sin, from, to }
    }

    /// The column and the row of the input for those of the output.
    #[inline(always)]
    fn source(&self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = (x - self.to.0, y - self.to.1);
        (
            self.cos * x + self.sin * y + self.from.0,
            self.cos * y - self.sin * x + self.from.1,
        )
    }
}

/// Sine and cosine, exact for quarter turns.
pub(super) fn sin_cos(degrees: f64) -> (f64, f64) {
    match degrees.rem_euclid(360.0) {
        0.0 => (0.0, 1.0),
        90.0 => (1.0, 0.0),
        180.0 => (0.0, -1.0),
        270.0 => (-1.0, 0.0),
        degrees => degrees.to_radians().sin_cos(),
    }
}

/// The middle of a frame of these sides.
pub(super) fn middle(width: u32, height: u32) -> (f64, f64) {
    let middle = |side: u32| (f64::from(side) - 1.0) / 2.0;
    (middle(width), middle(height))
}

/// Fills `output`, whose format is set, with the pixels of `frame` as `motion` says; `fill` stands beyond the frame.
pub(super) fn warp(frame: &Frame, motion: &Motion, method: Method, fill: Fill, output: &mut Frame) {
    with_sample_type!(frame.format().sample, T => {
        match frame.format().color.channels() {
            1 => warp_samples::<1, T>(frame, motion, method, fill, output),
            2 => warp_samples::<2, T>(frame, motion, method, fill, output),
            3 => warp_samples::<3, T>(frame, motion, method, fill, output),
            _ => warp_samples::<4, T>(frame, motion, method, fill, output),
        }
        if method.overshoots() {
            clamp_to_depth::<T>(output);
        }
    });
}

fn warp_samples<const C: usize, T: Blend>(
    frame: &Frame,
    motion: &Motion,
    method: Method,
    fill: Fill,
    output: &mut Frame,
) {
    let input = frame.format();
    let fill: [T; 4] = fill.pixel(input);
    let plane = Plane::<C, T> {
        pixels: frame.samples().unwrap_or_default().as_chunks().0,
        width: i64::from(input.width),
        height: i64::from(input.height),
        fill: std::array::from_fn(|channel| fill.get(channel).copied().unwrap_or(T::from_f64(0.0))),
    };
    let width = output.format().width as usize;
    let (results, _) = output
        .samples_mut::<T>()
        .unwrap_or_default()
        .as_chunks_mut();
    match method {
        Method::Nearest => each_pixel(
            results,
            width,
            motion,
            #[inline(always)]
            |x, y| plane.nearest(x, y),
        ),
        Method::Linear | Method::Area => each_pixel(
            results,
            width,
            motion,
            #[inline(always)]
            |x, y| {
                plane.around(
                    x,
                    y,
                    #[inline(always)]
                    |t| [1.0 - t, t].map(T::Real::of),
                )
            },
        ),
        Method::Cubic => each_pixel(
            results,
            width,
            motion,
            #[inline(always)]
            |x, y| {
                plane.around(
                    x,
                    y,
                    #[inline(always)]
                    |t| cubic_weights(t).map(T::Real::of),
                )
            },
        ),
        Method::Lanczos => {
            let table = LANCZOS.get_or_init(|| {
                let phases = 0..=PHASES;
                phases
                    .map(|phase| lanczos_weights(f64::from(phase) / f64::from(PHASES)))
                    .collect()
            });
            each_pixel(
                results,
                width,
                motion,
                #[inline(always)]
                |x, y| {
                    plane.around(
                        x,
                        y,
                        #[inline(always)]
                        |t| {
                            let phase = (t * f64::from(PHASES)).round_ties_even() as usize;
                            table
                                .get(phase)
                                .copied()
                                .unwrap_or_default()
                                .map(T::Real::of)
                        },
                    )
                },
            );
        }
    }
}

/// Places between two pixels for which Lanczos weights are known.
const PHASES: u32 = 1024;

/// The weights at each of them: sines are slow.
static LANCZOS: OnceLock<Vec<[f64; 8]>> = OnceLock::new();

/// Calls `pixel` with the input's place for each pixel of rows of `width`.
fn each_pixel<const C: usize, T: Sample>(
    results: &mut [[T; C]],
    width: usize,
    motion: &Motion,
    pixel: impl Fn(f64, f64) -> [T; C] + Copy,
) {
    if width == 0 {
        return;
    }
    for (y, row) in results.chunks_exact_mut(width).enumerate() {
        for (x, result) in row.iter_mut().enumerate() {
            let (x, y) = motion.source(x as f64, y as f64);
            *result = pixel(x, y);
        }
    }
}

/// The whole number below, and what is left; faster than `floor` where that is a call, and exact for every place in a frame.
#[inline(always)]
fn split(place: f64) -> (i64, f64) {
    let truncated = place as i64;
    // What is below all whole numbers wraps to the greatest, which is outside of every frame as well.
    let whole = truncated.wrapping_sub(i64::from((truncated as f64) > place));
    (whole, place - whole as f64)
}

/// The pixels of a frame, and what is beyond them.
#[derive(Clone, Copy)]
struct Plane<'a, const C: usize, T> {
    pixels: &'a [[T; C]],
    width: i64,
    height: i64,
    fill: [T; C],
}

impl<const C: usize, T: Blend> Plane<'_, C, T> {
    /// The pixel of a column and a row, or what is beyond.
    #[inline(always)]
    fn at(&self, x: i64, y: i64) -> [T; C] {
        if x < 0 || x >= self.width || y < 0 || y >= self.height {
            return self.fill;
        }
        let pixel = self.pixels.get((y * self.width + x) as usize);
        pixel.copied().unwrap_or(self.fill)
    }

    #[inline(always)]
    fn nearest(&self, x: f64, y: f64) -> [T; C] {
        self.at(split(x + 0.5).0, split(y + 0.5).0)
    }

    /// The weighted sum of the `N` by `N` pixels around a place; `weights` says how much each of `N` in a row counts
    /// when the place is a part of a pixel to the right of the one in the middle.
    #[inline(always)]
    fn around<const N: usize>(
        &self,
        x: f64,
        y: f64,
        weights: impl Fn(f64) -> [T::Real; N],
    ) -> [T; C] {
        let before = N as i64 / 2 - 1;
        let ((left, x), (top, y)) = (split(x), split(y));
        let (across, down) = (weights(x), weights(y));
        let (left, top) = (left.saturating_sub(before), top.saturating_sub(before));
        let after = N as i64;
        let is_inside =
            left >= 0 && top >= 0 && left <= self.width - after && top <= self.height - after;
        if is_inside && !(T::TYPE.is_float() && has_zero(&across, &down)) {
            return self.inside(left, top, &across, &down);
        }
        let is_outside =
            left <= -after || top <= -after || left >= self.width || top >= self.height;
        match is_outside {
            true => self.fill,
            false => self.at_edge(left, top, &across, &down),
        }
    }

    /// Where all pixels are of the frame.
    #[inline(always)]
    fn inside<const N: usize>(
        &self,
        left: i64,
        top: i64,
        across: &[T::Real; N],
        down: &[T::Real; N],
    ) -> [T; C] {
        let mut total = [T::Real::ZERO; C];
        let mut start = (top * self.width + left) as usize;
        for weight in down {
            let rest = self.pixels.get(start..).unwrap_or_default();
            let mut sum = [T::Real::ZERO; C];
            if let Some(row) = rest.first_chunk::<N>() {
                for (pixel, weight) in row.iter().zip(across) {
                    for (sum, sample) in sum.iter_mut().zip(pixel) {
                        *sum += sample.to_real() * *weight;
                    }
                }
            }
            for (total, sum) in total.iter_mut().zip(sum) {
                *total += sum * *weight;
            }
            start += self.width as usize;
        }
        total.map(T::from_real)
    }

    /// Where some are not, or do not count: what is beyond takes part, what does not count is not looked at.
    #[inline(never)]
    fn at_edge<const N: usize>(
        &self,
        left: i64,
        top: i64,
        across: &[T::Real; N],
        down: &[T::Real; N],
    ) -> [T; C] {
        let mut total = [T::Real::ZERO; C];
        for (y, down) in (top..).zip(down) {
            if *down == T::Real::ZERO {
                continue;
            }
            let mut sum = [T::Real::ZERO; C];
            for (x, across) in (left..).zip(across) {
                if *across == T::Real::ZERO {
                    continue;
                }
                for (sum, sample) in sum.iter_mut().zip(self.at(x, y)) {
                    *sum += sample.to_real() * *across;
                }
            }
            for (total, sum) in total.iter_mut().zip(sum) {
                *total += sum * *down;
            }
        }
        total.map(T::from_real)
    }
}

#[inline(always)]
fn has_zero<R: Real, const N: usize>(across: &[R; N], down: &[R; N]) -> bool {
    across.iter().chain(down).any(|weight| *weight == R::ZERO)
}
