//! Brighter or darker middles: a power.

use pimage_core::{Error, Frame, FrameFormat, Table, Transform};

use super::point;
use crate::{Operation, Operator, Parameter, Presence};

/// Raises intensities, as a part of the full scale, to the power of 1 / gamma: above 1 it brightens, and both ends stay.
///
/// That is pImage's way and FFmpeg's; scikit-image's `adjust_gamma(image, g)` is `Gamma` of 1 / g.
/// Negative samples keep their sign. Floats above 1 are raised like others, and what is not a number stays so.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Gamma;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[0, 64, 255]);
/// Gamma::new(2.0)?.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [0, 128, 255]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gamma {
    exponent: f64,
}

impl Gamma {
    /// The gamma.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless it is a number above 0.
    pub fn new(gamma: f64) -> Result<Self, Error> {
        if gamma > 0.0 && gamma.is_finite() {
            return Ok(Self {
                exponent: gamma.recip(),
            });
        }
        Err(Error::bad_option("gamma", gamma.to_string(), "above 0"))
    }

    fn function(self, format: &FrameFormat) -> impl Fn(f64) -> f64 + use<> {
        let top = format.full_scale();
        let exponent = self.exponent;
        move |value: f64| ((value.abs() / top).powf(exponent) * top).copysign(value)
    }
}

impl Transform for Gamma {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let function = self.function(frame.format());
        point::apply(frame, spare, function)
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        point::table(input, self.function(input))
    }
}

/// `gamma`.
pub(super) const OPERATOR: Operator = Operator {
    name: "gamma",
    title: "brighten or darken the middle intensities",
    parameters: &[Parameter::new(
        "gamma",
        "above 1 brightens, below 1 darkens",
        "a number above 0",
        Presence::Required,
    )],
    examples: &["gamma=2.2", "gamma=0.5"],
    notes: "Intensities are raised, as a part of the full scale, to the power of 1 / gamma, as pImage, ImageMagick and FFmpeg do it; \
        scikit-image's adjust_gamma(image, g) is gamma=1/g. Black and the full scale stay.",
    build: |arguments| Gamma::new(arguments.value("gamma")?).map(Operation::frame),
};
