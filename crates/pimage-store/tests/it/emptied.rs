//! Emptying: the chunks go, the metadata stay, and nothing that is not the store's is touched.

use std::fs;

use pimage_core::{Cancel, FrameWriter};
use pimage_store::{RepairOptions, StoreMetadata, StoreOptions, StoreReader, empty};
use serde_json::json;

use crate::kit::{GRAY, expect_first, frame, options, record, writer};

fn formats() -> Vec<&'static str> {
    let mut formats = vec!["npy", "png"];
    if cfg!(feature = "ffmpeg") {
        formats.extend(["mjpeg/avi", "avc1/mp4"]);
    }
    formats
}

#[test]
fn the_metadata_stay_and_the_next_recording_begins_anew() {
    for format in formats() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let mut record_options = options(format, 10);
        record_options.user.insert("who".to_owned(), json!("me"));
        record(&path, GRAY, 35, &record_options);
        let store = StoreReader::open(&path, &StoreOptions::default()).expect("opens");
        assert!(store.save_index().expect("is written"));
        drop(store);
        fs::write(path.join("notes.txt"), "mine").expect("is written");
        let before = fs::read(path.join("metadata.yaml")).expect("is there");
        let emptied = empty(&path, &RepairOptions::default()).expect("is emptied");
        assert_eq!(emptied.chunks, 4, "{format}");
        assert_eq!(emptied.left, [std::path::PathBuf::from("notes.txt")]);
        let mut names: Vec<_> = fs::read_dir(&path)
            .expect("is listed")
            .map(|entry| entry.expect("is there").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["metadata.yaml", "notes.txt"], "{format}");
        let after = fs::read(path.join("metadata.yaml")).expect("is there");
        assert_eq!(before, after);
        record_options.append = true;
        record(&path, GRAY, 12, &record_options);
        fs::remove_file(path.join("notes.txt")).expect("is removed");
        assert_eq!(
            expect_first(&path, GRAY, 12, matches!(format, "npy" | "png")),
            12,
            "{format}"
        );
        let metadata = StoreMetadata::read(&path, &pimage_core::Limits::default()).expect("reads");
        assert_eq!(metadata.user.get("who"), Some(&json!("me")));
    }
}

#[test]
fn what_is_not_the_stores_or_being_written_stops_it_before_anything_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 25, &options("npy", 10));
    let foreign = path.join("000001/notes.txt");
    fs::write(&foreign, "mine").expect("is written");
    let error = empty(&path, &RepairOptions::default()).expect_err("holds something else");
    assert!(error.to_string().contains("notes.txt"), "{error}");
    fs::remove_file(&foreign).expect("is removed");
    let mut more = options("npy", 10);
    more.append = true;
    let mut writing = writer(&path, GRAY, &more);
    writing.write(&frame(25, GRAY)).expect("writes");
    let error = empty(&path, &RepairOptions::default()).expect_err("is being written");
    assert!(error.to_string().contains("has been writing"), "{error}");
    let _ = Box::new(writing).finish().expect("finishes");
    let stopped = RepairOptions {
        cancel: Cancel::new(),
        ..RepairOptions::default()
    };
    stopped.cancel.cancel();
    assert!(empty(&path, &stopped).is_err());
    assert_eq!(expect_first(&path, GRAY, 26, true), 26);
}

#[test]
fn one_that_was_killed_leaves_the_first_chunks_and_is_gone_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 35, &options("npy", 10));
    fs::remove_file(path.join("000003/index.npz")).expect("is removed");
    fs::remove_file(path.join("000003/000004.npy")).expect("is removed");
    let left = StoreReader::open(&path, &StoreOptions::default()).expect("opens");
    assert_eq!(left.index().len(), 34);
    drop(left);
    let emptied = empty(&path, &RepairOptions::default()).expect("is emptied");
    assert_eq!((emptied.chunks, emptied.left.len()), (4, 0));
}
