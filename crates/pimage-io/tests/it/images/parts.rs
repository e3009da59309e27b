//! Recordings of several files that hold several frames each.

use std::fs;
use std::path::Path;

use pimage_core::{Error, Frame, FrameCount, FrameRate, StreamInfo, Timebase, Timestamp};
use pimage_io::{ReadOptions, WriteOptions};
use pimage_testkit::{assert_frames_eq, counter_frames, suite};

use super::{names, note, put};
use crate::{gray8, gray16, open, read_all, skipping, write};

#[test]
fn files_of_several_frames_follow_one_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(9, 4), 10);
    let target = folder.path().join("part_%02d.y4m");
    let options = WriteOptions {
        frames_per_file: Some(4),
        ..WriteOptions::default()
    };
    let mut info = StreamInfo::new("test", gray8(9, 4), FrameCount::Exact(10));
    info.rate = FrameRate::new(25, 1);
    let mut writer = pimage_io::create(&target, &info, &options).expect("creates");
    for frame in &frames {
        writer.write(frame).expect("writes");
        assert!(!folder.path().join("part_00.y4m").exists());
    }
    let summary = writer.finish().expect("finishes");
    assert_eq!(summary.frames, 10);
    assert_eq!(
        names(folder.path()),
        ["part_00.y4m", "part_01.y4m", "part_02.y4m"]
    );
    suite::reader(|| open(folder.path()).expect("opens"), &frames);
    suite::reader(|| open(&target).expect("opens"), &frames);
    let read = read_all(&mut *open(folder.path()).expect("opens")).expect("reads");
    assert_eq!(read[5].stamp.name.as_deref(), Some("part_01.y4m"));
    assert_eq!(read[9].stamp.secs(), Some(0.36));
    let refused = pimage_io::create(&target, &info, &options).map(|_| ());
    assert!(matches!(refused, Err(Error::Exists { .. })));
    // A file that is broken is left out when damage is skipped, and the others keep their frames.
    fs::write(folder.path().join("part_01.y4m"), "YUV4MPEG2 nonsense").expect("writes");
    assert!(open(folder.path()).is_err());
    let mut reader = pimage_io::open(folder.path(), &skipping()).expect("opens");
    let read = read_all(&mut *reader).expect("skips");
    assert_eq!(read.len(), 6);
    assert!(reader.damage()[0].reason.contains("part_01.y4m"));
}

/// Writes npz files of three frames each and reads all of them.
fn through_parts(folder: &Path, frames: &[Frame], rate: Option<FrameRate>) -> Vec<Frame> {
    let target = folder.join("part_%02d.npz");
    let options = WriteOptions {
        frames_per_file: Some(3),
        overwrite: true,
        ..WriteOptions::default()
    };
    let count = FrameCount::Exact(frames.len() as u64);
    let mut info = StreamInfo::new("test", *frames[0].format(), count);
    info.rate = rate;
    let mut writer = pimage_io::create(&target, &info, &options).expect("creates");
    frames
        .iter()
        .for_each(|frame| writer.write(frame).expect("writes"));
    writer.finish().expect("finishes");
    let mut reader = open(&target).expect("opens");
    let read = read_all(&mut *reader).expect("reads");
    // Seeking gives the same times.
    for frame in read.iter().rev() {
        let mut reader = open(&target).expect("opens");
        let seek = reader.as_seek().expect("seeks");
        seek.seek(frame.stamp.index).expect("is there");
        let mut again = Frame::empty();
        assert!(reader.read_into(&mut again).expect("reads"));
        assert_eq!(again.stamp, frame.stamp);
    }
    read
}

#[test]
fn parts_keep_uneven_times_and_the_places_of_missing_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut frames = counter_frames(gray8(9, 4), 8);
    for (frame, nanos) in frames.iter_mut().zip([0, 9, 21, 30, 55, 56, 80, 99]) {
        frame.stamp.time = Some(Timestamp::new(nanos, Timebase::NANOSECONDS));
    }
    for rate in [None, FrameRate::new(25, 1)] {
        let read = through_parts(folder.path(), &frames, rate);
        let times = |frames: &[Frame]| frames.iter().map(|f| f.stamp.secs()).collect::<Vec<_>>();
        assert_eq!(times(&read), times(&frames), "{rate:?}");
    }
    assert_eq!(note(folder.path(), "times"), None);
    // Files that begin anew, and no rate to tell how long the ones before took.
    for number in 1..=2 {
        let (from, to) = ("part_00.npz", format!("part_{number:02}.npz"));
        fs::copy(folder.path().join(from), folder.path().join(to)).expect("copies");
    }
    let read = read_all(&mut *open(folder.path()).expect("opens")).expect("reads");
    assert_eq!(read.len(), 9);
    assert_eq!(read[1].stamp.secs(), Some(9e-9));
    assert_eq!(read[4].stamp.secs(), None);
    let note = note(folder.path(), "times").expect("is noted");
    assert!(note.contains("begin anew"), "{note}");
    frames.remove(1);
    let read = through_parts(folder.path(), &frames, None);
    let names: Vec<_> = read.iter().filter_map(|f| f.stamp.name.clone()).collect();
    assert_eq!(
        names
            .iter()
            .filter(|name| ***name == *"part_00.npz")
            .count(),
        2
    );
    assert_eq!(
        names
            .iter()
            .filter(|name| ***name == *"part_01.npz")
            .count(),
        3
    );
}

#[test]
fn lists_of_lists_and_parts_that_are_taken_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.txt"), "@b.txt\n").expect("writes");
    fs::write(at("b.txt"), "@a.txt\n").expect("writes");
    fs::write(at("c.txt"), "*.png\n").expect("writes");
    for name in ["@a.txt", "@b.txt", "@c.txt"] {
        let error = pimage_io::open(at(name), &ReadOptions::default()).map(|_| ());
        assert!(matches!(error, Err(Error::Unsupported { .. })), "{name}");
    }
    fs::create_dir(at("p_1.y4m")).expect("creates");
    let info = StreamInfo::new("test", gray8(9, 4), FrameCount::Exact(4));
    for overwrite in [false, true] {
        let options = WriteOptions {
            frames_per_file: Some(2),
            overwrite,
            ..WriteOptions::default()
        };
        let refused = pimage_io::create(at("p_%d.y4m"), &info, &options).map(|_| ());
        assert!(refused.is_err(), "{overwrite}");
    }
}

#[cfg(feature = "zarr")]
#[test]
fn parts_may_be_folders() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("p_%d.zarr");
    let frames = counter_frames(gray8(9, 4), 5);
    let options = WriteOptions {
        frames_per_file: Some(2),
        ..WriteOptions::default()
    };
    let info = StreamInfo::new("test", gray8(9, 4), FrameCount::Exact(5));
    let mut writer = pimage_io::create(&target, &info, &options).expect("creates");
    frames
        .iter()
        .for_each(|frame| writer.write(frame).expect("writes"));
    writer.finish().expect("finishes");
    for path in [target.as_path(), folder.path()] {
        let read = read_all(&mut *open(path).expect("opens")).expect("reads");
        assert_eq!(read.len(), frames.len());
        for (found, expected) in read.iter().zip(&frames) {
            assert_frames_eq(found, expected);
        }
    }
}

#[test]
#[cfg(feature = "tiff")]
fn pages_are_never_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray16(9, 4, 16), 4);
    put(folder.path(), &["0.tif", "1.tif"], &frames);
    suite::reader(|| open(folder.path()).expect("opens"), &frames[..2]);
    fs::remove_file(folder.path().join("1.tif")).expect("removes");
    write(&folder.path().join("1.tif"), &frames[1..]);
    let error = read_all(&mut *open(folder.path()).expect("opens")).expect_err("has three pages");
    let text = error.to_string();
    assert!(
        text.contains("1.tif") && text.contains("`--format tiff`"),
        "{text}"
    );
    let options = ReadOptions {
        format: Some("tiff".to_owned()),
        ..ReadOptions::default()
    };
    suite::reader(
        || pimage_io::open(folder.path(), &options).expect("opens"),
        &frames,
    );
}
