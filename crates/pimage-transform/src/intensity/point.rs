//! Functions of one sample: over a frame, and as a table.

use pimage_core::{
    Entries, Error, Frame, FrameFormat, Sample, SampleType, Table, with_sample_type,
};
use pimage_range::held_bounds;

use crate::vector::vectorized;

/// What samples of a format may be after a point operation: integers stay within their significant bits, floats are not held.
#[derive(Clone, Copy)]
struct Bounds {
    low: f64,
    high: f64,
}

impl Bounds {
    fn of(format: &FrameFormat) -> Self {
        let (low, high) = held_bounds(format);
        Self { low, high }
    }

    /// The sample nearest to a result.
    #[inline(always)]
    fn hold<T: Sample>(self, result: f64) -> T {
        if T::TYPE.is_float() {
            return T::from_f64(result);
        }
        T::from_f64(result.clamp(self.low, self.high))
    }
}

/// The sample of `format` nearest to a result.
pub(super) fn held<T: Sample>(format: &FrameFormat, result: f64) -> T {
    Bounds::of(format).hold(result)
}

/// The table of `function`, which takes a sample value and gives the result before rounding, for samples of at most 16 bits.
///
/// Samples of `I16` have none: there are no tables of signed results.
pub(super) fn table(format: &FrameFormat, function: impl Fn(f64) -> f64) -> Option<Table> {
    let bounds = Bounds::of(format);
    let entries = match format.sample {
        SampleType::U8 => {
            let results = (0..=u8::MAX).map(|value| bounds.hold::<u8>(function(f64::from(value))));
            Entries::U8(results.collect())
        }
        SampleType::U16 => {
            let results =
                (0..=u16::MAX).map(|value| bounds.hold::<u16>(function(f64::from(value))));
            Entries::U16(results.collect())
        }
        _ => return None,
    };
    let table = Table::new(format.sample, 1, entries).ok()?;
    Some(table.with_bit_depths(format.bit_depth, format.bit_depth))
}

/// Frames of more samples than this are looked up in a table of 16 bits, for its making is the smaller part then.
const MANY: usize = 1 << 16;

/// Replaces all intensities by what `function` gives, rounded; opacity is left alone.
///
/// The results are those of [`table`].
pub(super) fn apply(
    frame: &mut Frame,
    spare: &mut Frame,
    function: impl Fn(f64) -> f64,
) -> Result<(), Error> {
    let format = *frame.format();
    let is_tabulated = match format.sample {
        SampleType::U8 => true,
        SampleType::U16 => frame.bytes().len() / 2 > MANY,
        _ => false,
    };
    if is_tabulated && let Some(table) = table(&format, &function) {
        return table.apply(frame, spare);
    }
    compute(frame, function);
    Ok(())
}

/// As [`apply`], one sample after the other.
pub(super) fn compute(frame: &mut Frame, function: impl Fn(f64) -> f64) {
    let format = *frame.format();
    let bounds = Bounds::of(&format);
    with_sample_type!(format.sample, T => {
        let samples = frame.samples_mut::<T>().unwrap_or_default();
        vectorized(#[inline(always)] || {
            replace(samples, &format, |sample| bounds.hold(function(sample.to_f64())));
        });
    });
}

#[inline(always)]
fn replace<T: Sample>(samples: &mut [T], format: &FrameFormat, result: impl Fn(T) -> T) {
    let color = format.color;
    if !color.has_alpha() {
        for sample in samples {
            *sample = result(*sample);
        }
        return;
    }
    for pixel in samples.chunks_exact_mut(color.channels()) {
        if let [intensities @ .., _] = pixel {
            for sample in intensities {
                *sample = result(*sample);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::Color;
    use pimage_testkit::{every_format, noise_frame};

    use super::*;

    #[test]
    fn the_table_is_the_function() {
        let function = |value: f64| value * 1.37 - 20.5;
        for format in every_format(37, 11) {
            let frame = noise_frame(3, 0, format);
            let mut computed = frame.clone();
            compute(&mut computed, function);
            let mut applied = frame.clone();
            apply(&mut applied, &mut Frame::empty(), function).expect("applies");
            assert_eq!(computed.bytes(), applied.bytes(), "{format}");
            let Some(table) = table(&format, function) else {
                continue;
            };
            let mut looked_up = frame.clone();
            table
                .apply(&mut looked_up, &mut Frame::empty())
                .expect("is of its format");
            assert_eq!(looked_up, computed, "{format}");
        }
    }

    #[test]
    fn integers_keep_within_their_bits_and_floats_are_not_held() {
        let deep = FrameFormat::new(1, 1, Color::Gray, SampleType::U16).with_bit_depth(12);
        let result = |format, value| {
            let mut frame = Frame::zeroed(format);
            compute(&mut frame, |_| value);
            frame
        };
        let sample = |frame: Frame| frame.samples::<u16>().map(|samples| samples[0]);
        assert_eq!(sample(result(deep, 1e9)), Some(4095));
        assert_eq!(sample(result(deep, -1.0)), Some(0));
        assert_eq!(sample(result(deep, 2.5)), Some(2));
        let float = FrameFormat::new(1, 1, Color::Gray, SampleType::F32);
        assert_eq!(
            result(float, 1e9).samples::<f32>().expect("is f32"),
            [1e9f32]
        );
        let nan = result(float, f64::NAN);
        assert!(nan.samples::<f32>().expect("is f32")[0].is_nan());
    }
}
