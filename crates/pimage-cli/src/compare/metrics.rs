//! The errors between two frames of one format.

use pimage_core::{Frame, FrameFormat, Sample, SampleType};

use crate::compare::ssim::ssim;

/// What one frame, or many together, differ by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Difference {
    /// Samples that were compared.
    pub(crate) samples: u64,
    /// The greatest absolute error; infinite where only one of the two is a number.
    pub(crate) max: f64,
    /// The sum of the absolute errors.
    pub(crate) sum: f64,
    /// The sum of the squared errors.
    pub(crate) squares: f64,
    /// The least and greatest finite sample of the first frame, for floats, whose type has no full scale.
    pub(crate) extremes: Option<(f64, f64)>,
    /// The structural similarity; the mean over the frames when there are many.
    pub(crate) ssim: f64,
}

impl Difference {
    /// Compares two frames of equal size, colour and sample type.
    pub(crate) fn between(a: &Frame, b: &Frame) -> Self {
        match a.format().sample {
            SampleType::U8 => Self::of::<u8>(a, b),
            SampleType::U16 => Self::of::<u16>(a, b),
            SampleType::U32 => Self::of::<u32>(a, b),
            SampleType::I16 => Self::of::<i16>(a, b),
            SampleType::I32 => Self::of::<i32>(a, b),
            SampleType::F32 => Self::of::<f32>(a, b),
            _ => Self::of::<f64>(a, b),
        }
    }

    fn of<T: Number>(a: &Frame, b: &Frame) -> Self {
        let format = a.format();
        let (left, right) = (
            a.samples::<T>().unwrap_or_default(),
            b.samples::<T>().unwrap_or_default(),
        );
        let extremes = format.sample.is_float().then(|| extremes(left)).flatten();
        let mut difference = Self {
            samples: left.len() as u64,
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
    pub(crate) fn mean(&self) -> f64 {
        self.sum / (self.samples.max(1)) as f64
    }

    /// Adds another frame. `ssim` stays a sum here: the caller divides by the number of frames.
    pub(crate) fn add(&mut self, other: &Self) {
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
    pub(crate) const fn none() -> Self {
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

/// The peak signal-to-noise ratio in decibels; infinite when there is no error.
pub(crate) fn psnr(difference: &Difference, format: &FrameFormat) -> f64 {
    let mean_square = difference.squares / (difference.samples.max(1)) as f64;
    if mean_square > 0.0 {
        let peak = peak(format, difference.extremes);
        10.0 * (peak * peak / mean_square).log10()
    } else {
        f64::INFINITY
    }
}

/// What counts as full signal: the full scale of integers, the range of the first recording for floats.
fn peak(format: &FrameFormat, extremes: Option<(f64, f64)>) -> f64 {
    match (format.sample, extremes) {
        (_, Some((low, high))) if high > low => high - low,
        (SampleType::I16 | SampleType::I32, _) => 2.0 * format.full_scale() + 1.0,
        _ => format.full_scale(),
    }
}

fn extremes<T: Number>(samples: &[T]) -> Option<(f64, f64)> {
    let mut finite = samples.iter().map(|s| s.number()).filter(|s| s.is_finite());
    let first = finite.next()?;
    Some(finite.fold((first, first), |(low, high), value| {
        (low.min(value), high.max(value))
    }))
}

/// A sample whose errors can be measured.
pub(crate) trait Number: Sample {
    /// The sample as a float; exact for every type.
    fn number(self) -> f64;

    /// The greatest, the sum and the sum of squares of the absolute errors.
    fn errors(left: &[Self], right: &[Self]) -> (f64, f64, f64) {
        let (mut max, mut sum, mut squares) = (0.0f64, 0.0, 0.0);
        for (a, b) in left.iter().zip(right) {
            let error = error(a.number(), b.number());
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

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn number(self) -> f64 {
                f64::from(self)
            }
        }
    )*};
}

numbers!(u16, u32, i16, i32, f32, f64);

/// Samples whose squared errors, each up to 255², fit the 32-bit sums of one round.
const ROUND: usize = 4_096;

impl Number for u8 {
    fn number(self) -> f64 {
        f64::from(self)
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
    use pimage_core::{Color, FrameFormat};

    use super::*;

    fn frame<T: Number>(samples: &[T]) -> Frame {
        let width = u32::try_from(samples.len()).expect("is short");
        let mut frame = Frame::zeroed(FrameFormat::new(width, 1, Color::Gray, T::TYPE));
        frame
            .samples_mut::<T>()
            .expect("has the type")
            .copy_from_slice(samples);
        frame
    }

    #[test]
    fn errors_of_every_path_agree() {
        let left: Vec<u8> = (0..10_000).map(|i| (i * 7 % 256) as u8).collect();
        let right: Vec<u8> = (0..10_000).map(|i| (i * 11 % 251) as u8).collect();
        let wide =
            |samples: &[u8]| frame(&samples.iter().map(|s| u16::from(*s)).collect::<Vec<_>>());
        let bytes = Difference::between(&frame(&left), &frame(&right));
        let words = Difference::between(&wide(&left), &wide(&right));
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
        let ratio = psnr(&Difference::between(&a, &b), a.format());
        assert!(
            (ratio - 10.0 * (255.0f64 * 255.0).log10()).abs() < 1e-12,
            "{ratio}"
        );
        assert!(psnr(&Difference::between(&a, &a), a.format()).is_infinite());

        let a = frame(&[0.0f32, 10.0]);
        let b = frame(&[0.0f32, 9.0]);
        let ratio = psnr(&Difference::between(&a, &b), a.format());
        assert!((ratio - 10.0 * 200.0f64.log10()).abs() < 1e-12, "{ratio}");
    }

    #[test]
    fn what_is_not_a_number_equals_only_itself() {
        let a = frame(&[f32::NAN, 1.0, f32::INFINITY]);
        // Another NaN of other bits, so that the frames are not equal byte by byte.
        let b = frame(&[-f32::NAN, 1.0, f32::INFINITY]);
        assert!(Difference::between(&a, &b).max <= 0.0);
        let c = frame(&[0.0f32, 1.0, f32::INFINITY]);
        assert!(Difference::between(&a, &c).max.is_infinite());
    }
}
