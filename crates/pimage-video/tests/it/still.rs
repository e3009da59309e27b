//! Single pictures: every encoder at every depth, subsampling and size, against itself and against the ffmpeg program.

use std::path::Path;
use std::process::Command;

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, SampleType};
use pimage_video::still::{Chroma, Encoder, Encoding, Kind, decode, encode};
use pimage_yuv::Range;

/// Smooth colours with a little texture, of `bits` bits.
fn photo(width: u32, height: u32, color: Color, sample: SampleType, bits: u8) -> Frame {
    let mut frame =
        Frame::zeroed(FrameFormat::new(width, height, color, sample).with_bit_depth(bits));
    let channels = color.channels();
    let value = |index: usize| {
        let (pixel, channel) = (index / channels, index % channels);
        let (x, y) = (pixel as u32 % width, pixel as u32 / width);
        let wave = (f64::from(x) / 9.0 + channel as f64).sin() * (f64::from(y) / 13.0).cos();
        let texture = f64::from((x * 7 + y * 13) % 5) / 50.0;
        (0.45 + 0.4 * wave + texture).clamp(0.0, 1.0)
    };
    let white = 2f64.powi(i32::from(bits)) - 1.0;
    if let Some(samples) = frame.samples_mut::<u8>() {
        for (index, sample) in samples.iter_mut().enumerate() {
            *sample = (value(index) * white) as u8;
        }
    } else if let Some(samples) = frame.samples_mut::<u16>() {
        for (index, sample) in samples.iter_mut().enumerate() {
            *sample = (value(index) * white) as u16;
        }
    } else if let Some(samples) = frame.samples_mut::<f32>() {
        for (index, sample) in samples.iter_mut().enumerate() {
            *sample = value(index) as f32;
        }
    }
    frame
}

fn coded(frame: &Frame, encoding: &Encoding) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(frame, encoding, &mut bytes).unwrap_or_else(|error| panic!("{encoding:?}: {error}"));
    bytes
}

fn restored(bytes: &[u8], kind: Kind) -> Frame {
    let mut frame = Frame::empty();
    decode(bytes, kind, 1, &Limits::default(), &mut frame)
        .unwrap_or_else(|error| panic!("{kind:?}: {error}"));
    frame
}

fn psnr(a: &Frame, b: &Frame) -> f64 {
    let values = |frame: &Frame| -> Vec<f64> {
        match (frame.samples::<u8>(), frame.samples::<u16>()) {
            (Some(samples), _) => samples.iter().map(|&v| f64::from(v)).collect(),
            (_, Some(samples)) => samples.iter().map(|&v| f64::from(v)).collect(),
            _ => Vec::new(),
        }
    };
    let (a_values, b_values) = (values(a), values(b));
    let sum: f64 = a_values
        .iter()
        .zip(&b_values)
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    10.0 * (a.format().full_scale().powi(2) / (sum / a_values.len() as f64).max(1e-9)).log10()
}

fn usual(encoder: Encoder) -> Encoding {
    let encoding = Encoding::new(encoder);
    match encoder {
        Encoder::X264 | Encoder::X265 => encoding.with_option("qp", "14"),
        Encoder::Aom => encoding
            .with_option("crf", "10")
            .with_option("b", "0")
            .with_option("cpu-used", "6"),
        Encoder::Svt => encoding.with_option("crf", "10").with_option("preset", "8"),
        Encoder::Mjpeg => Encoding {
            quantiser: Some(2.0),
            ..encoding
        },
        Encoder::OpenJpeg => encoding.with_option("compression_level", "2"),
        Encoder::Jxl => encoding,
    }
}

/// Those whose pictures FFmpeg decodes without fail.
const ENCODERS: [Encoder; 6] = [
    Encoder::X264,
    Encoder::X265,
    Encoder::Aom,
    Encoder::Svt,
    Encoder::Mjpeg,
    Encoder::OpenJpeg,
];

#[test]
fn frames_of_every_size_come_back_as_large_and_nearly_the_same() {
    let mut low = Vec::new();
    for encoder in ENCODERS {
        for (width, height) in [(1, 1), (2, 2), (3, 5), (16, 1), (33, 47), (130, 67)] {
            for color in [Color::Gray, Color::Rgb] {
                for chroma in [Chroma::Yuv420, Chroma::Yuv422, Chroma::Yuv444, Chroma::Rgb] {
                    let refuses = matches!(
                        (encoder, chroma),
                        (Encoder::Svt, Chroma::Yuv422 | Chroma::Yuv444 | Chroma::Rgb)
                            | (Encoder::Mjpeg, Chroma::Rgb)
                    );
                    if refuses || (color == Color::Gray && chroma != Chroma::Yuv420) {
                        continue;
                    }
                    let frame = photo(width, height, color, SampleType::U8, 8);
                    let encoding = Encoding {
                        chroma,
                        ..usual(encoder)
                    };
                    let mut bytes = Vec::new();
                    if let Err(error) = encode(&frame, &encoding, &mut bytes) {
                        low.push(format!(
                            "{encoder:?} {width}x{height} {color} {chroma:?}: {error}"
                        ));
                        continue;
                    }
                    let mut back = Frame::empty();
                    if let Err(error) =
                        decode(&bytes, encoder.kind(), 1, &Limits::default(), &mut back)
                    {
                        low.push(format!(
                            "{encoder:?} {width}x{height} {color} {chroma:?}: decode {error}"
                        ));
                        continue;
                    }
                    if back.format() != frame.format() {
                        low.push(format!(
                            "{encoder:?} {width}x{height} {color} {chroma:?}: {}",
                            back.format()
                        ));
                        continue;
                    }
                    // Chroma of a few pixels is shared by all of them.
                    let least = if chroma == Chroma::Yuv420 && color == Color::Rgb {
                        24.0
                    } else {
                        30.0
                    };
                    let quality = psnr(&frame, &back);
                    if quality < least {
                        low.push(format!(
                            "{encoder:?} {width}x{height} {color} {chroma:?}: {quality:.1} dB"
                        ));
                    }
                }
            }
        }
    }
    assert!(low.is_empty(), "{}", low.join("\n"));
}

#[test]
fn deep_frames_stay_deep_and_shallow_ones_come_back_shallow() {
    for (encoder, depths) in [
        (Encoder::X264, [9, 10].as_slice()),
        (Encoder::X265, &[9, 10, 12]),
        (Encoder::Aom, &[10, 11, 12]),
        (Encoder::Svt, &[10]),
    ] {
        for &depth in depths {
            for color in [Color::Gray, Color::Rgb] {
                let frame = photo(65, 66, color, SampleType::U16, depth);
                let back = restored(&coded(&frame, &usual(encoder)), encoder.kind());
                assert_eq!(back.format(), frame.format(), "{encoder:?}");
                assert!(psnr(&frame, &back) > 30.0, "{encoder:?} {depth} {color}");
            }
        }
        let frame = photo(64, 66, Color::Rgb, SampleType::U8, 8);
        let encoding = Encoding {
            depth: Some(10),
            ..usual(encoder)
        };
        let back = restored(&coded(&frame, &encoding), encoder.kind());
        assert_eq!(back.format(), frame.format(), "{encoder:?}");
        assert!(psnr(&frame, &back) > 30.0, "{encoder:?}");
    }
}

#[test]
fn lossless_is_bit_identical() {
    let x265 = Encoding {
        chroma: Chroma::Rgb,
        ..Encoding::new(Encoder::X265)
    }
    .with_option("x265-params", "lossless=1:log-level=error");
    let x264 = Encoding {
        chroma: Chroma::Rgb,
        ..Encoding::new(Encoder::X264)
    }
    .with_option("qp", "0");
    let aom = Encoding {
        chroma: Chroma::Rgb,
        ..Encoding::new(Encoder::Aom)
    }
    .with_option("aom-params", "lossless=1")
    .with_option("cpu-used", "6");
    let j2k = Encoding::new(Encoder::OpenJpeg);
    for (encoding, types) in [
        (
            &x265,
            [
                (Color::Rgb, 8),
                (Color::Rgb, 10),
                (Color::Rgb, 12),
                (Color::Gray, 8),
                (Color::Gray, 12),
            ]
            .as_slice(),
        ),
        (
            &x264,
            &[
                (Color::Rgb, 8),
                (Color::Rgb, 10),
                (Color::Gray, 8),
                (Color::Gray, 10),
            ],
        ),
        (
            &aom,
            &[
                (Color::Rgb, 8),
                (Color::Rgb, 12),
                (Color::Gray, 8),
                (Color::Gray, 10),
            ],
        ),
        (
            &j2k,
            &[
                (Color::Rgb, 8),
                (Color::Rgb, 16),
                (Color::Gray, 8),
                (Color::Gray, 16),
                (Color::GrayAlpha, 8),
                (Color::Rgba, 8),
                (Color::Rgba, 16),
            ],
        ),
    ] {
        for &(color, bits) in types {
            for (width, height) in [(1, 1), (37, 23), (64, 64)] {
                let sample = if bits == 8 {
                    SampleType::U8
                } else {
                    SampleType::U16
                };
                let frame = photo(width, height, color, sample, bits);
                let back = restored(&coded(&frame, encoding), encoding.encoder.kind());
                assert_eq!(
                    back, frame,
                    "{:?} {color} {bits} {width}x{height}",
                    encoding.encoder
                );
            }
        }
    }
}

/// The planes that the ffmpeg program decodes a file to, as RGB or gray in its own words.
fn by_ffmpeg(bytes: &[u8], extension: &str, pixel_format: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("a.{extension}"));
    std::fs::write(&path, bytes).expect("is written");
    raw(&path, pixel_format)
}

fn raw(path: &Path, pixel_format: &str) -> Vec<u8> {
    let run = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args([
            "-frames:v",
            "1",
            "-pix_fmt",
            pixel_format,
            "-f",
            "rawvideo",
            "-",
        ])
        .output()
        .expect("ffmpeg runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    run.stdout
}

#[test]
fn the_ffmpeg_program_decodes_the_same_levels() {
    for (encoder, extension) in [
        (Encoder::X264, "h264"),
        (Encoder::X265, "hevc"),
        (Encoder::Aom, "obu"),
        (Encoder::Mjpeg, "jpg"),
        (Encoder::OpenJpeg, "jp2"),
    ] {
        if encoder != Encoder::Mjpeg {
            let gray = photo(66, 70, Color::Gray, SampleType::U8, 8);
            let bytes = coded(&gray, &usual(encoder));
            let back = restored(&bytes, encoder.kind());
            assert_eq!(
                by_ffmpeg(&bytes, extension, "gray"),
                back.bytes(),
                "{encoder:?} gray"
            );
        }
        let encoding = Encoding {
            chroma: Chroma::Rgb,
            ..usual(encoder)
        };
        if encoder == Encoder::Mjpeg {
            continue;
        }
        let frame = photo(66, 70, Color::Rgb, SampleType::U8, 8);
        let bytes = coded(&frame, &encoding);
        let back = restored(&bytes, encoder.kind());
        assert_eq!(
            by_ffmpeg(&bytes, extension, "rgb24"),
            back.bytes(),
            "{encoder:?} rgb"
        );
    }
}

#[test]
fn what_the_ffmpeg_program_encodes_is_decoded() {
    let frame = photo(66, 70, Color::Rgb, SampleType::U8, 8);
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("a.rgb");
    std::fs::write(&source, frame.bytes()).expect("is written");
    for (name, kind, options) in [
        (
            "a.h264",
            Kind::H264,
            ["-c:v", "libx264", "-qp", "12", "-pix_fmt", "yuv444p"].as_slice(),
        ),
        (
            "a.hevc",
            Kind::Hevc,
            &[
                "-c:v",
                "libx265",
                "-x265-params",
                "qp=12:log-level=none",
                "-pix_fmt",
                "yuv420p",
            ],
        ),
        (
            "a.obu",
            Kind::Av1,
            &["-c:v", "libaom-av1", "-crf", "10", "-pix_fmt", "yuv444p"],
        ),
        (
            "a.jp2",
            Kind::Jpeg2000,
            &["-c:v", "jpeg2000", "-format", "jp2", "-pix_fmt", "rgb24"],
        ),
        (
            "a.j2k",
            Kind::Jpeg2000,
            &["-c:v", "libopenjpeg", "-format", "j2k", "-pix_fmt", "rgb24"],
        ),
        ("a.jpg", Kind::Jpeg, &["-c:v", "mjpeg", "-q:v", "2"]),
    ] {
        let path = folder.path().join(name);
        let run = Command::new("ffmpeg")
            .args([
                "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "66x70", "-i",
            ])
            .arg(&source)
            .args(options)
            .args(["-frames:v", "1", "-y"])
            .arg(&path)
            .output()
            .expect("ffmpeg runs");
        assert!(
            run.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&run.stderr)
        );
        let bytes = std::fs::read(&path).expect("is read");
        let back = restored(&bytes, kind);
        assert_eq!(back.format(), frame.format(), "{name}");
        assert!(
            psnr(&frame, &back) > 28.0,
            "{name}: {}",
            psnr(&frame, &back)
        );
    }
}

#[test]
fn the_limited_range_is_said_and_undone() {
    let frame = photo(64, 64, Color::Rgb, SampleType::U8, 8);
    for encoder in [Encoder::X264, Encoder::X265, Encoder::Aom] {
        let encoding = Encoding {
            range: Range::Limited,
            chroma: Chroma::Yuv444,
            ..usual(encoder)
        };
        let back = restored(&coded(&frame, &encoding), encoder.kind());
        assert!(
            psnr(&frame, &back) > 33.0,
            "{encoder:?}: {}",
            psnr(&frame, &back)
        );
    }
}

#[test]
fn what_is_not_held_is_an_error_that_says_what_to_do() {
    let deep = photo(8, 8, Color::Gray, SampleType::U16, 16);
    for encoder in [
        Encoder::X264,
        Encoder::X265,
        Encoder::Aom,
        Encoder::Svt,
        Encoder::Mjpeg,
    ] {
        let error = encode(&deep, &usual(encoder), &mut Vec::new()).expect_err("is too deep");
        assert!(error.to_string().contains("--range"), "{error}");
    }
    let alpha = photo(8, 8, Color::Rgba, SampleType::U8, 8);
    let error = encode(&alpha, &usual(Encoder::X265), &mut Vec::new()).expect_err("has alpha");
    assert!(matches!(error, Error::CannotHold { .. }), "{error}");
    let mut lies = photo(8, 8, Color::Gray, SampleType::U16, 16);
    lies.set_bit_depth(10);
    let error = encode(&lies, &usual(Encoder::X265), &mut Vec::new()).expect_err("does not fit");
    assert!(error.to_string().contains("more than 10 bits"), "{error}");
}

#[test]
fn a_greater_quantiser_makes_smaller_jpegs() {
    let frame = photo(64, 64, Color::Rgb, SampleType::U8, 8);
    let bytes = |quantiser| {
        let encoding = Encoding {
            quantiser: Some(quantiser),
            ..Encoding::new(Encoder::Mjpeg)
        };
        coded(&frame, &encoding).len()
    };
    assert!(bytes(2.0) > bytes(8.0) && bytes(8.0) > bytes(31.0));
}

/// A generator of numbers that look random, the same in every run.
fn next(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn damaged_bytes_are_an_error_or_a_picture() {
    let rounds = std::env::var("PIMAGE_MUTATIONS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(60);
    let limits = Limits {
        max_pixels: 1 << 22,
        max_frame_bytes: 1 << 25,
        ..Limits::default()
    };
    let frame = photo(48, 40, Color::Rgb, SampleType::U8, 8);
    for encoder in ENCODERS {
        let bytes = coded(&frame, &usual(encoder));
        let mut state = 7;
        let mut back = Frame::empty();
        for round in 0..rounds {
            let mut damaged = bytes.clone();
            for _ in 0..=round % 8 {
                let at = next(&mut state) % damaged.len();
                damaged[at] = next(&mut state) as u8;
            }
            if round % 3 == 0 {
                damaged.truncate(next(&mut state) % bytes.len());
            }
            let _ = decode(&damaged, encoder.kind(), 1, &limits, &mut back);
        }
        for bytes in [&[][..], &[0], &[0, 0, 0, 1]] {
            decode(bytes, encoder.kind(), 1, &limits, &mut back).expect_err("is no picture");
        }
    }
}
