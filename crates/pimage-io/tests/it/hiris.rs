//! HIRIS recordings.

use std::fs;
use std::path::{Path, PathBuf};

use pimage_core::{Damage, Error, Frame, FrameFormat, FrameRate, OnDamage, Value};
use pimage_io::ReadOptions;
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{counter_frames, survive};

use crate::{create, gray8, gray16, open, read_all, skipping, try_reading, write};

/// The header of a recording, as HIRIS writes it.
fn header(format: &FrameFormat, more: &str) -> String {
    let (width, height) = (format.width, format.height);
    let (bytes, bits) = (format.sample.bytes(), format.bit_depth);
    format!(
        "[Sequence Settings]\r\nSequence name=rec\r\n{more}Width={width}\r\nHeight={height}\r\n\
         BytesPerPixel={bytes}\r\nBitsPerPixel={bits}\r\nFramePerSecond=120.5\r\n"
    )
}

/// A recording of some bins of so many frames each.
fn record(
    folder: &Path,
    format: FrameFormat,
    bins: &[(&str, usize)],
    more: &str,
) -> (PathBuf, Vec<Frame>) {
    let total: usize = bins.iter().map(|(_, count)| count).sum();
    let rate = FrameRate::from_fps(120.5).expect("is positive");
    let mut frames = counter_frames(format, total as u64);
    for frame in &mut frames {
        frame.stamp.time = Some(rate.time_of(frame.stamp.index));
    }
    let mut rest = frames.iter();
    for (name, count) in bins {
        let bytes: Vec<u8> = rest
            .by_ref()
            .take(*count)
            .flat_map(Frame::bytes)
            .copied()
            .collect();
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("creates");
        fs::write(path, bytes).expect("writes");
    }
    let seq = folder.join("rec.seq");
    fs::write(&seq, header(&format, more)).expect("writes");
    (seq, frames)
}

#[test]
fn recordings_of_one_and_many_bins() {
    for format in [gray8(17, 6), gray16(9, 5, 12), gray16(9, 5, 16)] {
        for bins in [
            &[("rec.bin", 5)][..],
            &[
                ("rec_2.bin", 3),
                ("rec_10.bin", 2),
                ("rec_11.bin", 0),
                ("rec_100.bin", 4),
            ],
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let (seq, frames) = record(folder.path(), format, bins, "");
            suite::reader(|| open(&seq).expect("opens"), &frames);
        }
    }
}

#[test]
fn bins_in_another_folder_beside_another_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let (seq, frames) = record(
        folder.path(),
        gray8(8, 8),
        &[("data/rec_0001.bin", 2), ("data/rec_0002.bin", 2)],
        "Bin directory=C:\\HIRIS\\data\\\r\n",
    );
    fs::write(folder.path().join("rec2.seq"), "[Sequence Settings]\n").expect("writes");
    fs::write(folder.path().join("data/rec2_0001.bin"), [9; 640]).expect("writes");
    suite::reader(|| open(&seq).expect("opens"), &frames);
}

#[test]
fn all_keys_are_metadata() {
    let folder = tempfile::tempdir().expect("a folder");
    let comment = "ligne=1\r\n[Sequence Settings]\r\nWidth=3\r\n100 % \u{b5}m";
    let size = comment.chars().count();
    let more = format!(
        "CommentSize={size}\r\nComment={comment}\r\nTrigType=rising\r\nNumber of files=2\r\n"
    );
    let (seq, frames) = record(folder.path(), gray8(8, 4), &[("rec.bin", 4)], &more);
    // As a Windows program writes it.
    let text = fs::read_to_string(&seq).expect("reads");
    let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
    fs::write(&seq, bytes).expect("writes");
    suite::reader(|| open(&seq).expect("opens"), &frames);
    let reader = open(&seq).expect("opens");
    let metadata = &reader.info().metadata;
    for (key, value) in [
        ("Comment", comment),
        ("TrigType", "rising"),
        ("Sequence name", "rec"),
        ("Width", "8"),
        (
            "hiris_frames_disagree",
            "the header says 2, the 1 bin(s) hold 4 frame(s)",
        ),
    ] {
        assert_eq!(metadata.get(key), Some(&Value::from(value)), "{key}");
    }
    assert_eq!(reader.info().rate, FrameRate::new(241, 2));
}

#[test]
fn a_cut_last_frame_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (seq, _) = record(
        folder.path(),
        gray8(8, 4),
        &[("rec_1.bin", 3), ("rec_2.bin", 3)],
        "",
    );
    let bin = folder.path().join("rec_2.bin");
    for on_damage in [OnDamage::Fail, OnDamage::Skip] {
        let options = ReadOptions {
            on_damage,
            ..ReadOptions::default()
        };
        for cut in suite::truncation(&bin, || pimage_io::open(&seq, &options)) {
            assert_eq!(cut.frames, 3 + cut.length / 32, "{cut:?}");
            assert_eq!(cut.is_silent(), cut.length % 32 == 0, "{cut:?}");
            assert_eq!(
                cut.error.is_some(),
                !cut.is_silent() && on_damage == OnDamage::Fail
            );
            if let Some(Error::Truncated {
                path,
                frame,
                found,
                expected,
            }) = &cut.error
            {
                assert_eq!((path, *frame), (&bin, cut.frames));
                assert_eq!((*found, *expected), (cut.length % 32, 32));
            }
            assert!(Damage::count(&cut.damage) <= 1);
        }
    }
}

#[test]
fn a_cut_bin_in_the_middle_is_told_where_frames_may_be_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let bins = [("rec_1.bin", 3), ("rec_2.bin", 3)];
    let (seq, _) = record(folder.path(), gray8(8, 4), &bins, "");
    let first = folder.path().join("rec_1.bin");
    let bytes = fs::read(&first).expect("reads");
    fs::write(&first, &bytes[..70]).expect("writes");
    let mut reader = open(&seq).expect("opens");
    let error = read_all(&mut *reader).expect_err("is cut");
    assert!(
        error
            .to_string()
            .ends_with("rec_1.bin` is cut short in frame 2: 6 of 32 bytes"),
        "{error}"
    );
    // The frames behind it can be sought.
    let seek = reader.as_seek().expect("seeks");
    seek.seek(2).expect("seeks");
    assert!(seek.read_into(&mut Frame::empty()).expect("reads"));
    let mut reader = pimage_io::open(&seq, &skipping()).expect("opens");
    assert_eq!(read_all(&mut *reader).expect("reads").len(), 5);
    let damage: Vec<_> = reader.damage().iter().map(ToString::to_string).collect();
    assert_eq!(
        damage,
        [
            "frame 2: `rec_1.bin` ends in the middle of a frame; how many frames are missing is not known, and the indices of all that follow may be too low"
        ]
    );
}

/// Three full bins of 4, 4 and 2 frames, of which the second is cut or gone.
fn with_a_hole(folder: &Path, length: Option<usize>) -> (PathBuf, Vec<Frame>) {
    let bins = [
        ("rec_00000.bin", 4),
        ("rec_00001.bin", 4),
        ("rec_00002.bin", 2),
    ];
    let (seq, frames) = record(folder, gray8(8, 4), &bins, "");
    let second = folder.join("rec_00001.bin");
    match length {
        Some(length) => {
            let bytes = fs::read(&second).expect("reads");
            fs::write(&second, &bytes[..length]).expect("writes");
        }
        None => fs::remove_file(&second).expect("removes"),
    }
    (seq, frames)
}

#[test]
fn frames_behind_a_hole_keep_index_and_time() {
    for (length, first, reason) in [
        (Some(70), 6, "`rec_00001.bin` ends after 6 of 32 bytes"),
        (None, 4, "`rec_00001.bin` is missing"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let (seq, frames) = with_a_hole(folder.path(), length);
        let mut reader = pimage_io::open(&seq, &skipping()).expect("opens");
        assert_eq!(reader.info().frame_count.exact(), Some(10));
        let read = read_all(&mut *reader).expect("reads");
        let expected: Vec<_> = frames
            .iter()
            .filter(|frame| !(first..8).contains(&frame.stamp.index))
            .collect();
        assert_eq!(read.len(), expected.len());
        for (found, expected) in read.iter().zip(expected) {
            assert_eq!(found.stamp, expected.stamp);
            assert_eq!(found.bytes(), expected.bytes());
        }
        let list = [Damage {
            frames: first..8,
            reason: reason.to_owned(),
        }];
        assert_eq!(reader.damage(), list);
        assert_eq!(reader.files().len(), 3);

        // A missing frame that is sought is told too, and the next one is delivered.
        let mut reader = pimage_io::open(&seq, &skipping()).expect("opens");
        let mut frame = Frame::empty();
        let seek = reader.as_seek().expect("seeks");
        seek.seek(7).expect("seeks");
        assert!(seek.read_into(&mut frame).expect("reads"));
        assert_eq!(frame.stamp, frames[8].stamp);
        assert_eq!(seek.damage(), list);

        let mut strict = open(&seq).expect("opens");
        let error = read_all(&mut *strict).expect_err("has a hole").to_string();
        assert!(error.contains("rec_00001.bin"), "{error}");
        let seek = strict.as_seek().expect("seeks");
        seek.seek(7).expect("seeks");
        assert!(seek.read_into(&mut frame).is_err());
        seek.seek(9).expect("seeks");
        assert!(seek.read_into(&mut frame).expect("reads"));
        assert_eq!(frame.bytes(), frames[9].bytes());
    }
}

#[test]
fn sought_frames_behind_an_uncounted_hole_are_told_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let bins = [("rec_1.bin", 3), ("rec_2.bin", 3)];
    let (seq, _) = record(folder.path(), gray8(8, 4), &bins, "");
    fs::write(folder.path().join("rec_1.bin"), [1; 70]).expect("writes");
    let mut frame = Frame::empty();
    let mut strict = open(&seq).expect("opens");
    let seek = strict.as_seek().expect("seeks");
    seek.seek(1).expect("seeks");
    assert!(seek.read_into(&mut frame).expect("is before it"));
    seek.seek(4).expect("seeks");
    assert!(seek.read_into(&mut frame).is_err());
    let mut reader = pimage_io::open(&seq, &skipping()).expect("opens");
    let seek = reader.as_seek().expect("seeks");
    seek.seek(4).expect("seeks");
    assert!(seek.read_into(&mut frame).expect("reads"));
    assert_eq!(seek.damage().len(), 1);
    assert!(!Damage::is_counted(seek.damage()));
}

#[test]
fn frames_that_the_header_promises_are_told_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let (seq, _) = record(
        folder.path(),
        gray8(8, 4),
        &[("rec.bin", 4)],
        "Number of files=9\r\n",
    );
    let mut reader = pimage_io::open(&seq, &skipping()).expect("opens");
    assert_eq!(read_all(&mut *reader).expect("reads").len(), 4);
    let damage: Vec<_> = reader.damage().iter().map(ToString::to_string).collect();
    assert_eq!(damage, ["frames 4 to 8: the header promises 9 frames"]);
    assert!(read_all(&mut *open(&seq).expect("opens")).is_err());
}

#[test]
fn headers_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (seq, _) = record(folder.path(), gray8(8, 4), &[("rec.bin", 3)], "");
    let sound = fs::read_to_string(&seq).expect("reads");
    for (from, to, expected) in [
        (
            "Width=8",
            "Width=0",
            "`Width` is `0`: expected a whole number from 1",
        ),
        (
            "Height=4",
            "Hight=4",
            "`Height` is missing from `[Sequence Settings]`",
        ),
        (
            "BytesPerPixel=1",
            "BytesPerPixel=3",
            "`BytesPerPixel` is 3: pimage reads 1 and 2",
        ),
        (
            "BitsPerPixel=8",
            "BitsPerPixel=12",
            "`BitsPerPixel` is 12: expected 1 to 8",
        ),
        (
            "Width=8",
            "Width=4000000000",
            "width is 4000000000, the limit is 65535",
        ),
        (
            "Width=8\r\nHeight=4",
            "Width=60000\r\nHeight=60000",
            "pixels a frame is 3600000000",
        ),
    ] {
        fs::write(&seq, sound.replace(from, to)).expect("writes");
        let error = open(&seq).err().expect(to).to_string();
        assert!(error.contains(expected), "{to}: {error}");
    }
    fs::write(&seq, &sound).expect("writes");
    fs::remove_file(folder.path().join("rec.bin")).expect("removes");
    let error = open(&seq).err().expect("has no bin").to_string();
    assert!(
        error.contains("there is no `.bin` file whose name starts with `rec` in `"),
        "{error}"
    );
    fs::write(&seq, format!("{sound}Comment={}", "x".repeat(70_000))).expect("writes");
    let error = open(&seq).err().expect("is long").to_string();
    assert!(error.starts_with("header bytes is 70"), "{error}");
}

#[test]
fn the_writer_conforms() {
    for format in [gray8(9, 4), gray16(9, 4, 12)] {
        suite::writer(&WriterCase {
            name: "out.seq",
            format,
            tolerance: 0.0,
            create: &create,
            open: &open,
        });
    }
}

#[test]
fn what_was_read_can_be_written_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let seq = folder.path().join("out.seq");
    let frames = counter_frames(gray16(9, 4, 10), 3);
    assert!(write(&seq, &frames).is_empty());
    suite::reader(|| open(&seq).expect("opens"), &frames);
    let names: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    // Another bin that would become a part of it.
    fs::write(folder.path().join("new_0001.bin"), [0; 72]).expect("writes");
    let info = open(&seq).expect("opens").info().clone();
    let refused = pimage_io::create(
        folder.path().join("new.seq"),
        &info,
        &pimage_io::WriteOptions::default(),
    );
    let error = refused.err().expect("is refused").to_string();
    assert!(
        error.contains("`new_0001.bin` beside it would be read as a part"),
        "{error}"
    );
}

#[test]
fn colour_and_floats_are_refused_by_the_writer() {
    let folder = tempfile::tempdir().expect("a folder");
    let format = FrameFormat::new(4, 4, pimage_core::Color::Rgb, pimage_core::SampleType::U8);
    let info = pimage_core::StreamInfo::new("t", format, pimage_core::FrameCount::Unknown);
    let path = folder.path().join("a.seq");
    let mut writer =
        pimage_io::create(&path, &info, &pimage_io::WriteOptions::default()).expect("creates");
    let error = writer.write(&Frame::zeroed(format)).expect_err("is colour");
    assert_eq!(
        error.to_string(),
        "HIRIS cannot hold 4x4 rgb uint8 frames: it stores gray uint8 and uint16 only"
    );
}

#[test]
fn mutated_headers_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let more =
        "CommentSize=12\r\nComment=a=1\r\nb\r\n[c]\r\nBin directory=.\r\nBin File=rec.bin\r\n";
    let (seq, _) = record(
        folder.path(),
        gray16(9, 5, 12),
        &[("rec_1.bin", 3), ("rec_2.bin", 2)],
        more,
    );
    let original = fs::read(&seq).expect("reads");
    survive(&original, 2000, 3, move |bytes| {
        fs::write(&seq, bytes).expect("writes");
        try_reading(&seq);
    });
    drop(folder);
}
