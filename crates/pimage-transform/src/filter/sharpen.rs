//! Sharper frames: the unsharp mask.

use pimage_core::{Error, Frame, FrameFormat, Limits, Transform, with_sample_type};

use super::convolve::Convolve;
use super::gaussian::{Gaussian, MAX_SIGMA};
use super::real::{Real, limits};
use crate::vector::vectorized;
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// The largest amount.
const MAX_AMOUNT: f64 = 100.0;

/// Samples that are computed together.
const LANES: usize = 32;

/// Adds to each frame what a Gaussian takes away: the unsharp mask, `v + amount * (v - smooth(v))`.
///
/// Integers are rounded to the nearest, halves to even, and stay within the full scale; the smoothed frame is that of [`Gaussian`],
/// rounded too, so that 8-bit frames are those of OpenCV's `GaussianBlur` and `addWeighted`.
/// Opacity is left alone. What is not a number makes so whatever the Gaussian touches.
///
/// The loop is pimage's own: it mixes each row while it is in the fastest cache, and makes 1.3 to 2 times the frames of OpenCV-Python 5.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Sharpen;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(5, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[50, 50, 50, 100, 100]);
/// Sharpen::new(1.0, 0.5)?.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [50, 50, 45, 105, 100]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sharpen {
    gaussian: Gaussian,
    amount: f64,
    threshold: f64,
}

impl Sharpen {
    /// A mask of this strength, 1 for as much again as the Gaussian takes away, and of this standard deviation, pixels.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when the amount is not from 0 to 100, or sigma not from 0 to 1000.
    pub fn new(amount: f64, sigma: f64) -> Result<Self, Error> {
        if !(0.0..=MAX_AMOUNT).contains(&amount) {
            let expected = format!("0 to {MAX_AMOUNT}");
            return Err(Error::bad_option("amount", amount.to_string(), expected));
        }
        Ok(Self {
            gaussian: Gaussian::new(sigma)?,
            amount,
            threshold: 0.0,
        })
    }

    /// The same, which leaves alone what differs from its surroundings by less than this many levels, so that noise is not sharpened.
    #[must_use]
    pub const fn with_threshold(mut self, levels: f64) -> Self {
        self.threshold = levels;
        self
    }

    fn sharpen<T: Convolve + Real>(&self, frame: &Frame, output: &mut Frame) {
        let mask = Mask::<T>::new(self, frame.format());
        let color = frame.format().color;
        if color.has_alpha() {
            let channels = color.channels();
            self.gaussian.smooth::<T>(frame, output, |row, result| {
                let pixels = row.chunks_exact(channels);
                for (pixel, result) in pixels.zip(result.chunks_exact_mut(channels)) {
                    if let ([values @ .., alpha], [results @ .., opacity]) = (pixel, result) {
                        mask.apply(values, results);
                        *opacity = *alpha;
                    }
                }
            });
        } else {
            self.gaussian
                .smooth::<T>(frame, output, |row, result| mask.apply(row, result));
        }
    }
}

/// What is done to a sample, in its own arithmetic.
#[derive(Clone, Copy)]
struct Mask<T: Real> {
    amount: T::Real,
    threshold: T::Real,
    low: T::Real,
    high: T::Real,
}

impl<T: Real> Mask<T> {
    fn new(sharpen: &Sharpen, format: &FrameFormat) -> Self {
        let (low, high) = limits(format);
        Self {
            amount: T::real(sharpen.amount),
            threshold: T::real(sharpen.threshold),
            low: T::real(low),
            high: T::real(high),
        }
    }

    /// Turns smoothed samples into sharpened ones.
    fn apply(self, row: &[T], result: &mut [T]) {
        vectorized(
            #[inline(always)]
            move || {
                let (blocks, rest) = row.as_chunks::<LANES>();
                let (results, rest_of_results) = result.as_chunks_mut::<LANES>();
                for (values, results) in blocks.iter().zip(results) {
                    for (value, result) in values.iter().zip(results) {
                        *result = self.one(*value, *result);
                    }
                }
                for (value, result) in rest.iter().zip(rest_of_results) {
                    *result = self.one(*value, *result);
                }
            },
        );
    }

    #[inline(always)]
    fn one(self, value: T, smooth: T) -> T {
        let value = value.to_real();
        let difference = value - smooth.to_real();
        let magnitude = T::larger(difference, T::real(0.0) - difference);
        // Not the other way round, so that what is not a number stays so.
        let is_left = magnitude < self.threshold;
        let added = self.amount * difference;
        let added = if is_left { T::real(0.0) } else { added };
        T::within(value + added, self.low, self.high)
    }
}

impl Transform for Sharpen {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        spare.reset(frame.format(), &Limits::none())?;
        with_sample_type!(frame.format().sample, T => self.sharpen::<T>(frame, spare));
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// `sharpen`.
pub(super) const OPERATOR: Operator = Operator {
    name: "sharpen",
    title: "sharpen each frame with an unsharp mask",
    parameters: &[
        Parameter::new(
            "amount",
            "how much of what a Gaussian takes away is added",
            "a factor, 0 to 100",
            Presence::Default("1"),
        ),
        Parameter::new(
            "sigma",
            "the standard deviation of the Gaussian",
            "pixels",
            Presence::Default("1"),
        ),
        Parameter::new(
            "threshold",
            "what differs less from its surroundings is left alone",
            "levels",
            Presence::Default("0"),
        ),
    ],
    examples: &["sharpen", "sharpen=0.5,2", "sharpen=amount:1.5,threshold:3"],
    notes: "Frames of 8 bits are those of OpenCV's GaussianBlur and addWeighted.",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Sharpen, Error> {
    let amount = arguments.number("amount", 0.0..=MAX_AMOUNT)?;
    let sharpen = Sharpen::new(amount, arguments.number("sigma", 0.0..=MAX_SIGMA)?)?;
    Ok(sharpen.with_threshold(arguments.number("threshold", 0.0..)?))
}
