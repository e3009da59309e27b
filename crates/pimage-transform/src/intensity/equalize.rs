//! Intensities spread so that each is as frequent as any other.

use std::cell::RefCell;

use pimage_core::{Error, Frame, FrameFormat, SampleType, Transform};
use pimage_range::full_bounds;

use super::histogram::{expect_countable, first_value, with_histogram};
use super::point;
use crate::{Operation, Operator};

/// Equalizes the histogram of each frame of 8 or 16 bits: an intensity becomes the part of the samples that are at most as bright.
///
/// On gray of 8 bits it is OpenCV's `equalizeHist` bit for bit, whose arithmetic is in single precision;
/// 16 bits are counted one by one, in double precision, onto all significant bits.
/// Colour has one histogram of all its channels and one curve, so that they are not shifted against each other.
/// A constant frame stays as it is.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Equalize;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(4, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[7, 8, 8, 9]);
/// Equalize.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [0, 170, 170, 255]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Equalize;

impl Transform for Equalize {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        expect_countable("equalize", input)?;
        Ok(*input)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let format = self.output_format(frame.format())?;
        let mut curve = CURVE.take();
        if with_histogram(frame, |counts| fill(&mut curve, counts, &format)) {
            look_up(frame, spare, &curve)?;
        }
        CURVE.replace(curve);
        Ok(())
    }
}

thread_local! {
    static CURVE: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
}

/// Puts each sample where the curve has it.
fn look_up(frame: &mut Frame, spare: &mut Frame, curve: &[f64]) -> Result<(), Error> {
    let format = *frame.format();
    let first = first_value(&format);
    let look_up = |value: f64| {
        curve
            .get((value - first) as usize)
            .copied()
            .unwrap_or(value)
    };
    match format.sample {
        SampleType::U8 => point::apply(frame, spare, look_up),
        _ => {
            point::compute(frame, look_up);
            Ok(())
        }
    }
}

/// Makes `curve` the result for each value; whether there are at least two, without which there is none.
fn fill(curve: &mut Vec<f64>, counts: &[u64], format: &FrameFormat) -> bool {
    let (bottom, top) = full_bounds(format);
    let Some(least) = counts.iter().position(|count| *count > 0) else {
        return false;
    };
    let total: u64 = counts.iter().sum();
    let rest = total - counts.get(least).unwrap_or(&0);
    if rest == 0 {
        return false;
    }
    let mut above = 0;
    let results = counts.iter().enumerate().map(|(place, count)| {
        above += if place > least { *count } else { 0 };
        let part = match format.sample {
            // The very arithmetic of OpenCV.
            SampleType::U8 => f64::from((top as f32 / rest as f32) * above as f32),
            _ => above as f64 * (top - bottom) / rest as f64,
        };
        part + bottom
    });
    curve.clear();
    curve.extend(results);
    true
}

/// `equalize`.
pub(super) const OPERATOR: Operator = Operator {
    name: "equalize",
    title: "spread intensities so that all are as frequent",
    parameters: &[],
    examples: &["equalize"],
    notes: "Each frame for itself, of 8 or 16 bits; 8-bit gray exactly as OpenCV's equalizeHist. Colour has one histogram of all \
        channels and one curve. A constant frame stays as it is.",
    build: |_| Ok(Operation::frame(Equalize)),
};

#[cfg(test)]
mod tests {
    use pimage_core::Color;

    use super::*;

    #[test]
    fn the_significant_bits_are_the_range() {
        let equalized = |bits: u8| {
            let format = FrameFormat::new(4, 1, Color::Gray, SampleType::U8).with_bit_depth(bits);
            let mut frame = Frame::zeroed(format);
            frame.bytes_mut().copy_from_slice(&[3, 4, 5, 6]);
            Equalize
                .apply(&mut frame, &mut Frame::empty())
                .expect("is of 8 bits");
            frame.bytes().to_vec()
        };
        assert_eq!(equalized(8), [0, 85, 170, 255]);
        assert_eq!(equalized(4), [0, 5, 10, 15]);
    }
}
