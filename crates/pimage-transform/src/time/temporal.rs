//! Each frame replaced by a statistic of the frames around it.

use pimage_core::{Error, Frame, FrameFormat, Limits, Sample, SampleType, with_sample_type};

use super::TimeStatistic;
use super::intensity::Intensity;
use super::reference::keep_opacity;
use super::windows::{ALIGN, WindowStatistic, frame_among, frames_parameter, window};
use crate::vector::vectorized;
use crate::{Arguments, Operation, Operator, Parameter, Presence, Window, Windowed};

/// Each sample becomes a statistic of the samples at its place in the frames of a window, opacity included;
/// but deviations keep the opacity of the frame, 0 to 1, for where it does not change all would be transparent.
///
/// Samples keep their type, rounded half to even; deviations are `F32`, or `F64` for samples of 32-bit integers and `F64`.
/// Integers are exact; floats are summed in double precision.
///
/// A loop of our own: there is no crate that does it. Means of 8 and more frames of at most 16 bits go on from the sums of the window before,
/// so that their cost does not grow with the window; medians are sorted by networks or bisected, many places at once.
///
/// ```
/// use pimage_core::{Frame, Color, FrameFormat, SampleType};
/// use pimage_transform::{Temporal, TimeStatistic, Window, Windowed};
///
/// let frames = [10u8, 90, 20].map(|value| {
///     let mut frame = Frame::zeroed(FrameFormat::new(1, 1, Color::Gray, SampleType::U8));
///     frame.bytes_mut().fill(value);
///     frame
/// });
/// let median = Temporal::new(TimeStatistic::Median, Window::centered(3));
/// let mut output = Frame::empty();
/// median.apply(&frames, 1, &mut output)?;
/// assert_eq!(output.bytes(), [20]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Temporal {
    statistic: TimeStatistic,
    window: Window,
    over: WindowStatistic,
}

impl Temporal {
    /// A statistic over a window.
    #[must_use]
    pub fn new(statistic: TimeStatistic, window: Window) -> Self {
        Self {
            statistic,
            window,
            over: WindowStatistic::new(statistic),
        }
    }

    fn fill<T: Intensity, O: Sample>(&self, frames: &[Frame], output: &mut Frame) {
        let output = output.samples_mut::<O>().unwrap_or_default();
        self.over.each_tile::<T>(frames, &mut |start, results| {
            let output = output.get_mut(start..).unwrap_or_default();
            vectorized(
                #[inline(always)]
                || {
                    for (sample, result) in output.iter_mut().zip(results) {
                        *sample = O::from_f64(*result);
                    }
                },
            );
        });
    }
}

impl Windowed for Temporal {
    fn window(&self) -> Window {
        self.window
    }

    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        if self.statistic != TimeStatistic::Std {
            return Ok(*input);
        }
        let sample = match input.sample {
            SampleType::U32 | SampleType::I32 | SampleType::F64 => SampleType::F64,
            _ => SampleType::F32,
        };
        Ok(FrameFormat::new(
            input.width,
            input.height,
            input.color,
            sample,
        ))
    }

    fn apply(&self, frames: &[Frame], at: usize, output: &mut Frame) -> Result<(), Error> {
        let frame = frame_among(frames, at)?;
        let format = self.output_format(frame.format())?;
        output.reset(&format, &Limits::none())?;
        with_sample_type!(frame.format().sample, T => match (self.statistic, format.sample) {
            (TimeStatistic::Std, SampleType::F64) => self.fill::<T, f64>(frames, output),
            (TimeStatistic::Std, _) => self.fill::<T, f32>(frames, output),
            _ => self.fill::<T, T>(frames, output),
        });
        if self.statistic == TimeStatistic::Std {
            keep_opacity(frame, output);
        }
        Ok(())
    }
}

/// `temporal`.
pub(super) const OPERATOR: Operator = Operator {
    name: "temporal",
    title: "replace each frame by the mean, median … of the frames around it",
    parameters: &[
        Parameter::new(
            "statistic",
            "what is computed at each place",
            "mean|median|min|max|std|pN",
            Presence::Default("median"),
        ),
        frames_parameter(Presence::Default("5")),
        ALIGN,
    ],
    examples: &[
        "temporal=median,frames:5",
        "temporal=mean,frames:3,align:causal",
        "temporal=std,frames:10",
        "temporal=max,4",
        "temporal=p10,31",
    ],
    notes: "Samples keep their type, rounded half to even; std makes float32 (float64 of 32-bit integers and float64) and keeps the opacity. \
        pN is a percentile with linear interpolation, p10 for instance. A sample that is not a number makes the result not a number. \
        All frames of a window are held: a longer one needs more --memory.",
    build: |arguments| build(arguments).map(Operation::window),
};

fn build(arguments: &Arguments<'_>) -> Result<Temporal, Error> {
    let window = window(arguments)?.unwrap_or_default();
    Ok(Temporal::new(arguments.value("statistic")?, window))
}
