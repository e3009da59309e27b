//! Making 8 or 16-bit frames of any others: a linear map, exactly rounded and recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pimage_core::{
    Error, Frame, FrameFormat, Limits, Sample, SampleType, StreamInfo, Transform, keys,
};

/// The sample type that a [`RangeMapping`] makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RangeTarget {
    /// 8 bits: 0 to 255.
    #[default]
    U8,
    /// 16 bits: 0 to 65,535.
    U16,
}

impl RangeTarget {
    const fn sample(self) -> SampleType {
        match self {
            Self::U8 => SampleType::U8,
            Self::U16 => SampleType::U16,
        }
    }

    /// The greatest output value.
    const fn top(self) -> u16 {
        match self {
            Self::U8 => u8::MAX as u16,
            Self::U16 => u16::MAX,
        }
    }
}

/// Maps `low..=high` linearly to all values of the target type; what lies outside is clamped, NaN becomes 0 and is counted.
///
/// Rounding is to the nearest, halves up; exact for integer samples between integer bounds, in double precision otherwise.
/// When both bounds are the same, what is above them becomes white and the rest black.
///
/// Clones share the count of [`RangeMapping::nan_count`].
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_range::{RangeMapping, RangeTarget};
///
/// let format = FrameFormat::new(3, 1, Color::Gray, SampleType::U16).with_bit_depth(12);
/// let mapping = RangeMapping::new(&format, 0.0, 4095.0, RangeTarget::U8);
/// let mut frame = Frame::zeroed(format);
/// frame.samples_mut::<u16>().expect("is u16").copy_from_slice(&[0, 2048, 4095]);
/// mapping.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [0, 128, 255]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RangeMapping {
    low: f64,
    high: f64,
    target: RangeTarget,
    /// The output for each sample of at most 16 bits, by its bits; empty for wider ones.
    table: Arc<[u16]>,
    nan_count: Arc<AtomicU64>,
}

impl RangeMapping {
    /// A mapping for frames of `input`.
    #[must_use]
    pub fn new(input: &FrameFormat, low: f64, high: f64, target: RangeTarget) -> Self {
        let line = Line::new(low, high, target);
        let table = match input.sample {
            SampleType::U8 => (0..=u8::MAX)
                .map(|bits| line.map(f64::from(bits)))
                .collect(),
            SampleType::U16 => (0..=u16::MAX)
                .map(|bits| line.map(f64::from(bits)))
                .collect(),
            SampleType::I16 => (0..=u16::MAX)
                .map(|bits| line.map(f64::from(bits as i16)))
                .collect(),
            _ => Arc::from([]),
        };
        Self {
            low,
            high,
            target,
            table,
            nan_count: Arc::default(),
        }
    }

    /// What a stream says of itself after the mapping, which it records under [`keys::RANGE_MAPPING`].
    #[must_use]
    pub fn info(&self, input: &StreamInfo) -> StreamInfo {
        let mut info = input.clone();
        info.format = self.format(&input.format);
        info.metadata
            .insert(keys::RANGE_MAPPING.to_owned(), self.to_string().into());
        info
    }

    /// How many samples were NaN so far.
    #[must_use]
    pub fn nan_count(&self) -> u64 {
        self.nan_count.load(Ordering::Relaxed)
    }

    fn format(&self, input: &FrameFormat) -> FrameFormat {
        FrameFormat::new(input.width, input.height, input.color, self.target.sample())
    }

    fn fill<T: Narrow>(&self, frame: &Frame, output: &mut [T]) {
        match frame.format().sample {
            SampleType::U8 => self.look_up(frame, output, |sample: u8| usize::from(sample)),
            SampleType::U16 => self.look_up(frame, output, |sample: u16| usize::from(sample)),
            SampleType::I16 => {
                self.look_up(frame, output, |sample: i16| usize::from(sample as u16));
            }
            SampleType::U32 => self.compute(frame, output, |sample: u32| f64::from(sample)),
            SampleType::I32 => self.compute(frame, output, |sample: i32| f64::from(sample)),
            SampleType::F32 => self.compute(frame, output, |sample: f32| f64::from(sample)),
            SampleType::F64 => self.compute(frame, output, |sample: f64| sample),
        }
    }

    fn look_up<S: Sample, T: Narrow>(
        &self,
        frame: &Frame,
        output: &mut [T],
        bits: impl Fn(S) -> usize,
    ) {
        let samples = frame.samples::<S>().unwrap_or_default();
        for (sample, output) in samples.iter().zip(output) {
            *output = T::narrow(self.table.get(bits(*sample)).copied().unwrap_or(0));
        }
    }

    fn compute<S: Sample, T: Narrow>(
        &self,
        frame: &Frame,
        output: &mut [T],
        value: impl Fn(S) -> f64,
    ) {
        let line = Line::new(self.low, self.high, self.target);
        let mut nan_count = 0;
        let samples = frame.samples::<S>().unwrap_or_default();
        for (sample, output) in samples.iter().zip(output) {
            let value = value(*sample);
            nan_count += u64::from(value.is_nan());
            *output = T::narrow(line.map(value));
        }
        if nan_count > 0 {
            self.nan_count.fetch_add(nan_count, Ordering::Relaxed);
        }
    }
}

impl Transform for RangeMapping {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        // The frame is within the limits already, and the result is no larger, or 16 bits instead of 8.
        spare.reset(&self.format(frame.format()), &Limits::none())?;
        match self.target {
            RangeTarget::U8 => self.fill(frame, spare.samples_mut::<u8>().unwrap_or_default()),
            RangeTarget::U16 => self.fill(frame, spare.samples_mut::<u16>().unwrap_or_default()),
        }
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

/// `MIN,MAX -> 0,255`, as the metadata record it.
impl std::fmt::Display for RangeMapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{},{} -> 0,{}", self.low, self.high, self.target.top())
    }
}

/// The line through (low, 0) and (high, top).
#[derive(Clone, Copy)]
struct Line {
    low: f64,
    span: f64,
    top: f64,
    /// 1, or less where `(high - low) * top` would be over the range of `f64`; `low` and `span` are scaled.
    scale: f64,
}

impl Line {
    fn new(low: f64, high: f64, target: RangeTarget) -> Self {
        let top = f64::from(target.top());
        let scale = if ((high - low) * top).is_finite() {
            1.0
        } else {
            2f64.powi(-20)
        };
        Self {
            low: low * scale,
            span: high * scale - low * scale,
            top,
            scale,
        }
    }

    /// The output for `value`; 0 for NaN.
    ///
    /// With integers of up to 32 bits the product is exact and a quotient that is not a half is at least 2^-34 from one,
    /// which is more than what the division and the sum round.
    fn map(self, value: f64) -> u16 {
        let above = value * self.scale - self.low;
        let mapped = if self.span > 0.0 {
            above.clamp(-self.span, self.span) * self.top / self.span
        } else if above > 0.0 {
            self.top
        } else {
            0.0
        };
        // The cast makes NaN 0.
        (mapped + 0.5).clamp(0.0, self.top) as u16
    }
}

/// The output types.
trait Narrow: Copy {
    /// The low bits; the caller has clamped the value.
    fn narrow(value: u16) -> Self;
}

impl Narrow for u8 {
    fn narrow(value: u16) -> Self {
        value as Self
    }
}

impl Narrow for u16 {
    fn narrow(value: u16) -> Self {
        value
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::Color;

    use super::*;

    fn line(low: f64, high: f64) -> Line {
        Line::new(low, high, RangeTarget::U8)
    }

    #[test]
    fn integers_round_exactly_halves_up() {
        for (low, high) in [
            (0i64, 4095i64),
            (0, 65_535),
            (-32_768, 32_767),
            (17, 40_000),
        ] {
            let line = line(low as f64, high as f64);
            for value in (low - 3)..=(high + 3) {
                let above = (value - low).clamp(0, high - low);
                let expected = (2 * above * 255 + (high - low)) / (2 * (high - low));
                assert_eq!(i64::from(line.map(value as f64)), expected, "{value}");
            }
        }
    }

    #[test]
    fn what_is_not_a_number_is_black_and_infinity_is_clamped() {
        let line = line(-1.0, 1.0);
        assert_eq!(line.map(f64::NAN), 0);
        assert_eq!(line.map(f64::INFINITY), 255);
        assert_eq!(line.map(f64::NEG_INFINITY), 0);
        assert_eq!(line.map(0.0), 128);
    }

    #[test]
    fn bounds_at_the_ends_of_the_type_do_not_overflow() {
        let line = line(f64::MIN, f64::MAX);
        let mapped = [f64::MIN, 0.0, f64::MAX].map(|value| line.map(value));
        assert_eq!(mapped, [0, 128, 255]);
        assert_eq!(line.map(f64::NAN), 0);
    }

    #[test]
    fn a_constant_sequence_is_black() {
        let line = line(7.0, 7.0);
        assert_eq!([6.0, 7.0, 8.0].map(|value| line.map(value)), [0, 0, 255]);
    }

    #[test]
    fn nan_is_counted_and_the_mapping_is_recorded() {
        let format = FrameFormat::new(4, 1, Color::Gray, SampleType::F32);
        let mapping = RangeMapping::new(&format, 0.0, 0.5, RangeTarget::U16);
        let mut frame = Frame::zeroed(format);
        frame
            .samples_mut::<f32>()
            .expect("is f32")
            .copy_from_slice(&[f32::NAN, 0.25, 0.5, f32::NAN]);
        frame.stamp.number = Some(9);
        let mut spare = Frame::empty();
        mapping.apply(&mut frame, &mut spare).expect("maps");
        assert_eq!(
            frame.samples::<u16>().expect("is u16"),
            [0, 32_768, 65_535, 0]
        );
        assert_eq!(frame.stamp.number, Some(9));
        assert_eq!(mapping.clone().nan_count(), 2);
        let info = StreamInfo::new("npy", format, pimage_core::FrameCount::Exact(1));
        let mapped = mapping.info(&info);
        assert_eq!(mapped.format, *frame.format());
        assert_eq!(
            mapped.metadata[keys::RANGE_MAPPING].as_text(),
            Some("0,0.5 -> 0,65535")
        );
    }
}
