//! WebP images.

use pimage_codec::Settings;
use pimage_core::{Color, Error, FrameFormat, SampleType};
use pimage_testkit::counter_frame;

use super::{decode, encode, refusal, with_compression};

#[test]
fn options_that_it_lacks_are_refused() {
    let frame = counter_frame(0, FrameFormat::new(4, 4, Color::Rgb, SampleType::U8));
    let both = Settings {
        lossless: true,
        ..Settings::of_quality(80)
    };
    for settings in [Settings::of_quality(101), with_compression("9"), both] {
        let error = encode("webp", &frame, &settings).expect_err("is refused");
        assert!(matches!(error, Error::BadOption { .. }), "{error}");
    }
}

#[test]
#[cfg(not(feature = "libwebp"))]
fn qualities_need_a_library() {
    let frame = counter_frame(0, FrameFormat::new(4, 4, Color::Rgb, SampleType::U8));
    let error = encode("webp", &frame, &Settings::of_quality(80)).expect_err("is not built");
    assert!(error.to_string().contains("`libwebp` feature"), "{error}");
}

#[test]
#[cfg(feature = "libwebp")]
fn an_effort_makes_lossless_images_smaller() {
    let frame = pimage_testkit::behaviour_frame(1, 160, 120);
    let quick = encode("webp", &frame, &Settings::default()).expect("is held");
    let small = encode("webp", &frame, &Settings::default().with("effort", 4)).expect("is held");
    assert!(small.len() < quick.len(), "{} {}", small.len(), quick.len());
    let [quick, small] = [quick, small].map(|bytes| decode("webp", &bytes).expect("is read"));
    assert_eq!(quick.bytes(), small.bytes());
}

#[test]
#[cfg(feature = "libwebp")]
fn opacity_and_what_it_hides_are_kept() {
    let format = FrameFormat::new(31, 22, Color::Rgba, SampleType::U8);
    let mut frame = pimage_testkit::noise_frame(1, 2, format);
    let opacity: Vec<_> = frame.bytes().iter().skip(3).step_by(4).copied().collect();
    let found = decode(
        "webp",
        &encode("webp", &frame, &Settings::of_quality(60)).expect("is held"),
    );
    let found = found.expect("is read");
    assert!(found.bytes().iter().skip(3).step_by(4).eq(&opacity));
    for pixel in frame.bytes_mut().chunks_exact_mut(4) {
        pixel[3] = 0;
    }
    let bytes = encode("webp", &frame, &Settings::default().with("effort", 6)).expect("is held");
    assert_eq!(
        decode("webp", &bytes).expect("is read").bytes(),
        frame.bytes()
    );
}

#[test]
fn what_is_no_picture_is_refused() {
    let error = refusal(decode("webp", b"RIFF\x04\0\0\0WEBP"));
    assert_eq!(error, "`` is not valid WebP: it is cut short");
}
