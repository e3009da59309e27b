//! The Laplacian: where intensities bend, as it is or to sharpen by.

use pimage_core::{
    Error, Frame, FrameFormat, Limits, Sample, SampleType, Transform, with_sample_type,
};

use super::border::{fill_margins, mirrored};
use super::real::{Real, limits};
use crate::vector::vectorized;
use crate::{Arguments, Operation, Operator, Parameter, Presence};

/// What becomes of the Laplacian, which is negative as often as positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LaplacianOutput {
    /// Its magnitude, within the full scale.
    Magnitude,
    /// It above the middle of the full scale, 128 of 8 bits, and within it; as it is for signed integers and floats.
    Offset,
    /// It as it is, exact: `int16` for 8 bits, `int32` for 16, `float64` for 32; floats stay what they are.
    Signed,
    /// The frame less so many times the Laplacian, within the full scale: sharpened.
    Sharpen(f64),
}

/// The Laplacian of each frame, or the frame sharpened by it.
///
/// It is the sum of the neighbours, 4 or 8, less as many times the pixel. Beyond the edge the frame is mirrored at its outermost pixels.
/// With 4 neighbours it is OpenCV's `Laplacian` of aperture 1. Opacity is left alone, but for its type.
/// What is not a number makes so whatever it touches.
///
/// The loops are pimage's own: in integers for 8 bits, where they make 1.7 to 2 times the frames of OpenCV-Python 5,
/// and in floating point for other types and to sharpen, which comes at half its rate.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::{Laplacian, LaplacianOutput};
///
/// let mut frame = Frame::zeroed(FrameFormat::new(4, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[0, 9, 0, 0]);
/// Laplacian::new(LaplacianOutput::Signed).apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<i16>().expect("is i16"), [18, -18, 9, 0]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Laplacian {
    output: LaplacianOutput,
    has_diagonals: bool,
}

impl Laplacian {
    /// The Laplacian over the 4 nearest neighbours.
    #[must_use]
    pub const fn new(output: LaplacianOutput) -> Self {
        Self {
            output,
            has_diagonals: false,
        }
    }

    /// The same over all 8 neighbours.
    #[must_use]
    pub const fn with_diagonals(mut self) -> Self {
        self.has_diagonals = true;
        self
    }

    fn filter<T: Sample, U: Real>(
        &self,
        frame: &Frame,
        output: &mut Frame,
        widened: impl Fn(T) -> U::Real + Copy,
    ) {
        let format = *frame.format();
        let (low, high) = limits(output.format());
        let middle = match format.sample {
            SampleType::U8 | SampleType::U16 | SampleType::U32 => ((high + 1.0) / 2.0).floor(),
            _ => 0.0,
        };
        // The result is `value * own + laplacian * factor + offset`, or the magnitude of that.
        let (own, factor, offset) = match self.output {
            LaplacianOutput::Magnitude | LaplacianOutput::Signed => (0.0, 1.0, 0.0),
            LaplacianOutput::Offset => (0.0, 1.0, middle),
            LaplacianOutput::Sharpen(amount) => (1.0, -amount, 0.0),
        };
        let mix = Mix::<U> {
            has_diagonals: self.has_diagonals,
            is_magnitude: self.output == LaplacianOutput::Magnitude,
            own: U::real(own),
            factor: U::real(factor),
            offset: U::real(offset),
            low: U::real(low),
            high: U::real(high),
        };
        let channels = format.color.channels();
        let row_len = (format.width as usize * channels).max(1);
        let input = frame.samples::<T>().unwrap_or_default();
        let results = output.samples_mut::<U>().unwrap_or_default();
        let height = input.len() / row_len;
        let mut rows = [(); 3].map(|()| vec![U::real(0.0); row_len + 2 * channels]);
        for (y, result) in results.chunks_exact_mut(row_len).enumerate() {
            for (row, offset) in rows.iter_mut().zip([-1, 0, 1]) {
                let start = mirrored(y as isize + offset, height) * row_len;
                let samples = input.get(start..start + row_len).unwrap_or_default();
                if let Some(row) = row.get_mut(channels..) {
                    widen(samples, row, widened);
                }
                fill_margins(row, 1, channels, mirrored);
            }
            mix.row(&rows, channels, result);
            if format.color.has_alpha() {
                let start = y * row_len;
                let alpha = input.iter().skip(start + channels - 1).step_by(channels);
                let results = result.iter_mut().skip(channels - 1).step_by(channels);
                for (alpha, result) in alpha.zip(results) {
                    *result = U::nearest(widened(*alpha));
                }
            }
        }
    }
}

impl Laplacian {
    /// The same as [`Laplacian::filter`] for 8 bits but to sharpen, in integers:
    /// `finished` is what becomes of the Laplacian, `kept` of an opacity.
    fn filter_u8<U: Sample>(
        &self,
        frame: &Frame,
        output: &mut Frame,
        finished: impl Fn(i16) -> U + Copy,
        kept: impl Fn(u8) -> U,
    ) {
        let format = *frame.format();
        let channels = format.color.channels();
        let row_len = (format.width as usize * channels).max(1);
        let input = frame.samples::<u8>().unwrap_or_default();
        let results = output.samples_mut::<U>().unwrap_or_default();
        let height = input.len() / row_len;
        let mut rows = [(); 3].map(|()| vec![0; row_len + 2 * channels]);
        for (y, result) in results.chunks_exact_mut(row_len).enumerate() {
            for (row, offset) in rows.iter_mut().zip([-1, 0, 1]) {
                let start = mirrored(y as isize + offset, height) * row_len;
                let samples = input.get(start..start + row_len);
                if let (Some(row), Some(samples)) =
                    (row.get_mut(channels..channels + row_len), samples)
                {
                    row.copy_from_slice(samples);
                }
                fill_margins(row, 1, channels, mirrored);
            }
            let rows = spread(&rows, channels, row_len);
            vectorized(
                #[inline(always)]
                || match self.has_diagonals {
                    true => row_u8::<U, true>(rows, result, finished),
                    false => row_u8::<U, false>(rows, result, finished),
                },
            );
            if format.color.has_alpha() {
                let start = y * row_len;
                let alpha = input.iter().skip(start + channels - 1).step_by(channels);
                let results = result.iter_mut().skip(channels - 1).step_by(channels);
                for (alpha, result) in alpha.zip(results) {
                    *result = kept(*alpha);
                }
            }
        }
    }
}

/// A row of Laplacians. A function of its own, so that the compiler knows that nothing overlaps.
#[inline(always)]
fn row_u8<U, const HAS_DIAGONALS: bool>(
    [above, row, below]: [[&[u8]; 3]; 3],
    result: &mut [U],
    finished: impl Fn(i16) -> U,
) {
    let cross = above[1].iter().zip(row[0]).zip(row[1].iter().zip(row[2]));
    let cross = cross.zip(below[1]);
    let diagonals = above[0].iter().zip(above[2]);
    let diagonals = diagonals.zip(below[0].iter().zip(below[2]));
    for (result, (cross, ((a, b), (c, d)))) in result.iter_mut().zip(cross.zip(diagonals)) {
        let (((above, left), (value, right)), below) = cross;
        let [above, left, value, right, below] =
            [above, left, value, right, below].map(|sample| i16::from(*sample));
        let mut laplacian = above + below + left + right - 4 * value;
        if HAS_DIAGONALS {
            let [a, b, c, d] = [a, b, c, d].map(|sample| i16::from(*sample));
            laplacian += a + b + c + d - 4 * value;
        }
        *result = finished(laplacian);
    }
}

/// Each of three rows with margins from its left neighbours on, from its own samples and from its right neighbours.
fn spread<T>(rows: &[Vec<T>; 3], channels: usize, len: usize) -> [[&[T]; 3]; 3] {
    rows.each_ref().map(|row| {
        [0, 1, 2].map(|place: usize| {
            let start = place * channels;
            row.get(start..start + len).unwrap_or_default()
        })
    })
}

fn widen<T: Copy, R>(samples: &[T], row: &mut [R], widened: impl Fn(T) -> R) {
    vectorized(
        #[inline(always)]
        || {
            for (sample, value) in samples.iter().zip(row) {
                *value = widened(*sample);
            }
        },
    );
}

/// What a Laplacian becomes, in the arithmetic of the samples.
struct Mix<U: Real> {
    has_diagonals: bool,
    is_magnitude: bool,
    own: U::Real,
    factor: U::Real,
    offset: U::Real,
    low: U::Real,
    high: U::Real,
}

impl<U: Real> Mix<U> {
    fn row(&self, rows: &[Vec<U::Real>; 3], channels: usize, result: &mut [U]) {
        let [above, row, below] = spread(rows, channels, result.len());
        let count = U::real(if self.has_diagonals { 8.0 } else { 4.0 });
        vectorized(
            #[inline(always)]
            || {
                let cross = above[1].iter().zip(row[0]).zip(row[1].iter().zip(row[2]));
                let cross = cross.zip(below[1]);
                let diagonals = above[0].iter().zip(above[2]);
                let diagonals = diagonals.zip(below[0].iter().zip(below[2]));
                for (result, (cross, ((a, b), (c, d)))) in
                    result.iter_mut().zip(cross.zip(diagonals))
                {
                    let (((above, left), (value, right)), below) = cross;
                    let mut sum = (*above + *below) + (*left + *right);
                    if self.has_diagonals {
                        sum = sum + ((*a + *b) + (*c + *d));
                    }
                    let laplacian = sum - count * *value;
                    let mixed = *value * self.own + laplacian * self.factor + self.offset;
                    let mixed = match self.is_magnitude {
                        true => U::larger(mixed, U::real(0.0) - mixed),
                        false => mixed,
                    };
                    *result = U::within(mixed, self.low, self.high);
                }
            },
        );
    }
}

impl Transform for Laplacian {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let sample = match (self.output, input.sample) {
            (LaplacianOutput::Signed, SampleType::U8) => SampleType::I16,
            (LaplacianOutput::Signed, SampleType::U16 | SampleType::I16) => SampleType::I32,
            (LaplacianOutput::Signed, SampleType::U32 | SampleType::I32) => SampleType::F64,
            _ => return Ok(*input),
        };
        Ok(FrameFormat::new(
            input.width,
            input.height,
            input.color,
            sample,
        ))
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let output = self.output_format(frame.format())?;
        spare.reset(&output, &Limits::none())?;
        // Of 8 bits; not used for others.
        let high = frame.format().full_scale() as i16;
        match frame.format().sample {
            SampleType::U8 if self.output == LaplacianOutput::Signed => {
                self.filter_u8(
                    frame,
                    spare,
                    #[inline(always)]
                    |laplacian| laplacian,
                    i16::from,
                );
            }
            SampleType::U8 if self.output == LaplacianOutput::Magnitude => {
                self.filter_u8(
                    frame,
                    spare,
                    #[inline(always)]
                    |laplacian| laplacian.abs().min(high) as u8,
                    |alpha| alpha,
                );
            }
            SampleType::U8 if self.output == LaplacianOutput::Offset => {
                let middle = (high + 1) / 2;
                self.filter_u8(
                    frame,
                    spare,
                    #[inline(always)]
                    |laplacian| (laplacian + middle).clamp(0, high) as u8,
                    |alpha| alpha,
                );
            }
            SampleType::U16 if self.output == LaplacianOutput::Signed => {
                self.filter::<u16, i32>(frame, spare, f64::from);
            }
            SampleType::I16 if self.output == LaplacianOutput::Signed => {
                self.filter::<i16, i32>(frame, spare, f64::from);
            }
            SampleType::U32 if self.output == LaplacianOutput::Signed => {
                self.filter::<u32, f64>(frame, spare, f64::from);
            }
            SampleType::I32 if self.output == LaplacianOutput::Signed => {
                self.filter::<i32, f64>(frame, spare, f64::from);
            }
            sample => with_sample_type!(sample, T => {
                self.filter::<T, T>(frame, spare, #[inline(always)] |sample| sample.to_real());
            }),
        }
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// `laplacian`.
pub(super) const OPERATOR: Operator = Operator {
    name: "laplacian",
    title: "show where intensities bend, or sharpen by it",
    parameters: &[
        Parameter::new(
            "output",
            "its magnitude; it above the middle of the full scale; it as it is, in a signed type; the frame less it",
            "magnitude|offset|signed|sharpen",
            Presence::Default("magnitude"),
        ),
        Parameter::new(
            "amount",
            "how much of it is taken away to sharpen",
            "a factor, 0 to 100",
            Presence::Optional("1, and only to sharpen"),
        ),
        Parameter::new(
            "neighbours",
            "how many neighbours are compared with each pixel",
            "4|8",
            Presence::Default("4"),
        ),
    ],
    examples: &[
        "laplacian",
        "laplacian=signed",
        "laplacian=sharpen,0.5",
        "laplacian=offset,neighbours:8",
    ],
    notes: "With 4 neighbours it is OpenCV's Laplacian of aperture 1. Beyond the edge the frame is mirrored.",
    build: |arguments| build(arguments).map(Operation::frame),
};

fn build(arguments: &Arguments<'_>) -> Result<Laplacian, Error> {
    let amount = arguments.optional_in("amount", 0.0..=100.0)?;
    let words = [
        ("magnitude", LaplacianOutput::Magnitude),
        ("offset", LaplacianOutput::Offset),
        ("signed", LaplacianOutput::Signed),
        ("sharpen", LaplacianOutput::Sharpen(amount.unwrap_or(1.0))),
    ];
    let output = arguments.choice("output", &words)?;
    if amount.is_some() && !matches!(output, LaplacianOutput::Sharpen(_)) {
        return Err(arguments.bad("amount", "given", "none unless the output is `sharpen`"));
    }
    let laplacian = Laplacian::new(output);
    match arguments.choice("neighbours", &[("4", false), ("8", true)])? {
        true => Ok(laplacian.with_diagonals()),
        false => Ok(laplacian),
    }
}
