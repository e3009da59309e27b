//! Statistics that one pass over the frames gives.

use pimage_core::{Frame, FrameFormat, FrameReader, Limits, Sample, with_sample_type};

use super::{ReduceOptions, Statistic, next_frame, no_frames};
use crate::ConvertError;

/// A sample as a float, and whether it is one.
trait Number: Sample {
    fn float(self) -> f64;
    fn is_nan(self) -> bool {
        false
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn float(self) -> f64 {
                f64::from(self)
            }
        }
    )*};
}

numbers!(u8, u16, u32, i16, i32);

impl Number for f32 {
    fn float(self) -> f64 {
        f64::from(self)
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

impl Number for f64 {
    fn float(self) -> f64 {
        self
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

/// Reads all frames and reduces them; the result and how many there were.
pub(super) fn reduce(
    reader: &mut dyn FrameReader,
    statistic: Statistic,
    options: &ReduceOptions,
) -> Result<(Frame, u64), ConvertError> {
    let mut frame = Frame::empty();
    if !next_frame(reader, &mut frame, options)? {
        return Err(no_frames(reader.info()));
    }
    let format = *frame.format();
    let mut used = 1;
    if matches!(statistic, Statistic::Min | Statistic::Max) {
        let mut extreme = frame.clone();
        while next_frame(reader, &mut frame, options)? {
            expect_same(&format, &frame)?;
            keep_extreme(&mut extreme, &frame, statistic, options.skip_nan);
            used += 1;
        }
        return Ok((extreme, used));
    }
    let mut sums = Sums::new(frame.bytes().len() / format.sample.bytes(), statistic);
    loop {
        with_sample_type!(frame.format().sample, T => {
            sums.add(frame.samples::<T>().unwrap_or_default(), options.skip_nan);
        });
        if !next_frame(reader, &mut frame, options)? {
            break;
        }
        expect_same(&format, &frame)?;
        used += 1;
    }
    Ok((sums.result(&format, statistic)?, used))
}

fn expect_same(format: &FrameFormat, frame: &Frame) -> Result<(), ConvertError> {
    let same = format.expect_same(frame.format(), frame.stamp.index);
    same.map_err(|source| ConvertError::Read { source })
}

fn keep_extreme(extreme: &mut Frame, frame: &Frame, statistic: Statistic, skip_nan: bool) {
    fn each<T: Number>(kept: &mut [T], samples: &[T], is_max: bool, skip_nan: bool) {
        for (kept, sample) in kept.iter_mut().zip(samples) {
            let is_beyond = if is_max {
                *sample > *kept
            } else {
                *sample < *kept
            };
            // Comparing with what is not a number is never true.
            let takes = is_beyond || (kept.is_nan() && skip_nan) || (sample.is_nan() && !skip_nan);
            if takes {
                *kept = *sample;
            }
        }
    }
    let is_max = statistic == Statistic::Max;
    with_sample_type!(frame.format().sample, T => {
        let samples = frame.samples::<T>().unwrap_or_default();
        if let Some(kept) = extreme.samples_mut() {
            each(kept, samples, is_max, skip_nan);
        }
    });
}

/// Running sums for each place, accurate to the last bits however many frames there are.
struct Sums {
    /// The mean so far for deviations, else the sum.
    first: Vec<f64>,
    /// The sum of squared deviations (Welford 1962), or what rounding took from the sum (Neumaier 1974).
    second: Vec<f64>,
    /// How many samples went in at each place, when some are left out.
    counts: Vec<u64>,
    frames: u64,
    is_std: bool,
}

impl Sums {
    fn new(places: usize, statistic: Statistic) -> Self {
        Self {
            first: vec![0.0; places],
            second: vec![0.0; places],
            counts: Vec::new(),
            frames: 0,
            is_std: statistic == Statistic::Std,
        }
    }

    fn add<T: Number>(&mut self, samples: &[T], skip_nan: bool) {
        self.frames += 1;
        if skip_nan && self.counts.is_empty() && samples.iter().any(|sample| sample.is_nan()) {
            self.counts = vec![self.frames - 1; self.first.len()];
        }
        let places = self.first.iter_mut().zip(&mut self.second).zip(samples);
        if self.counts.is_empty() {
            for ((first, second), sample) in places {
                add_one(first, second, sample.float(), self.frames, self.is_std);
            }
            return;
        }
        for (((first, second), sample), count) in places.zip(&mut self.counts) {
            if !sample.is_nan() {
                *count += 1;
                add_one(first, second, sample.float(), *count, self.is_std);
            }
        }
    }

    fn result(self, format: &FrameFormat, statistic: Statistic) -> Result<Frame, ConvertError> {
        let mut frame = Frame::empty();
        // Large as it may be, the source's frames were within the limits, and the caller checked the result's size.
        let reset = frame.reset(&statistic.output_format(format), &Limits::none());
        reset.map_err(|source| ConvertError::Read { source })?;
        let results = frame.samples_mut::<f64>().unwrap_or_default();
        for (place, result) in results.iter_mut().enumerate() {
            let at = |values: &[f64]| values.get(place).copied().unwrap_or(f64::NAN);
            let (first, second) = (at(&self.first), at(&self.second));
            let count = self.counts.get(place).copied().unwrap_or(self.frames);
            *result = match statistic {
                _ if count == 0 => f64::NAN,
                Statistic::Std => (second / count as f64).sqrt(),
                Statistic::Mean => total(first, second) / count as f64,
                _ => total(first, second),
            };
        }
        Ok(frame)
    }
}

/// The sum with what rounding took; that is not a number when the sum is infinite.
fn total(sum: f64, lost: f64) -> f64 {
    if sum.is_finite() { sum + lost } else { sum }
}

fn add_one(first: &mut f64, second: &mut f64, value: f64, count: u64, is_std: bool) {
    if is_std {
        let before = value - *first;
        *first += before / count as f64;
        *second += before * (value - *first);
    } else {
        let sum = *first + value;
        *second += if first.abs() >= value.abs() {
            (*first - sum) + value
        } else {
            (value - sum) + *first
        };
        *first = sum;
    }
}
