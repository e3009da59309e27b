//! Frames without the unevenness of their light.

use std::path::{Path, PathBuf};

use pimage_core::{Error, Frame, FrameFormat, FrameReader, Limits, Transform, with_sample_type};

use super::against::over_each;
use super::baseline::{Baseline, BaselineFrames, SAMPLES_PARAMETER, of_file};
use super::intensity::Intensity;
use super::reference::{Reference, clamped, keep_opacity, limits, to_f64};
use super::statistic::TILE;
use crate::filter::{Gaussian, MAX_SIGMA};
use crate::vector::vectorized;
use crate::{
    Adapt, Arguments, Measured, Operation, Operator, Parameter, Presence, Surroundings,
    TimeStatistic,
};

/// Frames divided by a field of light: (frame − dark) × mean(field − dark) / (field − dark).
///
/// Each channel keeps its own mean. Samples keep their type: rounded half to even, clamped to the full scale.
/// Where the field is not brighter than the dark nothing can be said: integers become 0, floats are not a number.
/// Opacity is left alone.
///
/// A loop of our own, of one subtraction and one multiplication a sample; the division is done once, beforehand.
///
/// ```
/// use pimage_core::{Frame, Color, FrameFormat, SampleType, Transform};
/// use pimage_transform::FlatField;
///
/// let format = FrameFormat::new(2, 1, Color::Gray, SampleType::U8);
/// let mut field = Frame::zeroed(format);
/// field.bytes_mut().copy_from_slice(&[100, 50]);
/// let mut frame = Frame::zeroed(format);
/// frame.bytes_mut().copy_from_slice(&[80, 40]);
/// FlatField::new(&field, None)?.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.bytes(), [60, 60]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct FlatField {
    gain: Reference,
    dark: Reference,
}

/// What the field is called in errors.
const FIELD: &str = "the field";

impl FlatField {
    /// Divides by `field`, less `dark` if that is known: what the camera says without light.
    ///
    /// Each is of the size of the frames, and of their colour or gray.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when the two do not fit each other, or the field is nowhere brighter than the dark.
    pub fn new(field: &Frame, dark: Option<&Frame>) -> Result<Self, Error> {
        let mut gain = to_f64(field);
        let dark = match dark {
            Some(dark) => Reference::new(dark),
            None => Reference::new(&Frame::zeroed(*gain.format())),
        };
        let format = *gain.format();
        dark.check("the dark frame", &format)?;
        let channels = format.color.channels();
        let values = gain.samples_mut::<f64>().unwrap_or_default();
        for (value, dark) in values.iter_mut().zip(dark.values(&format)) {
            *value -= dark;
        }
        let mut is_bright = values.is_empty();
        for channel in 0..format.color.intensities() {
            is_bright |= invert(values.iter_mut().skip(channel).step_by(channels));
        }
        if !is_bright {
            let found = "nowhere brighter than the dark";
            return Err(Error::bad_option(FIELD, found, "light somewhere"));
        }
        Ok(Self {
            gain: Reference::new(&gain),
            dark,
        })
    }
}

/// Replaces brightnesses by what makes their mean of them; `false` when there is none.
fn invert<'a>(brightnesses: impl Iterator<Item = &'a mut f64>) -> bool {
    let brightnesses: Vec<_> = brightnesses.collect();
    let is_bright = |value: f64| value > 0.0 && value.is_finite();
    let (mut sum, mut count) = (0.0, 0u64);
    for value in brightnesses.iter().filter(|value| is_bright(***value)) {
        sum += **value;
        count += 1;
    }
    let mean = sum / count as f64;
    for value in brightnesses {
        *value = if is_bright(*value) {
            mean / *value
        } else {
            f64::NAN
        };
    }
    count > 0
}

fn correct<T: Intensity>(samples: &mut [T], gains: &[f64], darks: &[f64], limits: (f64, f64)) {
    vectorized(
        #[inline(always)]
        || {
            for ((sample, gain), dark) in samples.iter_mut().zip(gains).zip(darks) {
                *sample = T::from_f64(clamped((sample.to_f64() - dark) * gain, limits));
            }
        },
    );
}

impl Transform for FlatField {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        self.gain.check(FIELD, input)?;
        self.dark.check("the dark frame", input)?;
        Ok(*input)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let format = self.output_format(frame.format())?;
        let (gains, darks) = (self.gain.values(&format), self.dark.values(&format));
        // The opacity is taken from here.
        if format.color.has_alpha() {
            spare.reset(&format, &Limits::none())?;
            spare.bytes_mut().copy_from_slice(frame.bytes());
        }
        with_sample_type!(format.sample, T => {
            let samples = frame.samples_mut::<T>().unwrap_or_default();
            let tiles = samples.chunks_mut(TILE).zip(gains.chunks(TILE)).zip(darks.chunks(TILE));
            for ((samples, gains), darks) in tiles {
                correct(samples, gains, darks, limits(&format));
            }
        });
        if format.color.has_alpha() {
            keep_opacity(spare, frame);
        }
        Ok(())
    }
}

/// How the field is got.
#[derive(Debug, Clone)]
struct Plan {
    field: Field,
    dark: Dark,
    /// Standard deviation of the gaussian, pixels; `None` is what suits the field.
    smooth: Option<f64>,
    samples: u64,
}

#[derive(Debug, Clone)]
enum Field {
    /// Out of the recording itself.
    Estimated(TimeStatistic),
    /// The mean of the frames of a file.
    File(PathBuf),
}

#[derive(Debug, Clone)]
enum Dark {
    Level(f64),
    /// The mean of the frames of a file.
    File(PathBuf),
}

/// The longer side in standard deviations of the gaussian for an estimated field.
const ESTIMATE_SMOOTHNESS: f64 = 10.0;

impl Plan {
    /// The correction by a field that was measured or read.
    fn flat_field(
        &self,
        mut field: Frame,
        surroundings: &Surroundings,
    ) -> Result<FlatField, Error> {
        let longer = field.format().width.max(field.format().height);
        let sigma = self.smooth.unwrap_or(match self.field {
            Field::Estimated(_) => (f64::from(longer) / ESTIMATE_SMOOTHNESS).min(MAX_SIGMA),
            Field::File(_) => 0.0,
        });
        if sigma > 0.0 {
            Gaussian::new(sigma)?.apply(&mut field, &mut Frame::empty())?;
        }
        let dark = match &self.dark {
            Dark::Level(level) => {
                let mut dark = Frame::zeroed(*field.format());
                dark.samples_mut::<f64>().unwrap_or_default().fill(*level);
                dark
            }
            Dark::File(path) => of_file(path, TimeStatistic::Mean, surroundings)?,
        };
        FlatField::new(&field, Some(&dark))
    }
}

/// The field is in a file.
struct FromFile(PathBuf, Plan);

impl Adapt for FromFile {
    fn adapt<'a>(
        &self,
        reader: Box<dyn FrameReader + 'a>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader + 'a>, Error> {
        let Self(path, plan) = self;
        let field = of_file(path, TimeStatistic::Mean, surroundings)?;
        over_each(reader, plan.flat_field(field, surroundings)?, surroundings)
    }
}

/// The field is estimated from the recording.
struct FromAll(TimeStatistic, Plan);

impl Measured for FromAll {
    fn measure(
        &self,
        reader: &mut dyn FrameReader,
        surroundings: &Surroundings,
    ) -> Result<Operation, Error> {
        let Self(statistic, plan) = self;
        let baseline = Baseline {
            statistic: *statistic,
            frames: BaselineFrames::All,
            samples: plan.samples,
        };
        let field = baseline.measure(reader, surroundings)?;
        Ok(Operation::frame(plan.flat_field(field, surroundings)?))
    }
}

/// `flatfield`.
pub(super) const OPERATOR: Operator = Operator {
    name: "flatfield",
    title: "even the light out, by a picture of it or by an estimate",
    parameters: &[
        Parameter::new(
            "field",
            "what shows the light: the mean or the median of all frames, or those of a file",
            "mean|median|FILE",
            Presence::Default("mean"),
        ),
        Parameter::new(
            "dark",
            "what the camera says without light: a level, or the frames of a file",
            "level|FILE",
            Presence::Default("0"),
        ),
        Parameter::new(
            "smooth",
            "standard deviation of a gaussian over the field",
            "pixels",
            Presence::Optional("0 for a file, a tenth of the longer side for an estimate"),
        ),
        SAMPLES_PARAMETER,
    ],
    examples: &[
        "flatfield=flat.tif",
        "flatfield=flat.tif,dark:dark.tif",
        "flatfield=median",
        "flatfield=mean,dark:3,smooth:2",
    ],
    notes: "(frame - dark) x mean(field - dark) / (field - dark), each channel with its own mean. \
        Samples keep their type: rounded half to even, clamped to the full scale. \
        Where the field is not brighter than the dark, integers become 0 and floats are not a number. \
        A file of several frames is averaged. Opacity is left alone.",
    build: |arguments| build(arguments),
};

fn build(arguments: &Arguments<'_>) -> Result<Operation, Error> {
    let field: String = arguments.value("field")?;
    let field = match field.as_str() {
        "mean" => Field::Estimated(TimeStatistic::Mean),
        "median" => Field::Estimated(TimeStatistic::Median),
        path => Field::File(path.into()),
    };
    let dark: String = arguments.value("dark")?;
    let dark = match dark.parse::<f64>() {
        Ok(level) if level.is_finite() => Dark::Level(level),
        _ => Dark::File(Path::new(&dark).to_owned()),
    };
    let plan = Plan {
        field: field.clone(),
        dark,
        smooth: arguments.optional_in("smooth", 0.0..=MAX_SIGMA)?,
        samples: arguments.number("samples", 1..=100_000)?,
    };
    Ok(match field {
        Field::Estimated(statistic) => Operation::measured(FromAll(statistic, plan)),
        Field::File(path) => Operation::reader(FromFile(path, plan)),
    })
}
