//! Gray frames made colourful.

use std::fmt;
use std::sync::{Arc, OnceLock};

use pimage_core::{
    Cancel, Color, Error, Frame, FrameFormat, FrameReader, Paint, SampleType, StreamInfo, Table,
    Transform, keys, with_sample_type,
};
use pimage_range::{RangeSpec, full_bounds};

use crate::lookup::Lookup;
use crate::norm::Scale;
use crate::paints::Paints;
use crate::{ColorBar, Colormap, Mask, Masked, Norm};

/// Gives gray frames of any sample type the colours of a map: 8-bit RGB, or RGBA when one of the colours lets something through.
///
/// A sample gets the colour that matplotlib gives it with `cmap(norm(x), bytes=True)`, to the last bit: the lower bound is the first colour,
/// the upper one the last, and the range between is cut into as many parts as the map has colours. What is below and above gets the first
/// and the last colour, or colours of its own, and what is not a number is black (matplotlib: transparent black) or has a colour of its own.
/// When both bounds are the same, as those measured of frames of one value, all samples get the first colour.
///
/// ```
/// use pimage_colormap::{Coloring, Colormap};
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_range::{RangeSpec, full_bounds};
///
/// let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::F32));
/// frame.samples_mut::<f32>().expect("is f32").copy_from_slice(&[20.0, f32::NAN, 37.5]);
/// let range = RangeSpec::Bounds { low: 20.0, high: 37.5 };
/// let coloring = Coloring::new(Colormap::by_name("viridis")?, range);
/// coloring.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.bytes(), [68, 1, 84, 0, 0, 0, 253, 231, 36]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Coloring {
    paints: Paints,
    norm: Norm,
    range: RangeSpec,
    bar: Option<ColorBar>,
    /// What was made ready for the first format that was seen.
    ready: OnceLock<Arc<Ready>>,
}

/// What fixed bounds need to be found once.
struct Ready {
    sample: SampleType,
    bit_depth: u8,
    lookup: Lookup,
    table: Option<Table>,
}

impl Coloring {
    /// The colours of `map` between the bounds of `range`.
    ///
    /// Bounds that are measured of the whole sequence are those of each frame until [`Coloring::measured`] has found them.
    #[must_use]
    pub const fn new(map: Colormap, range: RangeSpec) -> Self {
        let paints = Paints {
            map,
            bad: Paint::BLACK,
            under: None,
            over: None,
            masks: Vec::new(),
            masked: Masked::Gray,
        };
        Self {
            paints,
            norm: Norm::Linear,
            range,
            bar: None,
            ready: OnceLock::new(),
        }
    }

    /// The same with another scale.
    #[must_use]
    pub fn with_norm(mut self, norm: Norm) -> Self {
        self.norm = norm;
        self.ready = OnceLock::new();
        self
    }

    /// The same with this colour for what is not a number, and for what has no logarithm where those are taken.
    #[must_use]
    pub fn with_nan(mut self, paint: Paint) -> Self {
        self.paints.bad = paint;
        self.ready = OnceLock::new();
        self
    }

    /// The same with this colour for what is below the range.
    #[must_use]
    pub fn with_under(mut self, paint: Paint) -> Self {
        self.paints.under = Some(paint);
        self.ready = OnceLock::new();
        self
    }

    /// The same with this colour for what is above the range.
    #[must_use]
    pub fn with_over(mut self, paint: Paint) -> Self {
        self.paints.over = Some(paint);
        self.ready = OnceLock::new();
        self
    }

    /// The same with samples that the map does not colour.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for more than 16 masks.
    pub fn with_masks(mut self, masks: Vec<Mask>, masked: Masked) -> Result<Self, Error> {
        if masks.len() > MOST_MASKS {
            let expected = format!("{MOST_MASKS} at most");
            return Err(Error::bad_option(
                "the number of masks",
                masks.len().to_string(),
                expected,
            ));
        }
        self.paints.masks = masks;
        self.paints.masked = masked;
        self.ready = OnceLock::new();
        Ok(self)
    }

    /// The map.
    #[must_use]
    pub const fn map(&self) -> &Colormap {
        &self.paints.map
    }

    /// The range.
    #[must_use]
    pub const fn range(&self) -> RangeSpec {
        self.range
    }

    /// The scale.
    #[must_use]
    pub const fn norm(&self) -> Norm {
        self.norm
    }

    /// The same with a colour bar, which makes the frames larger when it stands beside them.
    #[must_use]
    pub fn with_bar(mut self, bar: ColorBar) -> Self {
        self.bar = Some(bar);
        self
    }

    /// What is needed to draw a bar of it.
    pub(crate) const fn paints(&self) -> &Paints {
        &self.paints
    }

    /// The same with the bounds of all frames of `reader`, which are read where that is needed; it stands anywhere then.
    ///
    /// Logarithms begin at the least sample above 0 when what was measured begins at 0 or below.
    ///
    /// # Errors
    ///
    /// As [`RangeSpec::bounds`].
    pub fn measured(&self, reader: &mut dyn FrameReader, cancel: &Cancel) -> Result<Self, Error> {
        if !self.range.needs_survey() {
            return Ok(self.clone());
        }
        let (mut low, mut high) = self.range.bounds(reader, cancel)?;
        if self.norm == Norm::Log && low <= 0.0 {
            let mut least = None;
            if let Some(seek) = reader.as_seek() {
                seek.seek(0)?;
            }
            let mut frame = Frame::empty();
            while reader.read_into(&mut frame)? {
                if cancel.is_cancelled() {
                    return Err(Error::Stopped);
                }
                least = lesser(least, least_positive(&frame));
            }
            (low, high) = above_zero(least, high);
        }
        let mut measured = self.clone();
        measured.range = RangeSpec::Bounds { low, high };
        measured.ready = OnceLock::new();
        Ok(measured)
    }

    /// The lower and the upper bound for this frame.
    #[must_use]
    pub fn bounds_of(&self, frame: &Frame) -> (f64, f64) {
        let (low, high) = self.range.frame_bounds(frame);
        match self.norm {
            Norm::Log if low <= 0.0 => above_zero(least_positive(frame), high),
            _ => (low, high),
        }
    }

    /// Whether each frame has bounds of its own.
    #[must_use]
    pub const fn is_per_frame(&self) -> bool {
        self.range.is_per_frame() || self.range.needs_survey()
    }

    pub(crate) fn scale(&self, (low, high): (f64, f64)) -> Scale {
        Scale::new(self.norm, low, high, self.paints.map.colors().len())
    }

    /// The format of coloured frames without their bar.
    fn colored_format(&self, input: &FrameFormat) -> FrameFormat {
        let is_opaque = input.color == Color::Gray && self.paints.is_opaque();
        let color = if is_opaque { Color::Rgb } else { Color::Rgba };
        FrameFormat::new(input.width, input.height, color, SampleType::U8)
    }

    /// The scale that is the same for all frames.
    fn known_scale(&self, input: &FrameFormat) -> Option<Scale> {
        (!self.is_per_frame()).then(|| self.scale(self.format_bounds(input)))
    }

    /// The bounds of frames of this format where they are not measured.
    fn format_bounds(&self, format: &FrameFormat) -> (f64, f64) {
        match self.range {
            RangeSpec::Bounds { low, high } => (low, high),
            _ => full_bounds(format),
        }
    }

    /// The look-up for frames of this format, which all have the same bounds.
    fn ready(&self, format: &FrameFormat) -> Result<Arc<Ready>, Error> {
        let fits =
            |ready: &Ready| (ready.sample, ready.bit_depth) == (format.sample, format.bit_depth);
        if let Some(ready) = self.ready.get().filter(|ready| fits(ready)) {
            return Ok(Arc::clone(ready));
        }
        let bounds = self.format_bounds(format);
        let lookup = Lookup::new(format.sample, &self.scale(bounds), &self.paints);
        let width = if self.paints.is_opaque() { 3 } else { 4 };
        let ready = Arc::new(Ready {
            sample: format.sample,
            bit_depth: format.bit_depth,
            table: lookup.table(width)?,
            lookup,
        });
        // Another thread's is the same.
        let _ = self.ready.set(Arc::clone(&ready));
        Ok(ready)
    }

    /// An error when a scale needs other bounds than these.
    fn check_bounds(&self, format: &FrameFormat) -> Result<(), Error> {
        let (low, high) = self.format_bounds(format);
        if self.norm == Norm::Log && !self.is_per_frame() && low <= 0.0 {
            return Err(Error::bad_option(
                "the range of a logarithmic scale",
                format!("{low} to {high}"),
                "one above 0",
            ));
        }
        Ok(())
    }
}

/// The most masks: room is limited, and nobody needs more.
const MOST_MASKS: usize = 16;

/// The least finite sample above 0; opacity does not count.
fn least_positive(frame: &Frame) -> Option<f64> {
    let step = frame.format().color.channels();
    with_sample_type!(frame.format().sample, T => {
        let samples = frame.samples::<T>().unwrap_or_default().iter().step_by(step);
        let values = samples.map(|sample| pimage_core::Sample::to_f64(*sample));
        values.filter(|value| *value > 0.0 && value.is_finite()).fold(None, |least, value| lesser(least, Some(value)))
    })
}

fn lesser(first: Option<f64>, second: Option<f64>) -> Option<f64> {
    match (first, second) {
        (Some(first), Some(second)) => Some(first.min(second)),
        (first, second) => first.or(second),
    }
}

/// Bounds that have logarithms; 1 and 10 when nothing else has.
fn above_zero(least: Option<f64>, high: f64) -> (f64, f64) {
    match least {
        Some(least) => (least, high.max(least)),
        None => (1.0, 10.0),
    }
}

impl Transform for Coloring {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        if matches!(input.color, Color::Rgb | Color::Rgba) {
            return Err(Error::CannotTake {
                step: format!("the colour map `{}`", self.map().name()),
                format: *input,
                hint: "it colours gray frames: make them gray first".to_owned(),
            });
        }
        self.check_bounds(input)?;
        let colored = self.colored_format(input);
        match &self.bar {
            Some(bar) => bar.output_format(&colored, self.known_scale(input).as_ref()),
            None => Ok(colored),
        }
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let mut info = input.reformatted(self.output_format(&input.format)?);
        info.metadata.insert(
            keys::RANGE_MAPPING.to_owned(),
            format!("{} -> {}", self.range, self.map().name()).into(),
        );
        Ok(info)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        self.output_format(&input)?;
        let output = self.colored_format(&input);
        let scale = if self.is_per_frame() {
            let scale = self.scale(self.bounds_of(frame));
            Lookup::new(input.sample, &scale, &self.paints).apply(frame, spare, &output)?;
            scale
        } else {
            let ready = self.ready(&input)?;
            match (&ready.table, input.color) {
                (Some(table), Color::Gray) => table.apply(frame, spare)?,
                _ => ready.lookup.apply(frame, spare, &output)?,
            }
            self.scale(self.format_bounds(&input))
        };
        match &self.bar {
            Some(bar) => bar.attach(frame, spare, &scale, self),
            None => Ok(()),
        }
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        if self.is_per_frame() || self.bar.is_some() || input.color != Color::Gray {
            return None;
        }
        self.ready(input).ok()?.table.clone()
    }
}

impl fmt::Debug for Coloring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coloring")
            .field("paints", &self.paints)
            .field("norm", &self.norm)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}
