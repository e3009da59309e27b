//! Larger or smaller differences: a factor about a level.

use pimage_core::{Error, Frame, FrameFormat, Table, Transform};

use super::{Level, point};
use crate::{Operation, Operator, Parameter, Presence};

/// Multiplies the differences of all intensities from a level, and adds a value: `(x - about) * factor + about + brightness`.
///
/// About 0, as it is unless said otherwise, this is `alpha * x + beta` of OpenCV's `convertScaleAbs` and of pImage, but for what is
/// negative, which becomes 0 in unsigned integers. It is computed in double precision in one step, so that nothing is cut between the
/// factor and the sum. Integers keep within their significant bits; floats are not held to 0 and 1, and what is not a number stays so.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::{Contrast, Level};
///
/// let mut frame = Frame::zeroed(FrameFormat::new(2, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[100, 180]);
/// let contrast = Contrast::new(1.5).with_brightness(Level::Sample(-50.0));
/// contrast.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [100, 220]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    factor: f64,
    about: Level,
    brightness: Level,
}

impl Contrast {
    /// A factor about 0.
    #[must_use]
    pub const fn new(factor: f64) -> Self {
        Self {
            factor,
            about: Level::Sample(0.0),
            brightness: Level::Sample(0.0),
        }
    }

    /// The same about another level, which stays as it is.
    #[must_use]
    pub const fn about(mut self, level: Level) -> Self {
        self.about = level;
        self
    }

    /// The same with a value added.
    #[must_use]
    pub const fn with_brightness(mut self, added: Level) -> Self {
        self.brightness = added;
        self
    }

    fn function(self, format: &FrameFormat) -> impl Fn(f64) -> f64 + use<> {
        let about = self.about.of(format);
        let factor = self.factor;
        let offset = about - factor * about + self.brightness.of(format);
        move |value| value * factor + offset
    }
}

impl Transform for Contrast {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let function = self.function(frame.format());
        point::apply(frame, spare, function)
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        point::table(input, self.function(input))
    }
}

/// `contrast`.
pub(super) const OPERATOR: Operator = Operator {
    name: "contrast",
    title: "multiply intensities, about 0 or another level",
    parameters: &[
        Parameter::new("factor", "the contrast", "a factor", Presence::Required),
        Parameter::new(
            "brightness",
            "what is added afterwards",
            "sample values such as 20, or percent of the full scale such as 10%",
            Presence::Default("0"),
        ),
        Parameter::new(
            "about",
            "the level that the factor leaves as it is, 50% for the middle",
            "sample values, or percent of the full scale",
            Presence::Default("0"),
        ),
    ],
    examples: &["contrast=1.5", "contrast=1.5,20", "contrast=1.5,about:50%"],
    notes: "(x - about) * factor + about + brightness, in one step: nothing is cut in between, as it is when `contrast` and \
        `brightness` follow each other. With the default, on 8 bits, the alpha * x + beta of OpenCV and pImage. \
        Integers stop at 0 and at the full scale (of their significant bits), floats do not.",
    build: |arguments| {
        let contrast = Contrast::new(arguments.number("factor", ..)?)
            .about(arguments.value("about")?)
            .with_brightness(arguments.value("brightness")?);
        Ok(Operation::frame(contrast))
    },
};
