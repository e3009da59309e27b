//! The image that stands for a frame that is missing.

use pimage_core::{Frame, FrameFormat, Paint, Sample, with_sample_type};

/// Behind the cross.
const GROUND: Paint = Paint::rgb(26, 26, 30);

/// Red enough to be told from a picture, and half as bright as white in gray.
const CROSS: Paint = Paint::rgb(200, 96, 96);

/// Widths of the cross in the shorter side.
const CROSSES: u32 = 16;

/// A diagonal cross from corner to corner on a dim ground: what stands for a frame that is missing, recognisable at any size.
///
/// It is within the full scale of `format`, opaque where that has opacity, and the same at every call.
///
/// ```
/// use pimage_core::{Color, FrameFormat, SampleType};
///
/// let missing = pimage_transform::null_image(&FrameFormat::new(3, 3, Color::Gray, SampleType::U8));
/// let samples = missing.bytes();
/// assert!(samples[0] > samples[1] && samples[4] > samples[3], "{samples:?}");
/// ```
#[must_use]
pub fn null_image(format: &FrameFormat) -> Frame {
    let mut frame = Frame::zeroed(*format);
    frame.set_bit_depth(format.bit_depth);
    let (width, height) = (i64::from(format.width), i64::from(format.height));
    let (ground, cross) = (GROUND.values(format), CROSS.values(format));
    // Twice the distance of a pixel's centre from a diagonal, along the longer side, in units of the shorter one.
    let (longer, shorter) = (width.max(height), width.min(height));
    let thickness = (shorter / i64::from(CROSSES)).max(1) * longer;
    let channels = format.color.channels();
    with_sample_type!(format.sample, T => {
        let ground = ground.map(T::from_f64);
        let cross = cross.map(T::from_f64);
        let pixels = frame.samples_mut::<T>().unwrap_or_default().chunks_exact_mut(channels);
        for (place, pixel) in (0i64..).zip(pixels) {
            let (x, y) = (2 * (place % width) + 1, 2 * (place / width) + 1);
            let from_falling = (x * height - y * width).abs();
            let from_rising = (x * height - (2 * height - y) * width).abs();
            let is_cross = from_falling.min(from_rising) <= thickness;
            let paint = if is_cross { &cross } else { &ground };
            for (sample, value) in pixel.iter_mut().zip(paint) {
                *sample = *value;
            }
        }
    });
    frame
}

#[cfg(test)]
mod tests {
    use pimage_core::Color;
    use pimage_testkit::{every_format, sample_values};

    use super::*;

    #[test]
    fn it_is_a_cross_in_every_format_and_size() {
        for (width, height) in [(2, 2), (3, 2), (16, 16), (64, 48), (31, 200)] {
            for format in every_format(width, height) {
                let frame = null_image(&format);
                let values = sample_values(&frame);
                let channels = format.color.channels();
                let at = |x: usize, y: usize| values[(y * width as usize + x) * channels];
                let (right, bottom) = (width as usize - 1, height as usize - 1);
                let corner = at(0, 0);
                assert!(corner > 0.0 && corner < format.full_scale(), "{format}");
                for other in [at(right, 0), at(0, bottom), at(right, bottom)] {
                    assert!((other - corner).abs() < 1e-12, "{format}");
                }
                if width > 2 && height > 2 {
                    let middle = at(width as usize / 2, 0);
                    assert!(middle < corner / 2.0 && middle > 0.0, "{format}");
                    assert!(
                        at(width as usize / 2, height as usize / 2) > middle,
                        "{format}"
                    );
                }
                if format.color == Color::Rgba {
                    assert!((values[3] - format.full_scale()).abs() < 1e-9, "{format}");
                }
            }
        }
        for (width, height) in [(0, 0), (1, 1), (1, 9), (9, 1)] {
            for format in every_format(width, height) {
                assert_eq!(null_image(&format).format(), &format);
            }
        }
    }
}
