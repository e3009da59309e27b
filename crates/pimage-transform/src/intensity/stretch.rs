//! A part of the range spread over all of it.

use pimage_core::{Error, Frame, FrameFormat, StreamInfo, Table, Transform};
use pimage_range::{full_bounds, recorded};

use super::point;

/// Spreads intensities from `low` to `high` over all that their type and significant bits can hold, 0 to 1 for floats.
///
/// What lies outside is clamped; results are rounded to the nearest, halves to even. When `high` is not above `low`, nothing changes.
/// What is not a number stays so.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType, Transform};
/// use pimage_transform::Stretch;
///
/// let mut frame = Frame::zeroed(FrameFormat::new(3, 1, Color::Gray, SampleType::U8));
/// frame.samples_mut::<u8>().expect("is u8").copy_from_slice(&[40, 60, 90]);
/// Stretch { low: 50.0, high: 101.0 }.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u8>().expect("is u8"), [0, 50, 200]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// What becomes the least value.
    pub low: f64,
    /// What becomes the greatest value.
    pub high: f64,
}

impl Stretch {
    fn function(self, format: &FrameFormat) -> impl Fn(f64) -> f64 + use<> {
        let Self { low, high } = self;
        let (bottom, top) = full_bounds(format);
        let is_flat = high <= low || low.is_nan() || high.is_nan();
        // Halves, so that no difference is over the range of doubles.
        let range = high * 0.5 - low * 0.5;
        move |value: f64| {
            if is_flat {
                return value;
            }
            let inside = if value < low { low } else { value };
            let inside = if inside > high { high } else { inside };
            (inside * 0.5 - low * 0.5) * (top - bottom) / range + bottom
        }
    }
}

impl Transform for Stretch {
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let function = self.function(frame.format());
        point::apply(frame, spare, function)
    }

    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        Ok(stretched(input, &format!("{},{}", self.low, self.high)))
    }

    fn table(&self, input: &FrameFormat) -> Option<Table> {
        point::table(input, self.function(input))
    }
}

/// What a stream says of itself once `bounds` were spread over the full range.
pub(super) fn stretched(input: &StreamInfo, bounds: &str) -> StreamInfo {
    let (bottom, top) = full_bounds(&input.format);
    recorded(input, input.format, &format!("{bounds} -> {bottom},{top}"))
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameCount, SampleType, keys};

    use super::*;

    #[track_caller]
    fn check(sample: SampleType, (low, high): (f64, f64), value: f64, expected: f64) {
        let format = FrameFormat::new(1, 1, Color::Gray, sample);
        let found = Stretch { low, high }.function(&format)(value);
        assert_eq!(found.to_string(), expected.to_string());
    }

    #[test]
    fn the_range_covers_the_type() {
        check(SampleType::I16, (-5.0, 5.0), -9.0, -32_768.0);
        check(SampleType::I16, (-5.0, 5.0), 5.0, 32_767.0);
        check(SampleType::F32, (-1.0, 3.0), 0.0, 0.25);
        check(SampleType::F64, (f64::MIN, f64::MAX), 0.0, 0.5);
        check(SampleType::F64, (0.0, 1.0), f64::INFINITY, 1.0);
        check(SampleType::F64, (0.0, 1.0), f64::NAN, f64::NAN);
    }

    #[test]
    fn an_empty_range_changes_nothing() {
        check(SampleType::U8, (7.0, 7.0), 9.0, 9.0);
        check(SampleType::U8, (8.0, 7.0), 9.0, 9.0);
    }

    #[test]
    fn the_range_is_recorded() {
        let format = FrameFormat::new(1, 1, Color::Gray, SampleType::U16).with_bit_depth(12);
        let info = StreamInfo::new("npy", format, FrameCount::Exact(1));
        let stretch = Stretch {
            low: 7.0,
            high: 900.5,
        };
        let info = stretch.output_info(&info).expect("takes every format");
        let text = info.metadata[keys::RANGE_MAPPING].as_text();
        assert_eq!(text, Some("7,900.5 -> 0,4095"));
    }
}
