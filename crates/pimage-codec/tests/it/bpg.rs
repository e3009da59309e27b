//! BPG: what is lossless comes back, what is lossy is near, and what cannot be stored is refused.

use pimage_codec::Settings;
use pimage_core::{Color, Frame, FrameFormat, Limits, SampleType};
use pimage_testkit::counter_frame;
use proptest::prelude::*;

use super::{codec, decode, encode, refusal};

/// Whether FFmpeg is on this machine.
fn is_there() -> bool {
    codec("bpg").available().is_ok()
}

fn lossless() -> Settings {
    Settings {
        lossless: true,
        ..Settings::default()
    }
}

/// A smooth picture, whose channels differ.
fn smooth(format: FrameFormat) -> Frame {
    let mut frame = Frame::zeroed(format);
    let channels = format.color.channels();
    let full = format.full_scale();
    let row = format.width as usize * channels;
    let level = |index: usize| {
        let (x, y, c) = (index % row / channels, index / row, index % channels);
        let wave = ((x + 3 * c) as f64 / 11.0).sin() * ((y + 5 * c) as f64 / 9.0).cos();
        ((wave + 1.0) / 2.0 * full).round()
    };
    if let Some(samples) = frame.samples_mut::<u8>() {
        for (index, sample) in samples.iter_mut().enumerate() {
            *sample = level(index) as u8;
        }
    } else if let Some(samples) = frame.samples_mut::<u16>() {
        for (index, sample) in samples.iter_mut().enumerate() {
            *sample = level(index) as u16;
        }
    }
    frame
}

/// The root of the mean squared difference, as a part of the full scale.
fn distance(a: &Frame, b: &Frame) -> f64 {
    assert_eq!(a.format(), b.format());
    let values = |frame: &Frame| -> Vec<f64> {
        match (frame.samples::<u8>(), frame.samples::<u16>()) {
            (Some(samples), _) => samples.iter().map(|&sample| f64::from(sample)).collect(),
            (_, Some(samples)) => samples.iter().map(|&sample| f64::from(sample)).collect(),
            _ => Vec::new(),
        }
    };
    let (a_values, b_values) = (values(a), values(b));
    let sum: f64 = a_values
        .iter()
        .zip(&b_values)
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    (sum / a_values.len() as f64).sqrt() / a.format().full_scale()
}

fn formats() -> impl Strategy<Value = FrameFormat> {
    let size = (1..40u32, 1..40u32);
    let depth = prop_oneof![
        Just((SampleType::U8, 8)),
        Just((SampleType::U16, 10)),
        Just((SampleType::U16, 12))
    ];
    let color = prop::sample::select(Color::ALL.to_vec());
    (size, depth, color).prop_map(|((width, height), (sample, bits), color)| {
        FrameFormat::new(width, height, color, sample).with_bit_depth(bits)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_lossless_comes_back(format in formats(), seed in 0..1000u64) {
        prop_assume!(is_there());
        let frame = counter_frame(seed, format);
        let bytes = encode("bpg", &frame, &lossless()).expect("is stored");
        let back = decode("bpg", &bytes).expect("is decoded");
        prop_assert_eq!(back.format(), frame.format());
        prop_assert_eq!(back.bytes(), frame.bytes());
    }

    #[test]
    fn what_is_lossy_is_near(
        format in formats(),
        colors in prop::sample::select(vec!["ycbcr", "bt709", "bt2020", "ycgco", "rgb"]),
        subsampling in prop::sample::select(vec!["4:2:0", "4:2:2", "4:4:4"]),
    ) {
        prop_assume!(is_there() && (colors != "rgb" || subsampling == "4:4:4"));
        let frame = smooth(format);
        let settings = Settings::of_quality(8).with("colors", colors).with("subsampling", subsampling);
        let bytes = encode("bpg", &frame, &settings).expect("is stored");
        let back = decode("bpg", &bytes).expect("is decoded");
        let distance = distance(&back, &frame);
        // Half of the chroma of a wave of 11 pixels is off by as much.
        prop_assert!(distance < 0.05, "{distance}");
    }
}

#[test]
fn a_greater_quantiser_makes_smaller_and_worse_files() {
    if !is_there() {
        return;
    }
    let frame = smooth(FrameFormat::new(200, 120, Color::Rgb, SampleType::U8));
    let (mut last_bytes, mut last_distance) = (usize::MAX, 0.0);
    for quality in [8, 18, 29, 40, 51] {
        let applied = codec("bpg")
            .apply(&frame, &Settings::of_quality(quality))
            .expect("is stored");
        let distance = distance(&applied.frame, &frame);
        assert!(applied.payload_bytes < last_bytes, "{quality}");
        assert!(distance > last_distance, "{quality}");
        // Only the header of the file is no payload.
        let rest = applied.encoded.len() - applied.payload_bytes;
        assert!((9..=12).contains(&rest), "{rest}");
        (last_bytes, last_distance) = (applied.payload_bytes, distance);
    }
}

#[test]
fn eight_bits_are_spread_over_more_when_asked() {
    if !is_there() {
        return;
    }
    let frame = smooth(FrameFormat::new(40, 30, Color::Gray, SampleType::U8));
    let settings = Settings::of_quality(4).with("depth", "10");
    let bytes = encode("bpg", &frame, &settings).expect("is stored");
    let back = decode("bpg", &bytes).expect("is decoded");
    assert_eq!(back.format().bit_depth, 10);
    let samples = back.samples::<u16>().expect("has 16-bit samples");
    for (&deep, &level) in samples.iter().zip(frame.bytes()) {
        let expected = f64::from(level) * 1023.0 / 255.0;
        assert!(
            (f64::from(deep) - expected).abs() < 12.0,
            "{deep} of {level}"
        );
    }
}

#[test]
fn what_cannot_be_stored_is_refused_in_words_that_help() {
    let gray = |sample, bits| {
        Frame::zeroed(FrameFormat::new(16, 16, Color::Gray, sample).with_bit_depth(bits))
    };
    for (frame, settings, text) in [
        (
            gray(SampleType::U16, 16),
            Settings::default(),
            "--range auto",
        ),
        (
            gray(SampleType::U16, 11),
            Settings::default(),
            "10 or 12 bits",
        ),
        (
            gray(SampleType::F32, 32),
            Settings::default(),
            "--range auto",
        ),
        (
            gray(SampleType::U16, 10),
            Settings::default().with("depth", "12"),
            "expected 10, which is the frame's",
        ),
        (
            gray(SampleType::U8, 8),
            lossless().with("colors", "ycbcr"),
            "expected rgb where no pixel may be lost",
        ),
        (
            Frame::zeroed(FrameFormat::new(16, 16, Color::Rgb, SampleType::U8)),
            lossless().with("subsampling", "4:2:0"),
            "expected 4:4:4",
        ),
        (
            gray(SampleType::U8, 8),
            Settings::of_quality(52),
            "0 (best) to 51 (smallest)",
        ),
    ] {
        let error = encode("bpg", &frame, &settings).expect_err("is refused");
        let error = error.to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn a_picture_that_its_data_cannot_hold_is_refused_before_it_is_decoded() {
    // 30,000 x 8,000 pixels of gray in blocks of 64, with one slice of 4 bytes.
    let bytes = [
        0x42,
        0x50,
        0x47,
        0xFB,
        0x00,
        0x00,
        0x81,
        0xEA,
        0x30,
        0xBE,
        0x40,
        0x00,
        3,
        0b1001_0010,
        0b0100_0111,
        0b0100_0000,
        0x44,
        1,
        0xC1,
        0,
        0,
        1,
        0x26,
        1,
        0xAF,
        0xE0,
    ];
    let text = refusal(decode("bpg", &bytes));
    assert!(
        text.contains("4 bytes for a picture of 30000x8000, which has 7328 at least"),
        "{text}"
    );
}

#[test]
fn long_strips_are_stored() {
    if !is_there() {
        return;
    }
    for (width, height) in [(9000, 3), (20, 5000)] {
        let frame = smooth(FrameFormat::new(width, height, Color::Gray, SampleType::U8));
        let bytes = encode("bpg", &frame, &lossless()).expect("is stored");
        let back = decode("bpg", &bytes).expect("is decoded");
        assert!(back.bytes() == frame.bytes(), "{width}x{height} differs");
    }
}

#[test]
fn depths_that_ffmpeg_does_not_decode_are_named() {
    let frame = smooth(FrameFormat::new(16, 16, Color::Gray, SampleType::U8));
    let Ok(mut bytes) = encode("bpg", &frame, &Settings::default()) else {
        return;
    };
    for (extra, text) in [
        (3, "11 bits"),
        (5, "13 bits"),
        (6, "14 bits"),
        (7, "15 bits"),
    ] {
        bytes[4] = extra;
        let error = refusal(decode("bpg", &bytes));
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn blocks_beside_the_picture_are_told_and_change_nothing() {
    if !is_there() {
        return;
    }
    let frame = smooth(FrameFormat::new(33, 21, Color::Rgb, SampleType::U8));
    let bytes = encode("bpg", &frame, &Settings::default()).expect("is stored");
    let plain = decode("bpg", &bytes).expect("is decoded");
    // Width and height have a byte each here; the length follows.
    let after_length = 8
        + bytes[8..]
            .iter()
            .position(|byte| byte & 0x80 == 0)
            .expect("ends")
        + 1;
    let mut extended = bytes[..after_length].to_vec();
    extended[5] |= 8;
    extended.extend([9, 1, 2, 0xAA, 0xBB, 2, 3, 7, 7, 7]);
    extended.extend_from_slice(&bytes[after_length..]);
    assert_eq!(decode("bpg", &extended).expect("is decoded"), plain);
    let limits = Limits::default();
    let metadata = codec("bpg").metadata(&extended, &limits).expect("is told");
    for (key, value) in [("exif_bytes", 2u32), ("icc_bytes", 3)] {
        assert_eq!(metadata.get(key), Some(&value.into()), "{key}");
    }
    assert_eq!(metadata.get("subsampling"), Some(&"4:2:0".into()));
    assert_eq!(metadata.get("colors"), Some(&"ycbcr".into()));
}
