//! Finding bounds over a sequence and mapping through the pipeline.

use std::sync::Arc;

use pimage_convert::{Cancel, ConvertOptions, RangeMapping, RangeSpec, RangeTarget, convert};
use pimage_core::{Color, FrameReaderExt, MemoryReader, Sample, SampleType};
use pimage_testkit::SyntheticReader;

use crate::kit::{Sink, Source, row, small};

/// Frames of one row each.
fn kept<T: Sample>(frames: &[&[T]]) -> MemoryReader {
    let frames = frames.iter().map(|samples| row(samples)).collect();
    MemoryReader::new(frames).expect("rows of one length")
}

#[track_caller]
fn check<T: Sample>(frames: &[&[T]], spec: &str, expected: (f64, f64)) {
    let spec: RangeSpec = spec.parse().expect("parses");
    let found = spec.bounds(&mut kept(frames), &Cancel::new());
    assert_eq!(found.expect("reads"), expected, "{spec}");
}

#[test]
fn auto_takes_the_finite_extremes_of_the_whole_sequence() {
    check::<u8>(&[&[5, 7], &[200, 6]], "auto", (5.0, 200.0));
    check::<i16>(&[&[-5, 7], &[20, 6]], "auto", (-5.0, 20.0));
    check::<i32>(
        &[&[i32::MIN, i32::MAX]],
        "auto",
        (-2147483648.0, 2147483647.0),
    );
    check::<f32>(
        &[&[f32::NAN, 0.5], &[f32::INFINITY, -0.25]],
        "auto",
        (-0.25, 0.5),
    );
    check::<f64>(&[&[f64::NAN]], "auto", (0.0, 1.0));
}

#[test]
fn percentiles_are_exact_by_nearest_rank_for_every_type() {
    let hundred: Vec<u8> = (1..=100).collect();
    check(&[&hundred], "p1,99", (1.0, 99.0));
    check(&[&hundred], "p0,100", (1.0, 100.0));
    check(&[&hundred[..50], &hundred[50..]], "p2.5,50", (3.0, 50.0));
    let wide: Vec<u32> = (1..=100).rev().map(|i| i * 40_000_001).collect();
    check(&[&wide], "p1,99", (40_000_001.0, 99.0 * 40_000_001.0));
    let signed: Vec<i32> = (-50..50).map(|i| i * 70_000).collect();
    check(&[&signed], "p1,99", (-3_500_000.0, 48.0 * 70_000.0));
    let floats: Vec<f64> = (1..=100).map(|i| f64::from(i) * -1.5e-9).collect();
    check(&[&floats], "p1,99", (-1.5e-9 * 100.0, -1.5e-9 * 2.0));
    let with_nan = [f32::NAN, 1.0, 2.0, 3.0, 4.0, f32::NEG_INFINITY];
    check::<f32>(&[&with_nan], "p25,75", (1.0, 3.0));
    check::<f32>(&[&[f32::NAN]], "p25,75", (0.0, 1.0));
}

#[test]
fn a_stream_that_comes_once_cannot_be_measured() {
    let mut source = Source::new(small(), 3);
    let error = RangeSpec::Auto
        .bounds(&mut source, &Cancel::new())
        .expect_err("cannot seek");
    assert!(
        error
            .to_string()
            .starts_with("the range is one that is measured"),
        "{error}"
    );
    assert!(RangeSpec::Full.bounds(&mut source, &Cancel::new()).is_ok());
}

#[test]
fn mapped_frames_pass_through_the_pipeline_in_recycled_memory() {
    let format = pimage_core::FrameFormat::new(16, 9, Color::Gray, SampleType::U16);
    let mapping = RangeMapping::new(&format, 0.0, 65_535.0, RangeTarget::U8);
    let sink = Sink::keeping();
    let seen = Arc::clone(&sink.seen);
    let options = ConvertOptions::default().transform(mapping.clone());
    let mut reader = SyntheticReader::new(format, 40);
    convert(&mut reader, Box::new(sink), &options, &()).expect("converts");
    let seen = seen.lock().expect("no panic");
    let mut again = SyntheticReader::new(format, 40);
    for (mapped, original) in seen.frames.iter().zip(again.frames()) {
        let original = original.expect("reads");
        assert_eq!(mapped.stamp, original.stamp);
        let expected: Vec<u8> = original
            .samples::<u16>()
            .expect("is u16")
            .iter()
            .map(|sample| ((u32::from(*sample) * 255 * 2 + 65_535) / (2 * 65_535)) as u8)
            .collect();
        assert_eq!(mapped.samples::<u8>().expect("is u8"), expected);
    }
    assert_eq!(seen.frames.len(), 40);
    assert_eq!(mapping.nan_count(), 0);
}
