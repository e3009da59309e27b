//! More or less light: a value added.

use pimage_core::{Error, Frame, FrameFormat, Table, Transform};

use super::{Level, point};
use crate::{Operation, Operator, Parameter, Presence};

/// Adds a value to all intensities.
///
/// Integers keep within their significant bits; floats are not held to 0 and 1, and what is not a number stays so.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::{Brightness, Level};
///
/// let mut frame = Frame::zeroed(FrameFormat::new(2, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[100, 250]);
/// Brightness(Level::Sample(20.0)).apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [120, 255]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brightness(
    /// What is added.
    pub Level,
);

impl Brightness {
    fn function(self, format: &FrameFormat) -> impl Fn(f64) -> f64 + use<> {
        let added = self.0.of(format);
        move |value| value + added
    }
}

impl Transform for Brightness {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let function = self.function(frame.format());
        point::apply(frame, spare, function)
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        point::table(input, self.function(input))
    }
}

/// `brightness`.
pub(super) const OPERATOR: Operator = Operator {
    name: "brightness",
    title: "add a value to all intensities",
    parameters: &[Parameter::new(
        "added",
        "what is added, or taken away when negative",
        "sample values such as 20, or percent of the full scale such as 10%",
        Presence::Required,
    )],
    examples: &["brightness=20", "brightness=-5%"],
    notes: "Integers stop at 0 and at the full scale (of their significant bits), floats do not. \
        On 8 bits it is the beta of OpenCV and pImage.",
    build: |arguments| Ok(Operation::frame(Brightness(arguments.value("added")?))),
};
