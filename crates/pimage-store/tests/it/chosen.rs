//! Chosen frames, rows of several stores and parts of jobs are readers and stores like any others.

use std::path::{Path, PathBuf};

use pimage_core::{Frame, FrameReader, FrameWriter as _, Limits, Timestamp};
use pimage_store::{
    Alignment, Choice, FrameIndex, Join, MergeOptions, Missing, PartWriter, RecordOptions, Runs,
    Shard, Span, StoreOptions, StoreReader, merge,
};
use pimage_testkit::suite;
use proptest::prelude::*;

use crate::kit::{GRAY, frame, options, record};

fn open(path: &Path) -> StoreReader {
    StoreReader::open(path, &StoreOptions::default()).expect("is a store")
}

fn all(reader: &mut dyn FrameReader) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).expect("reads") {
        frames.push(frame.clone());
    }
    frames
}

#[test]
fn chosen_frames_keep_the_promises_of_readers() {
    let folder = tempfile::tempdir().expect("is made");
    let path = folder.path().join("s");
    record(&path, GRAY, 30, &options("npy", 8));
    let numbers = Span {
        start: Some(2),
        end: Some(20),
    };
    let choice = Choice {
        numbers,
        ..Choice::default()
    };
    let chosen = open(&path).index().chosen(&choice);
    let is_wanted = |index: u64| numbers.has(frame(index, GRAY).stamp.number.unwrap_or(-100));
    let by_hand: Vec<u64> = (0..30).filter(|index| is_wanted(*index)).collect();
    assert_eq!(
        chosen.iter().cloned().flatten().collect::<Vec<_>>(),
        by_hand
    );
    let runs = vec![1..3, chosen[0].clone(), 20..21, 29..30];
    let wanted = runs.iter().cloned().flatten();
    let mut expected: Vec<Frame> = wanted.map(|index| frame(index, GRAY)).collect();
    for (index, frame) in (0..).zip(&mut expected) {
        // Stores keep times as floats.
        frame.stamp.time = frame.stamp.secs().and_then(Timestamp::from_secs);
        frame.stamp.index = index;
    }
    suite::reader(
        || Box::new(Runs::new(open(&path), runs.clone()).expect("seeks")),
        &expected,
    );
}

#[test]
fn rows_of_a_store_keep_the_promises_of_readers() {
    let folder = tempfile::tempdir().expect("is made");
    let paths = ["left", "right"].map(|name| folder.path().join(name));
    record(&paths[0], GRAY, 30, &options("npy", 8));
    record(&paths[1], GRAY, 17, &options("npy", 5));
    let stores = paths.clone().map(|path| open(&path));
    let indexes: Vec<&FrameIndex> = stores.iter().map(StoreReader::index).collect();
    let rows = Alignment::of(&indexes, Join::Union).expect("has rows");
    for missing in [Missing::Black, Missing::Hold] {
        let limits = Limits::default();
        let reader = || rows.reader(1, open(&paths[1]), missing, &limits);
        let expected = all(&mut reader().expect("seeks"));
        assert_eq!(expected.len(), rows.len());
        suite::reader(|| Box::new(reader().expect("seeks")), &expected);
    }
}

/// Writes all parts of a store but one, in any order, and says where they are.
fn parts(store: &Path, folder: &Path, count: u64, without: Option<u64>) -> Vec<PathBuf> {
    let mut written = Vec::new();
    for index in (0..count).rev().filter(|index| Some(*index) != without) {
        let mut reader = open(store);
        let shard = Shard::new(count, index).expect("is one");
        let frames = PartWriter::frames(&reader, shard);
        if frames.is_empty() {
            continue;
        }
        let path = folder.join(shard.part_name());
        let info = reader.info().clone();
        let options = RecordOptions::new("npy");
        let mut part = PartWriter::new(&reader, shard, "same", &path, &info, &options)
            .expect("can be written");
        let mut frame = Frame::empty();
        while reader.read_into(&mut frame).expect("reads") {
            if frames.contains(&frame.stamp.index) {
                frame.stamp.index -= frames.start;
                part.write(&frame).expect("is written");
            }
        }
        assert!(!path.exists(), "is not whole yet");
        Box::new(part).finish().expect("is finished");
        let limits = Limits::default();
        let is_done = |recipe| PartWriter::is_done(&reader, shard, recipe, &path, &limits);
        assert!(is_done("same").expect("is its own"));
        assert!(is_done("another").is_err());
        written.push(path);
    }
    written
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn parts_of_any_number_of_jobs_are_the_store(count in 1u64..9, frames in 1u64..40, chunk in 1u64..9) {
        let folder = tempfile::tempdir().expect("is made");
        let (path, whole) = (folder.path().join("s"), folder.path().join("whole"));
        record(&path, GRAY, frames, &options("npy", chunk));
        let parts = parts(&path, folder.path(), count, None);
        let merged = merge(&parts, &whole, &MergeOptions::default()).expect("is whole");
        prop_assert_eq!(merged.frames, frames);
        let (mut left, mut right) = (open(&path), open(&whole));
        prop_assert_eq!(left.index().chunks(), right.index().chunks());
        prop_assert_eq!(left.index().numbers(), right.index().numbers());
        prop_assert_eq!(&left.metadata().user, &right.metadata().user);
        prop_assert_eq!(left.metadata().created, right.metadata().created);
        prop_assert_eq!(all(&mut left), all(&mut right));
    }
}

#[test]
fn a_part_that_is_missing_or_foreign_is_said() {
    let folder = tempfile::tempdir().expect("is made");
    let (path, whole) = (folder.path().join("s"), folder.path().join("whole"));
    record(&path, GRAY, 20, &options("npy", 3));
    let mut parts = parts(&path, folder.path(), 4, Some(2));
    let merged = |parts: &[PathBuf]| merge(parts, &whole, &MergeOptions::default());
    let error = merged(&parts).expect_err("is not whole");
    assert!(
        error.to_string().contains("missing of 4 parts: 2"),
        "{error}"
    );
    parts.push(parts[0].clone());
    let error = merged(&parts).expect_err("is there twice");
    assert!(error.to_string().contains("is the same part"), "{error}");
    let error = merged(&[path]).expect_err("is no part");
    assert!(error.to_string().contains("is no part"), "{error}");
    assert!(!whole.exists());
}
