//! YUV4MPEG2.

use std::fs;
use std::io::Cursor;

use pimage_core::{Color, Error, FrameFormat, FrameReader, OnDamage, SampleType};
use pimage_io::ReadOptions;
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{assert_frames_close, counter_frames, survive};

use crate::{create, gray8, gray16, open, read_all, try_reading, write};

#[test]
fn gray_comes_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    for (place, format) in [
        gray8(7, 5),
        gray16(7, 5, 9),
        gray16(7, 5, 10),
        gray16(7, 5, 12),
        gray16(7, 5, 14),
        gray16(7, 5, 16),
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{place}.y4m"));
        let frames = counter_frames(format, 6);
        assert!(write(&path, &frames).is_empty());
        suite::reader(|| open(&path).expect("opens"), &frames);
        let stream = || -> Box<dyn FrameReader> {
            let bytes = Cursor::new(fs::read(&path).expect("reads"));
            pimage_io::open_stream("-", Box::new(bytes), &ReadOptions::default()).expect("opens")
        };
        suite::reader(stream, &frames);
    }
}

#[test]
fn rgb_says_that_it_is_not_exact() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.y4m");
    let frames = counter_frames(FrameFormat::new(7, 5, Color::Rgb, SampleType::U8), 3);
    let notes = write(&path, &frames);
    assert_eq!(
        notes,
        ["RGB was stored as 4:4:4 YUV (bt601, full range), which is not exact: raw is"]
    );
    let back = read_all(&mut *open(&path).expect("opens")).expect("reads");
    for (found, expected) in back.iter().zip(&frames) {
        assert_frames_close(found, expected, 2.0);
    }
}

#[test]
fn the_writer_conforms() {
    for (format, tolerance) in [
        (gray8(9, 4), 0.0),
        (gray16(9, 4, 12), 0.0),
        (FrameFormat::new(6, 4, Color::Rgb, SampleType::U8), 2.0),
    ] {
        suite::writer(&WriterCase {
            name: "a.y4m",
            format,
            tolerance,
            create: &create,
            open: &open,
        });
    }
}

#[test]
fn gray_of_colour_is_its_luma_in_full_range() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.y4m");
    for (range, expected) in [("", [0, 255]), (" XCOLORRANGE=FULL", [16, 235])] {
        let mut bytes = format!("YUV4MPEG2 W2 H1 F25:1 C420jpeg{range}\nFRAME\n").into_bytes();
        bytes.extend([16, 235, 90, 90]);
        fs::write(&path, bytes).expect("writes");
        let options = ReadOptions {
            gray: true,
            ..ReadOptions::default()
        };
        let mut reader = pimage_io::open(&path, &options).expect("opens");
        let frames = read_all(&mut *reader).expect("reads");
        assert_eq!(frames[0].bytes(), expected);
    }
}

#[test]
fn lines_before_frames_may_have_parameters() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.y4m");
    let frames = counter_frames(gray8(3, 2), 3);
    let mut bytes = b"YUV4MPEG2 W3 H2 F25:1 Cmono\n".to_vec();
    for (frame, line) in frames.iter().zip(["FRAME\n", "FRAME Ip XA=b\n", "FRAME\n"]) {
        bytes.extend(line.as_bytes());
        bytes.extend(frame.bytes());
    }
    fs::write(&path, &bytes).expect("writes");
    suite::reader(|| open(&path).expect("opens"), &frames);
    // Something else in place of the third line.
    let place = bytes.len() - 12;
    bytes[place] = b'X';
    fs::write(&path, &bytes).expect("writes");
    let mut reader = open(&path).expect("opens");
    let error = read_all(&mut *reader).expect_err("is damaged");
    assert!(matches!(error, Error::Damaged { frame: 2, .. }), "{error}");
    let mut reader = pimage_io::open(&path, &crate::skipping()).expect("opens");
    assert_eq!(read_all(&mut *reader).expect("reads").len(), 2);
    assert_eq!(reader.damage().len(), 1);
}

#[test]
fn cut_files_never_give_wrong_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.y4m");
    write(&path, &counter_frames(gray8(9, 7), 5));
    let header = fs::read(&path).expect("reads").len() as u64 - 5 * 69;
    for on_damage in [OnDamage::Fail, OnDamage::Skip] {
        let options = ReadOptions {
            on_damage,
            ..ReadOptions::default()
        };
        let stream = || {
            let bytes = Cursor::new(fs::read(&path).expect("reads"));
            pimage_io::open_stream("-", Box::new(bytes), &options)
        };
        let mut cuts = suite::truncation(&path, || pimage_io::open(&path, &options));
        cuts.extend(suite::truncation(&path, stream));
        for cut in cuts {
            // Only between two frames nothing shows that one is missing.
            let is_between = cut.length >= header && (cut.length - header).is_multiple_of(69);
            assert_eq!(cut.is_silent(), is_between, "{cut:?}");
        }
    }
}

#[test]
fn a_stream_of_something_else_is_refused() {
    for (bytes, expected) in [
        (&b""[..], "(it is empty)"),
        (b"RIFF....AVI ", "a stream is y4m, or raw with `--raw"),
        (b"YUV4MPEG2 W3 H2", "its first line does not end"),
    ] {
        let source = Box::new(Cursor::new(bytes.to_vec()));
        let error = pimage_io::open_stream("-", source, &ReadOptions::default()).err();
        let error = error.expect("is refused").to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn mutated_files_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.y4m");
    let frames = counter_frames(FrameFormat::new(9, 7, Color::Rgb, SampleType::U8), 3);
    write(&path, &frames);
    let original = fs::read(&path).expect("reads");
    survive(&original, 1000, 2, move |bytes| {
        fs::write(&path, bytes).expect("writes");
        try_reading(&path);
        let source = Box::new(Cursor::new(bytes.to_vec()));
        if let Ok(mut reader) = pimage_io::open_stream("-", source, &crate::skipping()) {
            let _ = read_all(&mut *reader);
        }
    });
    drop(folder);
}
