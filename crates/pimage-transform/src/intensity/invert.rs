//! Negatives.

use pimage_core::{Error, Frame, FrameFormat, Table, Transform};
use pimage_range::full_bounds;

use super::point;
use crate::{Operation, Operator};

/// Makes the negative: dark becomes bright.
///
/// Unsigned samples become the full scale (of their significant bits) minus them, signed ones -1 minus them, so that the least becomes
/// the greatest, and floats 1 minus them, whatever their range. What is not a number stays so.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Invert;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(1, 1, Color::GrayAlpha, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[10, 200]);
/// Invert.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [245, 200]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Invert;

fn function(format: &FrameFormat) -> impl Fn(f64) -> f64 + use<> {
    let (low, high) = full_bounds(format);
    let sum = low + high;
    move |value| sum - value
}

impl Transform for Invert {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let function = function(frame.format());
        point::apply(frame, spare, function)
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        point::table(input, function(input))
    }
}

/// `invert`.
pub(super) const OPERATOR: Operator = Operator {
    name: "invert",
    title: "make the negative",
    parameters: &[],
    examples: &["invert"],
    notes: "Unsigned samples become the full scale minus them, signed ones -1 minus them, floats 1 minus them; opacity stays.",
    build: |_| Ok(Operation::frame(Invert)),
};
