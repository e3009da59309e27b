//! Laws of every codec in the table that is built and works here.

use pimage_codec::{CODECS, Codec, Loss, Scale, Settings, Values};
use pimage_core::{Color, Error, Frame, FrameFormat, SampleType};
use pimage_testkit::{behaviour_frame, counter_frame, noise_frame};
use proptest::prelude::*;

/// Sizes that do and do not fill blocks; one pixel, one row, one column.
const SIZES: [(u32, u32); 6] = [(1, 1), (1, 9), (17, 1), (2, 3), (33, 18), (64, 48)];

/// How close lossy pictures of a photograph are at the usual settings, dB.
const LEAST_PSNR: f64 = 25.0;

fn working() -> impl Iterator<Item = &'static Codec> {
    CODECS
        .iter()
        .copied()
        .filter(|codec| codec.can_encode() && codec.available().is_ok())
}

/// The formats of a size that a codec says it holds.
fn formats(codec: &Codec, (width, height): (u32, u32)) -> Vec<FrameFormat> {
    let mut formats = Vec::new();
    for &sample in codec.samples {
        for &color in codec.colors {
            let full = FrameFormat::new(width, height, color, sample);
            for bits in [full.bit_depth, codec.bits.0, codec.bits.1, 9, 10, 12] {
                // Only counts have bits that may be unused.
                if bits != full.bit_depth && !matches!(sample, SampleType::U8 | SampleType::U16) {
                    continue;
                }
                let format = full.with_bit_depth(bits);
                if codec.expect_held(&format).is_ok() && !formats.contains(&format) {
                    formats.push(format);
                }
            }
        }
    }
    formats
}

/// Whether a lossless codec gave the frame back, or what its note announces.
fn expect_exact(codec: &Codec, frame: &Frame, found: &Frame, settings: &Settings) {
    let (format, name) = (frame.format(), codec.name);
    if found.format().color == format.color {
        assert_eq!(
            found.bytes(),
            frame.bytes(),
            "{name}, {format}, {settings:?}"
        );
    }
    let is_noted = codec.note(format).is_some();
    assert_eq!(is_noted, found.format() != format, "{name}, {format}");
}

/// The ratio over all samples, dB; infinite where all are equal.
fn psnr(original: &Frame, found: &Frame) -> f64 {
    let format = original.format();
    assert_eq!(found.format().color, format.color);
    let numbers = |frame: &Frame| -> Vec<f64> {
        match frame.format().sample {
            SampleType::U8 => widened(frame.samples::<u8>()),
            SampleType::U16 => widened(frame.samples::<u16>()),
            SampleType::F32 => widened(frame.samples::<f32>()),
            other => panic!("no lossy codec has {other}"),
        }
    };
    let (original, found) = (numbers(original), numbers(found));
    assert_eq!(original.len(), found.len());
    let squares: f64 = original
        .iter()
        .zip(&found)
        .map(|(original, found)| (original - found).powi(2))
        .sum();
    let peak = format.full_scale();
    10.0 * (peak * peak * original.len() as f64 / squares).log10()
}

fn widened<T: Copy + Into<f64>>(samples: Option<&[T]>) -> Vec<f64> {
    let samples = samples.expect("is of this type");
    samples.iter().map(|&sample| sample.into()).collect()
}

/// Something like a photograph that the codec holds: 8 bits in colour or gray, or its widest integers.
fn photograph(codec: &Codec) -> Option<Frame> {
    let gray = behaviour_frame(3, 160, 120);
    let levels: Vec<u8> = gray.bytes().to_vec();
    let format = |color, sample| FrameFormat::new(160, 120, color, sample);
    let color = codec
        .colors
        .contains(&Color::Rgb)
        .then_some(Color::Rgb)
        .or_else(|| codec.colors.first().copied())?;
    let mut frame = Frame::zeroed(format(color, SampleType::U8));
    codec.expect_held(frame.format()).ok()?;
    let pixels = frame
        .samples_mut::<u8>()?
        .chunks_exact_mut(color.channels());
    for (pixel, level) in pixels.zip(&levels) {
        for (channel, sample) in pixel.iter_mut().enumerate() {
            *sample = level.saturating_add(channel as u8 * 20);
        }
    }
    Some(frame)
}

#[test]
fn what_a_codec_says_it_holds_goes_through_it() {
    for codec in working() {
        let mut tried = 0;
        for size in SIZES {
            for format in formats(codec, size) {
                for lossless in [false, true] {
                    let settings = Settings {
                        lossless,
                        ..Settings::default()
                    };
                    if lossless && codec.loss == Loss::Always {
                        continue;
                    }
                    let is_lossless = codec.is_lossless(&settings).expect("are known");
                    assert!(is_lossless || !lossless, "{}", codec.name);
                    for frame in [counter_frame(3, format), noise_frame(5, 1, format)] {
                        let applied = match codec.apply(&frame, &settings) {
                            // A lossy codec may be lossless for some formats only.
                            Err(Error::CannotHold { .. }) if lossless => continue,
                            other => other.unwrap_or_else(|error| {
                                panic!("{}, {format}: {error}", codec.name)
                            }),
                        };
                        assert!(applied.payload_bytes > 0, "{}", codec.name);
                        assert!(applied.payload_bytes <= applied.encoded.len());
                        assert_eq!(applied.frame.stamp, frame.stamp);
                        let told = codec.format(&applied.encoded, &pimage_core::Limits::default());
                        assert_eq!(told.expect("is read"), *applied.frame.format());
                        let found = applied.frame.format();
                        assert_eq!((found.width, found.height), (format.width, format.height));
                        if is_lossless {
                            expect_exact(codec, &frame, &applied.frame, &settings);
                        } else if codec.note(&format).is_none() {
                            assert_eq!(found, &format, "{}", codec.name);
                        }
                        tried += 1;
                    }
                }
            }
        }
        assert!(tried > 0, "{} holds nothing", codec.name);
    }
}

#[test]
fn what_it_does_not_hold_is_refused_with_a_way_out() {
    for codec in working() {
        for sample in SampleType::ALL {
            for color in Color::ALL {
                let format = FrameFormat::new(5, 4, color, sample);
                if codec.expect_held(&format).is_ok() {
                    continue;
                }
                let error = codec.encode(&counter_frame(1, format), &Settings::default());
                let error = error.expect_err("is not held");
                assert!(matches!(error, Error::CannotHold { .. }), "{error}");
                let text = error.to_string();
                assert!(text.contains("`.") || text.contains("--range"), "{text}");
            }
        }
        let empty = Frame::zeroed(FrameFormat::new(0, 4, codec.colors[0], codec.samples[0]));
        assert!(codec.encode(&empty, &Settings::default()).is_err());
    }
}

/// Values of an option that are worth trying.
fn samples_of(values: &Values) -> Vec<String> {
    match values {
        Values::Flag => vec!["true".to_owned(), "false".to_owned()],
        Values::Whole(low, high) => vec![low.to_string(), high.to_string()],
        Values::Real(low, high) => vec![low.to_string(), high.to_string()],
        Values::OneOf(names) => names.iter().map(|&name| name.to_owned()).collect(),
        Values::Text(..) => Vec::new(),
    }
}

#[test]
fn every_value_of_every_option_is_taken() {
    for codec in working() {
        let format = FrameFormat::new(33, 18, codec.colors[0], codec.samples[0]);
        let frames: Vec<_> = formats(codec, (33, 18))
            .into_iter()
            .filter(|other| other.sample == format.sample)
            .map(|format| counter_frame(2, format))
            .collect();
        for choice in codec.options {
            for value in samples_of(&choice.values) {
                let settings = Settings::default().with(choice.name, &value);
                codec.check(&settings).expect("is in the table");
                for frame in &frames {
                    match codec.apply(frame, &settings) {
                        Ok(applied) => {
                            if codec.is_lossless(&settings).expect("is known") {
                                expect_exact(codec, frame, &applied.frame, &settings);
                            }
                        }
                        // A depth or a colour that the frame does not have.
                        Err(
                            Error::CannotHold { .. }
                            | Error::BadOption { .. }
                            | Error::NotBuilt { .. },
                        ) => {}
                        Err(error) => panic!("{}, {}={value}: {error}", codec.name, choice.name),
                    }
                }
            }
            let refused = codec.check(&Settings::default().with(choice.name, "no such value"));
            let text = refused.expect_err("is not in the table").to_string();
            assert!(text.contains(codec.label), "{text}");
        }
        let unknown = codec.check(&Settings::default().with("colour-of-money", 1));
        let text = unknown.expect_err("is unknown").to_string();
        for choice in codec.options {
            assert!(text.contains(choice.name), "{text}");
        }
    }
}

/// Pairs of bytes and ratio, along the steps of a scale; `None` when this build only reads what is lossy.
fn curve(codec: &'static Codec, scale: &Scale, frame: &Frame) -> Option<Vec<(usize, f64)>> {
    let at = |value: &f64| {
        let settings = Settings::of_quality(format!("{}={value}", scale.name));
        match codec.apply(frame, &settings) {
            Err(Error::NotBuilt { .. }) => None,
            Err(error) => panic!("{}, {}={value}: {error}", codec.name, scale.name),
            Ok(applied) => Some((applied.payload_bytes, psnr(frame, &applied.frame))),
        }
    };
    scale.steps.iter().map(at).collect()
}

#[test]
fn better_quality_is_larger_and_closer() {
    for codec in working() {
        let Some(frame) = photograph(codec) else {
            continue;
        };
        for scale in codec.scales {
            assert!(scale.steps.len() >= 5, "{}", codec.name);
            assert!(scale.parse(&scale.usual.to_string()).is_some());
            let Some(curve) = curve(codec, scale, &frame) else {
                continue;
            };
            for pair in curve.windows(2) {
                let [(bytes, ratio), (more_bytes, better)] = pair else {
                    continue;
                };
                // A step may leave a tiny picture as it is.
                assert!(
                    bytes <= more_bytes,
                    "{}, {}: {curve:?}",
                    codec.name,
                    scale.name
                );
                assert!(
                    *ratio <= better + 0.1,
                    "{}, {}: {curve:?}",
                    codec.name,
                    scale.name
                );
            }
            let (first, last) = (curve[0], curve[curve.len() - 1]);
            assert!(
                first.0 < last.0 && first.1 < last.1,
                "{}: {curve:?}",
                codec.name
            );
        }
        if !codec.scales.is_empty() {
            let usual = codec.apply(&frame, &Settings::default()).expect(codec.name);
            let ratio = psnr(&frame, &usual.frame);
            assert!(ratio >= LEAST_PSNR, "{}: {ratio} dB", codec.name);
        }
    }
}

#[test]
fn qualities_that_there_are_not_are_refused() {
    for codec in working() {
        for text in ["", "x", "1e99", "-7", "nan", "colour=3"] {
            let error = codec
                .check(&Settings::of_quality(text))
                .expect_err(codec.name);
            let text = error.to_string();
            assert!(text.starts_with("--quality is"), "{text}");
            assert!(text.contains(codec.label), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_lossless_is_lossless_at_any_size(
        width in 1u32..70,
        height in 1u32..50,
        seed in 0u64..1000,
        pick in 0usize..10_000,
    ) {
        for codec in working().filter(|codec| codec.loss != Loss::Always) {
            let formats = formats(codec, (width, height));
            let format = formats[pick % formats.len()];
            let frame = noise_frame(seed, pick as u64, format);
            let settings = Settings { lossless: true, ..Settings::default() };
            match codec.apply(&frame, &settings) {
                Ok(applied) => expect_exact(codec, &frame, &applied.frame, &settings),
                // A lossy codec may be lossless for some formats only.
                Err(error) => prop_assert!(
                    matches!(error, Error::CannotHold { .. }) && codec.loss != Loss::Never,
                    "{}, {format}: {error}", codec.name
                ),
            }
        }
    }
}

#[cfg(feature = "ffmpeg")]
#[test]
fn jpeg_2000_keeps_to_its_ratio_and_reaches_its_psnr() {
    let codec = crate::codec("jp2");
    let frame = photograph(codec).expect("is held");
    let raw = frame.bytes().len() as f64;
    for ratio in ["4", "10", "20"] {
        let asked: f64 = ratio.parse().expect("a number");
        let applied = codec
            .apply(&frame, &Settings::of_quality(ratio))
            .expect("is coded");
        let found = raw / applied.payload_bytes as f64;
        assert!(
            (asked * 0.95..asked * 1.15).contains(&found),
            "{asked}: {found}"
        );
    }
    for target in [30.0, 45.0, 115.0] {
        let settings = Settings::of_quality(format!("psnr={target}"));
        let applied = codec.apply(&frame, &settings).expect("is coded");
        assert!(psnr(&frame, &applied.frame) >= target, "{target}");
    }
}
