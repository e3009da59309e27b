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
        raw: Some(RawSpec { format }),
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
        let spec = RawSpec { format };
        assert_eq!(notes, [format!("raw has no header: the layout is {spec}")]);
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
