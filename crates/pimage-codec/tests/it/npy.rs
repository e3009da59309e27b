//! Arrays of one image.

use pimage_codec::Settings;
use pimage_core::{Color, FrameFormat, SampleType};
use pimage_testkit::counter_frame;

use super::{decode, encode, refusal, with_compression};

/// An array file of bytes.
fn array(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend(118u16.to_le_bytes());
    bytes.extend(format!("{dictionary:<117}\n").bytes());
    bytes.extend_from_slice(data);
    bytes
}

#[test]
fn column_order_is_straightened() {
    let dictionary = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }";
    let frame = decode("npy", &array(dictionary, &[1, 4, 2, 5, 3, 6])).expect("is read");
    assert_eq!(frame.format().to_string(), "3x2 gray uint8");
    assert_eq!(frame.bytes(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn arrays_that_are_no_image_are_refused() {
    for (shape, data, reason) in [
        ("(2, 3, 5)", 30, "its shape is (2, 3, 5)"),
        ("(6,)", 6, "its shape is (6,)"),
        ("(2, 3)", 5, "it is cut short: 5 of 6 bytes"),
        ("(2, 3)", 7, "it has 7 bytes of numbers: expected 6"),
    ] {
        let dictionary = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
        let text = refusal(decode("npy", &array(&dictionary, &vec![0; data])));
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn options_that_it_lacks_are_refused() {
    let frame = counter_frame(0, FrameFormat::new(4, 4, Color::Rgb, SampleType::U8));
    for options in [Settings::of_quality("80"), with_compression("9")] {
        let error = encode("npy", &frame, &options).expect_err("is refused");
        assert!(error.to_string().contains("npy"), "{error}");
    }
}
