//! Which files are read, and in which order.

use std::fs;
use std::path::PathBuf;

use pimage_core::{Color, Error, FrameCount, FrameFormat, SampleType, keys};
use pimage_io::ReadOptions;
use pimage_testkit::{counter_frames, suite};

use super::{note, put, stamps};
use crate::{gray8, gray16, open, read_all, write};

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
