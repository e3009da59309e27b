//! Intensities as floats around 0, or between two values.

use pimage_core::{
    Error, Frame, FrameFormat, FrameReader, Limits, Sample, SampleType, Transform, with_sample_type,
};

use super::Over;
use super::statistics::Statistics;
use crate::vector::vectorized;
use crate::{Arguments, Measured, Operation, Operator, Parameter, Presence, Surroundings};

/// Shifts and scales intensities to a mean of 0 and a variance of 1, or to a least and a greatest value, as 32-bit floats.
///
/// 64-bit floats stay such. Statistics are of the finite samples of all channels but opacity, which becomes 0 to 1; constant frames
/// become 0, or the lower value. What is not a number stays so. As a [`Transform`] it measures each frame for itself,
/// as [`Measured`] all frames together.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Normalize;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(4, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[1, 1, 3, 3]);
/// Normalize::Standard.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<f32>().expect("is f32"), [-1.0, -1.0, 1.0, 1.0]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Normalize {
    /// To a mean of 0 and a variance of 1 (of the whole, not the sample: divided by the count).
    Standard,
    /// To these extremes.
    Between {
        /// What the least sample becomes.
        low: f64,
        /// What the greatest sample becomes.
        high: f64,
    },
}

/// A line: `(value - from) * factor + to`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    from: f64,
    factor: f64,
    to: f64,
}

impl Normalize {
    /// The operation, measured over all frames or each.
    #[must_use]
    pub fn over(self, over: Over) -> Operation {
        match over {
            Over::All => Operation::measured(self),
            Over::Frame => Operation::frame(self),
        }
    }

    fn line(self, statistics: &Statistics) -> Line {
        let inverse = |divisor: f64| match divisor > 0.0 {
            true => divisor.recip(),
            false => 0.0,
        };
        match self {
            Self::Standard => Line {
                from: statistics.mean,
                factor: inverse(statistics.deviation()),
                to: 0.0,
            },
            Self::Between { low, high } => Line {
                from: statistics.least,
                factor: (high - low) * inverse(statistics.greatest - statistics.least),
                to: low,
            },
        }
    }
}

/// The result's format.
fn output(input: &FrameFormat) -> FrameFormat {
    let sample = match input.sample {
        SampleType::F64 => SampleType::F64,
        _ => SampleType::F32,
    };
    FrameFormat::new(input.width, input.height, input.color, sample)
}

impl Transform for Line {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(output(input))
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        // The chain checks its formats against the limits before the first frame.
        spare.reset(&output(frame.format()), &Limits::none())?;
        with_sample_type!(frame.format().sample, T => match T::TYPE {
            SampleType::F64 => self.fill::<T, f64>(frame, spare),
            _ => self.fill::<T, f32>(frame, spare),
        });
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

impl Line {
    fn fill<S: Sample, T: Sample>(self, frame: &Frame, output: &mut Frame) {
        let Self { from, factor, to } = self;
        let format = frame.format();
        let samples = frame.samples::<S>().unwrap_or_default();
        let results = output.samples_mut::<T>().unwrap_or_default();
        vectorized(
            #[inline(always)]
            || {
                for (sample, result) in samples.iter().zip(&mut *results) {
                    *result = T::from_f64((sample.to_f64() - from) * factor + to);
                }
            },
        );
        if format.color.has_alpha() {
            let channels = format.color.channels();
            let opacities = samples.iter().skip(channels - 1).step_by(channels);
            let results = results.iter_mut().skip(channels - 1).step_by(channels);
            for (opacity, result) in opacities.zip(results) {
                *result = T::from_f64(opacity.to_f64() / format.full_scale());
            }
        }
    }
}

impl Transform for Normalize {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(output(input))
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        self.line(&Statistics::of(frame)).apply(frame, spare)
    }
}

impl Measured for Normalize {
    fn measure(
        &self,
        reader: &mut dyn FrameReader,
        surroundings: &Surroundings,
    ) -> Result<Operation, Error> {
        let mut all = Statistics::default();
        let mut frame = Frame::empty();
        while reader.read_into(&mut frame)? {
            surroundings.check()?;
            all = all.with(&Statistics::of(&frame));
        }
        Ok(Operation::frame(self.line(&all)))
    }
}

/// `normalize`.
pub(super) const OPERATOR: Operator = Operator {
    name: "normalize",
    title: "make floats of mean 0 and variance 1, or between two values",
    parameters: &[
        Parameter::new(
            "low",
            "what the least sample becomes",
            "a number",
            Presence::Optional("mean 0, variance 1"),
        ),
        Parameter::new(
            "high",
            "what the greatest sample becomes",
            "a number",
            Presence::Optional("mean 0, variance 1"),
        ),
        Over::PARAMETER,
    ],
    examples: &["normalize", "normalize=0,1", "normalize=-1,1,over:frame"],
    notes: "The result is of 32-bit floats, of 64-bit ones when the frames are. Statistics are of finite samples, of all channels but \
        opacity; the variance is divided by their count. A constant recording becomes 0, or the lower value.",
    build,
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let low = arguments.optional_in("low", ..)?;
    let high = arguments.optional_in("high", ..)?;
    let normalize = match (low, high) {
        (None, None) => Normalize::Standard,
        (Some(low), Some(high)) => Normalize::Between { low, high },
        (Some(_), None) => {
            return Err(arguments.bad("high", "missing", "a number, as low is given"));
        }
        (None, Some(_)) => {
            return Err(arguments.bad("low", "missing", "a number, as high is given"));
        }
    };
    Ok(normalize.over(Over::from_arguments(arguments)?))
}
