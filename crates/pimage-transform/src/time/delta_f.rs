//! The change of brightness relative to a baseline, ΔF/F.

use pimage_core::{Error, Frame, FrameFormat, SampleType, Transform};

use super::against::{self, AgainstFrame, Compare};
use super::baseline::{Baseline, FROM, SAMPLES_PARAMETER, baseline};
use super::intensity::Intensity;
use super::windows::{ALIGN, frames_parameter};
use crate::vector::vectorized;
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// ΔF/F = (F − F0) / (F0 − offset), as `F32`.
///
/// F0 is not rounded before. Where F0 equals the offset the result is not a number, and so where a sample is none.
/// Opacity is left alone, 0 to 1.
///
/// A loop of our own: nothing but the formula differs from [`Background`](crate::Background).
///
/// ```
/// use pimage_core::{Frame, Color, FrameFormat, SampleType, Transform};
/// use pimage_transform::DeltaF;
///
/// let gray = |value: u16| {
///     let mut frame = Frame::zeroed(FrameFormat::new(1, 1, Color::Gray, SampleType::U16));
///     frame.samples_mut().expect("is u16").fill(value);
///     frame
/// };
/// // The camera says 100 in the dark.
/// let relative = DeltaF::new(100.0).against(&gray(300));
/// let mut frame = gray(350);
/// relative.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<f32>(), Some([0.25].as_slice()));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeltaF {
    offset: f64,
}

impl DeltaF {
    /// With what the camera says in the dark, 0 if that is not known.
    #[must_use]
    pub const fn new(offset: f64) -> Self {
        Self { offset }
    }

    /// The change relative to one frame, which is of the size of the others and of their colour or gray.
    #[must_use]
    pub fn against(self, baseline: &Frame) -> impl Transform + use<> {
        AgainstFrame::new(self, baseline)
    }

    /// The change relative to a baseline that is measured or read from a file.
    #[must_use]
    pub fn operation(self, baseline: &Baseline) -> Operation {
        against::operation(self, baseline)
    }
}

impl Compare for DeltaF {
    const NAME: &'static str = "the baseline";

    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(FrameFormat::new(
            input.width,
            input.height,
            input.color,
            SampleType::F32,
        ))
    }

    fn compare<T: Intensity>(
        &self,
        _input: &FrameFormat,
        samples: &[T],
        baseline: &[f64],
        start: usize,
        output: &mut Frame,
    ) {
        let output = output.samples_mut::<f32>().unwrap_or_default();
        let output = output.get_mut(start..).unwrap_or_default();
        vectorized(
            #[inline(always)]
            || {
                for ((result, sample), baseline) in output.iter_mut().zip(samples).zip(baseline) {
                    let base = baseline - self.offset;
                    let change = (sample.to_f64() - baseline) / base;
                    *result = if base == 0.0 { f32::NAN } else { change as f32 };
                }
            },
        );
    }
}

/// `dff`.
pub(super) const OPERATOR: Operator = Operator {
    name: "dff",
    title: "relative change of brightness, (F - F0) / F0, as float32",
    parameters: &[
        Parameter::new(
            "statistic",
            "what F0 is, at each place",
            "mean|median|min|max|pN",
            Presence::Default("p10"),
        ),
        FROM,
        frames_parameter(Presence::Optional("none; alone, it means from:window")),
        ALIGN,
        SAMPLES_PARAMETER,
        Parameter::new(
            "offset",
            "what the camera says in the dark, which is no brightness",
            "levels",
            Presence::Default("0"),
        ),
    ],
    examples: &[
        "dff=p10",
        "dff=mean,first,frames:20",
        "dff=p20,window,frames:15,align:causal",
        "dff=from:baseline.npy,offset:100",
    ],
    notes: "(F - F0) / (F0 - offset); where F0 equals the offset the result is not a number. \
        Mean, min and max of a recording look at all frames; median and pN at `samples` of them, which are all when it has no more; \
        pN has linear interpolation. A file of several frames is reduced by `statistic`. Opacity is left alone, 0 to 1.",
    build: |arguments| build(arguments),
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let offset = arguments.number("offset", ..)?;
    Ok(DeltaF::new(offset).operation(&baseline(arguments)?))
}
