//! Other samples: a range of any type onto all of 8 or 16 bits.

use pimage_core::{Error, Frame, FrameFormat, FrameReader, StreamInfo, Table, Transform};
use pimage_range::{NanPolicy, RangeMapping, RangeSpec, RangeTarget, full_bounds, recorded};

use crate::{Arguments, Measured, Operation, Operator, Parameter, Presence, Surroundings};

/// Maps a range of intensities linearly to all values of 8 or 16 bits, as [`RangeMapping`] does.
///
/// As a [`Transform`] it finds a range that has to be measured in each frame, as [`Measured`] in all frames together.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_range::{RangeSpec, RangeTarget};
/// use pimage_transform::Rescale;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::F32));
/// frame.samples_mut::<f32>().expect("is f32").copy_from_slice(&[-1.0, 0.0, 3.0]);
/// Rescale::new(RangeSpec::Frame, RangeTarget::U8).apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [0, 64, 255]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rescale {
    range: RangeSpec,
    target: RangeTarget,
    nan: NanPolicy,
}

impl Rescale {
    /// This range to this type; what is not a number becomes 0.
    #[must_use]
    pub fn new(range: RangeSpec, target: RangeTarget) -> Self {
        Self {
            range,
            target,
            nan: NanPolicy::default(),
        }
    }

    /// The same with another result for what is not a number.
    #[must_use]
    pub const fn with_nan(mut self, nan: NanPolicy) -> Self {
        self.nan = nan;
        self
    }

    /// The bounds that are known before any frame is read.
    fn known(&self, input: &FrameFormat) -> Option<(f64, f64)> {
        match self.range {
            RangeSpec::Bounds { low, high } => Some((low, high)),
            RangeSpec::Full => Some(full_bounds(input)),
            _ => None,
        }
    }
}

impl Transform for Rescale {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let (low, high) = self.range.frame_bounds(frame);
        let mapping = RangeMapping::for_one_frame(low, high, self.target);
        mapping.with_nan(self.nan).apply(frame, spare)
    }

    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(self.target.format(input))
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let bounds = match self.known(&input.format) {
            Some((low, high)) => format!("{low},{high}"),
            None => self.range.to_string(),
        };
        let mapping = format!("{bounds} -> 0,{}", self.target.top());
        Ok(recorded(input, self.target.format(&input.format), &mapping))
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        let (low, high) = self.known(input)?;
        RangeMapping::new(input, low, high, self.target).into_table()
    }
}

impl Measured for Rescale {
    fn measure(
        &self,
        reader: &mut dyn FrameReader,
        surroundings: &Surroundings,
    ) -> Result<Operation, Error> {
        let (low, high) = self.range.bounds(reader, &surroundings.cancel)?;
        Ok(Operation::frame(Self {
            range: RangeSpec::Bounds { low, high },
            ..*self
        }))
    }
}

/// `rescale`.
pub(super) const OPERATOR: Operator = Operator {
    name: "rescale",
    title: "map a range of intensities to all of 8 or 16 bits",
    parameters: &[
        Parameter::new("bits", "bits of the result", "8|16", Presence::Default("8")),
        Parameter::new(
            "range",
            "what becomes black and white: the extremes or percentiles of all frames, all that the type can hold, given values, \
                as far to both sides of a centre, or one of these for each frame",
            "auto, pLOW,HIGH, full, MIN,MAX, symmetric:CENTRE, frame, frame-pLOW,HIGH or frame-symmetric:CENTRE",
            Presence::Default("auto"),
        )
        .list(),
        Parameter::new(
            "nan",
            "what becomes of samples that are not a number: what 0 becomes, black, white, or nothing",
            "zero|low|high|error",
            Presence::Default("low"),
        ),
    ],
    examples: &[
        "rescale",
        "rescale=16,p1,99",
        "rescale=8,0,4095",
        "rescale=8,full",
        "rescale=8,frame",
        "rescale=range:frame-p2,98,nan:high",
        "rescale=range:'symmetric:0'",
    ],
    notes: "Exactly rounded, halves up; what lies outside is clamped, and equal bounds make black and white. \
        The mapping is recorded in the output, as that of --range is. The range is measured over finite samples, without opacity; \
        all but `full`, MIN,MAX and those for each frame take a pass over all frames before the first.",
    build,
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let target = arguments.choice("bits", &[("8", RangeTarget::U8), ("16", RangeTarget::U16)])?;
    let text = arguments.texts("range").join(",");
    let range: RangeSpec = text
        .parse()
        .map_err(|_reason: String| arguments.bad("range", format!("`{text}`"), RangeSpec::FORMS))?;
    let nan = arguments.choice("nan", &NanPolicy::WORDS)?;
    let rescale = Rescale::new(range, target).with_nan(nan);
    Ok(match range.needs_survey() {
        true => Operation::measured(rescale),
        false => Operation::frame(rescale),
    })
}
