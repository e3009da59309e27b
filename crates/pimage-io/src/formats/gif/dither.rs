//! Indices of a palette for pixels, plain or dithered.

use super::changes::Rect;
use super::nearest::{Nearest, Rgb};
use crate::Dither;

/// The part of an error that is passed on: less than all of it keeps errors from adding up where no colour is near.
const PASSED_ON: f32 = 0.85;

/// Thresholds of the ordered pattern, in 64ths: every 2 by 2 pixels hold low and high ones.
const PATTERN: [[u8; 8]; 8] = [
    [0, 32, 8, 40, 2, 34, 10, 42],
    [48, 16, 56, 24, 50, 18, 58, 26],
    [12, 44, 4, 36, 14, 46, 6, 38],
    [60, 28, 52, 20, 62, 30, 54, 22],
    [3, 35, 11, 43, 1, 33, 9, 41],
    [51, 19, 59, 27, 49, 17, 57, 25],
    [15, 47, 7, 39, 13, 45, 5, 37],
    [63, 31, 55, 23, 61, 29, 53, 21],
];

/// Colours wanted and the indices that are nearest to them, one for each pixel of a rectangle.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    /// What each pixel should be: the source's colour, moved by dithering.
    pub(super) targets: Vec<Rgb>,
    pub(super) indices: Vec<u8>,
}

/// Maps the pixels of `rect` that are `drawn`; what the others get is not looked at.
pub(super) fn map(
    pixels: &[Rgb],
    width: usize,
    rect: Rect,
    drawn: &[bool],
    colors: &[Rgb],
    nearest: &mut Nearest,
    dither: Dither,
) -> Mapped {
    let all = rect.places(width).map(|place| {
        let is_drawn = drawn.get(place).copied().unwrap_or(false);
        (pixels.get(place).copied().unwrap_or_default(), is_drawn)
    });
    match dither {
        Dither::None => plain(all, nearest),
        Dither::Ordered => {
            let strength = spread(all.clone(), colors, nearest);
            let patterned = all.enumerate().map(|(at, (color, is_drawn))| {
                let (x, y) = (
                    rect.left + at % rect.width.max(1),
                    rect.top + at / rect.width.max(1),
                );
                let threshold = f32::from(PATTERN[y % 8][x % 8]) / 63.0 - 0.5;
                let moved = color.map(|value| rounded(f32::from(value) + threshold * strength));
                (moved, is_drawn)
            });
            plain(patterned, nearest)
        }
        Dither::Diffusion => diffused(all, rect, colors, nearest),
    }
}

fn rounded(value: f32) -> u8 {
    (value + 0.5).clamp(0.0, 255.0) as u8
}

fn plain(pixels: impl Iterator<Item = (Rgb, bool)>, nearest: &mut Nearest) -> Mapped {
    let mut mapped = Mapped::default();
    for (color, is_drawn) in pixels {
        mapped.targets.push(color);
        mapped
            .indices
            .push(if is_drawn { nearest.of(color) } else { 0 });
    }
    mapped
}

/// How far the pattern moves colours: two thirds of the distance of neighbouring ones of the palette where this picture has its own.
fn spread(pixels: impl Iterator<Item = (Rgb, bool)>, colors: &[Rgb], nearest: &mut Nearest) -> f32 {
    /// Pixels that are looked at: one in so many.
    const STEP: usize = 13;
    let (mut sum, mut count) = (0.0, 0.0);
    for (color, _) in pixels.filter(|(_, is_drawn)| *is_drawn).step_by(STEP) {
        let found = colors
            .get(usize::from(nearest.of(color)))
            .copied()
            .unwrap_or_default();
        sum += super::nearest::distance(color, found) as f32;
        count += 3.0;
    }
    // The error of rounding is evenly spread over a step, whose square is twelve times its variance.
    if count > 0.0 {
        (12.0 * sum / count).sqrt() / 1.5
    } else {
        0.0
    }
}

/// Channels of a colour, and one more for the width of a vector.
type Lanes = [f32; 4];

fn lanes([r, g, b]: Rgb) -> Lanes {
    [f32::from(r), f32::from(g), f32::from(b), 0.0]
}

fn sum(a: Lanes, b: Lanes, weight: f32) -> Lanes {
    std::array::from_fn(|lane| a[lane] + b[lane] * weight)
}

/// To the nearest integer, of values of 0 to 255.
fn nearest_integers(values: Lanes) -> Rgb {
    /// From here on numbers are a whole one apart: adding it leaves the integer in the lowest bits.
    const WHOLE: f32 = 8_388_608.0;
    let [r, g, b, _] = values.map(|value| (value + WHOLE).to_bits() as u8);
    [r, g, b]
}

/// Floyd and Steinberg's weights, rows in turn from the left and from the right.
///
/// Errors are neither taken from pixels that are not drawn nor given to them: what stands still stays as it is.
fn diffused(
    pixels: impl Iterator<Item = (Rgb, bool)>,
    rect: Rect,
    colors: &[Rgb],
    nearest: &mut Nearest,
) -> Mapped {
    let (targets, drawn): (Vec<Rgb>, Vec<bool>) = pixels.unzip();
    let mut mapped = Mapped {
        indices: vec![0; targets.len()],
        targets,
    };
    let mut palette = [Lanes::default(); 256];
    for (entry, color) in palette.iter_mut().zip(colors) {
        *entry = lanes(*color);
    }
    // One more at either end, so that every pixel has neighbours.
    let mut errors = vec![Lanes::default(); rect.width + 2];
    let mut below = errors.clone();
    let rows = mapped.targets.chunks_exact_mut(rect.width.max(1));
    let rows = rows.zip(mapped.indices.chunks_exact_mut(rect.width.max(1)));
    for (y, ((targets, indices), drawn)) in
        rows.zip(drawn.chunks_exact(rect.width.max(1))).enumerate()
    {
        below.fill(Lanes::default());
        let mut ahead = Lanes::default();
        let is_back = y % 2 == 1;
        for step in 0..rect.width {
            let x = if is_back { rect.width - 1 - step } else { step };
            let error = std::mem::take(&mut ahead);
            if !drawn[x] {
                continue;
            }
            let wanted = sum(sum(lanes(targets[x]), errors[x + 1], 1.0), error, 1.0);
            let wanted = wanted.map(|value| value.clamp(0.0, 255.0));
            let target = nearest_integers(wanted);
            let index = nearest.of(target);
            (targets[x], indices[x]) = (target, index);
            let error = sum(wanted, palette[usize::from(index)], -1.0);
            let error = error.map(|value| value * (PASSED_ON / 16.0));
            ahead = error.map(|value| value * 7.0);
            let (next, last) = if is_back { (x, x + 2) } else { (x + 2, x) };
            below[last] = sum(below[last], error, 3.0);
            below[x + 1] = sum(below[x + 1], error, 5.0);
            below[next] = sum(below[next], error, 1.0);
        }
        std::mem::swap(&mut errors, &mut below);
    }
    mapped
}
