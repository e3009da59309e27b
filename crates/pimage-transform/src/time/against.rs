//! Frames compared with a baseline, wherever it is from.

use std::sync::Arc;

use pimage_core::{Error, Frame, FrameFormat, FrameReader, Limits, Transform, with_sample_type};

use super::baseline::{Baseline, BaselineFrames, of_file};
use super::intensity::Intensity;
use super::reference::{Reference, keep_opacity};
use super::statistic::TILE;
use super::windows::{WindowStatistic, frame_among};
use crate::frames::FrameStage;
use crate::{Adapt, Measured, Operation, Surroundings, Window, Windowed};

/// A comparison of samples with what is expected at their places.
pub(super) trait Compare: Clone + Send + Sync + 'static {
    /// What a baseline is called in errors.
    const NAME: &'static str;

    /// The format of the result.
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error>;

    /// Compares `samples`, of frames of `input`, with `baseline`, and writes from sample `start` of `output` on,
    /// which has the format of the result.
    fn compare<T: Intensity>(
        &self,
        input: &FrameFormat,
        samples: &[T],
        baseline: &[f64],
        start: usize,
        output: &mut Frame,
    );
}

/// The operation that compares frames with `baseline`.
pub(super) fn operation(compare: impl Compare, baseline: &Baseline) -> Operation {
    match &baseline.frames {
        BaselineFrames::Window(window) => Operation::window(AgainstWindow {
            compare,
            window: *window,
            statistic: WindowStatistic::new(baseline.statistic),
        }),
        BaselineFrames::File(_) => Operation::reader(AgainstFile(compare, baseline.clone())),
        _ => Operation::measured(AgainstAll(compare, baseline.clone())),
    }
}

/// Frames compared with one frame.
#[derive(Debug)]
pub(super) struct AgainstFrame<C> {
    compare: C,
    reference: Reference,
}

impl<C: Compare> AgainstFrame<C> {
    pub(super) fn new(compare: C, reference: &Frame) -> Self {
        Self {
            compare,
            reference: Reference::new(reference),
        }
    }
}

impl<C: Compare> Transform for AgainstFrame<C> {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        self.reference.check(C::NAME, input)?;
        self.compare.output_format(input)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        spare.reset(&self.output_format(&input)?, &Limits::none())?;
        let baseline = self.reference.values(&input);
        with_sample_type!(input.sample, T => {
            let samples = frame.samples::<T>().unwrap_or_default();
            for (tile, (samples, baseline)) in samples.chunks(TILE).zip(baseline.chunks(TILE)).enumerate() {
                self.compare.compare(&input, samples, baseline, tile * TILE, spare);
            }
        });
        keep_opacity(frame, spare);
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// Frames compared with those around them.
#[derive(Debug)]
struct AgainstWindow<C> {
    compare: C,
    window: Window,
    statistic: WindowStatistic,
}

impl<C: Compare> Windowed for AgainstWindow<C> {
    fn window(&self) -> Window {
        self.window
    }

    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        self.compare.output_format(input)
    }

    fn apply(&self, frames: &[Frame], at: usize, output: &mut Frame) -> Result<(), Error> {
        let frame = frame_among(frames, at)?;
        let input = *frame.format();
        output.reset(&self.compare.output_format(&input)?, &Limits::none())?;
        with_sample_type!(input.sample, T => {
            let samples = frame.samples::<T>().unwrap_or_default();
            self.statistic.each_tile::<T>(frames, &mut |start, baseline| {
                let samples = samples.get(start..start + baseline.len()).unwrap_or_default();
                self.compare.compare(&input, samples, baseline, start, output);
            });
        });
        keep_opacity(frame, output);
        Ok(())
    }
}

/// Frames compared with what the recording itself is measured to be.
struct AgainstAll<C>(C, Baseline);

impl<C: Compare> Measured for AgainstAll<C> {
    fn measure(
        &self,
        reader: &mut dyn FrameReader,
        surroundings: &Surroundings,
    ) -> Result<Operation, Error> {
        let Self(compare, baseline) = self;
        compare.output_format(&reader.info().format)?;
        let reference = baseline.measure(reader, surroundings)?;
        Ok(Operation::frame(AgainstFrame::new(
            compare.clone(),
            &reference,
        )))
    }
}

/// Frames compared with another recording.
struct AgainstFile<C>(C, Baseline);

impl<C: Compare> Adapt for AgainstFile<C> {
    fn adapt<'a>(
        &self,
        reader: Box<dyn FrameReader + 'a>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader + 'a>, Error> {
        let Self(compare, baseline) = self;
        let BaselineFrames::File(path) = &baseline.frames else {
            return Ok(reader);
        };
        let reference = of_file(path, baseline.statistic, surroundings)?;
        over_each(
            reader,
            AgainstFrame::new(compare.clone(), &reference),
            surroundings,
        )
    }
}

/// A reader of frames that went through `transform`.
pub(super) fn over_each<'a>(
    reader: Box<dyn FrameReader + 'a>,
    transform: impl Transform + 'static,
    surroundings: &Surroundings,
) -> Result<Box<dyn FrameReader + 'a>, Error> {
    let steps: [Arc<dyn Transform>; 1] = [Arc::new(transform)];
    Ok(Box::new(FrameStage::new(reader, &steps, surroundings)?))
}
