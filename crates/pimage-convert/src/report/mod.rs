//! What an array of frames lost on its way through a compression: numbers, a histogram and spectra, in one pass.

mod bytes;
mod frame;
mod histogram;
mod radial;

use std::ops::ControlFlow;

use pimage_core::{Cancel, Error, Frame, FrameReader};
use pimage_pool::OrderedPool;

pub use bytes::ByteCounts;
pub use histogram::ErrorHistogram;
pub use radial::RadialSpectrum;

use crate::Progress;
use frame::{FrameErrors, Measurer, Pair};

/// How [`ArrayErrors::between`] runs.
#[derive(Debug, Clone, Default)]
pub struct ArrayErrorsOptions {
    /// Measuring threads; `None` is one for each core. The caller's reads.
    pub threads: Option<usize>,
    /// Stops it from outside.
    pub cancel: Cancel,
}

/// How far a decoded array is from the one that was encoded.
///
/// The numbers do not depend on the number of threads.
///
/// ```
/// use pimage_convert::{ArrayErrors, ArrayErrorsOptions};
/// use pimage_core::{Color, FrameFormat, SampleType};
/// use pimage_testkit::SyntheticReader;
///
/// let format = FrameFormat::new(16, 8, Color::Gray, SampleType::F32);
/// let reader = || SyntheticReader::new(format, 3);
/// let options = ArrayErrorsOptions::default();
/// let errors = ArrayErrors::between(&mut reader(), &mut reader(), &options, &())?;
/// assert_eq!((errors.frames, errors.identical, errors.max), (3, 3 * 16 * 8, 0.0));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ArrayErrors {
    /// Frames that were compared.
    pub frames: u64,
    /// Values that are numbers in both.
    pub values: u64,
    /// Those of them that are equal.
    pub identical: u64,
    /// Values that are NaN or infinite in one and something else in the other.
    pub lost: u64,
    /// The least and the greatest finite value of the reference; `None` when it has none.
    pub extremes: Option<(f64, f64)>,
    /// The greatest absolute error.
    pub max: f64,
    /// The first frame that has it; `None` when there is no error.
    pub worst_frame: Option<u64>,
    /// The sum of absolute errors, of signed ones (decoded less reference) and of squares.
    sums: [f64; 3],
    /// How often errors of each size occur: decoded less reference.
    pub histogram: ErrorHistogram,
    /// The power of the errors over spatial frequency.
    pub error_spectrum: RadialSpectrum,
    /// The power of the reference over spatial frequency.
    pub reference_spectrum: RadialSpectrum,
}

impl ArrayErrors {
    /// Compares the frames of both readers by index, on all cores, in memory that does not grow.
    ///
    /// Sizes and colours must be the same; sample types may differ.
    ///
    /// # Errors
    ///
    /// What either reader answers; [`Error::FormatMismatch`]; [`Error::BadOption`] when one has more frames than the other;
    /// [`Error::Stopped`] when the token was used or `progress` does not go on.
    pub fn between(
        reference: &mut dyn FrameReader,
        decoded: &mut dyn FrameReader,
        options: &ArrayErrorsOptions,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let threads = pimage_pool::threads(options.threads);
        let mut pool = OrderedPool::start("array errors", threads, || {
            let mut measurer = Measurer::default();
            move |pair: Pair| Ok((measurer.measure(&pair)?, pair))
        })?;
        let total = reference.info().frame_count.get();
        let mut errors = Self::none();
        let mut free = Vec::new();
        let mut index = 0;
        loop {
            if options.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            let mut pair = free.pop().unwrap_or_else(|| Pair {
                index,
                reference: Frame::empty(),
                decoded: Frame::empty(),
            });
            pair.index = index;
            let is_there = [
                reference.read_into(&mut pair.reference)?,
                decoded.read_into(&mut pair.decoded)?,
            ];
            let is_over = match is_there {
                [true, true] => false,
                [false, false] => true,
                [_, is_more] => return Err(unequal(index, is_more)),
            };
            if !is_over {
                pool.submit(pair);
                index += 1;
            }
            while let Some(done) = if is_over { pool.next() } else { pool.ready() } {
                let (frame, pair) = done?;
                errors.add(pair.index, &frame);
                free.push(pair);
                if progress.frame_written(errors.frames, total) == ControlFlow::Break(()) {
                    return Err(Error::Stopped);
                }
            }
            if is_over {
                return Ok(errors);
            }
        }
    }

    fn none() -> Self {
        Self {
            frames: 0,
            values: 0,
            identical: 0,
            lost: 0,
            extremes: None,
            max: 0.0,
            worst_frame: None,
            sums: [0.0; 3],
            histogram: ErrorHistogram::default(),
            error_spectrum: RadialSpectrum::default(),
            reference_spectrum: RadialSpectrum::default(),
        }
    }

    fn add(&mut self, index: u64, frame: &FrameErrors) {
        self.frames += 1;
        self.values += frame.values;
        self.identical += frame.identical;
        self.lost += frame.lost;
        self.extremes = match (self.extremes, frame.extremes) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (left, right) => left.or(right),
        };
        if frame.max > self.max {
            self.max = frame.max;
            self.worst_frame = Some(index);
        }
        let added = [frame.sum, frame.signed_sum, frame.squares];
        for (sum, added) in self.sums.iter_mut().zip(added) {
            *sum += added;
        }
        self.histogram.merge(&frame.histogram);
        self.error_spectrum.merge(&frame.error_spectrum);
        self.reference_spectrum.merge(&frame.reference_spectrum);
    }

    /// The mean absolute error; 0 without values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean_of(0)
    }

    /// The mean error: above 0 when decoded values are too great.
    #[must_use]
    pub fn bias(&self) -> f64 {
        self.mean_of(1)
    }

    /// The root of the mean squared error.
    #[must_use]
    pub fn rmse(&self) -> f64 {
        self.mean_of(2).sqrt()
    }

    /// The greatest less the least finite value of the reference; 0 without any.
    #[must_use]
    pub fn range(&self) -> f64 {
        self.extremes.map_or(0.0, |(low, high)| high - low)
    }

    /// The greatest absolute error as a share of the range: 0 without an error, infinite where the range is 0.
    #[must_use]
    pub fn relative_max(&self) -> f64 {
        if self.max <= 0.0 {
            return 0.0;
        }
        self.max / self.range()
    }

    /// The peak signal-to-noise ratio in decibels, where the peak is the range; infinite without an error.
    #[must_use]
    pub fn psnr(&self) -> f64 {
        pimage_metrics::psnr(self.mean_of(2), self.range())
    }

    fn mean_of(&self, which: usize) -> f64 {
        let sum = self.sums.get(which).copied().unwrap_or_default();
        sum / self.values.max(1) as f64
    }
}

fn unequal(index: u64, is_more: bool) -> Error {
    let (found, expected) = match is_more {
        true => (format!("more than {index}"), index.to_string()),
        false => (index.to_string(), "more, as many as before".to_owned()),
    };
    Error::bad_option("the number of frames that came back", found, expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_core::{Color, MemoryReader};

    fn frames<T: pimage_core::Sample>(frames: &[&[T]]) -> MemoryReader {
        let frame = |samples: &&[T]| {
            let array =
                ndarray::Array3::from_shape_vec((2, samples.len() / 2, 1), samples.to_vec());
            Frame::from_array(array.expect("fits"), Color::Gray).expect("is gray")
        };
        let frames: Vec<Frame> = frames.iter().map(frame).collect();
        MemoryReader::new(frames).expect("are alike")
    }

    fn between(
        reference: &mut MemoryReader,
        decoded: &mut MemoryReader,
    ) -> Result<ArrayErrors, Error> {
        ArrayErrors::between(reference, decoded, &ArrayErrorsOptions::default(), &())
    }

    #[test]
    fn numbers_are_those_of_the_definitions() {
        let mut reference = frames(&[&[0.0f32, 1.0, 2.0, 10.0], &[1.0, 1.0, 1.0, 1.0]]);
        let mut decoded = frames(&[&[0.0f64, 1.5, 2.0, 9.0], &[1.0, 1.0, 1.0, 1.0]]);
        let errors = between(&mut reference, &mut decoded).expect("is compared");
        assert_eq!((errors.frames, errors.values, errors.identical), (2, 8, 6));
        assert_eq!((errors.max, errors.worst_frame), (1.0, Some(0)));
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
        close(errors.mean(), 1.5 / 8.0);
        close(errors.bias(), -0.5 / 8.0);
        close(errors.rmse(), (1.25f64 / 8.0).sqrt());
        close(errors.relative_max(), 0.1);
        close(errors.psnr(), 10.0 * (100.0f64 * 8.0 / 1.25).log10());
    }

    #[test]
    fn what_is_not_a_number_is_lost_unless_it_came_back() {
        let (nan, infinity) = (f32::NAN, f32::INFINITY);
        let mut reference = frames(&[&[nan, infinity, -infinity, nan, infinity, 1.0]]);
        let mut decoded = frames(&[&[-nan, infinity, -infinity, 3.0, -infinity, nan]]);
        let errors = between(&mut reference, &mut decoded).expect("is compared");
        assert_eq!((errors.values, errors.lost, errors.max), (0, 3, 0.0));
        assert_eq!(errors.extremes, Some((1.0, 1.0)));
        assert!(
            errors.psnr().is_infinite() && errors.mean() <= 0.0 && errors.relative_max() <= 0.0
        );
    }

    #[test]
    fn arrays_of_another_size_or_length_are_refused() {
        let mut one = frames(&[&[1u8, 2]]);
        let mut two = frames(&[&[1u8, 2], &[1, 2]]);
        let error = between(&mut one, &mut two).expect_err("one is longer");
        let expected = "the number of frames that came back is more than 1: expected 1";
        assert_eq!(error.to_string(), expected);
        let error = between(
            &mut frames(&[&[1u8, 2], &[1, 2]]),
            &mut frames(&[&[1u8, 2]]),
        );
        assert!(
            error
                .expect_err("one is longer")
                .to_string()
                .contains("expected more")
        );
        let error = between(&mut frames(&[&[1u8, 2, 3, 4]]), &mut frames(&[&[1u8, 2]]));
        assert!(matches!(error, Err(Error::FormatMismatch { frame: 0, .. })));
    }
}
