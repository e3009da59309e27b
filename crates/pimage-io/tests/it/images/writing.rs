//! Names that are written, and what is refused.

use std::fs;
use std::path::Path;

use pimage_core::{
    Axis, Color, Error, FrameCount, FrameFormat, FrameRate, FrameWriter, SampleType, StreamInfo,
};
use pimage_io::WriteOptions;
use pimage_testkit::suite::WriterCase;
use pimage_testkit::{counter_frames, suite};

use super::{names, put};
use crate::{create, gray8, gray16, open};

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
