//! Laws of the filters, on random frames of every format.

use pimage_core::{Color, Frame, FrameFormat, Sample, SampleType, Transform, with_sample_type};
use pimage_testkit::{every_format, noise_frame, sample_values};
use pimage_transform::{Clahe, Gaussian, Laplacian, LaplacianOutput, Median, Sharpen};
use proptest::prelude::*;

fn applied(transform: &impl Transform, frame: &Frame) -> Frame {
    let mut result = frame.clone();
    let applied = transform.apply(&mut result, &mut Frame::empty());
    applied.expect("the filter takes such frames");
    result
}

/// A frame all of whose samples are the same, at this part of the full scale.
fn constant(format: FrameFormat, part: f64) -> Frame {
    let mut frame = Frame::zeroed(format);
    let value = (format.full_scale() * part).floor();
    with_sample_type!(format.sample, T => {
        frame.samples_mut::<T>().unwrap_or_default().fill(T::from_f64(value));
    });
    frame
}

#[test]
fn what_is_even_stays_even() {
    for format in every_format(13, 9) {
        if format.sample.is_float() {
            continue;
        }
        for part in [0.0, 0.3, 1.0] {
            let frame = constant(format, part);
            let gaussian = Gaussian::along(2.3, 0.7).expect("is a sigma");
            assert_eq!(applied(&gaussian, &frame), frame, "{format}");
            let sharpen = Sharpen::new(3.0, 1.5).expect("is a mask");
            assert_eq!(applied(&sharpen, &frame), frame, "{format}");
            for size in [3, 7, 11] {
                let median = Median::new(size).expect("is odd");
                assert_eq!(applied(&median, &frame), frame, "{format}");
            }
            let laplacian = Laplacian::new(LaplacianOutput::Sharpen(2.0)).with_diagonals();
            assert_eq!(applied(&laplacian, &frame), frame, "{format}");
        }
    }
}

/// The median of a window, the slow way.
fn median_at(frame: &Frame, x: usize, y: usize, channel: usize, radius: isize) -> f64 {
    let [height, width, channels] = frame.format().shape();
    let values = sample_values(frame);
    let mut window = Vec::new();
    for dy in -radius..=radius {
        for dx in -radius..=radius {
            let y = (y as isize + dy).clamp(0, height as isize - 1) as usize;
            let x = (x as isize + dx).clamp(0, width as isize - 1) as usize;
            window.push(values[(y * width + x) * channels + channel]);
        }
    }
    window.sort_by(f64::total_cmp);
    window[window.len() / 2]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_median_is_the_middle_of_its_window(
        seed in any::<u64>(),
        (width, height) in (1u32..90, 1u32..12),
        format in 0usize..28,
        size in prop::sample::select(vec![3usize, 5, 7, 9, 11]),
    ) {
        let formats = every_format(width, height);
        let format = formats[format % formats.len()];
        let frame = noise_frame(seed, 0, format);
        let values = sample_values(&frame);
        prop_assume!(values.iter().all(|value| !value.is_nan()));
        let result = applied(&Median::new(size).expect("is odd"), &frame);
        let [_, width, channels] = format.shape();
        for (place, found) in sample_values(&result).into_iter().enumerate() {
            let (pixel, channel) = (place / channels, place % channels);
            let (x, y) = (pixel % width, pixel / width);
            let expected = median_at(&frame, x, y, channel, size as isize / 2);
            prop_assert!(found.to_bits() == expected.to_bits() || found == expected, "{} {}x{}: {} is {}", format, x, y, found, expected);
        }
    }

    #[test]
    fn filters_leave_opacity_that_is_even(seed in any::<u64>(), part in 0.0f64..1.0) {
        let format = FrameFormat::new(21, 14, Color::Rgba, SampleType::U8);
        let mut frame = noise_frame(seed, 0, format);
        let alpha = u8::from_f64(part * 255.0);
        for pixel in frame.samples_mut::<u8>().expect("is u8").chunks_exact_mut(4) {
            pixel[3] = alpha;
        }
        let clahe = Clahe::new(8.0, 5, 5).expect("has tiles");
        let sharpen = Sharpen::new(1.0, 2.0).expect("is a mask");
        let laplacian = Laplacian::new(LaplacianOutput::Magnitude);
        for result in [applied(&clahe, &frame), applied(&sharpen, &frame), applied(&laplacian, &frame)] {
            let samples = result.samples::<u8>().expect("is u8");
            prop_assert!(samples.chunks_exact(4).all(|pixel| pixel[3] == alpha));
        }
    }
}

#[test]
fn what_is_not_a_number_stays_near() {
    let format = FrameFormat::new(15, 15, Color::Gray, SampleType::F32);
    let mut frame = constant(format, 0.5);
    frame.samples_mut::<f32>().expect("is f32")[7 * 15 + 7] = f32::NAN;
    let near = |result: &Frame| {
        let samples = result.samples::<f32>().expect("is f32");
        samples.iter().filter(|sample| sample.is_nan()).count()
    };
    assert_eq!(near(&applied(&Median::new(3).expect("is odd"), &frame)), 9);
    assert_eq!(
        near(&applied(&Median::new(11).expect("is odd"), &frame)),
        121
    );
    assert_eq!(
        near(&applied(&Laplacian::new(LaplacianOutput::Signed), &frame)),
        5
    );
    // Four standard deviations to each side.
    assert_eq!(
        near(&applied(&Gaussian::new(1.0).expect("is a sigma"), &frame)),
        81
    );
}

#[test]
fn medians_of_many_that_are_not_numbers_are_carried_quickly() {
    let format = FrameFormat::new(61, 47, Color::GrayAlpha, SampleType::F32);
    let mut frame = noise_frame(5, 0, format);
    let samples = frame.samples_mut::<f32>().expect("is f32");
    for (place, sample) in samples.iter_mut().enumerate() {
        *sample = match place % 271 {
            0 | 3 => f32::NAN,
            _ => (place * 7919 % 1013) as f32,
        };
    }
    for size in [3, 5, 9, 11] {
        let found = applied(&Median::new(size).expect("is odd"), &frame);
        let radius = size as isize / 2;
        let expected = |x: isize, y: isize, channel: usize| {
            let near = (y - radius..=y + radius)
                .flat_map(|y| (x - radius..=x + radius).map(move |x| (x, y)));
            near.filter(|(x, y)| (0..61).contains(x) && (0..47).contains(y))
                .any(|(x, y)| sample_values(&frame)[(y * 61 + x) as usize * 2 + channel].is_nan())
        };
        let results = sample_values(&found);
        for (x, y) in [(0, 0), (60, 46), (30, 20), (17, 3), (44, 40), (5, 31)] {
            for channel in 0..2 {
                let result = results[(y * 61 + x) as usize * 2 + channel];
                assert_eq!(
                    result.is_nan(),
                    expected(x, y, channel),
                    "{size} at {x},{y}"
                );
                if !result.is_nan() {
                    let median = median_at(&frame, x as usize, y as usize, channel, radius);
                    assert!((result - median).abs() < 1e-9, "{size} at {x},{y}");
                }
            }
        }
    }
    // Nothing but that, in the largest window: as long as any other.
    let mut frame = Frame::zeroed(FrameFormat::new(300, 200, Color::Gray, SampleType::F32));
    frame.samples_mut::<f32>().expect("is f32").fill(f32::NAN);
    let found = applied(&Median::new(255).expect("is odd"), &frame);
    assert!(sample_values(&found).iter().all(|value| value.is_nan()));
}

#[test]
fn tables_of_too_many_tiles_are_refused() {
    let clahe = Clahe::new(2.0, 64, 64).expect("are tiles");
    let wide = FrameFormat::new(640, 512, Color::Gray, SampleType::U16);
    assert_eq!(
        clahe
            .output_format(&wide)
            .expect_err("is too much")
            .to_string(),
        "clahe tiles is 64x64 for 65536 levels: expected at most 1024 tiles in all"
    );
    assert!(clahe.output_format(&wide.with_bit_depth(12)).is_ok());
}

#[test]
fn lightness_of_fewer_bits_is_that_of_their_full_scale() {
    // The same picture in 12 bits and in 10, one after the other on one thread.
    let clahe = Clahe::new(2.0, 2, 2).expect("are tiles");
    let of_depth = |bits: u8| {
        let format = FrameFormat::new(8, 8, Color::Rgb, SampleType::U16).with_bit_depth(bits);
        let mut frame = Frame::zeroed(format);
        let samples = frame.samples_mut::<u16>().expect("is u16");
        for (place, sample) in samples.iter_mut().enumerate() {
            *sample = if place / 12 % 2 == 0 {
                0
            } else {
                (1 << bits) - 1
            };
        }
        sample_values(&applied(&clahe, &frame))
            .into_iter()
            .map(|value| value / format.full_scale())
            .collect::<Vec<_>>()
    };
    let (first, second, again) = (of_depth(12), of_depth(10), of_depth(12));
    assert_eq!(first, again);
    // A level of 10 bits.
    assert!(
        first
            .iter()
            .zip(&second)
            .all(|(first, second)| (first - second).abs() < 1.0 / 1023.0)
    );
}
