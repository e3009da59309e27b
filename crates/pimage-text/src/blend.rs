//! Paint over pixels of any type, by coverage.

use pimage_core::{Color, Frame, FrameFormat, Paint, Sample, with_sample_type};

/// Whole pixels inside of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Area {
    /// What of the columns and rows between two corners, the second one exclusive, is inside of `frame`; `None` when nothing is.
    pub(crate) fn within(frame: &Frame, from: (i64, i64), to: (i64, i64)) -> Option<Self> {
        let format = frame.format();
        let clip = |from: i64, to: i64, side: u32| {
            let side = i64::from(side);
            let (from, to) = (from.clamp(0, side), to.clamp(0, side));
            (to > from).then_some((from as usize, (to - from) as usize))
        };
        let (left, width) = clip(from.0, to.0, format.width)?;
        let (top, height) = clip(from.1, to.1, format.height)?;
        Some(Self {
            left,
            top,
            width,
            height,
        })
    }
}

/// One colour and where it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    /// How much of each pixel of the area is covered, row after row.
    pub(crate) coverage: &'a [u8],
    /// Values from one row to the next: the area's width, or 0 for rows that are all the same.
    pub(crate) stride: usize,
    pub(crate) paint: Paint,
}

/// Puts layers over the pixels of an area, the first one on top, all together with `opacity` (0 to 1).
///
/// What the layers hide of each other and of the frame is computed at once and rounded once.
/// Pixels that are covered fully get the paint itself, whatever was there; those not covered are not touched.
pub(crate) fn blend(frame: &mut Frame, area: Area, layers: &[Layer<'_>], opacity: f64) {
    let format = *frame.format();
    let full = format.full_scale();
    let width = format.width as usize;
    with_sample_type!(format.sample, T => {
        let samples = frame.samples_mut::<T>().unwrap_or_default();
        match format.color {
            Color::Gray => Brush::new(layers, &format, opacity).paint(samples, width, area, |pixel: &mut [T; 1], over| {
                plain(pixel, over, opacity);
            }),
            Color::Rgb => Brush::new(layers, &format, opacity).paint(samples, width, area, |pixel: &mut [T; 3], over| {
                plain(pixel, over, opacity);
            }),
            Color::GrayAlpha => Brush::new(layers, &format, opacity).paint(samples, width, area, |pixel: &mut [T; 2], over| {
                raising(pixel, over, opacity, full);
            }),
            Color::Rgba => Brush::new(layers, &format, opacity).paint(samples, width, area, |pixel: &mut [T; 4], over| {
                raising(pixel, over, opacity, full);
            }),
        }
    });
}

/// What the layers make of one pixel.
struct Over {
    /// Their values, each times its part.
    sum: [f64; 4],
    /// The part of what is below that is seen between them.
    rest: f64,
}

/// Pixels that are looked at together: most are not covered.
const RUN: usize = 8;

/// Layers in the values of a frame.
struct Brush<'a, T, const CHANNELS: usize> {
    layers: Vec<Paints<'a, T, CHANNELS>>,
}

struct Paints<'a, T, const CHANNELS: usize> {
    layer: Layer<'a>,
    values: [f64; 4],
    /// The pixel where the layer hides all that is below.
    solid: Option<[T; CHANNELS]>,
}

impl<'a, T: Sample, const CHANNELS: usize> Brush<'a, T, CHANNELS> {
    fn new(layers: &[Layer<'a>], format: &FrameFormat, opacity: f64) -> Self {
        let paints = |layer: &Layer<'a>| {
            let opaque = Paint {
                alpha: 255,
                ..layer.paint
            };
            let values = opaque.values(format);
            let mut solid = [T::from_f64(0.0); CHANNELS];
            for (sample, value) in solid.iter_mut().zip(values) {
                *sample = T::from_f64(value);
            }
            let hides = layer.paint.alpha == 255 && opacity >= 1.0;
            Paints {
                layer: *layer,
                values,
                solid: hides.then_some(solid),
            }
        };
        Self {
            layers: layers.iter().map(paints).collect(),
        }
    }

    /// Paints each pixel of the area that is covered; `mix` is called for those that are covered in part.
    fn paint(
        &self,
        samples: &mut [T],
        width: usize,
        area: Area,
        mix: impl Fn(&mut [T; CHANNELS], &Over),
    ) {
        let (pixels, _) = samples.as_chunks_mut::<CHANNELS>();
        let rows = pixels.chunks_exact_mut(width.max(1));
        for (y, row) in rows.skip(area.top).take(area.height).enumerate() {
            let row = row
                .get_mut(area.left..area.left + area.width)
                .unwrap_or_default();
            for (run, pixels) in row.chunks_mut(RUN).enumerate() {
                let start = run * RUN;
                if self.is_covered(y, start, pixels.len()) {
                    for (x, pixel) in pixels.iter_mut().enumerate() {
                        self.paint_pixel(pixel, y, start + x, &mix);
                    }
                }
            }
        }
    }

    /// Whether any layer covers any of some pixels of a row.
    fn is_covered(&self, y: usize, start: usize, count: usize) -> bool {
        self.layers.iter().any(|Paints { layer, .. }| {
            let start = y * layer.stride + start;
            let coverage = layer.coverage.get(start..start + count).unwrap_or_default();
            match coverage.first_chunk::<RUN>() {
                Some(run) => u64::from_ne_bytes(*run) != 0,
                None => coverage.iter().any(|coverage| *coverage != 0),
            }
        })
    }

    fn paint_pixel(
        &self,
        pixel: &mut [T; CHANNELS],
        y: usize,
        x: usize,
        mix: &impl Fn(&mut [T; CHANNELS], &Over),
    ) {
        let mut over = Over {
            sum: [0.0; 4],
            rest: 1.0,
        };
        for Paints {
            layer,
            values,
            solid,
        } in &self.layers
        {
            let coverage = layer
                .coverage
                .get(y * layer.stride + x)
                .copied()
                .unwrap_or(0);
            if coverage == 0 {
                continue;
            }
            if let (255, Some(solid)) = (coverage, solid)
                && over.rest >= 1.0
            {
                *pixel = *solid;
                return;
            }
            // Exactly 1 when both are 255.
            let part = f64::from(u32::from(coverage) * u32::from(layer.paint.alpha)) / 65_025.0;
            let seen = over.rest * part;
            for (sum, value) in over.sum.iter_mut().zip(values) {
                *sum += seen * value;
            }
            over.rest *= 1.0 - part;
            if over.rest <= 0.0 {
                break;
            }
        }
        if over.rest < 1.0 {
            mix(pixel, &over);
        }
    }
}

/// A pixel without opacity.
fn plain<T: Sample, const CHANNELS: usize>(pixel: &mut [T; CHANNELS], over: &Over, opacity: f64) {
    let kept = 1.0 - opacity * (1.0 - over.rest);
    for (sample, sum) in pixel.iter_mut().zip(over.sum) {
        *sample = match kept {
            // What was there may be no number.
            0.0 => T::from_f64(sum),
            kept => T::from_f64(sample.to_f64() * kept + sum * opacity),
        };
    }
}

/// A pixel whose last sample is its opacity, which its other samples are not multiplied with.
fn raising<T: Sample, const CHANNELS: usize>(
    pixel: &mut [T; CHANNELS],
    over: &Over,
    opacity: f64,
    full: f64,
) {
    let [intensities @ .., alpha] = pixel.as_mut_slice() else {
        return;
    };
    let kept = 1.0 - opacity * (1.0 - over.rest);
    let below = match kept {
        0.0 => 0.0,
        kept => (alpha.to_f64() / full).clamp(0.0, 1.0) * kept,
    };
    let raised = 1.0 - kept + below;
    if raised <= 0.0 {
        return;
    }
    for (sample, sum) in intensities.iter_mut().zip(over.sum) {
        *sample = if below > 0.0 {
            T::from_f64((sample.to_f64() * below + sum * opacity) / raised)
        } else {
            T::from_f64(sum * opacity / raised)
        };
    }
    *alpha = T::from_f64(raised * full);
}

#[cfg(test)]
mod tests {
    use pimage_core::SampleType;

    use super::*;

    fn check(
        format: FrameFormat,
        before: &[f64],
        layers: &[(u8, Paint)],
        opacity: f64,
        expected: &[f64],
    ) {
        let mut frame = Frame::zeroed(format);
        with_sample_type!(format.sample, T => {
            for (sample, value) in frame.samples_mut::<T>().expect("is of it").iter_mut().zip(before) {
                *sample = T::from_f64(*value);
            }
        });
        let layers: Vec<_> = layers
            .iter()
            .map(|(coverage, paint)| Layer {
                coverage: std::slice::from_ref(coverage),
                stride: 0,
                paint: *paint,
            })
            .collect();
        let area = Area::within(&frame, (0, 0), (1, 1)).expect("is inside");
        blend(&mut frame, area, &layers, opacity);
        let found: Vec<f64> = with_sample_type!(format.sample, T => {
            frame.samples::<T>().expect("is of it").iter().map(|sample| sample.to_f64()).collect()
        });
        let is_near = |(found, expected): (&f64, &f64)| (found - expected).abs() < 1e-6;
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(is_near),
            "{found:?}, expected {expected:?}"
        );
    }

    fn pixel(color: Color, sample: SampleType) -> FrameFormat {
        FrameFormat::new(1, 1, color, sample)
    }

    const HALF: Paint = Paint {
        alpha: 51,
        ..Paint::WHITE
    };

    #[test]
    fn paint_is_blended_in_the_frame_s_own_range() {
        let gray = pixel(Color::Gray, SampleType::U8);
        check(gray, &[100.0], &[(255, Paint::WHITE)], 1.0, &[255.0]);
        check(gray, &[100.0], &[(0, Paint::WHITE)], 1.0, &[100.0]);
        check(gray, &[100.0], &[(51, Paint::WHITE)], 1.0, &[131.0]);
        check(gray, &[100.0], &[(255, HALF)], 1.0, &[131.0]);
        check(gray, &[100.0], &[(255, Paint::WHITE)], 0.2, &[131.0]);
        check(gray, &[10.0], &[(255, Paint::rgb(255, 0, 0))], 1.0, &[54.0]);
        let twelve = pixel(Color::Gray, SampleType::U16).with_bit_depth(12);
        check(twelve, &[7.0], &[(255, Paint::WHITE)], 1.0, &[4095.0]);
        check(
            pixel(Color::Gray, SampleType::I16),
            &[-5.0],
            &[(255, Paint::WHITE)],
            1.0,
            &[32_767.0],
        );
        check(
            pixel(Color::Gray, SampleType::F32),
            &[f64::NAN],
            &[(255, Paint::WHITE)],
            1.0,
            &[1.0],
        );
        check(
            pixel(Color::Gray, SampleType::F64),
            &[f64::INFINITY],
            &[(255, Paint::BLACK)],
            1.0,
            &[0.0],
        );
        let orange = Paint::rgb(255, 128, 0);
        check(
            pixel(Color::Rgb, SampleType::U16),
            &[1.0, 2.0, 3.0],
            &[(255, orange)],
            1.0,
            &[65_535.0, 32_896.0, 0.0],
        );
    }

    #[test]
    fn a_layer_hides_those_below_it() {
        let gray = pixel(Color::Gray, SampleType::U8);
        check(
            gray,
            &[100.0],
            &[(255, Paint::WHITE), (255, Paint::BLACK)],
            1.0,
            &[255.0],
        );
        check(
            gray,
            &[100.0],
            &[(51, Paint::WHITE), (255, Paint::BLACK)],
            1.0,
            &[51.0],
        );
        // The opacity is that of both together: black does not show through white.
        check(
            gray,
            &[100.0],
            &[(255, Paint::WHITE), (255, Paint::BLACK)],
            0.2,
            &[131.0],
        );
    }

    #[test]
    fn opacity_is_raised() {
        let rgba = pixel(Color::Rgba, SampleType::U8);
        let red = Paint::rgb(255, 0, 0);
        check(
            rgba,
            &[9.0, 9.0, 9.0, 0.0],
            &[(255, red)],
            1.0,
            &[255.0, 0.0, 0.0, 255.0],
        );
        check(
            rgba,
            &[9.0, 9.0, 9.0, 0.0],
            &[(51, red)],
            1.0,
            &[255.0, 0.0, 0.0, 51.0],
        );
        check(
            rgba,
            &[0.0, 0.0, 100.0, 255.0],
            &[(51, red)],
            1.0,
            &[51.0, 0.0, 80.0, 255.0],
        );
        check(
            pixel(Color::GrayAlpha, SampleType::F32),
            &[0.0, 0.5],
            &[(255, Paint::WHITE)],
            0.5,
            &[2.0 / 3.0, 0.75],
        );
        check(
            rgba,
            &[1.0, 2.0, 3.0, 4.0],
            &[(255, Paint::CLEAR)],
            1.0,
            &[1.0, 2.0, 3.0, 4.0],
        );
    }
}
