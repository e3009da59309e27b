//! Files that are damaged, cut or lie about themselves.

use std::fs;

use pimage_core::{Error, Frame, FrameCount, OnDamage};
use pimage_io::ReadOptions;
use pimage_testkit::{suite, survive};

use super::{by_hand, picture, scene};
use crate::{open, read_all, try_reading, write};

#[test]
fn damage_is_told_and_spreads() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let full = picture([0, 0, 4, 2], 1, &[0; 8]);
    let part = picture([1, 0, 2, 1], 1, &[1, 1]);
    let mut bad = part.clone();
    let at = bad.len() - 3;
    // A code that is not in the table yet.
    bad[at..at + 2].fill(0xFF);
    let mut opaque = full.clone();
    opaque[3] = 0;
    by_hand(
        &path,
        &[&full, &part, &bad, &part, &opaque, &part, b";junk"],
    );
    let mut reader = open(&path).expect("opens");
    assert!(reader.info().metadata.contains_key("gif_trailing_bytes"));
    let error = read_all(&mut *reader).expect_err("is damaged").to_string();
    assert!(
        error.starts_with("frame 2 of `") && error.contains("pixels"),
        "{error}"
    );
    let read = |on_damage| {
        let options = ReadOptions {
            on_damage,
            ..ReadOptions::default()
        };
        let mut reader = pimage_io::open(&path, &options).expect("opens");
        let frames = read_all(&mut *reader).expect("reads");
        let damage: Vec<_> = reader.damage().iter().map(ToString::to_string).collect();
        let indices: Vec<_> = frames.iter().map(|frame| frame.stamp.index).collect();
        (indices, damage)
    };
    let (indices, damage) = read(OnDamage::Skip);
    assert_eq!(indices, [0, 1, 4, 5]);
    assert_eq!(damage.len(), 2);
    assert_eq!(damage[1], "frame 3: it builds on frame 2, which is damaged");
    assert_eq!(read(OnDamage::Keep), ((0..6).collect(), damage));
    by_hand(&path, &[&full, &part, b"\x99"]);
    let options = crate::skipping();
    let mut reader = pimage_io::open(&path, &options).expect("opens");
    assert_eq!(read_all(&mut *reader).expect("reads").len(), 2);
    assert_eq!(
        reader.damage()[0].reason,
        "no block begins with 0x99, at byte 76"
    );
}

#[test]
fn cut_files_never_give_wrong_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    write(&path, &scene(6, 3));
    for on_damage in [OnDamage::Fail, OnDamage::Skip] {
        let options = ReadOptions {
            on_damage,
            ..ReadOptions::default()
        };
        for cut in suite::truncation(&path, || pimage_io::open(&path, &options)) {
            assert!(!cut.is_silent(), "{cut:?}");
        }
    }
}

#[test]
fn a_missing_trailer_costs_no_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let (full, part) = (
        picture([0, 0, 4, 2], 1, &[0; 8]),
        picture([1, 0, 2, 1], 1, &[1, 1]),
    );
    by_hand(&path, &[&full, &part]);
    let read = |options: &ReadOptions| {
        let mut reader = pimage_io::open(&path, options).expect("opens");
        assert_eq!(reader.info().frame_count, FrameCount::Exact(2));
        let mut frame = Frame::empty();
        for index in 0..2 {
            assert!(reader.read_into(&mut frame).expect("is whole"));
            assert_eq!(frame.stamp.index, index);
        }
        let end = reader.read_into(&mut frame).map_err(|error| match error {
            Error::Damaged { frame, reason, .. } => (frame, reason),
            other => (0, other.to_string()),
        });
        (end, reader.damage().to_vec())
    };
    let reason = "the file ends before its trailer".to_owned();
    let (end, _) = read(&ReadOptions::default());
    assert_eq!(end, Err((2, reason.clone())));
    let (end, damage) = read(&crate::skipping());
    assert_eq!(end, Ok(false));
    // Nobody knows how many frames there were.
    assert_eq!(damage.len(), 1);
    assert_eq!((&damage[0].frames, &damage[0].reason), (&(2..2), &reason));
    by_hand(&path, &[&full, &part, b";"]);
    let frames = read_all(&mut *open(&path).expect("opens")).expect("is whole");
    assert_eq!(frames.len(), 2);
}

#[test]
fn a_claim_is_no_reason_to_take_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let full = picture([0, 0, 4, 2], 1, &[0; 8]);
    let mut huge = full.clone();
    huge[13..17].copy_from_slice(&[0xFF; 4]);
    by_hand(&path, &[&full, &huge, b";"]);
    let mut reader = pimage_io::open(&path, &crate::skipping()).expect("opens");
    assert_eq!(read_all(&mut *reader).expect("reads").len(), 1);
    assert!(
        reader.damage()[0]
            .reason
            .contains("its data end after 8 of"),
        "{:?}",
        reader.damage()
    );
    by_hand(&path, &[&huge, b";"]);
    let error = open(&path).err().expect("is too large");
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[test]
fn mutated_files_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    write(&path, &scene(3, 3));
    let mut originals = vec![fs::read(&path).expect("reads")];
    let parts = [
        picture([0, 0, 4, 2], 2, &[0; 8]),
        picture([1, 0, 2, 1], 3, &[1, 3]),
    ];
    by_hand(&path, &[&parts[0], &parts[1], &parts[0], b";"]);
    originals.push(fs::read(&path).expect("reads"));
    for (seed, original) in originals.iter().enumerate() {
        let path = path.clone();
        survive(original, 1000, seed as u64, move |bytes| {
            fs::write(&path, bytes).expect("writes");
            try_reading(&path);
        });
    }
    drop(folder);
}
