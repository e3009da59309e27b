//! Files that are damaged or of another size than the first.

use std::fs;
use std::path::PathBuf;

use pimage_core::Frame;
use pimage_testkit::{assert_frames_eq, counter_frame, counter_frames, suite, survive};

use super::put;
use crate::{gray8, open, read_all, skipping, try_reading, write};

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
