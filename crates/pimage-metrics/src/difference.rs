//! The errors between two frames of one format.

use pimage_core::{Error, Frame, FrameFormat, Sample, with_sample_type};

use crate::pair::expect_alike;
use crate::peak::{extremes, peak, psnr};
use crate::ssim::ssim;

/// What one frame, or many together, differ by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Samples that were compared, without those of which neither is a finite number.
    pub samples: u64,
    /// The greatest absolute error; infinite where only one of the two is a number.
    pub max: f64,
    /// The sum of the absolute errors.
    pub sum: f64,
    /// The sum of the squared errors.
    pub squares: f64,
    /// The least and greatest finite sample of the first frame, for floats, whose type has no full scale.
    pub extremes: Option<(f64, f64)>,
    /// The structural similarity; the mean over the frames when there are many.
    pub ssim: f64,
}

impl Difference {
    /// Compares two frames of equal size, colour and sample type.
    ///
    /// # Errors
    ///
    /// [`Error::FormatMismatch`].
    pub fn between(a: &Frame, b: &Frame) -> Result<Self, Error> {
        expect_alike(a, b)?;
        Ok(with_sample_type!(a.format().sample, T => Self::of::<T>(a, b)))
    }

    fn of<T: Number>(a: &Frame, b: &Frame) -> Self {
        let format = a.format();
        let (left, right) = (
            a.samples::<T>().unwrap_or_default(),
            b.samples::<T>().unwrap_or_default(),
        );
        let extremes = extremes(left);
        let mut difference = Self {
            samples: T::counted(left, right),
            max: 0.0,
            sum: 0.0,
            squares: 0.0,
            extremes,
            ssim: 1.0,
        };
        // Most comparisons are of what should be equal, and bytes are quickly compared.
        if a.bytes() != b.bytes() {
            let (max, sum, squares) = T::errors(left, right);
            difference = Self {
                max,
                sum,
                squares,
                ssim: ssim(left, right, format.shape(), peak(format, extremes)),
                ..difference
            };
        }
        difference
    }

    /// The mean absolute error; 0 without samples.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / (self.samples.max(1)) as f64
    }

    /// The mean squared error; 0 without samples.
    #[must_use]
    pub fn mean_square(&self) -> f64 {
        self.squares / (self.samples.max(1)) as f64
    }

    /// The peak signal-to-noise ratio in decibels, of frames of this format; infinite when there is no error.
    ///
    /// The peak is the full scale of integers, and the range of the first frames for floats.
    #[must_use]
    pub fn psnr(&self, format: &FrameFormat) -> f64 {
        psnr(self.mean_square(), peak(format, self.extremes))
    }

    /// Adds another frame. `ssim` stays a sum here: the caller divides by the number of frames.
    pub fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.squares += other.squares;
        self.ssim += other.ssim;
        self.extremes = match (self.extremes, other.extremes) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (left, right) => left.or(right),
        };
    }

    /// Nothing yet, to add frames to.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            samples: 0,
            max: 0.0,
            sum: 0.0,
            squares: 0.0,
            extremes: None,
            ssim: 0.0,
        }
    }
}

/// A sample whose errors can be measured.
trait Number: Sample {
    /// How many pairs have a finite number.
    fn counted(left: &[Self], right: &[Self]) -> u64 {
        let pairs = left.iter().zip(right);
        let is_finite =
            |pair: &(&Self, &Self)| pair.0.to_f64().is_finite() || pair.1.to_f64().is_finite();
        pairs.filter(is_finite).count() as u64
    }

    /// The greatest, the sum and the sum of squares of the absolute errors.
    fn errors(left: &[Self], right: &[Self]) -> (f64, f64, f64) {
        let (mut max, mut sum, mut squares) = (0.0f64, 0.0, 0.0);
        for (a, b) in left.iter().zip(right) {
            let error = error(a.to_f64(), b.to_f64());
            max = max.max(error);
            sum += error;
            squares += error * error;
        }
        (max, sum, squares)
    }
}

/// The absolute error: 0 for what is equal (also two NaN), infinite between a number and none.
fn error(a: f64, b: f64) -> f64 {
    let error = (a - b).abs();
    if error.is_nan() {
        let is_same = a.is_nan() == b.is_nan() && (a.is_nan() || a.total_cmp(&b).is_eq());
        return if is_same { 0.0 } else { f64::INFINITY };
    }
    error
}

/// Whole numbers, which are finite.
macro_rules! whole {
    ($($type:ty)*) => {$(
        impl Number for $type {
            fn counted(left: &[Self], _: &[Self]) -> u64 {
                left.len() as u64
            }
        }
    )*};
}

whole! { u16 u32 i16 i32 }

impl Number for f32 {}
impl Number for f64 {}

/// Samples whose squared errors, each up to 255², fit the 32-bit sums of one round.
const ROUND: usize = 4_096;

impl Number for u8 {
    fn counted(left: &[Self], _: &[Self]) -> u64 {
        left.len() as u64
    }

    /// In whole numbers, which the compiler can do many at a time.
    fn errors(left: &[Self], right: &[Self]) -> (f64, f64, f64) {
        let (mut max, mut sum, mut squares) = (0, 0u64, 0u64);
        for (left, right) in left.chunks(ROUND).zip(right.chunks(ROUND)) {
            let (mut round_sum, mut round_squares) = (0u32, 0u32);
            for (a, b) in left.iter().zip(right) {
                let error = a.abs_diff(*b);
                max = max.max(error);
                round_sum += u32::from(error);
                round_squares += u32::from(error) * u32::from(error);
            }
            sum += u64::from(round_sum);
            squares += u64::from(round_squares);
        }
        (f64::from(max), sum as f64, squares as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::tests::row as frame;

    fn between(a: &Frame, b: &Frame) -> Difference {
        Difference::between(a, b).expect("have one format")
    }

    #[test]
    fn errors_of_every_path_agree() {
        let left: Vec<u8> = (0..10_000).map(|i| (i * 7 % 256) as u8).collect();
        let right: Vec<u8> = (0..10_000).map(|i| (i * 11 % 251) as u8).collect();
        let wide =
            |samples: &[u8]| frame(&samples.iter().map(|s| u16::from(*s)).collect::<Vec<_>>());
        let bytes = between(&frame(&left), &frame(&right));
        let words = between(&wide(&left), &wide(&right));
        assert_eq!(
            (bytes.max, bytes.sum, bytes.squares),
            (words.max, words.sum, words.squares)
        );
        assert!(bytes.max > 200.0 && bytes.mean() > 10.0);
    }

    #[test]
    fn psnr_is_over_the_full_scale_or_the_range_of_floats() {
        let a = frame::<u8>(&[0, 0, 0, 0]);
        let b = frame::<u8>(&[0, 0, 0, 2]);
        let ratio = between(&a, &b).psnr(a.format());
        assert!(
            (ratio - 10.0 * (255.0f64 * 255.0).log10()).abs() < 1e-12,
            "{ratio}"
        );
        assert!(between(&a, &a).psnr(a.format()).is_infinite());

        let a = frame(&[0.0f32, 10.0]);
        let b = frame(&[0.0f32, 9.0]);
        let ratio = between(&a, &b).psnr(a.format());
        assert!((ratio - 10.0 * 200.0f64.log10()).abs() < 1e-12, "{ratio}");
    }

    #[test]
    fn what_is_not_a_number_equals_only_itself() {
        let a = frame(&[f32::NAN, 1.0, f32::INFINITY]);
        // Another NaN of other bits, so that the frames are not equal byte by byte.
        let b = frame(&[-f32::NAN, 1.0, f32::INFINITY]);
        assert!(between(&a, &b).max <= 0.0);
        let c = frame(&[0.0f32, 1.0, f32::INFINITY]);
        assert!(between(&a, &c).max.is_infinite());
        // What is no number on both sides is no place without error.
        let d = frame(&[f32::NAN, 3.0, f32::INFINITY]);
        let found = between(&a, &d);
        assert_eq!(
            (found.samples, found.mean(), found.mean_square()),
            (1, 2.0, 4.0)
        );
        assert_eq!(between(&a, &a).samples, 1);
    }
}
