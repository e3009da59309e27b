//! The best exposure: percentiles of the intensities become black and white.

use std::cell::RefCell;

use pimage_core::{Error, Frame, FrameReader, StreamInfo, Transform};
use pimage_range::RangeSpec;

use super::stretch::stretched;
use super::{Over, Stretch};
use crate::{
    Chain, Gray, Measured, Operation, Operator, Parameter, Presence, Step, Surroundings,
    TransformingReader,
};

/// Spreads the intensities between two percentiles over the full range of their type: see [`Stretch`].
///
/// Percentiles are by nearest rank, exact, of finite samples. As a [`Transform`] it measures each frame for itself,
/// as [`Measured`] all frames together.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Exposure;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(4, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[10, 12, 14, 200]);
/// Exposure::percentiles(10.0, 75.0)?.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [0, 128, 255, 255]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    low: f64,
    high: f64,
    /// Whether colour is measured as gray, not by all its channels alike.
    by_luma: bool,
}

impl Exposure {
    /// Percentiles of all intensities, those of colour alike.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless `low` is below `high` and both are 0 to 100.
    pub fn percentiles(low: f64, high: f64) -> Result<Self, Error> {
        if low >= 0.0 && low < high && high <= 100.0 {
            return Ok(Self {
                low,
                high,
                by_luma: false,
            });
        }
        Err(Error::bad_option(
            "exposure",
            format!("from {low} to {high} percent"),
            "0 to 100, the lower first",
        ))
    }

    /// pImage's automatic brightness and contrast: half of `clip` percent of the pixels become black and half white.
    ///
    /// Colour is measured by its luma (Rec. 601), and all channels are changed alike.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless `clip` is at least 0 and below 100.
    pub fn clipped(clip: f64) -> Result<Self, Error> {
        if (0.0..100.0).contains(&clip) {
            return Ok(Self {
                low: clip / 2.0,
                high: 100.0 - clip / 2.0,
                by_luma: true,
            });
        }
        let expected = "at least 0 and below 100";
        Err(Error::bad_option("auto clip", clip.to_string(), expected))
    }

    /// The operation, measured over all frames or each.
    #[must_use]
    pub fn over(self, over: Over) -> Operation {
        match over {
            Over::All => Operation::measured(self),
            Over::Frame => Operation::frame(self),
        }
    }

    const fn spec(self) -> RangeSpec {
        RangeSpec::Percentiles {
            low: self.low,
            high: self.high,
        }
    }
}

impl Transform for Exposure {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let is_gray = frame.format().color.intensities() == 1;
        let (low, high) = match self.by_luma && !is_gray {
            true => with_luma(frame, |luma| self.spec().frame_bounds(luma))?,
            false => self.spec().frame_bounds(frame),
        };
        Stretch { low, high }.apply(frame, spare)
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let each = RangeSpec::FramePercentiles {
            low: self.low,
            high: self.high,
        };
        Ok(stretched(input, &each.to_string()))
    }
}

impl Measured for Exposure {
    fn measure(
        &self,
        reader: &mut dyn FrameReader,
        surroundings: &Surroundings,
    ) -> Result<Operation, Error> {
        let is_gray = reader.info().format.color.intensities() == 1;
        let (low, high) = if self.by_luma && !is_gray {
            let step = Step::custom("gray", Operation::frame(Gray::rec601()));
            let chain = Chain::new().then(step);
            let mut gray = TransformingReader::new(reader, &chain, surroundings)?;
            self.spec().bounds(&mut gray, &surroundings.cancel)?
        } else {
            self.spec().bounds(reader, &surroundings.cancel)?
        };
        Ok(Operation::frame(Stretch { low, high }))
    }
}

/// Shows the luma of a colour frame to `look`.
fn with_luma<R>(frame: &Frame, look: impl FnOnce(&Frame) -> R) -> Result<R, Error> {
    thread_local! {
        static LUMA: RefCell<Frame> = RefCell::new(Frame::empty());
    }
    LUMA.with_borrow_mut(|memory| {
        let mut gray = frame.clone();
        Gray::rec601().apply(&mut gray, memory)?;
        let seen = look(&gray);
        // What was swapped out shares the frame's pixels and must not stay.
        *memory = gray;
        Ok(seen)
    })
}

/// `auto`.
pub(super) const AUTO: Operator = Operator {
    name: "auto",
    title: "set brightness and contrast by a clipped histogram",
    parameters: &[
        Parameter::new(
            "clip",
            "pixels that become black or white, half of them each",
            "percent",
            Presence::Default("25"),
        ),
        Over::PARAMETER,
    ],
    examples: &["auto", "auto=2", "auto=5,over:frame"],
    notes: "pImage's automatic brightness and contrast: one line for all channels, from the histogram of the luma (Rec. 601), onto the \
        full range of the type. It cuts at the percentiles by nearest rank and rounds, where pImage is one level off at the upper end \
        and truncates. A constant recording stays as it is.",
    build: |arguments| {
        let exposure = Exposure::clipped(arguments.number("clip", ..)?)?;
        Ok(exposure.over(Over::from_arguments(arguments)?))
    },
};

/// `exposure`.
pub(super) const OPERATOR: Operator = Operator {
    name: "exposure",
    title: "spread intensities between two percentiles over the full range",
    parameters: &[
        Parameter::new(
            "low",
            "what becomes black",
            "percent",
            Presence::Default("2"),
        ),
        Parameter::new(
            "high",
            "what becomes white",
            "percent",
            Presence::Default("98"),
        ),
        Over::PARAMETER,
    ],
    examples: &["exposure", "exposure=0.1,99.9", "exposure=over:frame"],
    notes: "pImage's best exposure. Percentiles are by nearest rank, exact, over the finite samples of all channels but opacity; \
        the sample type stays. A constant recording stays as it is.",
    build: |arguments| {
        let exposure =
            Exposure::percentiles(arguments.number("low", ..)?, arguments.number("high", ..)?)?;
        Ok(exposure.over(Over::from_arguments(arguments)?))
    },
};
