//! Headerless frames.

use std::fs;
use std::io::Cursor;

use pimage_core::{FrameReader, FrameWriter};
use pimage_io::{RawSpec, ReadOptions, WriteOptions};
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{counter_frames, every_format};

use crate::{create, gray8, read_all, write};

fn layout(format: pimage_core::FrameFormat) -> ReadOptions {
    ReadOptions {
        raw: Some(RawSpec::new(format)),
        ..ReadOptions::default()
    }
}

#[test]
fn every_format_comes_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    for (place, format) in every_format(7, 5).into_iter().enumerate() {
        let path = folder.path().join(format!("{place}.raw"));
        let frames = counter_frames(format, 5);
        let notes = write(&path, &frames);
        let spec = RawSpec::new(format);
        let expected = format!("raw has no header: the layout is {spec}");
        assert_eq!(notes.first(), Some(&expected));
        let options = layout(format);
        suite::reader(|| pimage_io::open(&path, &options).expect("opens"), &frames);
        let stream = || -> Box<dyn FrameReader> {
            let bytes = Cursor::new(fs::read(&path).expect("reads"));
            pimage_io::open_stream("-", Box::new(bytes), &options).expect("opens")
        };
        suite::reader(stream, &frames);
    }
}

#[test]
fn the_writer_conforms() {
    let format = gray8(9, 4);
    suite::writer(&WriterCase {
        name: "a.raw",
        format,
        tolerance: 0.0,
        create: &create,
        open: &|path| pimage_io::open(path, &layout(format)),
    });
}

#[test]
fn a_cut_last_frame_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.raw");
    write(&path, &counter_frames(gray8(9, 7), 5));
    for cut in suite::truncation(&path, || pimage_io::open(&path, &layout(gray8(9, 7)))) {
        assert_eq!(cut.is_silent(), cut.length % 63 == 0, "{cut:?}");
        assert_eq!(cut.frames, cut.length / 63, "{cut:?}");
    }
    let bytes = fs::read(&path).expect("reads");
    for (skip, answer) in [
        (false, "`-` is cut short in frame 1: 7 of 63 bytes"),
        (true, ""),
    ] {
        let mut options = layout(gray8(9, 7));
        if skip {
            options.on_damage = pimage_core::OnDamage::Skip;
        }
        let source = Cursor::new(bytes[..70].to_vec());
        let mut reader = pimage_io::open_stream("-", Box::new(source), &options).expect("opens");
        let error = read_all(&mut *reader).err().map(|error| error.to_string());
        assert_eq!(error.unwrap_or_default(), answer);
        assert_eq!(reader.damage().len(), usize::from(skip));
    }
}

/// Frames as another layout would have them, in a file and from a stream.
#[track_caller]
fn check_layout(text: &str, bytes: &[u8], expected: &[Vec<u16>]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.raw");
    fs::write(&path, bytes).expect("writes");
    let options = ReadOptions {
        raw: Some(text.parse().expect(text)),
        ..ReadOptions::default()
    };
    let open = || pimage_io::open(&path, &options).expect("opens");
    let found = read_all(&mut *open()).expect("reads");
    let samples: Vec<_> = found
        .iter()
        .map(|frame| frame.samples::<u16>().expect("is U16").to_vec())
        .collect();
    assert_eq!(samples, expected, "{text}");
    suite::reader(open, &found);
    let stream = || -> Box<dyn FrameReader> {
        let bytes = Cursor::new(bytes.to_vec());
        pimage_io::open_stream("-", Box::new(bytes), &options).expect("opens")
    };
    suite::reader(stream, &found);
}

#[test]
fn other_layouts_are_read() {
    let frames = [vec![1, 2, 3, 4, 5, 6], vec![7, 8, 9, 10, 11, 12]];
    let mut bytes = b"a header".to_vec();
    for frame in &frames {
        bytes.extend(frame.iter().flat_map(|sample: &u16| sample.to_be_bytes()));
        bytes.extend(b"gap");
    }
    check_layout("3x2:u16,offset=8,gap=3,order=be", &bytes, &frames);
    // The last gap may be missing, or cut.
    for length in bytes.len() - 3..bytes.len() {
        check_layout("3x2:u16,offset=8,gap=3,order=be", &bytes[..length], &frames);
    }
    let planes = [vec![1, 3, 5, 2, 4, 6], vec![7, 9, 11, 8, 10, 12]];
    check_layout(
        "1x3:u16:gray+alpha,offset=8,gap=3,order=be,planar",
        &bytes,
        &[vec![1, 4, 2, 5, 3, 6], vec![7, 10, 8, 11, 9, 12]],
    );
    let bytes: Vec<u8> = planes
        .iter()
        .flatten()
        .flat_map(|sample: &u16| sample.to_le_bytes())
        .collect();
    check_layout("1x3:u16:gray+alpha,planar", &bytes, &frames);
}

#[test]
fn packed_samples_are_read() {
    let frames = [vec![0xABC, 0x123, 0xFFF], vec![0x001, 0x800, 0x7FE]];
    let low = [0xBC, 0x3A, 0x12, 0xFF, 0x0F, 0x01, 0x00, 0x80, 0xFE, 0x07];
    check_layout("3x1:u16,packed=12p", &low, &frames);
    let high = [0xAB, 0xC1, 0x23, 0xFF, 0xF0, 0x00, 0x18, 0x00, 0x7F, 0xE0];
    check_layout("3x1:u16,packed=12", &high, &frames);
    let pairs = [
        0xAB, 0x3C, 0x12, 0xFF, 0x0F, 0x00, 0x00, 0x01, 0x80, 0x7F, 0x0E, 0x00,
    ];
    check_layout("3x1:u16,packed=12g", &pairs, &frames);
    let ten = [vec![0x001, 0x3FF, 0x155, 0x2AA]];
    check_layout("4x1:u16,packed=10p", &[0x01, 0xFC, 0x5F, 0x95, 0xAA], &ten);
    check_layout("4x1:u16,packed=10", &[0x00, 0x7F, 0xF5, 0x56, 0xAA], &ten);
}

#[test]
fn any_bytes_are_frames_of_any_layout() {
    let bytes: Vec<u8> = (0..400u32).map(|i| ((i * i) >> 3) as u8).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.raw");
    let layouts = [
        "5x3:u8,offset=7,gap=2",
        "5x3:u16:rgb,planar,gap=1",
        "5x3:f64:rgba,order=be",
        "5x3:u16,packed=10p,offset=3",
        "5x3:u16:rgb,packed=12g,gap=1",
        "5x3:u16,packed=10,offset=1000",
        "60000x4000:u8,offset=18446744073709551615,gap=18446744073709551615",
    ];
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).expect("writes");
        for layout in layouts {
            let mut options = crate::skipping();
            options.raw = Some(layout.parse().expect(layout));
            let mut reader = pimage_io::open(&path, &options).expect(layout);
            let count = reader.info().frame_count.get();
            let frames = read_all(&mut *reader).expect(layout);
            assert_eq!(count, Some(frames.len() as u64), "{layout}, {length} bytes");
        }
    }
}

#[test]
fn streams_are_written() {
    let options = WriteOptions {
        format: Some("raw".to_owned()),
        ..WriteOptions::default()
    };
    let frames = counter_frames(gray8(4, 3), 2);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let info = pimage_core::StreamInfo::new("t", gray8(4, 3), pimage_core::FrameCount::Unknown);
    let mut output: Box<dyn FrameWriter> =
        pimage_io::create_stream("-", Box::new(writer), &info, &options).expect("creates");
    for frame in &frames {
        output.write(frame).expect("writes");
    }
    assert_eq!(output.finish().expect("finishes").bytes, 24);
    let mut input =
        pimage_io::open_stream("-", Box::new(reader), &layout(gray8(4, 3))).expect("opens");
    assert_eq!(read_all(&mut *input).expect("reads").len(), 2);
}

#[test]
fn luma_of_any_type_on_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.raw");
    for format in every_format(6, 4) {
        let frames = counter_frames(format, 3);
        let _ = fs::remove_file(&path);
        write(&path, &frames);
        let options = ReadOptions {
            gray: true,
            ..layout(format)
        };
        let mut reader = pimage_io::open(&path, &options).expect("opens");
        let found = read_all(&mut *reader).expect("reads");
        let channels = format.color.channels();
        if channels < 3 {
            assert_eq!(found[2].format(), &format);
            continue;
        }
        assert_eq!(found[2].format().color, pimage_core::Color::Gray);
        let colors = pimage_testkit::sample_values(&frames[2]);
        let grays = pimage_testkit::sample_values(&found[2]);
        for (gray, pixel) in grays.iter().zip(colors.chunks(channels)) {
            let expected = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
            let tolerance = if format.sample.is_float() {
                expected.abs() * 1e-6 + 1e-3
            } else {
                0.51
            };
            assert!(
                (gray - expected).abs() <= tolerance,
                "{format}: {gray}, exactly {expected}"
            );
        }
        suite::reader(|| pimage_io::open(&path, &options).expect("opens"), &found);
    }
}
