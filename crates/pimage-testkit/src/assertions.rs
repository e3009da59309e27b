//! Assertions that say which pixels differ.

use std::fmt::Write as _;

use pimage_core::{Frame, Sample, SampleType};

/// Differences that a message lists.
const LISTED: usize = 5;

/// Every sample as `f64`, in order; exact for all types.
#[must_use]
pub fn sample_values(frame: &Frame) -> Vec<f64> {
    fn values<T: Sample>(frame: &Frame, value: impl Fn(T) -> f64) -> Vec<f64> {
        let samples = frame.samples::<T>().expect("the type was asked for");
        samples.iter().map(|&sample| value(sample)).collect()
    }
    match frame.format().sample {
        SampleType::U8 => values::<u8>(frame, f64::from),
        SampleType::U16 => values::<u16>(frame, f64::from),
        SampleType::U32 => values::<u32>(frame, f64::from),
        SampleType::I16 => values::<i16>(frame, f64::from),
        SampleType::I32 => values::<i32>(frame, f64::from),
        SampleType::F32 => values::<f32>(frame, f64::from),
        SampleType::F64 => values::<f64>(frame, |value| value),
    }
}

/// The greatest difference of two samples at the same place; infinite when the frames have other sizes or channels.
#[must_use]
pub fn max_difference(found: &Frame, expected: &Frame) -> f64 {
    if found.format().shape() != expected.format().shape() {
        return f64::INFINITY;
    }
    sample_values(found)
        .iter()
        .zip(sample_values(expected))
        .map(|(found, expected)| difference(*found, expected))
        .fold(0.0, f64::max)
}

fn difference(found: f64, expected: f64) -> f64 {
    if found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()) {
        return 0.0;
    }
    let difference = (found - expected).abs();
    if difference.is_nan() {
        f64::INFINITY
    } else {
        difference
    }
}

/// Panics unless both frames have the same format and, bit for bit, the same pixels.
///
/// Stamps may differ.
#[track_caller]
pub fn assert_frames_eq(found: &Frame, expected: &Frame) {
    assert_formats(found, expected);
    if found.bytes() != expected.bytes() {
        panic!("{}", explained(found, expected, 0.0));
    }
}

/// Panics unless both frames have the same format and no sample differs by more than `tolerance`.
///
/// Stamps may differ.
#[track_caller]
pub fn assert_frames_close(found: &Frame, expected: &Frame, tolerance: f64) {
    assert_formats(found, expected);
    if max_difference(found, expected) > tolerance {
        panic!("{}", explained(found, expected, tolerance));
    }
}

#[track_caller]
fn assert_formats(found: &Frame, expected: &Frame) {
    let (is, should) = (found.format(), expected.format());
    let at = (found.stamp.index, expected.stamp.index);
    assert!(
        is == should,
        "frame {} is {is}, expected frame {} of {should}",
        at.0,
        at.1
    );
}

/// How many samples differ by more than `tolerance`, by how much at most, and the first few of them.
fn explained(found: &Frame, expected: &Frame, tolerance: f64) -> String {
    let [_, width, channels] = found.format().shape();
    let (is, should) = (sample_values(found), sample_values(expected));
    let differing: Vec<usize> = (0..is.len())
        .filter(|&i| {
            difference(is[i], should[i]) > tolerance
                || (is[i].to_bits() != should[i].to_bits() && tolerance <= 0.0)
        })
        .collect();
    let mut text = format!(
        "frame {} differs from expected frame {} in {} of {} samples, by {} at most (tolerance {tolerance}):",
        found.stamp.index,
        expected.stamp.index,
        differing.len(),
        is.len(),
        max_difference(found, expected),
    );
    for &place in differing.iter().take(LISTED) {
        let (pixel, channel) = (place / channels, place % channels);
        let (x, y) = (pixel % width, pixel / width);
        let _ = write!(
            text,
            " (x {x}, y {y}, channel {channel}): found {}, expected {};",
            is[place], should[place]
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use pimage_core::{Color, FrameFormat};

    use super::*;
    use crate::{counter_frame, every_format};

    fn text_of(check: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panic = catch_unwind(check).expect_err("the frames differ");
        panic.downcast_ref::<String>().expect("a text").clone()
    }

    #[test]
    fn equal_frames_pass_in_every_format() {
        for format in every_format(4, 3) {
            let frame = counter_frame(2, format);
            assert_frames_eq(&frame, &counter_frame(2, format));
            assert_frames_close(&frame, &counter_frame(2, format), 0.0);
        }
    }

    #[test]
    fn a_difference_is_explained() {
        let format = FrameFormat::new(4, 3, Color::Rgb, SampleType::U8);
        let expected = counter_frame(0, format);
        let mut found = expected.clone();
        found.bytes_mut()[(4 + 2) * 3 + 1] ^= 4;
        let (a, b) = (found.clone(), expected.clone());
        let text = text_of(move || assert_frames_eq(&a, &b));
        assert!(text.contains("in 1 of 36 samples, by 4 at most"), "{text}");
        assert!(text.contains("(x 2, y 1, channel 1): found "), "{text}");
        assert_frames_close(&found, &expected, 4.0);
        let text = text_of(move || assert_frames_close(&found, &expected, 3.0));
        assert!(text.contains("tolerance 3"), "{text}");
    }

    #[test]
    fn another_format_is_named() {
        let format = FrameFormat::new(4, 3, Color::Gray, SampleType::U16);
        let (a, b) = (
            counter_frame(0, format),
            counter_frame(0, format.with_bit_depth(12)),
        );
        let text = text_of(move || assert_frames_eq(&a, &b));
        assert_eq!(
            text,
            "frame 0 is 4x3 gray uint16, expected frame 0 of 4x3 gray uint16 (12 bit)"
        );
    }
}
