//! Windows bitmaps of other software.

use super::{decode, refusal};

/// A bitmap with the header that all software knows.
fn bitmap(
    (width, height): (i32, i32),
    bits: u16,
    compression: u32,
    between: &[u8],
    colors_used: u32,
    data: &[u8],
) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    let start = 54 + between.len() as u32;
    for number in [start + data.len() as u32, 0, start, 40] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    for number in [compression, data.len() as u32, 0, 0, colors_used, 0] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend_from_slice(between);
    bytes.extend_from_slice(data);
    bytes
}

#[track_caller]
fn check(bytes: &[u8], format: &str, samples: &[u8]) {
    let frame = decode("bmp", bytes).expect("is read");
    assert_eq!(frame.format().to_string(), format);
    assert_eq!(frame.bytes(), samples);
}

const BLACK_WHITE: [u8; 8] = [0, 0, 0, 0, 255, 255, 255, 0];
const BLUE_RED: [u8; 8] = [255, 0, 0, 0, 0, 0, 255, 0];

#[test]
fn palettes_of_every_depth() {
    let bytes = bitmap(
        (3, 2),
        1,
        0,
        &BLACK_WHITE,
        2,
        &[0x40, 0, 0, 0, 0xA0, 0, 0, 0],
    );
    check(&bytes, "3x2 gray uint8", &[255, 0, 255, 0, 255, 0]);
    let bytes = bitmap((3, 1), 4, 0, &BLUE_RED, 2, &[0x10, 0x10, 0, 0]);
    check(&bytes, "3x1 rgb uint8", &[255, 0, 0, 0, 0, 255, 255, 0, 0]);
    let bytes = bitmap((2, -2), 8, 0, &BLUE_RED, 2, &[1, 0, 9, 9, 0, 1, 9, 9]);
    let expected = [255, 0, 0, 0, 0, 255, 0, 0, 255, 255, 0, 0];
    check(&bytes, "2x2 rgb uint8", &expected);
}

#[test]
fn runs_are_read() {
    let bytes = bitmap(
        (3, 2),
        8,
        1,
        &BLACK_WHITE,
        2,
        &[3, 1, 0, 0, 1, 0, 2, 1, 0, 1],
    );
    check(&bytes, "3x2 gray uint8", &[0, 255, 255, 255, 255, 255]);
    let bytes = bitmap((3, 1), 4, 2, &BLACK_WHITE, 2, &[3, 0x10, 0, 1]);
    check(&bytes, "3x1 gray uint8", &[255, 0, 255]);
    let cut = bitmap((3, 1), 8, 1, &BLACK_WHITE, 2, &[3, 1]);
    assert!(refusal(decode("bmp", &cut)).contains("cut short in its runs"));
}

#[test]
fn masks_tell_the_channels() {
    let data = [0x00, 0x7C, 0xE0, 0x03];
    check(
        &bitmap((2, 1), 16, 0, &[], 0, &data),
        "2x1 rgb uint8",
        &[255, 0, 0, 0, 255, 0],
    );
    let masks: Vec<u8> = [0xF800u32, 0x07E0, 0x001F]
        .iter()
        .flat_map(|mask| mask.to_le_bytes())
        .collect();
    let bytes = bitmap((2, 1), 16, 3, &masks, 0, &[0x00, 0xF8, 0xE0, 0x07]);
    check(&bytes, "2x1 rgb uint8", &[255, 0, 0, 0, 255, 0]);
    let bytes = bitmap((1, 1), 32, 0, &[], 0, &[1, 2, 3, 4]);
    check(&bytes, "1x1 rgb uint8", &[3, 2, 1]);
    let masks: Vec<u8> = [0xFFu32, 0xFF00, 0xFF_0000, 0xFF00_0000]
        .iter()
        .flat_map(|mask| mask.to_le_bytes())
        .collect();
    let bytes = bitmap((1, 1), 32, 6, &masks, 0, &[1, 2, 3, 4]);
    check(&bytes, "1x1 rgba uint8", &[1, 2, 3, 4]);
}

#[test]
fn the_oldest_header_is_read() {
    let mut bytes = b"BM".to_vec();
    for number in [0u32, 0, 26, 12] {
        bytes.extend(number.to_le_bytes());
    }
    for number in [1u16, 1, 1, 24] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([3, 2, 1, 0]);
    check(&bytes, "1x1 rgb uint8", &[1, 2, 3]);
}

#[test]
fn what_is_not_valid_is_said() {
    for (bytes, reason) in [
        (
            bitmap((2, 2), 24, 0, &[], 0, &[0; 15]),
            "it is cut short: 15 of 16 bytes",
        ),
        (bitmap((0, 2), 24, 0, &[], 0, &[]), "its size is 0x2"),
        (
            bitmap((1, 1), 8, 0, &BLUE_RED, 2, &[2, 0, 0, 0]),
            "a pixel is colour 2 of a palette of 2",
        ),
        (
            bitmap((1, 1), 8, 0, &[], 0, &[0; 4]),
            "its palette is cut short",
        ),
    ] {
        let expected = format!("`` is not valid BMP: {reason}");
        assert_eq!(refusal(decode("bmp", &bytes)), expected);
    }
    let jpeg = bitmap((1, 1), 24, 4, &[], 0, &[]);
    assert!(refusal(decode("bmp", &jpeg)).contains("a JPEG inside"));
    let odd = bitmap((1, 1), 2, 0, &[], 0, &[0; 4]);
    assert!(refusal(decode("bmp", &odd)).contains("2 bits with compression 0"));
}
