//! Positions that the names of files say.

use std::fs;

use pimage_core::{Axis, FrameCount, FrameReaderExt, Slicing, StreamInfo, keys};
use pimage_io::{ReadOptions, WriteOptions};
use pimage_testkit::{assert_frames_eq, counter_frames, suite};

use super::{names, note, put};
use crate::{gray8, open, read_all, skipping};

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
