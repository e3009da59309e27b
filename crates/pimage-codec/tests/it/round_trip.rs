//! What a codec takes comes back as it was; what it does not take is refused with a way out.

use pimage_codec::{CODECS, Loss, Settings};
use pimage_core::{Color, Error, Frame, FrameFormat, SampleType};
use pimage_testkit::{counter_frame, every_format, noise_frame};

use super::{decode, encode};

/// Every type, colour and depth, at sizes that do and do not fill bytes, words and blocks.
fn formats() -> Vec<FrameFormat> {
    let mut formats = Vec::new();
    for (width, height) in [(1, 1), (19, 7), (64, 3), (33, 40)] {
        formats.extend(every_format(width, height));
        for color in Color::ALL {
            for bits in 1..8 {
                let format = FrameFormat::new(width, height, color, SampleType::U8);
                formats.push(format.with_bit_depth(bits));
            }
            for bits in [1, 8, 9, 13, 15] {
                let format = FrameFormat::new(width, height, color, SampleType::U16);
                formats.push(format.with_bit_depth(bits));
            }
        }
    }
    formats
}

/// Whether a lossless codec is meant to hold frames of this format exactly.
fn is_held(codec: &str, format: &FrameFormat) -> bool {
    let (gray, rgb) = (format.color == Color::Gray, format.color == Color::Rgb);
    let is_small = format.sample == SampleType::U8;
    let is_whole = is_small && format.bit_depth == 8;
    let is_counted = is_small || format.sample == SampleType::U16 && format.bit_depth > 8;
    match codec {
        "png" => is_small || format.sample == SampleType::U16,
        "bmp" => is_whole && format.color != Color::GrayAlpha,
        "webp" | "qoi" => is_whole,
        "pbm" => gray && is_small && format.bit_depth == 1,
        "pgm" => gray && is_counted,
        "ppm" => rgb && is_counted,
        "pnm" | "pam" => is_counted,
        "pfm" => (gray || rgb) && format.sample == SampleType::F32,
        "npy" | "bpk" | "blosc" | "zstd" => true,
        other => panic!("the test does not know {other}"),
    }
}

/// The format that comes back, where it is not the one that went in.
fn returned(codec: &str, format: &FrameFormat) -> FrameFormat {
    match (codec, format.color) {
        ("npy" | "bpk" | "blosc" | "zstd", _) => format.with_bit_depth(0),
        ("webp" | "qoi", Color::Gray) => FrameFormat {
            color: Color::Rgb,
            ..*format
        },
        ("webp" | "qoi", Color::GrayAlpha) => FrameFormat {
            color: Color::Rgba,
            ..*format
        },
        _ => *format,
    }
}

fn check(codec: &str, frame: &Frame) {
    let format = frame.format();
    let result = encode(codec, frame, &Settings::default());
    if !is_held(codec, format) {
        let error = result.expect_err("a frame that is not held is refused");
        assert!(
            matches!(error, Error::CannotHold { .. }),
            "{codec}, {format}: {error}"
        );
        let text = error.to_string();
        assert!(
            text.contains("--range") || text.contains("`."),
            "no way out: {text}"
        );
        return;
    }
    let bytes = result.unwrap_or_else(|error| panic!("{codec}, {format}: {error}"));
    let found = decode(codec, &bytes).unwrap_or_else(|error| panic!("{codec}, {format}: {error}"));
    assert_eq!(found.format(), &returned(codec, format), "{codec}");
    let channels = format.color.channels();
    let size = format.sample.bytes();
    let samples = frame.bytes().chunks_exact(channels * size);
    if found.bytes().len() == frame.bytes().len() {
        assert_eq!(found.bytes(), frame.bytes(), "{codec}, {format}");
    } else {
        let gray = found
            .bytes()
            .chunks_exact(found.format().color.channels() * size);
        for (found, expected) in gray.zip(samples) {
            assert_eq!(found[..3], [expected[0]; 3], "{codec}, {format}");
            assert_eq!(found.get(3), expected.get(1), "{codec}, {format}");
        }
    }
    let note = super::codec(codec).note(format);
    assert_eq!(
        note.is_some(),
        found.format() != format,
        "{codec}, {format}: {note:?}"
    );
}

#[test]
fn every_format_comes_back_or_is_refused() {
    let codecs = CODECS.iter().filter(|codec| {
        codec.can_encode() && matches!(codec.loss, Loss::Never) && codec.name != "tiff"
            || codec.name == "webp"
    });
    for codec in codecs {
        for format in formats() {
            check(codec.name, &counter_frame(3, format));
            check(codec.name, &noise_frame(5, 1, format));
        }
    }
}

#[test]
fn frames_are_appended_and_memory_is_reused() {
    let format = FrameFormat::new(30, 20, Color::Gray, SampleType::U8);
    for codec in CODECS {
        if !codec.can_encode() {
            continue;
        }
        let mut bytes = b"before".to_vec();
        let settings = Settings::default();
        let original = counter_frame(1, format);
        if codec.encode_into(&original, &settings, &mut bytes).is_err() {
            continue;
        }
        assert_eq!(bytes[..6], *b"before", "{}", codec.name);
        let mut frame = Frame::zeroed(format);
        let limits = pimage_core::Limits::default();
        codec
            .decode_into(&bytes[6..], &limits, &mut frame)
            .expect(codec.name);
        let address = frame.bytes().as_ptr();
        codec
            .decode_into(&bytes[6..], &limits, &mut frame)
            .expect(codec.name);
        assert_eq!(frame.bytes().as_ptr(), address, "{}", codec.name);
    }
}

#[test]
fn samples_over_their_depth_are_refused() {
    let format = FrameFormat::new(2, 1, Color::Gray, SampleType::U16).with_bit_depth(10);
    let mut frame = Frame::zeroed(format);
    frame.set_bit_depth(10);
    frame.samples_mut::<u16>().expect("is u16")[1] = 1024;
    for name in ["png", "pgm", "pam"] {
        if !super::codec(name).can_encode() {
            continue;
        }
        let error = encode(name, &frame, &Settings::default()).expect_err(name);
        assert!(error.to_string().contains("a sample is 1024"), "{error}");
    }
}
