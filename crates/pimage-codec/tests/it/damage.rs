//! Files that are cut or damaged: an error or a frame, never a panic, a hang or a silent loss.

use pimage_codec::{CODECS, Codec, Settings};
use pimage_core::{Color, Frame, FrameFormat, Limits, SampleType};
use pimage_testkit::{counter_frame, survive};

/// One file of each colour that the codec takes.
fn files(codec: &'static Codec) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for color in Color::ALL {
        for sample in [SampleType::U8, SampleType::U16, SampleType::F32] {
            for bits in [1, 12, 32] {
                let format = FrameFormat::new(23, 17, color, sample).with_bit_depth(bits);
                files.extend(
                    codec
                        .encode(&counter_frame(1, format), &Settings::default())
                        .ok(),
                );
            }
        }
    }
    assert!(!files.is_empty(), "{} takes nothing", codec.name);
    files
}

fn built() -> impl Iterator<Item = &'static Codec> {
    CODECS
        .iter()
        .copied()
        .filter(|codec| codec.can_encode() && codec.available().is_ok())
}

/// Room for what a small file may claim.
fn tight() -> Limits {
    Limits {
        max_side: 4096,
        max_pixels: 1 << 20,
        max_frame_bytes: 4 << 20,
        max_metadata_bytes: 1 << 20,
        ..Limits::default()
    }
}

#[test]
fn two_thousand_damaged_files_of_each_codec() {
    for codec in built() {
        let files = files(codec);
        let count = 2000_usize.div_ceil(files.len());
        for (seed, file) in (1..).zip(&files) {
            survive(file, count, seed, |bytes| {
                let limits = tight();
                let mut frame = Frame::empty();
                let format = codec.format(bytes, &limits);
                codec.metadata(bytes, &limits).ok();
                if codec.decode_into(bytes, &limits, &mut frame).is_ok() {
                    let format = format.expect("the header was read");
                    assert_eq!(frame.format(), &format);
                    limits.check_format(&format).expect("is within the limits");
                }
            });
        }
    }
}

#[test]
fn what_is_cut_is_never_taken_for_whole() {
    for codec in built() {
        for file in files(codec) {
            let mut whole = Frame::empty();
            codec
                .decode_into(&file, &Limits::default(), &mut whole)
                .expect(codec.name);
            for length in 0..file.len() {
                let mut frame = Frame::empty();
                match codec.decode_into(&file[..length], &Limits::default(), &mut frame) {
                    // A bare stream does not say how long it is, and what is missing of its last rows is made up by the decoder.
                    Ok(()) if matches!(codec.name, "x264" | "x265") => {
                        assert_eq!(frame.format(), whole.format(), "cut to {length}");
                    }
                    // Only what follows the pixels is gone.
                    Ok(()) => assert_eq!(
                        frame,
                        whole,
                        "{} cut to {length} of {} bytes",
                        codec.name,
                        file.len()
                    ),
                    Err(error) => {
                        let text = error.to_string();
                        assert!(text.contains("is not valid"), "{}: {text}", codec.name);
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_over_the_limits_is_refused_before_memory_is_asked_for() {
    let limits = Limits {
        max_side: 16,
        ..Limits::default()
    };
    for codec in built() {
        for file in files(codec) {
            let mut frame = Frame::empty();
            let error = codec
                .decode_into(&file, &limits, &mut frame)
                .expect_err(codec.name);
            let text = error.to_string();
            assert!(text.contains("the limit is 16"), "{}: {text}", codec.name);
            assert_eq!(frame.bytes().len(), 0, "{}", codec.name);
        }
    }
}
