//! WebP images.

use pimage_codec::Settings;
use pimage_core::{Color, FrameFormat, SampleType};
use pimage_testkit::counter_frame;

use super::{decode, encode, refusal, with_compression};

#[test]
fn options_that_it_lacks_are_refused() {
    let frame = counter_frame(0, FrameFormat::new(4, 4, Color::Rgb, SampleType::U8));
    for options in [Settings::of_quality("80"), with_compression("9")] {
        let error = encode("webp", &frame, &options).expect_err("is refused");
        assert!(error.to_string().contains("WebP"), "{error}");
    }
}

#[test]
fn what_is_no_picture_is_refused() {
    let error = refusal(decode("webp", b"RIFF\x04\0\0\0WEBP"));
    assert_eq!(error, "`` is not valid WebP: it is cut short");
}
