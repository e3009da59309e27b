//! An S-shaped curve: more contrast in the middle, less at the ends.

use pimage_core::{Error, Frame, FrameFormat, Table, Transform};

use super::{Level, point};
use crate::{Operation, Operator, Parameter, Presence};

/// Puts intensities through a logistic curve from 0 to the full scale: `1 / (1 + exp(slope * (inflexion - x)))`.
///
/// The curve of scikit-image's `adjust_sigmoid`, whose gain is the slope and whose cutoff the inflexion, as parts of the full scale.
/// It does not quite reach the ends. What is not a number stays so.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::{Curve, Level};
///
/// let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[0, 127, 255]);
/// Curve::new(10.0, Level::Percent(50.0)).apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [2, 126, 253]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    slope: f64,
    inflexion: Level,
}

impl Curve {
    /// A curve that is `slope / 4` steep, full scale over full scale, at `inflexion`, where it reaches the middle;
    /// a negative slope makes a falling curve.
    #[must_use]
    pub const fn new(slope: f64, inflexion: Level) -> Self {
        Self { slope, inflexion }
    }

    fn function(self, format: &FrameFormat) -> impl Fn(f64) -> f64 + use<> {
        let top = format.full_scale();
        let slope = self.slope / top;
        let inflexion = self.inflexion.of(format);
        move |value: f64| top / (1.0 + (slope * (inflexion - value)).exp())
    }
}

impl Transform for Curve {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let function = self.function(frame.format());
        point::apply(frame, spare, function)
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        point::table(input, self.function(input))
    }
}

/// `curve`.
pub(super) const OPERATOR: Operator = Operator {
    name: "curve",
    title: "put intensities through an S-shaped curve",
    parameters: &[
        Parameter::new(
            "slope",
            "how steep it is, times four; negative falls",
            "full scales over full scales",
            Presence::Default("10"),
        ),
        Parameter::new(
            "inflexion",
            "where it is steepest and reaches the middle",
            "sample values, or percent of the full scale",
            Presence::Default("50%"),
        ),
    ],
    examples: &["curve=10", "curve=5,25%", "curve=slope:-10,inflexion:40%"],
    notes: "The logistic curve 1 / (1 + exp(slope * (inflexion - x))), all as parts of the full scale, as scikit-image's adjust_sigmoid.",
    build: |arguments| {
        let curve = Curve::new(
            arguments.number("slope", ..)?,
            arguments.value("inflexion")?,
        );
        Ok(Operation::frame(curve))
    },
};
