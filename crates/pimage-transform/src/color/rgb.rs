//! Colour frames of gray ones.

use pimage_core::{Color, Error, Frame, FrameFormat, Sample, Transform, with_sample_type};

use super::rebuild;
use crate::vector::vectorized;
use crate::{Operation, Operator, Parameter, Presence};

/// Makes frames RGB: gray is repeated in red, green and blue, exactly, and colour stays as it is.
///
/// Opacity is kept by default; it can be left out, or added where there is none, as that of a frame that hides all below it
/// (full scale; 1 for floats). Leaving it out keeps the intensities, for they are not premultiplied.
///
/// ```
/// use ndarray::array;
/// use pimage_core::{Color, Frame, Transform};
/// use pimage_transform::{Opacity, Rgb};
///
/// let mut frame = Frame::from_array(array![[[7u8], [9]]], Color::Gray)?;
/// Rgb::new(Opacity::Add).apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [7, 7, 7, 255, 9, 9, 9, 255]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rgb {
    opacity: Opacity,
}

/// What becomes of the opacity of frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Opacity {
    /// There is one where there was one.
    #[default]
    Keep,
    /// There is one, full where there was none.
    Add,
    /// There is none.
    Drop,
}

impl Opacity {
    /// Whether there is one afterwards.
    pub(super) const fn remains(self, input: Color) -> bool {
        match self {
            Self::Keep => input.has_alpha(),
            Self::Add => true,
            Self::Drop => false,
        }
    }
}

impl Rgb {
    /// RGB, with or without opacity.
    #[must_use]
    pub const fn new(opacity: Opacity) -> Self {
        Self { opacity }
    }
}

impl Transform for Rgb {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let color = match self.opacity.remains(input.color) {
            true => Color::Rgba,
            false => Color::Rgb,
        };
        Ok(FrameFormat { color, ..*input })
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        let output = self.output_format(&input)?;
        if output == input {
            return Ok(());
        }
        rebuild(frame, spare, &output, |frame, spare| {
            with_sample_type!(input.sample, T => {
                let full = T::from_f64(input.full_scale());
                let samples = frame.samples::<T>().unwrap_or_default();
                let target = spare.samples_mut::<T>().unwrap_or_default();
                fill(samples, (input.color, output.color), full, target);
            });
        })
    }
}

/// Fills the pixels of one colour from those of another.
fn fill<T: Sample>(samples: &[T], (from, to): (Color, Color), full: T, target: &mut [T]) {
    match (from, to) {
        (Color::Gray, Color::Rgb) => each(samples, target, |[v]: [T; 1]| [v, v, v]),
        (Color::Gray, _) => each(samples, target, |[v]: [T; 1]| [v, v, v, full]),
        (Color::GrayAlpha, Color::Rgb) => each(samples, target, |[v, _]: [T; 2]| [v, v, v]),
        (Color::GrayAlpha, _) => each(samples, target, |[v, a]: [T; 2]| [v, v, v, a]),
        (Color::Rgb, _) => each(samples, target, |[r, g, b]: [T; 3]| [r, g, b, full]),
        (Color::Rgba, _) => each(samples, target, |[r, g, b, _]: [T; 4]| [r, g, b]),
    }
}

/// Fills each pixel of `B` samples from one of `A` samples.
pub(super) fn each<T: Sample, const A: usize, const B: usize>(
    samples: &[T],
    target: &mut [T],
    pixel: impl Fn([T; A]) -> [T; B],
) {
    let (samples, _) = samples.as_chunks::<A>();
    let (target, _) = target.as_chunks_mut::<B>();
    vectorized(
        #[inline(always)]
        || {
            for (from, to) in samples.iter().zip(target) {
                *to = pixel(*from);
            }
        },
    );
}

/// `rgb`.
pub(super) const OPERATOR: Operator = Operator {
    name: "rgb",
    title: "make frames RGB, gray repeated in all three channels",
    parameters: &[Parameter::new(
        "alpha",
        "the opacity: keep it where there is one, add a full one, or drop it",
        "keep|add|drop",
        Presence::Default("keep"),
    )],
    examples: &["rgb", "rgb=add", "rgb=alpha:drop"],
    notes: "Exact; colour stays as it is, so that colour can be drawn on whatever comes.",
    build: |arguments| {
        let words = [
            ("keep", Opacity::Keep),
            ("add", Opacity::Add),
            ("drop", Opacity::Drop),
        ];
        let opacity = arguments.choice("alpha", &words)?;
        Ok(Operation::frame(Rgb::new(opacity)))
    },
};

#[cfg(test)]
mod tests {
    use pimage_core::SampleType;

    use super::*;

    fn check(opacity: Opacity, color: Color, samples: &[u16], expected: &[u16]) {
        let width = (samples.len() / color.channels()) as u32;
        let format = FrameFormat::new(width, 1, color, SampleType::U16).with_bit_depth(12);
        let mut frame = Frame::zeroed(format);
        frame
            .samples_mut::<u16>()
            .expect("is u16")
            .copy_from_slice(samples);
        let rgb = Rgb::new(opacity);
        let promised = rgb.output_format(&format).expect("any format");
        rgb.apply(&mut frame, &mut Frame::empty())
            .expect("any frame");
        assert_eq!(frame.format(), &promised);
        assert_eq!(frame.samples::<u16>().expect("is u16"), expected);
    }

    #[test]
    fn every_colour_becomes_rgb() {
        check(Opacity::Keep, Color::Gray, &[1, 2], &[1, 1, 1, 2, 2, 2]);
        check(Opacity::Add, Color::Gray, &[5], &[5, 5, 5, 4095]);
        check(Opacity::Keep, Color::GrayAlpha, &[1, 9], &[1, 1, 1, 9]);
        check(Opacity::Drop, Color::GrayAlpha, &[1, 9], &[1, 1, 1]);
        check(Opacity::Add, Color::Rgb, &[1, 2, 3], &[1, 2, 3, 4095]);
        check(Opacity::Add, Color::Rgba, &[1, 2, 3, 4], &[1, 2, 3, 4]);
        check(Opacity::Drop, Color::Rgba, &[1, 2, 3, 4], &[1, 2, 3]);
        check(Opacity::Keep, Color::Rgb, &[1, 2, 3], &[1, 2, 3]);
    }
}
