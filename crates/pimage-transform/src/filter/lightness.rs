//! The lightness of colours: L of CIE L\*a\*b\*, of sRGB under D65, measured and replaced.

use std::cell::RefCell;
use std::sync::LazyLock;

use pimage_core::FrameFormat;

use super::real::Real;
use crate::vector::vectorized;

/// Samples whose lightness is measured.
pub(super) trait Lightness: Real<Real = f32> {
    /// The highest level of lightness: 100 of L.
    const TOP: usize;
    /// The place in a table that has an entry for every sample.
    fn place(self) -> usize;
}

impl Lightness for u8 {
    const TOP: usize = 255;

    fn place(self) -> usize {
        self.into()
    }
}

impl Lightness for u16 {
    const TOP: usize = 65_535;

    fn place(self) -> usize {
        self.into()
    }
}

/// Linear intensities of red, green and blue as CIE XYZ, each relative to white.
const XYZ_FROM_RGB: [[f32; 3]; 3] = [
    [0.433_953, 0.376_219, 0.189_828],
    [0.212_671, 0.715_160, 0.072_169],
    [0.017_758, 0.109_477, 0.872_766],
];
/// The inverse.
const RGB_FROM_XYZ: [[f32; 3]; 3] = [
    [3.079_935, -1.537_152, -0.542_783],
    [-0.921_234, 1.875_99, 0.045_244],
    [0.052_89, -0.204_041, 1.151_152],
];

/// Pixels that are computed together.
const LANES: usize = 64;
type Block = [f32; LANES];

/// Steps of the table of the sRGB curve, from linear.
const CURVE: usize = 16_384;

/// The sRGB curve, from linear: for each step, the value at its beginning and how much it rises.
static ENCODED: LazyLock<Vec<[f32; 2]>> = LazyLock::new(|| {
    let encode = |step: usize| match step as f64 / CURVE as f64 {
        linear @ ..=0.003_130_8 => 12.92 * linear,
        linear => 1.055 * linear.powf(1.0 / 2.4) - 0.055,
    };
    let steps = 0..=CURVE;
    let pair = |step: usize| {
        [
            encode(step) as f32,
            (encode(step + 1) - encode(step)) as f32,
        ]
    };
    steps.map(pair).collect()
});

/// The sRGB curve, to linear, for each of `count` samples of this full scale.
fn decoded(count: usize, full_scale: f64) -> Vec<f32> {
    let decode = |encoded: f64| match encoded {
        ..=0.040_45 => encoded / 12.92,
        _ => ((encoded + 0.055) / 1.055).powf(2.4),
    };
    let samples = 0..count;
    samples
        .map(|sample| decode((sample as f64 / full_scale).min(1.0)) as f32)
        .collect()
}

thread_local! {
    /// The table for samples of fewer significant bits, and these bits: all frames have the same.
    static DECODED: RefCell<(u8, Vec<f32>)> = const { RefCell::new((0, Vec::new())) };
}

static DECODED_8: LazyLock<Vec<f32>> = LazyLock::new(|| decoded(256, 255.0));
static DECODED_16: LazyLock<Vec<f32>> = LazyLock::new(|| decoded(65_536, 65_535.0));

/// Gives `work` the table of linear intensities for the samples of a format.
fn with_decoded<R>(format: &FrameFormat, work: impl FnOnce(&[f32]) -> R) -> R {
    match (format.bit_depth, format.sample.bits()) {
        (8, 8) => work(&DECODED_8),
        (16, 16) => work(&DECODED_16),
        (depth, bits) => {
            let (known, mut table) = DECODED.take();
            if known != depth || table.len() != 1 << bits {
                table = decoded(1 << bits, format.full_scale());
            }
            let result = work(&table);
            DECODED.replace((depth, table));
            result
        }
    }
}

/// Measures the lightness of each pixel, from 0 to `T::TOP`.
pub(super) fn measure<T: Lightness>(samples: &[T], format: &FrameFormat, levels: &mut [u16]) {
    let channels = format.color.channels();
    with_decoded(format, |table| {
        let mut rgb = [[0.0; LANES]; 3];
        let pixels = samples.chunks(LANES * channels);
        for (pixels, levels) in pixels.zip(levels.chunks_mut(LANES)) {
            linear_from_samples(pixels, channels, table, &mut rgb);
            let mut found = [0; LANES];
            levels_of(&rgb, T::TOP as f32, &mut found);
            for (level, found) in levels.iter_mut().zip(found) {
                *level = found;
            }
        }
    });
}

/// Moves the lightness of each pixel by as much as its level has changed; a and b stay.
pub(super) fn replace<T: Lightness>(
    samples: &[T],
    format: &FrameFormat,
    before: &[u16],
    after: &[u16],
    output: &mut [T],
) {
    let channels = format.color.channels();
    let full_scale = format.full_scale() as f32;
    // L is 116 f - 16.
    let scale = 100.0 / 116.0 / T::TOP as f32;
    let curve = &**ENCODED;
    with_decoded(format, |table| {
        let mut rgb = [[0.0; LANES]; 3];
        let pixels = samples
            .chunks(LANES * channels)
            .zip(output.chunks_mut(LANES * channels));
        let levels = before.chunks(LANES).zip(after.chunks(LANES));
        for ((pixels, results), (before, after)) in pixels.zip(levels) {
            let mut shifts = [0.0; LANES];
            for (shift, (before, after)) in shifts.iter_mut().zip(before.iter().zip(after)) {
                *shift = (f32::from(*after) - f32::from(*before)) * scale;
            }
            linear_from_samples(pixels, channels, table, &mut rgb);
            shift_all(&mut rgb, &shifts);
            results.copy_from_slice(pixels);
            let mut samples = [[T::nearest(0.0); LANES]; 3];
            for (linear, samples) in rgb.iter_mut().zip(&mut samples) {
                let mut steps = [0; LANES];
                steps_of(linear, &mut steps);
                for (place, step) in linear.iter_mut().zip(&steps) {
                    let [start, rise] = curve.get(*step as usize).copied().unwrap_or_default();
                    *place = start + rise * (*place - *step as f32);
                }
                nearest(linear, full_scale, samples);
            }
            let [red, green, blue] = &samples;
            let colors = red.iter().zip(green).zip(blue).zip(&shifts);
            for (result, (((red, green), blue), shift)) in
                results.chunks_exact_mut(channels).zip(colors)
            {
                if *shift != 0.0
                    && let [r, g, b, ..] = result
                {
                    (*r, *g, *b) = (*red, *green, *blue);
                }
            }
        }
    });
}

/// The samples that are nearest to fractions of the full scale.
fn nearest<T: Lightness>(fractions: &Block, full_scale: f32, samples: &mut [T; LANES]) {
    vectorized(
        #[inline(always)]
        || {
            for lane in 0..LANES {
                samples[lane] = T::nearest(fractions[lane] * full_scale);
            }
        },
    );
}

/// Turns linear intensities into places on the table of the curve, and says in which step each lies;
/// what is out of the gamut is at its end.
fn steps_of(linear: &mut Block, steps: &mut [i32; LANES]) {
    vectorized(
        #[inline(always)]
        || {
            for lane in 0..LANES {
                let place = if linear[lane] > 0.0 {
                    linear[lane]
                } else {
                    0.0
                };
                let place = if place < 1.0 { place } else { 1.0 } * CURVE as f32;
                linear[lane] = place;
                // The nearest to half a step less: the step before or after where it is at the border of two.
                let step = place - 0.5;
                steps[lane] = i32::from(u16::nearest(if step > 0.0 { step } else { 0.0 }));
            }
        },
    );
}

fn linear_from_samples<T: Lightness>(
    pixels: &[T],
    channels: usize,
    table: &[f32],
    rgb: &mut [Block; 3],
) {
    let [reds, greens, blues] = rgb;
    let linear = reds.iter_mut().zip(greens).zip(blues);
    for (pixel, ((red, green), blue)) in pixels.chunks_exact(channels).zip(linear) {
        if let [r, g, b, ..] = pixel {
            let one = |sample: &T| table.get(sample.place()).copied().unwrap_or(0.0);
            (*red, *green, *blue) = (one(r), one(g), one(b));
        }
    }
}

fn levels_of(rgb: &[Block; 3], top: f32, levels: &mut [u16; LANES]) {
    let [red, green, blue] = rgb;
    let [_, weights, _] = XYZ_FROM_RGB;
    vectorized(
        #[inline(always)]
        || {
            for lane in 0..LANES {
                let y = red[lane] * weights[0] + green[lane] * weights[1] + blue[lane] * weights[2];
                let lightness = (root(y) * 116.0 - 16.0) * 0.01;
                levels[lane] = u16::within(lightness * top, 0.0, top);
            }
        },
    );
}

/// Moves L and leaves a and b: all three roots move by the same.
fn shift_all(rgb: &mut [Block; 3], shifts: &Block) {
    let [red, green, blue] = rgb;
    vectorized(
        #[inline(always)]
        || {
            for lane in 0..LANES {
                let linear = [red[lane], green[lane], blue[lane]];
                let [x, y, z] = product(&XYZ_FROM_RGB, linear);
                let x = cube(root(x) + shifts[lane]);
                let y = cube(root(y) + shifts[lane]);
                let z = cube(root(z) + shifts[lane]);
                let [r, g, b] = product(&RGB_FROM_XYZ, [x, y, z]);
                red[lane] = r;
                green[lane] = g;
                blue[lane] = b;
            }
        },
    );
}

#[inline(always)]
fn product(matrix: &[[f32; 3]; 3], vector: [f32; 3]) -> [f32; 3] {
    let [a, b, c] = vector;
    let [first, second, third] = matrix;
    [
        first[0] * a + first[1] * b + first[2] * c,
        second[0] * a + second[1] * b + second[2] * c,
        third[0] * a + third[1] * b + third[2] * c,
    ]
}

/// The cube root, but a straight line near black: f of CIE L\*a\*b\*.
#[inline(always)]
fn root(value: f32) -> f32 {
    // A third of the exponent is near the root, and two of Halley's steps make it as exact as the type is.
    let mut root = f32::from_bits(value.to_bits() / 3 + 0x2A51_4067);
    for _ in 0..2 {
        let cube = root * root * root;
        root *= (cube + value + value) / (cube + cube + value);
    }
    let line = value * 7.787_037 + 16.0 / 116.0;
    if value > 0.008_856 { root } else { line }
}

/// The inverse of [`root`].
#[inline(always)]
fn cube(root: f32) -> f32 {
    let line = (root - 16.0 / 116.0) * (1.0 / 7.787_037);
    if root > 6.0 / 29.0 {
        root * root * root
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_exact() {
        for step in 1..=1000 {
            let value = step as f32 / 1000.0;
            let expected = match value > 0.008_856 {
                true => value.cbrt(),
                false => 7.787_037 * value + 16.0 / 116.0,
            };
            assert!((root(value) - expected).abs() < 3e-7, "{value}");
            assert!((cube(root(value)) - value).abs() < 1e-6, "{value}");
        }
    }

    #[test]
    fn matrices_are_inverse() {
        let there = product(&XYZ_FROM_RGB, [0.2, 0.5, 0.9]);
        let back = product(&RGB_FROM_XYZ, there);
        for (found, expected) in back.iter().zip([0.2, 0.5, 0.9]) {
            assert!((found - expected).abs() < 1e-5, "{back:?}");
        }
    }
}
