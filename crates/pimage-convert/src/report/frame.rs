//! What one frame lost.

use pimage_core::{Error, Frame, Sample as _, with_sample_type};

use super::histogram::ErrorHistogram;
use super::radial::{RadialSpectrum, Transformer};

/// Two frames of one index on their way to a worker and back.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) index: u64,
    pub(super) reference: Frame,
    pub(super) decoded: Frame,
}

/// The numbers of a frame, to be added up in the order of the frames.
#[derive(Debug, Default)]
pub(super) struct FrameErrors {
    pub(super) values: u64,
    pub(super) identical: u64,
    pub(super) lost: u64,
    pub(super) extremes: Option<(f64, f64)>,
    pub(super) max: f64,
    pub(super) sum: f64,
    pub(super) signed_sum: f64,
    pub(super) squares: f64,
    pub(super) histogram: ErrorHistogram,
    pub(super) error_spectrum: RadialSpectrum,
    pub(super) reference_spectrum: RadialSpectrum,
}

/// Measures frames, one after another; keeps its memory.
#[derive(Debug, Default)]
pub(super) struct Measurer {
    reference: Vec<f64>,
    decoded: Vec<f64>,
    /// One channel.
    plane: Vec<f64>,
    transformer: Option<((usize, usize), Transformer)>,
}

impl Measurer {
    pub(super) fn measure(&mut self, pair: &Pair) -> Result<FrameErrors, Error> {
        let (format, found) = (pair.reference.format(), pair.decoded.format());
        if format.shape() != found.shape() || format.color != found.color {
            return Err(Error::FormatMismatch {
                frame: pair.index,
                expected: *format,
                found: *found,
            });
        }
        values_of(&pair.reference, &mut self.reference);
        values_of(&pair.decoded, &mut self.decoded);
        let mut errors = self.compare();
        errors.histogram.add(&self.decoded);
        let [height, width, channels] = format.shape();
        for channel in 0..channels {
            let reference = spectrum(
                &mut self.transformer,
                &mut self.plane,
                (width, height),
                self.reference.iter().skip(channel).step_by(channels),
            );
            errors.reference_spectrum.merge(&reference);
            let lost = spectrum(
                &mut self.transformer,
                &mut self.plane,
                (width, height),
                self.decoded.iter().skip(channel).step_by(channels),
            );
            errors.error_spectrum.merge(&lost);
        }
        Ok(errors)
    }

    /// Leaves the errors in the place of what was decoded; NaN where there is none.
    fn compare(&mut self) -> FrameErrors {
        let mut errors = FrameErrors::default();
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (reference, decoded) in self.reference.iter().zip(&mut self.decoded) {
            if reference.is_finite() {
                low = low.min(*reference);
                high = high.max(*reference);
            }
            let error = *decoded - *reference;
            if error.is_finite() {
                errors.values += 1;
                errors.identical += u64::from(error.abs() <= 0.0);
                errors.max = errors.max.max(error.abs());
                errors.sum += error.abs();
                errors.signed_sum += error;
                errors.squares += error * error;
                *decoded = error;
            } else {
                errors.lost += u64::from(!is_same(*reference, *decoded));
                *decoded = f64::NAN;
            }
        }
        errors.extremes = (low <= high).then_some((low, high));
        errors
    }
}

/// Whether two values, not both finite, are the same: two NaN, or the same infinity.
fn is_same(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (!a.is_finite() && a.total_cmp(&b).is_eq())
}

fn values_of(frame: &Frame, values: &mut Vec<f64>) {
    values.clear();
    with_sample_type!(frame.format().sample, T => {
        let samples = frame.samples::<T>().unwrap_or_default();
        values.extend(samples.iter().map(|sample| sample.to_f64()));
    });
}

fn spectrum<'a>(
    transformer: &mut Option<((usize, usize), Transformer)>,
    plane: &mut Vec<f64>,
    (width, height): (usize, usize),
    values: impl Iterator<Item = &'a f64>,
) -> RadialSpectrum {
    plane.clear();
    plane.extend(values);
    if transformer
        .as_ref()
        .is_none_or(|(size, _)| *size != (width, height))
    {
        *transformer = Some(((width, height), Transformer::new(width, height)));
    }
    match transformer {
        Some((_, transformer)) => transformer.spectrum(plane),
        None => RadialSpectrum::default(),
    }
}
