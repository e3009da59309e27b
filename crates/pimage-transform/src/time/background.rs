//! Frames without what they have in common.

use pimage_core::{Error, Frame, FrameFormat, Sample, SampleType, Transform};

use super::against::{self, AgainstFrame, Compare};
use super::baseline::{Baseline, FROM, SAMPLES_PARAMETER, baseline};
use super::intensity::Intensity;
use super::reference::{clamped, limits};
use super::windows::{ALIGN, frames_parameter};
use crate::vector::vectorized;
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// What becomes of the difference between a sample and the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// What is above the background; what is below it becomes 0.
    Positive,
    /// What is below the background; what is above it becomes 0.
    Negative,
    /// How far it is, either way.
    Absolute,
    /// With its sign, around the middle gray of unsigned integers (2 to the bit depth less one); around 0 of other samples.
    Offset,
    /// With its sign, in an integer that holds it: `I16` of 8 bits, `I32` of 16; `F64` of 32-bit integers; floats as they are.
    Signed,
    /// With its sign and its fraction, in the unit of the samples: `F32`, or `F64` of 32-bit integers and `F64`.
    Float,
}

/// The difference between each frame and a background.
///
/// The background is not rounded before it is subtracted; the difference is rounded once, half to even, and clamped to the full scale.
/// What is not a number stays so; opacity is left alone.
///
/// A loop of our own: nothing but the comparison differs from [`Temporal`](crate::Temporal) and `dff`.
///
/// ```
/// use pimage_core::{Frame, Color, FrameFormat, SampleType, Transform};
/// use pimage_transform::{Background, Difference};
///
/// let gray = |value: u8| {
///     let mut frame = Frame::zeroed(FrameFormat::new(1, 1, Color::Gray, SampleType::U8));
///     frame.bytes_mut().fill(value);
///     frame
/// };
/// let subtract = Background::new(Difference::Absolute).against(&gray(100));
/// let mut frame = gray(40);
/// subtract.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.bytes(), [60]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Background {
    difference: Difference,
}

impl Background {
    /// Differences of this kind.
    #[must_use]
    pub const fn new(difference: Difference) -> Self {
        Self { difference }
    }

    /// The difference to one frame, which is of the size of the others and of their colour or gray.
    #[must_use]
    pub fn against(self, background: &Frame) -> impl Transform + use<> {
        AgainstFrame::new(self, background)
    }

    /// The difference to a background that is measured or read from a file.
    #[must_use]
    pub fn operation(self, baseline: &Baseline) -> Operation {
        against::operation(self, baseline)
    }
}

impl Compare for Background {
    const NAME: &'static str = "the background";

    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let of = |sample| FrameFormat::new(input.width, input.height, input.color, sample);
        let wide = match input.sample {
            SampleType::U32 | SampleType::I32 | SampleType::F64 => SampleType::F64,
            _ => SampleType::F32,
        };
        Ok(match (self.difference, input.sample) {
            (Difference::Float, _) => of(wide),
            (Difference::Signed, SampleType::U8) => {
                of(SampleType::I16).with_bit_depth(input.bit_depth + 1)
            }
            (Difference::Signed, SampleType::U16 | SampleType::I16) => {
                of(SampleType::I32).with_bit_depth(input.bit_depth + 1)
            }
            (Difference::Signed, _) => of(wide),
            _ => *input,
        })
    }

    fn compare<T: Intensity>(
        &self,
        input: &FrameFormat,
        samples: &[T],
        baseline: &[f64],
        start: usize,
        output: &mut Frame,
    ) {
        let limits = limits(output.format());
        let is_unsigned = matches!(
            input.sample,
            SampleType::U8 | SampleType::U16 | SampleType::U32
        );
        let middle = if is_unsigned {
            f64::from(input.bit_depth - 1).exp2()
        } else {
            0.0
        };
        match (self.difference, output.format().sample) {
            (Difference::Positive, _) => {
                fill::<T, T>(samples, baseline, start, output, |way| {
                    clamped(way, (0.0, limits.1))
                });
            }
            (Difference::Negative, _) => {
                fill::<T, T>(samples, baseline, start, output, |way| {
                    clamped(-way, (0.0, limits.1))
                });
            }
            (Difference::Absolute, _) => {
                fill::<T, T>(samples, baseline, start, output, |way| {
                    clamped(way.abs(), limits)
                });
            }
            (Difference::Offset, _) => {
                fill::<T, T>(samples, baseline, start, output, |way| {
                    clamped(way + middle, limits)
                });
            }
            (_, SampleType::I16) => {
                fill::<T, i16>(samples, baseline, start, output, |way| clamped(way, limits));
            }
            (_, SampleType::I32) => {
                fill::<T, i32>(samples, baseline, start, output, |way| clamped(way, limits));
            }
            (_, SampleType::F32) => fill::<T, f32>(samples, baseline, start, output, |way| way),
            _ => fill::<T, f64>(samples, baseline, start, output, |way| way),
        }
    }
}

/// Writes what becomes of the differences.
fn fill<T: Intensity, O: Sample>(
    samples: &[T],
    baseline: &[f64],
    start: usize,
    output: &mut Frame,
    becomes: impl Fn(f64) -> f64,
) {
    let output = output.samples_mut::<O>().unwrap_or_default();
    let output = output.get_mut(start..).unwrap_or_default();
    vectorized(
        #[inline(always)]
        || {
            for ((result, sample), baseline) in output.iter_mut().zip(samples).zip(baseline) {
                *result = O::from_f64(becomes(sample.to_f64() - baseline));
            }
        },
    );
}

/// `background`.
pub(super) const OPERATOR: Operator = Operator {
    name: "background",
    title: "subtract what frames have in common",
    parameters: &[
        Parameter::new(
            "statistic",
            "what the background is, at each place",
            "mean|median|min|max|pN",
            Presence::Default("median"),
        ),
        FROM,
        frames_parameter(Presence::Optional("none; alone, it means from:window")),
        ALIGN,
        SAMPLES_PARAMETER,
        Parameter::new(
            "result",
            "what becomes of the difference: 0 where the frame is darker, 0 where it is brighter, without its sign, around middle gray, in a wider integer, in a float",
            "positive|negative|absolute|offset|signed|float",
            Presence::Default("positive"),
        ),
    ],
    examples: &[
        "background=median",
        "background=mean,result:absolute",
        "background=mean,window,frames:5,result:offset",
        "background=median,frames:9,result:signed",
        "background=p10,first,frames:2,result:float",
        "background=from:empty.png,result:negative",
    ],
    notes: "The background is not rounded before it is subtracted; the difference is, once, half to even, and clamped to the full scale. \
        offset adds 2 to the bit depth less one to unsigned integers, nothing to others. \
        signed makes int16 of 8 bits, int32 of 16, float64 of 32; float makes float32, float64 of 32-bit integers and float64. \
        Mean, min and max of a recording look at all frames; median and pN at `samples` of them, which are all when it has no more. \
        A file of several frames is reduced by `statistic`. Opacity is left alone.",
    build: |arguments| build(arguments),
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let difference = arguments.choice(
        "result",
        &[
            ("positive", Difference::Positive),
            ("negative", Difference::Negative),
            ("absolute", Difference::Absolute),
            ("offset", Difference::Offset),
            ("signed", Difference::Signed),
            ("float", Difference::Float),
        ],
    )?;
    Ok(Background::new(difference).operation(&baseline(arguments)?))
}
