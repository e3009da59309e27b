//! JPEG images.

use jpeg_encoder::{ColorType, Encoder, PixelDensity};
use pimage_codec::Settings;
use pimage_core::{Color, FrameFormat, Limits, SampleType, Value};
use pimage_testkit::{behaviour_frame, counter_frame, max_difference};

use super::{codec, decode, encode, refusal, with_compression};

#[test]
fn quality_decides_how_close_it_is() {
    let frame = behaviour_frame(3, 160, 120);
    let mut last = (0, f64::MAX);
    for quality in ["20", "60", "95", "100"] {
        let bytes = encode("jpeg", &frame, &Settings::of_quality(quality)).expect(quality);
        let mut found = decode("jpeg", &bytes).expect(quality);
        found.stamp = frame.stamp.clone();
        assert_eq!(found.format(), frame.format());
        let pairs = frame.bytes().iter().zip(found.bytes());
        let error: f64 = pairs
            .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
            .sum();
        assert!(
            bytes.len() > last.0 && error < last.1,
            "{quality}: {} bytes, {error}",
            bytes.len()
        );
        last = (bytes.len(), error);
        if quality == "100" {
            assert!(max_difference(&frame, &found) <= 3.0);
        }
    }
    for quality in ["0", "101", "crf=3", ""] {
        let error = encode("jpeg", &frame, &Settings::of_quality(quality)).expect_err(quality);
        assert!(error.to_string().starts_with("--quality is"), "{error}");
    }
    let error = encode("jpeg", &frame, &with_compression("9")).expect_err("has none");
    assert!(error.to_string().starts_with("--compression is"), "{error}");
}

#[test]
fn frames_that_it_cannot_hold_are_refused() {
    let lossless = Settings {
        lossless: true,
        ..Settings::default()
    };
    let gray = FrameFormat::new(8, 8, Color::Gray, SampleType::U8);
    let error = encode("jpeg", &counter_frame(0, gray), &lossless).expect_err("is lossy");
    assert!(error.to_string().contains("`.png`"), "{error}");
    for (format, hint) in [
        (gray.with_bit_depth(4), "--range"),
        (
            FrameFormat {
                sample: SampleType::F32,
                bit_depth: 32,
                ..gray
            },
            "--range",
        ),
        (
            FrameFormat {
                color: Color::Rgba,
                ..gray
            },
            "opacity",
        ),
        (
            FrameFormat {
                color: Color::GrayAlpha,
                ..gray
            },
            "opacity",
        ),
    ] {
        let error = encode("jpeg", &counter_frame(0, format), &Settings::default());
        let text = error.expect_err("is refused").to_string();
        assert!(text.contains(hint), "{text}");
    }
}

#[test]
fn progressive_gray_and_colour_are_read() {
    for (color, kind) in [(Color::Gray, ColorType::Luma), (Color::Rgb, ColorType::Rgb)] {
        let frame = counter_frame(2, FrameFormat::new(48, 33, color, SampleType::U8));
        let [mut baseline, mut progressive] = [Vec::new(), Vec::new()];
        for (is_progressive, bytes) in [(false, &mut baseline), (true, &mut progressive)] {
            let mut encoder = Encoder::new(bytes, 90);
            encoder.set_progressive(is_progressive);
            encoder
                .encode(frame.bytes(), 48, 33, kind)
                .expect("is coded");
        }
        let expected = decode("jpeg", &baseline).expect("is read");
        assert_eq!(expected.format().color, color);
        assert_eq!(decode("jpeg", &progressive).expect("is read"), expected);
    }
}

#[test]
fn density_and_orientation_are_told() {
    let frame = counter_frame(2, FrameFormat::new(8, 8, Color::Gray, SampleType::U8));
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_density(PixelDensity::dpi(254));
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
    encoder.add_exif_metadata(exif).expect("is short");
    encoder
        .encode(frame.bytes(), 8, 8, ColorType::Luma)
        .expect("is coded");
    let metadata = codec("jpeg").metadata(&bytes, &Limits::default());
    let metadata = metadata.expect("is read");
    assert_eq!(metadata.get("exif_orientation"), Some(&Value::from(6u32)));
    let Some(Value::Float(size)) = metadata.get("pixel_size_x") else {
        panic!("no pixel size: {metadata:?}");
    };
    assert!((size - 100.0).abs() < 1e-9, "{size}");
}

#[test]
fn kinds_that_it_does_not_read_are_named() {
    let frame = counter_frame(2, FrameFormat::new(8, 8, Color::Rgba, SampleType::U8));
    let mut cmyk = Vec::new();
    let encoder = Encoder::new(&mut cmyk, 90);
    encoder
        .encode(frame.bytes(), 8, 8, ColorType::Cmyk)
        .expect("is coded");
    assert_eq!(
        refusal(decode("jpeg", &cmyk)),
        "``: a CMYK JPEG; pimage reads gray and RGB"
    );
    let sof = cmyk
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .expect("has a size");
    for (offset, value, reason) in [
        (4, 12, "a JPEG of 12 bits"),
        (1, 0xC9, "arithmetic-coded"),
        (1, 0xC3, "lossless"),
        (9, 2, "2 components"),
    ] {
        let mut other = cmyk.clone();
        other[sof + offset] = value;
        let text = refusal(decode("jpeg", &other));
        assert!(text.contains(reason), "{text}");
    }
}
