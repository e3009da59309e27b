//! Still images, and folders of them.

use std::fs;
use std::path::{Path, PathBuf};

use pimage_core::{
    Axis, Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReaderExt, FrameWriter,
    SampleType, Slicing, StreamInfo, Timebase, Timestamp, keys,
};
use pimage_io::{ReadOptions, WriteOptions};
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{assert_frames_eq, counter_frame, counter_frames, survive};

use crate::{create, gray8, gray16, open, read_all, skipping, try_reading, write};

/// Writes one image a frame, under these names.
fn put(folder: &Path, names: &[&str], frames: &[Frame]) {
    for (name, frame) in names.iter().zip(frames) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("has one")).expect("creates");
        write(&path, std::slice::from_ref(frame));
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().display().to_string())
        .collect();
    names.sort();
    names
}

/// The names and numbers of all frames.
fn stamps(path: &Path) -> Vec<(String, Option<i64>)> {
    let frames = read_all(&mut *open(path).expect("opens")).expect("reads");
    let stamp = |frame: &Frame| {
        let name = frame.stamp.name.as_deref().unwrap_or_default();
        (name.to_owned(), frame.stamp.number)
    };
    frames.iter().map(stamp).collect()
}

fn note(path: &Path, name: &str) -> Option<String> {
    let reader = open(path).expect("opens");
    let value = reader.info().metadata.get(name)?;
    Some(value.to_string())
}

#[test]
fn one_image_is_one_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, format) in [
        ("a.png", gray16(9, 7, 16)),
        ("a.bmp", gray8(9, 7)),
        ("a.pgm", gray16(9, 7, 10)),
        ("a.webp", FrameFormat::new(9, 7, Color::Rgb, SampleType::U8)),
    ] {
        let path = folder.path().join(name);
        let frames = counter_frames(format, 1);
        write(&path, &frames);
        suite::reader(|| open(&path).expect("opens"), &frames);
    }
}

#[test]
fn the_writers_conform() {
    for (name, first, format) in [
        ("out_%05d.png", "out_00000.png", gray16(7, 5, 16)),
        ("t%02t.bmp", "t00.bmp", gray8(9, 4)),
        ("out/", "out", gray8(9, 4)),
    ] {
        let case = WriterCase {
            name,
            format,
            tolerance: 0.0,
            create: &create,
            open: &open,
        };
        suite::writer_of_files(&case, first);
    }
    let case = WriterCase {
        name: "part_%d.y4m",
        format: gray8(9, 4),
        tolerance: 0.0,
        create: &|path, info, storage, overwrite| {
            let options = WriteOptions {
                storage,
                overwrite,
                frames_per_file: Some(3),
                ..WriteOptions::default()
            };
            pimage_io::create(path, info, &options)
        },
        open: &open,
    };
    suite::writer_of_files(&case, "part_0.y4m");
}

#[test]
fn a_folder_is_read_in_natural_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(9, 4), 5);
    let files = [
        "img_8.png",
        "img_9.png",
        "img_10.png",
        "img_12.png",
        "img_100.png",
    ];
    put(folder.path(), &files, &frames);
    fs::write(folder.path().join("notes.txt"), "mine").expect("writes");
    fs::write(folder.path().join(".hidden.png"), "no image").expect("writes");
    fs::write(folder.path().join("Thumbs.db"), "no image").expect("writes");
    fs::create_dir(folder.path().join("more")).expect("creates");
    suite::reader(|| open(folder.path()).expect("opens"), &frames);
    let numbers = [8, 9, 10, 12, 100];
    let expected: Vec<_> = files
        .iter()
        .zip(numbers)
        .map(|(name, number)| ((*name).to_owned(), Some(number)))
        .collect();
    assert_eq!(stamps(folder.path()), expected);
    assert_eq!(
        note(folder.path(), keys::HOLES).as_deref(),
        Some("11, 13..100")
    );
    assert_eq!(
        note(folder.path(), "ignored_files").as_deref(),
        Some("1 .txt, 1 folder(s)")
    );
    let read = open(folder.path()).expect("opens").files();
    assert_eq!(read.len(), 5);
    assert!(read.iter().all(|path| path.is_file()));
}

#[test]
fn patterns_and_lists_choose_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(9, 4), 4);
    let files = [
        "run2/i_1.png",
        "run2/i_2.png",
        "run10/i_1.png",
        "run10/x.png",
    ];
    put(folder.path(), &files, &frames);
    let found = |name: &str| -> Vec<String> {
        let stamps = stamps(&folder.path().join(name));
        stamps.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(found("run*/i_*.png"), files[..3]);
    assert_eq!(found("run2/*"), ["i_1.png", "i_2.png"]);
    assert_eq!(found("run2/i_%d.png"), ["i_1.png", "i_2.png"]);
    assert_eq!(found("run10/i_%d.png"), ["i_1.png"]);
    let list = folder.path().join("names.txt");
    fs::write(&list, "run10/x.png\r\n\nrun2/i_1.png\n").expect("writes");
    let list = PathBuf::from(format!("@{}", list.display()));
    let stamps = stamps(&list);
    assert_eq!(stamps[0].0, "run10/x.png");
    assert_eq!(stamps[1].0, "run2/i_1.png");
    let error = open(&folder.path().join("run2/j_%d.png"))
        .map(|_| ())
        .expect_err("none fits");
    assert!(error.to_string().ends_with("(no file fits it)"), "{error}");
    let error = open(&folder.path().join("j*.png"))
        .map(|_| ())
        .expect_err("none fits");
    assert!(error.to_string().ends_with("(no file fits it)"), "{error}");
}

#[test]
fn folders_that_are_not_clear_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = || {
        open(folder.path())
            .map(|_| ())
            .expect_err("is refused")
            .to_string()
    };
    assert!(refused().ends_with("(an empty folder)"), "{}", refused());
    fs::write(folder.path().join("a.txt"), "a").expect("writes");
    fs::write(folder.path().join("b"), "b").expect("writes");
    assert!(
        refused().ends_with("(it holds 1 without extension, 1 .txt, none of which pimage reads)"),
        "{}",
        refused()
    );
    let frames = counter_frames(gray8(9, 4), 4);
    put(
        folder.path(),
        &["1.png", "2.png", "1.bmp", "2.bmp"],
        &frames,
    );
    assert!(
        refused().contains("give a pattern such as"),
        "{}",
        refused()
    );
    put(folder.path(), &["3.png"], &frames[2..]);
    let reader = open(folder.path()).expect("most are png");
    assert_eq!(reader.info().frame_count, FrameCount::Exact(3));
    assert_eq!(
        reader.info().metadata["ignored_files"].to_string(),
        "2 .bmp, 1 without extension, 1 .txt"
    );
    let options = ReadOptions {
        format: Some("bmp".to_owned()),
        ..ReadOptions::default()
    };
    let reader = pimage_io::open(folder.path(), &options).expect("are asked for");
    assert_eq!(reader.info().frame_count, FrameCount::Exact(2));
}

#[test]
fn other_sizes_and_broken_files_are_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(9, 4), 5);
    let files = ["0.png", "1.png", "2.png", "3.png", "4.png"];
    put(folder.path(), &files, &frames);
    put(folder.path(), &["1.png"], &[]);
    fs::remove_file(folder.path().join("1.png")).expect("removes");
    put(folder.path(), &["1.png"], &[counter_frame(1, gray8(8, 4))]);
    let whole = fs::read(folder.path().join("3.png")).expect("reads");
    fs::write(folder.path().join("3.png"), &whole[..whole.len() / 2]).expect("writes");
    let mut reader = open(folder.path()).expect("opens");
    let mut frame = Frame::empty();
    assert!(reader.read_into(&mut frame).expect("is whole"));
    let error = reader.read_into(&mut frame).expect_err("has another size");
    let text = error.to_string();
    assert!(
        text.starts_with("frame 1 of `")
            && text.contains(
                "1.png` is damaged: it is 8x4 gray uint8, the first file is 9x4 gray uint8"
            ),
        "{text}"
    );
    let mut reader = pimage_io::open(folder.path(), &skipping()).expect("opens");
    let read = read_all(&mut *reader).expect("skips");
    let indices: Vec<_> = read.iter().map(|frame| frame.stamp.index).collect();
    assert_eq!(indices, [0, 2, 4]);
    assert_frames_eq(&read[1], &frames[2]);
    let damaged: Vec<_> = reader
        .damage()
        .iter()
        .map(|damage| damage.frames.clone())
        .collect();
    assert_eq!(damaged, [1..2, 3..4]);
    assert!(
        reader.damage()[1].reason.contains("3.png"),
        "{:?}",
        reader.damage()
    );
    // The first one fixes the format, unless it is broken and damage is skipped.
    fs::write(folder.path().join("0.png"), &whole[..30]).expect("writes");
    let error = open(folder.path()).map(|_| ()).expect_err("is broken");
    assert!(error.to_string().contains("0.png"), "{error}");
    let mut reader = pimage_io::open(folder.path(), &skipping()).expect("opens");
    assert_eq!(reader.info().format, gray8(8, 4));
    assert_eq!(read_all(&mut *reader).expect("skips").len(), 1);
}

/// Frames of two times, three depths and two channels, in row-major order.
fn positions() -> Vec<(u64, u64, u64)> {
    let mut positions = Vec::new();
    for time in 0..2 {
        for depth in 0..3 {
            for channel in 0..2 {
                positions.push((time, depth, channel));
            }
        }
    }
    positions
}

#[test]
fn axes_are_found_in_names() {
    let frames = counter_frames(gray8(9, 4), 12);
    for (name, found) in [
        ("img_T{t}_Z{z}_C{c}.png", true),
        ("img_t00{t}z{z}c{c}.png", true),
        ("ch0{c}_t{t}_z{z}.png", true),
        ("a{t}_b{z}_c{c}.png", false),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let spell = |(t, z, c): (u64, u64, u64)| {
            name.replace("{t}", &t.to_string())
                .replace("{z}", &(z + 9).to_string())
                .replace("{c}", &c.to_string())
        };
        let files: Vec<_> = positions().into_iter().map(spell).collect();
        let files: Vec<_> = files.iter().map(String::as_str).collect();
        put(folder.path(), &files, &frames);
        let reader = open(folder.path()).expect("opens");
        let axes: Vec<_> = reader.info().axes.iter().map(ToString::to_string).collect();
        if found {
            assert_eq!(axes, ["t 2", "z 3", "c 2"], "{name}");
            suite::reader(|| open(folder.path()).expect("opens"), &frames);
        } else {
            assert!(axes.is_empty(), "{name}: {axes:?}");
        }
    }
}

#[test]
fn slicing_works_on_axes_of_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(9, 4), 12);
    let mut info = StreamInfo::new("test", gray8(9, 4), FrameCount::Exact(12));
    info.axes = vec![Axis::new("t", 2), Axis::new("z", 3), Axis::new("c", 2)];
    let target = folder.path().join("T%t_C%c_Z%02z.png");
    let mut writer = pimage_io::create(&target, &info, &WriteOptions::default()).expect("creates");
    for frame in &frames {
        writer.write(frame).expect("writes");
    }
    writer.finish().expect("finishes");
    assert_eq!(names(folder.path())[5], "T0_C1_Z02.png");
    // The pattern's own order makes time, channel, depth of it; found by themselves they are t, z, c.
    let by_pattern = open(&target).expect("opens");
    let axes: Vec<_> = by_pattern
        .info()
        .axes
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(axes, ["t 2", "c 2", "z 3"]);
    suite::reader(|| open(folder.path()).expect("opens"), &frames);
    let slicing = Slicing {
        select: vec![
            "z=1".parse().expect("is one"),
            "c=1".parse().expect("is one"),
        ],
        ..Slicing::default()
    };
    let mut sliced = open(&target)
        .expect("opens")
        .slice(&slicing)
        .expect("slices");
    let read = read_all(&mut sliced).expect("reads");
    assert_eq!(read.len(), 2);
    assert_frames_eq(&read[0], &frames[3]);
    assert_frames_eq(&read[1], &frames[9]);
    let bundled = Slicing {
        iterate: Some(vec!["t".to_owned()]),
        bundle: vec!["z".to_owned(), "c".to_owned()],
        ..Slicing::default()
    };
    let mut bundled = open(folder.path())
        .expect("opens")
        .slice(&bundled)
        .expect("slices");
    let read = read_all(&mut bundled).expect("reads");
    assert_eq!(read.len(), 2);
    let stacked: Vec<u8> = frames[6..]
        .iter()
        .flat_map(|frame| frame.bytes().to_vec())
        .collect();
    assert_eq!(read[1].bytes(), stacked);
}

#[test]
fn a_position_without_a_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(9, 4), 6);
    let files = [
        "t0_z0.png",
        "t0_z1.png",
        "t1_z0.png",
        "t1_z1.png",
        "t3_z0.png",
        "t3_z1.png",
    ];
    put(folder.path(), &files, &frames);
    fs::remove_file(folder.path().join("t1_z0.png")).expect("removes");
    assert_eq!(note(folder.path(), keys::HOLES).as_deref(), Some("t 2"));
    let error = read_all(&mut *open(folder.path()).expect("opens")).expect_err("lacks one");
    assert!(
        error
            .to_string()
            .ends_with("is damaged: there is no file for t 1, z 0"),
        "{error}"
    );
    let mut reader = pimage_io::open(folder.path(), &skipping()).expect("opens");
    let read = read_all(&mut *reader).expect("skips");
    assert_eq!(read.len(), 5);
    assert_frames_eq(&read[2], &frames[3]);
    assert_eq!(read[2].stamp.index, 3);
    assert_eq!(
        reader.damage()[0].to_string(),
        "frame 2: there is no file for t 1, z 0"
    );
}

#[test]
fn a_pattern_gives_channels_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(9, 4), 4);
    put(
        folder.path(),
        &["0_DAPI.png", "0_GFP.png", "1_DAPI.png", "1_GFP.png"],
        &frames,
    );
    let options = |pattern: &str| ReadOptions {
        pattern: Some(pattern.to_owned()),
        ..ReadOptions::default()
    };
    let named = options("%t_%c.png");
    let reader = pimage_io::open(folder.path(), &named).expect("opens");
    let axes: Vec<_> = reader.info().axes.iter().map(ToString::to_string).collect();
    assert_eq!(axes, ["t 2", "c 2 (DAPI, GFP)"]);
    suite::reader(
        || pimage_io::open(folder.path(), &named).expect("opens"),
        &frames,
    );
    for (pattern, text) in [
        ("%t_%c", "no file fits it"),
        ("img.png", "expected a name with axes in it"),
        ("%t_%t.png", "expected each axis once"),
    ] {
        let error = pimage_io::open(folder.path(), &options(pattern)).map(|_| ());
        let error = error.expect_err(pattern).to_string();
        assert!(error.contains(text), "{pattern}: {error}");
    }
    put(folder.path(), &["00_GFP.png"], &frames);
    let error = pimage_io::open(folder.path(), &named)
        .map(|_| ())
        .expect_err("is there twice");
    assert!(
        error.to_string().contains("has the same position as"),
        "{error}"
    );
}

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

#[test]
fn options_that_mean_nothing_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    put(
        folder.path(),
        &["a_0.png", "a_1.png"],
        &counter_frames(gray8(9, 4), 2),
    );
    let axes = ReadOptions {
        axes: Some("thw".to_owned()),
        ..ReadOptions::default()
    };
    let raw = ReadOptions {
        raw: Some(pimage_io::RawSpec::new(gray8(9, 4))),
        format: Some("npy".to_owned()),
        ..ReadOptions::default()
    };
    for options in [&axes, &raw] {
        let refused = pimage_io::open(folder.path(), options).map(|_| ());
        assert!(
            matches!(refused, Err(Error::BadOption { .. })),
            "{refused:?}"
        );
    }
    let only_raw = tempfile::tempdir().expect("a folder");
    fs::write(only_raw.path().join("a.raw"), [7; 72]).expect("writes");
    let raw = ReadOptions {
        format: Some("raw".to_owned()),
        ..raw
    };
    let mut reader = pimage_io::open(only_raw.path(), &raw).expect("opens");
    assert_eq!(read_all(&mut *reader).expect("reads").len(), 2);
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

#[cfg(unix)]
#[test]
fn a_link_to_its_own_folder_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.y4m", "b.y4m"] {
        std::os::unix::fs::symlink(folder.path(), folder.path().join(name)).expect("links");
    }
    assert!(pimage_io::open(folder.path(), &ReadOptions::default()).is_err());
}

#[cfg(unix)]
#[test]
fn pipes_are_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.png");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    if made.is_ok_and(|status| status.success()) {
        assert!(pimage_io::open(&path, &ReadOptions::default()).is_err());
        assert!(pimage_io::open(folder.path(), &ReadOptions::default()).is_err());
    }
}

#[test]
fn a_file_that_is_cut_is_damage_in_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(9, 4), 12);
    for (name, frames) in ["a1.npy", "a2.npy", "a3.npy"].iter().zip(frames.chunks(4)) {
        write(&folder.path().join(name), frames);
    }
    suite::reader(|| open(folder.path()).expect("opens"), &frames);
    let path = folder.path().join("a2.npy");
    let whole = fs::read(&path).expect("reads");
    fs::write(&path, &whole[..whole.len() - 40]).expect("writes");
    let mut reader = open(folder.path()).expect("opens");
    let error = read_all(&mut *reader).expect_err("is cut").to_string();
    assert!(error.contains("a2.npy` is cut short in frame 6"), "{error}");
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

#[test]
fn one_name_takes_one_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.png");
    let frames = counter_frames(gray8(9, 4), 2);
    let info = |count| StreamInfo::new("test", gray8(9, 4), count);
    let error = pimage_io::create(&path, &info(FrameCount::Exact(2)), &WriteOptions::default());
    let error = error.map(|_| ()).expect_err("are two").to_string();
    assert!(error.contains("a_%05d.png"), "{error}");
    let mut writer = pimage_io::create(&path, &info(FrameCount::Unknown), &WriteOptions::default())
        .expect("creates");
    writer.write(&frames[0]).expect("is the first");
    let error = writer
        .write(&frames[1])
        .expect_err("is the second")
        .to_string();
    assert!(error.contains("a_%05d.png"), "{error}");
    drop(writer);
    assert!(names(folder.path()).is_empty());
}

/// Writes two frames with these options; the notes, or why not.
fn try_writing(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Vec<String>, Error> {
    let mut writer: Box<dyn FrameWriter> = pimage_io::create(path, info, options)?;
    for frame in counter_frames(info.format, 2) {
        writer.write(&frame)?;
    }
    Ok(writer.finish()?.notes)
}

#[test]
fn what_names_and_options_mean() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let info = StreamInfo::new("test", gray8(9, 4), FrameCount::Exact(2));
    let plain = WriteOptions::default();
    let named = |format: &str| WriteOptions {
        format: Some(format.to_owned()),
        ..WriteOptions::default()
    };
    try_writing(&at("a/"), &info, &plain).expect("is a folder");
    assert_eq!(names(&at("a")), ["00000.png", "00001.png"]);
    try_writing(&at("b"), &info, &named("bmp")).expect("is a folder");
    assert_eq!(names(&at("b")), ["00000.bmp", "00001.bmp"]);
    try_writing(&at("c_%d.dat"), &info, &named("png")).expect("are files");
    assert!(at("c_0.dat").exists() && at("c_1.dat").exists());
    for (name, options, text) in [
        ("d_%d.avi", plain.clone(), "--frames-per-file is missing"),
        (
            "d.png",
            WriteOptions {
                frames_per_file: Some(3),
                ..plain.clone()
            },
            "expected a name with a number",
        ),
        (
            "d_z%z.png",
            plain.clone(),
            "expected those of the frames, t",
        ),
        ("d_%t_%t.png", plain.clone(), "expected each axis once"),
        (
            "d_%d.png",
            WriteOptions {
                codec: Some("h264".to_owned()),
                ..plain.clone()
            },
            "--codec is `h264`",
        ),
        (
            "d_%d.jpg",
            WriteOptions {
                lossless: true,
                ..plain.clone()
            },
            "lossless JPEG",
        ),
        (
            "d_%d.jpg",
            WriteOptions {
                quality: Some("bad".to_owned()),
                ..plain.clone()
            },
            "--quality",
        ),
    ] {
        let error = try_writing(&at(name), &info, &options)
            .expect_err(name)
            .to_string();
        assert!(error.contains(text), "{name}: {error}");
    }
    let mut other = info.clone();
    other.format = FrameFormat::new(9, 4, Color::Gray, SampleType::F64);
    let error = try_writing(&at("e_%d.png"), &other, &plain).expect_err("is no image");
    assert!(matches!(error, Error::CannotHold { .. }), "{error}");
    assert_eq!(names(folder.path()), ["a", "b", "c_0.dat", "c_1.dat"]);
}

#[test]
fn a_folder_with_other_things_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let target = folder.path().join("out/");
    let info = StreamInfo::new("test", gray8(9, 4), FrameCount::Exact(2));
    let overwriting = WriteOptions {
        overwrite: true,
        ..WriteOptions::default()
    };
    fs::create_dir(&out).expect("creates");
    try_writing(&target, &info, &WriteOptions::default()).expect("an empty folder is taken");
    fs::write(out.join("00007.png"), "old").expect("writes");
    try_writing(&target, &info, &overwriting).expect("is one of images");
    assert_eq!(names(&out), ["00000.png", "00001.png"]);
    fs::write(out.join("thesis.txt"), "mine").expect("writes");
    let error = try_writing(&target, &info, &overwriting).expect_err("holds more");
    assert!(
        error.to_string().contains("it holds `thesis.txt`"),
        "{error}"
    );
    assert_eq!(names(&out), ["00000.png", "00001.png", "thesis.txt"]);
}

#[test]
fn what_is_lost_is_noted() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut info = StreamInfo::new("test", gray8(9, 4), FrameCount::Exact(2));
    info.axes = vec![Axis::new("z", 1), Axis::new("c", 2)];
    info.rate = FrameRate::new(25, 1);
    fs::write(folder.path().join("i_5.png"), "old").expect("writes");
    let overwriting = WriteOptions {
        overwrite: true,
        ..WriteOptions::default()
    };
    let notes = try_writing(&folder.path().join("i_%d.png"), &info, &overwriting).expect("writes");
    assert_eq!(
        notes,
        [
            "images have no times: the rate is lost",
            "1 older file(s) of that name, of greater numbers, are still there",
            "the axes z 1, c 2 are lost; a name such as `img_z%z_c%c.png` keeps them",
        ]
    );
}

#[test]
fn inputs_that_would_be_overwritten_are_known() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &["a_1.png"], &counter_frames(gray8(9, 4), 1));
    let file = folder.path().join("a_1.png");
    let plain = WriteOptions::default();
    for (name, expected) in [
        ("a_%d.png", true),
        ("a_%05d.png", false),
        ("a_1.png", true),
        ("a_2.png", false),
        ("b_%d.png", false),
        ("", true),
    ] {
        let output = format!("{}/{name}", folder.path().display());
        assert_eq!(
            pimage_io::writes_over(&output, &plain, &file),
            expected,
            "{name}"
        );
    }
}

#[test]
fn mutated_images_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(9, 7), 3);
    put(folder.path(), &["0.png", "1.png", "2.png"], &frames);
    let path = folder.path().join("1.png");
    let original = fs::read(&path).expect("reads");
    let root = folder.path().to_path_buf();
    survive(&original, 2000, 1, move |bytes| {
        fs::write(&path, bytes).expect("writes");
        try_reading(&root);
    });
}

#[test]
fn mutated_lists_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    put(
        folder.path(),
        &["0.png", "t1z2.png"],
        &counter_frames(gray8(9, 7), 2),
    );
    let path = folder.path().join("list.txt");
    let list = PathBuf::from(format!("@{}", path.display()));
    survive(b"0.png\nt1z2.png\n0.png\n", 2000, 1, move |bytes| {
        fs::write(&path, bytes).expect("writes");
        try_reading(&list);
    });
    drop(folder);
}
