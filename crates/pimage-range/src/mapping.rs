//! Making 8 or 16-bit frames of any others: a linear map, exactly rounded and recorded.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pimage_core::{
    Entries, Error, Frame, FrameFormat, Limits, Sample, SampleType, StreamInfo, Table, Transform,
    Value, keys, with_sample_type,
};

use crate::NanPolicy;
use crate::line::Line;

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
    /// The type.
    #[must_use]
    pub const fn sample(self) -> SampleType {
        match self {
            Self::U8 => SampleType::U8,
            Self::U16 => SampleType::U16,
        }
    }

    /// The format of frames that were mapped to this type.
    #[must_use]
    pub const fn format(self, input: &FrameFormat) -> FrameFormat {
        FrameFormat::new(input.width, input.height, input.color, self.sample())
    }

    /// The greatest output value.
    #[must_use]
    pub const fn top(self) -> u16 {
        match self {
            Self::U8 => u8::MAX as u16,
            Self::U16 => u16::MAX,
        }
    }
}

/// Maps `low..=high` linearly to all values of the target type; what lies outside is clamped.
///
/// Rounding is to the nearest, halves up; exact for integer samples between integer bounds, in double precision otherwise.
/// When both bounds are the same, what is above them becomes white and the rest black.
/// What is not a number becomes 0, unless another [`NanPolicy`] is given, and is counted.
/// Full opacity becomes full opacity, whatever the bounds.
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
    nan: NanPolicy,
    /// For samples of at most 16 bits, unless the mapping is for a single frame.
    table: Option<Table>,
    nan_count: Arc<AtomicU64>,
}

impl RangeMapping {
    /// A mapping for frames of `input`.
    #[must_use]
    pub fn new(input: &FrameFormat, low: f64, high: f64, target: RangeTarget) -> Self {
        let mut mapping = Self::for_one_frame(low, high, target);
        mapping.table = mapping.tabulated(input);
        mapping
    }

    /// A mapping that computes each sample instead of looking it up in a table, which takes longer to make than one frame to compute.
    #[must_use]
    pub fn for_one_frame(low: f64, high: f64, target: RangeTarget) -> Self {
        Self {
            low,
            high,
            target,
            nan: NanPolicy::default(),
            table: None,
            nan_count: Arc::default(),
        }
    }

    /// The same mapping with another result for what is not a number.
    #[must_use]
    pub const fn with_nan(mut self, nan: NanPolicy) -> Self {
        self.nan = nan;
        self
    }

    /// The table, for samples of at most 16 bits.
    #[must_use]
    pub fn into_table(self) -> Option<Table> {
        self.table
    }

    /// What a stream says of itself after the mapping, which it records under [`keys::RANGE_MAPPING`].
    #[must_use]
    pub fn info(&self, input: &StreamInfo) -> StreamInfo {
        let output = self.target.format(&input.format);
        recorded(input, output, &self.to_string())
    }

    /// How many samples were NaN so far.
    #[must_use]
    pub fn nan_count(&self) -> u64 {
        self.nan_count.load(Ordering::Relaxed)
    }

    fn line(&self) -> Line {
        Line::new(self.low, self.high, f64::from(self.target.top()))
    }

    fn tabulated(&self, input: &FrameFormat) -> Option<Table> {
        let line = self.line();
        let value = |bits: u16| match input.sample {
            SampleType::I16 => f64::from(bits as i16),
            _ => f64::from(bits),
        };
        let last = match input.sample {
            SampleType::U8 => u16::from(u8::MAX),
            SampleType::U16 | SampleType::I16 => u16::MAX,
            _ => return None,
        };
        let results = (0..=last).map(|bits| line.map(value(bits)));
        let entries = match self.target {
            RangeTarget::U8 => Entries::U8(results.map(|result| result as u8).collect()),
            RangeTarget::U16 => Entries::U16(results.collect()),
        };
        let table = Table::new(input.sample, 1, entries).ok()?;
        Some(table.with_bit_depths(input.bit_depth, self.target.sample().bits()))
    }

    /// Computes `output` from `frame`, which is of the same size and colour.
    fn compute<S: Sample, T: Narrow>(
        &self,
        frame: &Frame,
        output: &mut Frame,
    ) -> Result<(), Error> {
        let line = self.line();
        let instead = T::narrow(match self.nan {
            NanPolicy::Zero => line.map(0.0),
            NanPolicy::Low | NanPolicy::Error => 0,
            NanPolicy::High => self.target.top(),
        });
        let samples = frame.samples::<S>().unwrap_or_default();
        let results = output.samples_mut::<T>().unwrap_or_default();
        let nan_count = if S::TYPE.is_float() {
            line.fill(samples, results, |value, result| {
                if value.is_nan() {
                    instead
                } else {
                    T::narrow(result)
                }
            });
            let nans = samples.iter().filter(|sample| sample.to_f64().is_nan());
            nans.count() as u64
        } else {
            line.fill(samples, results, |_, result| T::narrow(result));
            0
        };
        let format = frame.format();
        if format.color.has_alpha() {
            let scale = (format.full_scale(), f64::from(self.target.top()));
            fill_opacity(samples, results, format.color.channels(), scale);
        }
        if nan_count > 0 {
            if self.nan == NanPolicy::Error {
                return Err(Error::bad_option(
                    format!("a sample of frame {}", frame.stamp.index),
                    "not a number",
                    "numbers only, or to be told that such samples are zero, low or high",
                ));
            }
            self.nan_count.fetch_add(nan_count, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// What a stream says of itself once its samples were mapped to those of `output`:
/// `mapping`, such as `0,4095 -> 0,255`, is recorded after what was recorded before.
#[must_use]
pub fn recorded(input: &StreamInfo, output: FrameFormat, mapping: &str) -> StreamInfo {
    let mut info = input.reformatted(output);
    let before = input.metadata.get(keys::RANGE_MAPPING);
    let all = match before.and_then(Value::as_text) {
        Some(before) => format!("{before} | {mapping}"),
        None => mapping.to_owned(),
    };
    info.metadata
        .insert(keys::RANGE_MAPPING.to_owned(), all.into());
    info
}

/// Scales the last sample of each pixel from one full scale to another, as a [`Table`] does.
fn fill_opacity<S: Sample, T: Narrow>(
    samples: &[S],
    results: &mut [T],
    channels: usize,
    (before, after): (f64, f64),
) {
    let pixels = samples.chunks_exact(channels);
    for (pixel, result) in pixels.zip(results.chunks_exact_mut(channels)) {
        if let ([.., opacity], [.., result]) = (pixel, result) {
            *result = T::from_f64((opacity.to_f64() * after / before).clamp(0.0, after));
        }
    }
}

impl Transform for RangeMapping {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        if let Some(table) = &self.table {
            return table.apply(frame, spare);
        }
        // The frame is within the limits already, and the result is no larger, or 16 bits instead of 8.
        spare.reset(&self.target.format(frame.format()), &Limits::none())?;
        with_sample_type!(frame.format().sample, S => match self.target {
            RangeTarget::U8 => self.compute::<S, u8>(frame, spare),
            RangeTarget::U16 => self.compute::<S, u16>(frame, spare),
        })?;
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }

    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(self.target.format(input))
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        Ok(self.info(input))
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        self.tabulated(input)
    }
}

/// `MIN,MAX -> 0,255`, as the metadata record it.
impl fmt::Display for RangeMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{} -> 0,{}", self.low, self.high, self.target.top())
    }
}

/// The output types.
trait Narrow: Sample {
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

    fn frame(sample: SampleType, color: Color, values: &[f64]) -> Frame {
        let width = (values.len() / color.channels()) as u32;
        let mut frame = Frame::zeroed(FrameFormat::new(width, 1, color, sample));
        with_sample_type!(sample, T => {
            let samples = frame.samples_mut::<T>().expect("is of the type");
            for (sample, value) in samples.iter_mut().zip(values) {
                *sample = T::from_f64(*value);
            }
        });
        frame
    }

    #[test]
    fn what_is_not_a_number_follows_the_policy() {
        let mapped = |nan| {
            let mut frame = frame(SampleType::F64, Color::Gray, &[f64::NAN, -1.0, 1.0]);
            let mapping = RangeMapping::new(frame.format(), -1.0, 1.0, RangeTarget::U8);
            let done = mapping.with_nan(nan).apply(&mut frame, &mut Frame::empty());
            done.map(|()| frame.bytes().to_vec())
                .map_err(|error| error.to_string())
        };
        assert_eq!(mapped(NanPolicy::Low), Ok(vec![0, 0, 255]));
        assert_eq!(mapped(NanPolicy::Zero), Ok(vec![128, 0, 255]));
        assert_eq!(mapped(NanPolicy::High), Ok(vec![255, 0, 255]));
        assert_eq!(
            mapped(NanPolicy::Error).expect_err("is refused"),
            "a sample of frame 0 is not a number: expected numbers only, or to be told that such samples are zero, low or high"
        );
    }

    #[test]
    fn full_opacity_stays_full_opacity_with_and_without_a_table() {
        for sample in SampleType::ALL {
            let mut looked_up = frame(sample, Color::GrayAlpha, &[1.0, 0.0, 0.0, 1.0, 2.0, 9.0]);
            let top = looked_up.format().full_scale();
            with_sample_type!(sample, T => {
                looked_up.samples_mut::<T>().expect("is of the type")[5] = T::from_f64(top);
            });
            let mut computed = looked_up.clone();
            let mapping = RangeMapping::new(looked_up.format(), 0.0, 2.0, RangeTarget::U16);
            let spare = &mut Frame::empty();
            mapping.apply(&mut looked_up, spare).expect("maps");
            let mapping = RangeMapping::for_one_frame(0.0, 2.0, RangeTarget::U16);
            mapping.apply(&mut computed, spare).expect("maps");
            assert_eq!(looked_up, computed, "{sample}");
            let results = computed.samples::<u16>().expect("is u16");
            assert_eq!((results[0], results[2], results[4]), (32_768, 0, 65_535));
            assert_eq!((results[1], results[5]), (0, 65_535), "{sample}");
        }
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
        let narrow = RangeMapping::new(&mapped.format, 0.0, 65_535.0, RangeTarget::U8);
        assert_eq!(
            narrow.info(&mapped).metadata[keys::RANGE_MAPPING].as_text(),
            Some("0,0.5 -> 0,65535 | 0,65535 -> 0,255")
        );
    }
}
