//! PNG images of other software: palettes, packed samples, transparent colours, interlaced rows.

use pimage_codec::Settings;
use pimage_core::{Color, Error, Frame, FrameFormat, Limits, SampleType, Value};
use pimage_testkit::{counter_frame, noise_frame};
use png::{BitDepth, ColorType};

use super::{codec, decode, encode, refusal, with_compression};

/// An image of these rows, with what else it needs.
fn image(
    (width, height): (u32, u32),
    color: ColorType,
    depth: BitDepth,
    palette: Option<&[u8]>,
    transparent: Option<&[u8]>,
    rows: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if let Some(palette) = palette {
        encoder.set_palette(palette);
    }
    if let Some(transparent) = transparent {
        encoder.set_trns(transparent);
    }
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(rows).expect("rows");
    writer.finish().expect("an image");
    bytes
}

#[track_caller]
fn check(bytes: &[u8], format: &str, samples: &[u8]) {
    let frame = decode("png", bytes).expect("is read");
    assert_eq!(frame.format().to_string(), format);
    assert_eq!(frame.bytes(), samples);
}

#[test]
fn small_gray_keeps_its_values() {
    let (gray, size) = (ColorType::Grayscale, (3, 2));
    let rows = [0b1010_0000, 0b0100_0000];
    let bytes = image(size, gray, BitDepth::One, None, None, &rows);
    check(&bytes, "3x2 gray uint8 (1 bit)", &[1, 0, 1, 0, 1, 0]);
    let rows = [0b1101_1000, 0b0001_1000];
    let bytes = image(size, gray, BitDepth::Two, None, None, &rows);
    check(&bytes, "3x2 gray uint8 (2 bit)", &[3, 1, 2, 0, 1, 2]);
    let rows = [0x1F, 0x20, 0x34, 0x50];
    let bytes = image(size, gray, BitDepth::Four, None, None, &rows);
    check(&bytes, "3x2 gray uint8 (4 bit)", &[1, 15, 2, 3, 4, 5]);
}

#[test]
fn palettes_become_their_colours() {
    let (indexed, size) = (ColorType::Indexed, (3, 1));
    let colors = [9, 8, 7, 1, 1, 1, 200, 100, 50];
    let bytes = image(
        size,
        indexed,
        BitDepth::Eight,
        Some(&colors),
        None,
        &[2, 0, 1],
    );
    check(&bytes, "3x1 rgb uint8", &[200, 100, 50, 9, 8, 7, 1, 1, 1]);
    let bytes = image(
        size,
        indexed,
        BitDepth::Two,
        Some(&colors),
        Some(&[255, 7]),
        &[0b1000_0100],
    );
    check(
        &bytes,
        "3x1 rgba uint8",
        &[200, 100, 50, 255, 9, 8, 7, 255, 1, 1, 1, 7],
    );
    let grays = [0, 0, 0, 255, 255, 255];
    let bytes = image(
        size,
        indexed,
        BitDepth::One,
        Some(&grays),
        None,
        &[0b0110_0000],
    );
    check(&bytes, "3x1 gray uint8", &[0, 255, 255]);
    let bytes = image(
        size,
        indexed,
        BitDepth::One,
        Some(&grays),
        Some(&[0]),
        &[0b0110_0000],
    );
    check(&bytes, "3x1 gray+alpha uint8", &[0, 0, 255, 255, 255, 255]);
    // All opaque is not transparent.
    let bytes = image(
        size,
        indexed,
        BitDepth::One,
        Some(&grays),
        Some(&[255, 255]),
        &[0b0110_0000],
    );
    check(&bytes, "3x1 gray uint8", &[0, 255, 255]);
}

#[test]
fn a_number_beyond_the_palette_is_refused() {
    let colors = [9, 8, 7, 1, 1, 1];
    let bytes = image(
        (3, 1),
        ColorType::Indexed,
        BitDepth::Eight,
        Some(&colors),
        None,
        &[1, 0, 2],
    );
    assert_eq!(
        refusal(decode("png", &bytes)),
        "`` is not valid PNG: a pixel is colour 2 of a palette of 2"
    );
}

#[test]
fn transparent_colours_become_opacity() {
    let (gray, rgb) = (ColorType::Grayscale, ColorType::Rgb);
    let bytes = image(
        (3, 1),
        gray,
        BitDepth::Eight,
        None,
        Some(&[0, 5]),
        &[4, 5, 6],
    );
    check(&bytes, "3x1 gray+alpha uint8", &[4, 255, 5, 0, 6, 255]);
    // Two channels of one depth: gray is stretched like opacity.
    let bytes = image(
        (3, 1),
        gray,
        BitDepth::Two,
        None,
        Some(&[0, 1]),
        &[0b0001_1000],
    );
    check(&bytes, "3x1 gray+alpha uint8", &[0, 255, 85, 0, 170, 255]);
    let rows = [1, 2, 3, 1, 2, 4];
    let bytes = image(
        (2, 1),
        rgb,
        BitDepth::Eight,
        None,
        Some(&[0, 1, 0, 2, 0, 3]),
        &rows,
    );
    check(&bytes, "2x1 rgba uint8", &[1, 2, 3, 0, 1, 2, 4, 255]);
    let bytes = image(
        (2, 1),
        gray,
        BitDepth::Sixteen,
        None,
        Some(&[1, 0]),
        &[1, 0, 0, 1],
    );
    let frame = decode("png", &bytes).expect("is read");
    assert_eq!(frame.format().to_string(), "2x1 gray+alpha uint16");
    assert_eq!(frame.samples::<u16>(), Some(&[256, 0, 1, 65535][..]));
    let rows = [0, 1, 0, 2, 1, 3, 0, 1, 0, 2, 0, 3];
    let bytes = image(
        (2, 1),
        rgb,
        BitDepth::Sixteen,
        None,
        Some(&rows[..6]),
        &rows,
    );
    let frame = decode("png", &bytes).expect("is read");
    assert_eq!(
        frame.samples::<u16>(),
        Some(&[1, 2, 259, 0, 1, 2, 3, 65535][..])
    );
}

#[test]
fn damaged_bytes_are_found_by_the_checksum() {
    let frame = noise_frame(1, 0, FrameFormat::new(40, 30, Color::Gray, SampleType::U16));
    let mut bytes = encode("png", &frame, &Settings::default()).expect("is held");
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    assert!(refusal(decode("png", &bytes)).contains("is not valid PNG"));
}

#[test]
fn levels_change_the_size_and_no_pixel() {
    let frame = counter_frame(1, FrameFormat::new(200, 100, Color::Rgb, SampleType::U16));
    let mut lengths = Vec::new();
    for level in ["none", "fast", "1", "4", "9", "deflate", "deflate=3"] {
        let bytes = encode("png", &frame, &with_compression(level)).expect(level);
        assert_eq!(
            decode("png", &bytes).expect(level).bytes(),
            frame.bytes(),
            "{level}"
        );
        lengths.push(bytes.len());
    }
    assert!(
        lengths[0] > lengths[1] && lengths[1] > lengths[4],
        "{lengths:?}"
    );
    for level in ["0", "10", "zstd", "deflate=", ""] {
        let error = encode("png", &frame, &with_compression(level)).expect_err(level);
        assert!(error.to_string().starts_with("--compression is"), "{error}");
    }
    let error = encode("png", &frame, &Settings::of_quality("90")).expect_err("has no quality");
    assert!(error.to_string().contains("keeps every pixel"), "{error}");
}

#[test]
fn significant_bits_and_pixel_size_are_told_and_change_nothing() {
    let mut info = png::Info::with_size(2, 1);
    info.color_type = ColorType::Grayscale;
    info.bit_depth = BitDepth::Sixteen;
    info.pixel_dims = Some(png::PixelDimensions {
        xppu: 2_000_000,
        yppu: 1_000_000,
        unit: png::Unit::Meter,
    });
    let mut bytes = Vec::new();
    let encoder = png::Encoder::with_info(&mut bytes, info).expect("is sound");
    let mut writer = encoder.write_header().expect("a header");
    writer
        .write_chunk(png::chunk::sBIT, &[12])
        .expect("a chunk");
    writer
        .write_image_data(&[0xFF, 0xF0, 0x12, 0x30])
        .expect("rows");
    writer.finish().expect("an image");
    let frame = decode("png", &bytes).expect("is read");
    assert_eq!(frame.format().to_string(), "2x1 gray uint16");
    assert_eq!(frame.samples::<u16>(), Some(&[0xFFF0, 0x1230][..]));
    let metadata = codec("png").metadata(&bytes, &Limits::default());
    let metadata = metadata.expect("is read");
    assert_eq!(metadata.get("significant_bits"), Some(&Value::from("12")));
    assert_eq!(metadata.get("pixel_size_x"), Some(&Value::from(0.5)));
    assert_eq!(metadata.get("pixel_size_y"), Some(&Value::from(1.0)));
}

#[test]
fn a_bomb_is_refused_before_memory_is_asked_for() {
    let frame = Frame::zeroed(FrameFormat::new(9000, 9000, Color::Rgb, SampleType::U16));
    let bytes = encode("png", &frame, &Settings::default()).expect("is held");
    let limits = Limits {
        max_frame_bytes: 1 << 20,
        ..Limits::default()
    };
    let mut target = Frame::empty();
    let error = codec("png").decode_into(&bytes, &limits, &mut target);
    assert!(matches!(error, Err(Error::TooLarge { .. })), "{error:?}");
    // A header alone that claims much more than follows.
    let claims = &bytes[..60];
    let error = refusal(decode("png", claims));
    assert!(error.contains("cut short"), "{error}");
}
