//! Archives of arrays.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameWriter, SampleType, StreamInfo, Timebase,
    Timestamp,
};
use pimage_fs::Storage;
use pimage_io::{ReadOptions, WriteOptions};
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{counter_frames, every_format, survive};

use crate::{gray8, open, read_all, try_reading};

fn deflated() -> WriteOptions {
    WriteOptions {
        compression: Some("deflate=1".to_owned()),
        ..WriteOptions::default()
    }
}

fn write(path: &Path, frames: &[Frame], options: &WriteOptions) -> Vec<String> {
    let info = StreamInfo::new("test", *frames[0].format(), FrameCount::Unknown);
    let mut writer = pimage_io::create(path, &info, options).expect("creates");
    for frame in frames {
        writer.write(frame).expect("writes");
    }
    writer.finish().expect("finishes").notes
}

#[test]
fn every_format_comes_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    for options in [WriteOptions::default(), deflated()] {
        for (place, format) in every_format(7, 5).into_iter().enumerate() {
            let name = format!("{place}-{}.npz", options.compression.is_some());
            let path = folder.path().join(name);
            // Numbers and times come back too, which the suite compares.
            let frames = counter_frames(format.with_bit_depth(0), 6);
            write(&path, &frames, &options);
            suite::reader(|| open(&path).expect("opens"), &frames);
        }
    }
}

#[test]
fn the_writer_conforms() {
    let create_deflated = |path: &Path,
                           info: &StreamInfo,
                           storage: Arc<dyn Storage>,
                           overwrite: bool|
     -> Result<Box<dyn FrameWriter>, Error> {
        let options = WriteOptions {
            storage,
            overwrite,
            ..deflated()
        };
        pimage_io::create(path, info, &options)
    };
    for create in [&crate::create as suite::Create<'_>, &create_deflated] {
        for format in [
            gray8(9, 4),
            FrameFormat::new(5, 3, Color::Rgb, SampleType::F32),
        ] {
            suite::writer(&WriterCase {
                name: "a.npz",
                format,
                tolerance: 0.0,
                create,
                open: &open,
            });
        }
    }
}

#[test]
fn frames_larger_than_what_is_inflated_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npz");
    let frames = counter_frames(FrameFormat::new(700, 601, Color::Rgb, SampleType::U16), 3);
    write(&path, &frames, &deflated());
    suite::reader(|| open(&path).expect("opens"), &frames);
}

#[test]
fn times_and_numbers_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npz");
    let mut frames = counter_frames(gray8(4, 3), 5);
    for (frame, place) in frames.iter_mut().zip(0i64..) {
        frame.stamp.number = Some(100 - 7 * place);
        frame.stamp.time = Some(Timestamp::new(3 * place * place, Timebase::MILLISECONDS));
    }
    for options in [WriteOptions::default(), deflated()] {
        let _ = fs::remove_file(&path);
        assert!(write(&path, &frames, &options).is_empty());
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        for (found, frame) in found.iter().zip(&frames) {
            assert_eq!(found.stamp.number, frame.stamp.number);
            assert_eq!(found.stamp.secs(), frame.stamp.secs());
        }
        // Numbers of some frames only have no place in an array; times that are missing do.
        let mut some = frames.clone();
        some[2].stamp.number = None;
        some[3].stamp.time = None;
        fs::remove_file(&path).expect("removes");
        let notes = write(&path, &some, &options);
        assert_eq!(
            notes,
            ["npz keeps numbers when all frames have one: those of 4 frame(s) are lost"]
        );
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        assert!(found.iter().all(|frame| frame.stamp.number.is_none()));
        assert_eq!(found[3].stamp.secs(), None);
        assert_eq!(found[4].stamp.secs(), frames[4].stamp.secs());
    }
}

#[test]
fn arrays_are_found_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npz");
    let frames = counter_frames(gray8(4, 3), 2);
    write(&path, &frames, &WriteOptions::default());
    let of = |name: &str| open(&folder.path().join(format!("a.npz:{name}")));
    assert_eq!(
        read_all(&mut *of("frames").expect("opens")).expect("reads"),
        frames
    );
    assert_eq!(
        read_all(&mut *of("frames.npy").expect("opens")).expect("reads"),
        frames
    );
    let error = of("x").err().expect("is not there").to_string();
    assert!(
        error.contains("it has no array `x`; there are `frames` (2, 3, 4) |u1"),
        "{error}"
    );
}

#[test]
fn cut_archives_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npz");
    write(&path, &counter_frames(gray8(9, 7), 5), &deflated());
    for cut in suite::truncation(&path, || open(&path)) {
        assert!(!cut.is_silent(), "{cut:?}");
    }
}

/// Changes a byte in the middle of the frames.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(path, bytes).expect("writes");
}

#[test]
fn changed_bytes_are_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npz");
    for options in [WriteOptions::default(), deflated()] {
        let _ = fs::remove_file(&path);
        write(&path, &counter_frames(gray8(90, 70), 5), &options);
        damage(&path);
        let error = read_all(&mut *open(&path).expect("opens")).expect_err("is damaged");
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        let mut reader = pimage_io::open(&path, &crate::skipping()).expect("opens");
        read_all(&mut *reader).expect("reads what is there");
        assert!(!reader.damage().is_empty());
    }
}

#[test]
fn frames_in_another_order_are_gathered_from_deflated_arrays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npz");
    let frames = counter_frames(gray8(6, 4), 5);
    write(&path, &frames, &deflated());
    let options = ReadOptions {
        axes: Some("hwt".to_owned()),
        ..ReadOptions::default()
    };
    let open = || pimage_io::open(&path, &options).expect("opens");
    let mut reader = open();
    assert_eq!(reader.info().format.to_string(), "4x5 gray uint8");
    let found = read_all(&mut *reader).expect("reads");
    assert_eq!(found.len(), 6);
    for (x, column) in found.iter().enumerate() {
        let expected: Vec<u8> = frames
            .iter()
            .flat_map(|frame| (0..4).map(move |y| frame.bytes()[y * 6 + x]))
            .collect();
        assert_eq!(column.bytes(), expected);
    }
    suite::reader(open, &found);
}

#[test]
fn mutated_files_are_survived() {
    for options in [WriteOptions::default(), deflated()] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.npz");
        write(&path, &counter_frames(gray8(9, 7), 3), &options);
        let original = fs::read(&path).expect("reads");
        survive(&original, 2000, 1, move |bytes| {
            fs::write(&path, bytes).expect("writes");
            try_reading(&path);
        });
        drop(folder);
    }
}
