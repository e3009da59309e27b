//! What others made of the folder of a store, or a disk of its files: nothing outside is touched, nothing that can be read is lost.

use std::path::Path;

use pimage_core::{Color, Frame, FrameFormat, FrameWriter, Limits, SampleType};
use pimage_store::{
    LOCK_FILE, RepairOptions, RepairReport, StoreOptions, StoreReader, StoreWriter, repair,
};

use crate::kit::{GRAY, frame, info, names, options, record, writer};

fn mend(path: &Path) -> RepairReport {
    repair(path, &RepairOptions::default()).expect("repairs")
}

/// Records so many frames and ends without closing the store; all are flushed.
fn killed(path: &Path, name: &str, count: u64) {
    let mut writer = writer(path, GRAY, &options(name, 1000));
    for index in 0..count {
        writer.write(&frame(index, GRAY)).expect("writes");
    }
    writer.flush().expect("flushes");
    drop(writer);
}

#[cfg(feature = "ffmpeg")]
fn copied(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("is made");
    for name in names(from) {
        std::fs::copy(from.join(&name), to.join(&name)).expect("is copied");
    }
}

#[test]
#[cfg(feature = "ffmpeg")]
fn a_hole_in_a_recording_costs_the_frames_in_it_and_no_other() {
    use crate::kit::frames_of;
    for (name, extension) in [
        ("mjpeg/avi", "avi"),
        ("ffv1/mkv", "mkv"),
        ("avc1/mp4", "mp4"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = folder.path().join("whole");
        killed(&whole, name, 60);
        let open = format!(".000000.{extension}");
        let bytes = std::fs::read(whole.join(&open)).expect("is there");
        let copy = folder.path().join("copy");
        copied(&whole, &copy);
        mend(&copy);
        let expected = frames_of(&copy);
        assert_eq!(expected.len(), 60, "{name}");
        for (place, length) in [(20, 8), (40, 600), (30, 4096), (55, 4096), (90, 9000)] {
            let torn = folder.path().join(format!("torn-{place}-{length}"));
            copied(&whole, &torn);
            let mut holed = bytes.clone();
            let at = bytes.len() * place / 100;
            holed
                .iter_mut()
                .skip(at)
                .take(length)
                .for_each(|byte| *byte = 0);
            std::fs::write(torn.join(&open), &holed).expect("is written");
            let report = mend(&torn);
            let case = format!("{name}, {length} bytes at {place} %: {report:?}");
            let is_empty = !torn.join(format!("000000.{extension}")).exists();
            let frames: Vec<Frame> = if is_empty {
                Vec::new()
            } else {
                frames_of(&torn)
            };
            println!("{case}: {} frames", frames.len());
            for found in &frames {
                let number = found.stamp.number;
                let time = found.stamp.secs();
                let same = expected
                    .iter()
                    .find(|frame| frame.stamp.number == number && frame.stamp.secs() == time);
                let same = same.expect("has a number that was recorded");
                assert!(same.bytes() == found.bytes(), "{case}: {number:?}");
            }
            if frames.len() < 60 {
                // Nothing is gone for good.
                let aside = names(&torn)
                    .into_iter()
                    .filter(|name| name.contains(".aside"));
                let aside: Vec<_> = aside.collect();
                let kept = std::fs::read(torn.join(format!("{open}.aside"))).expect("is kept");
                assert!(kept == holed, "{case}");
                assert!(
                    aside.iter().any(|name| name.contains("journal")),
                    "{aside:?}"
                );
                assert!(!report.left.is_empty(), "{case}");
            }
            assert!(mend(&torn).is_clean(), "{case}");
        }
    }
}

#[test]
#[cfg(feature = "ffmpeg")]
fn what_a_limit_keeps_from_being_read_is_not_taken_for_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    killed(&path, "mjpeg/avi", 20);
    let before = names(&path);
    let mut narrow = RepairOptions::default();
    narrow.limits.max_side = 40;
    assert!(repair(&path, &narrow).is_err());
    narrow.limits = Limits::default();
    narrow.limits.max_frames = 10;
    assert!(repair(&path, &narrow).is_err());
    let after: Vec<_> = names(&path);
    assert_eq!(before, after);
    mend(&path);
    assert_eq!(crate::kit::frames_of(&path).len(), 20);
}

/// A store whose chunk 0 is a link to a folder of another, and that folder's names.
#[cfg(unix)]
fn linked(folder: &Path) -> (std::path::PathBuf, Vec<String>) {
    let (path, outside) = (folder.join("store"), folder.join("outside"));
    record(&path, GRAY, 5, &options("npy", 4));
    std::fs::rename(path.join("000000"), &outside).expect("is moved");
    std::os::unix::fs::symlink("../outside", path.join("000000")).expect("is linked");
    std::fs::write(path.join(".000000.extra.jsonl"), "").expect("is written");
    std::fs::remove_file(outside.join("index.npz")).expect("is there");
    let names = names(&outside);
    (path, names)
}

#[test]
#[cfg(unix)]
fn links_that_lead_out_are_neither_mended_nor_emptied() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, before) = linked(folder.path());
    let report = mend(&path);
    assert!(
        report.left.join("; ").contains("`000000`: it is a link"),
        "{report:?}"
    );
    let error = pimage_store::empty(&path, &RepairOptions::default()).expect_err("is refused");
    assert!(error.to_string().contains("it is a link"), "{error}");
    let error = pimage_store::reindex(&path, &RepairOptions::default()).expect_err("is refused");
    assert!(error.to_string().contains("it is a link"), "{error}");
    assert_eq!(names(&folder.path().join("outside")), before);
    assert!(path.join("000001/000000.npy").is_file());
    assert!(!path.join(LOCK_FILE).exists());
}

#[test]
#[cfg(unix)]
fn pipes_are_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 5, &options("npy", 4));
    for name in [
        LOCK_FILE,
        ".000000.journal",
        ".000001.extra.jsonl",
        "000001/index.npz",
        "000001/000000.npy",
        "metadata.yaml",
    ] {
        let place = path.join(name);
        let kept = folder.path().join("kept");
        let was = std::fs::rename(&place, &kept).is_ok();
        let made = std::process::Command::new("mkfifo").arg(&place).status();
        if !made.is_ok_and(|status| status.success()) {
            return;
        }
        let _ = repair(&path, &RepairOptions::default());
        let _ = pimage_store::verify(&path, &Limits::default(), &pimage_core::Cancel::new());
        let _ = StoreReader::open(&path, &StoreOptions::default());
        let _ = pimage_store::lock_state(&path);
        for found in names(&path)
            .into_iter()
            .filter(|name| name.contains(".aside"))
        {
            let _ = std::fs::remove_file(path.join(found));
        }
        let _ = std::fs::remove_file(&place);
        if was {
            std::fs::rename(&kept, &place).expect("is moved back");
        }
    }
}

#[test]
fn a_journal_of_another_store_is_not_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, other) = (folder.path().join("store"), folder.path().join("other"));
    killed(&path, "npy", 3);
    killed(&other, "npy", 2);
    let journal = ".000000.journal";
    std::fs::copy(other.join(journal), path.join(journal)).expect("is copied");
    let before = names(&path);
    let report = repair(
        &path,
        &RepairOptions {
            ignores_foreign_lock: true,
            ..RepairOptions::default()
        },
    )
    .expect("repairs");
    assert!(
        report.left.join("; ").contains("its journal is of chunk 0"),
        "{report:?}"
    );
    let after = names(&path);
    let mut before: Vec<_> = before
        .into_iter()
        .filter(|name| name != LOCK_FILE)
        .collect();
    before.sort();
    assert_eq!(after, before);
}

#[test]
fn a_store_whose_lock_never_reached_the_disk_is_repaired() {
    let folder = tempfile::tempdir().expect("a folder");
    for text in ["", "\0\0\0\0", "{\"pid\": 7, \"ho"] {
        let path = folder.path().join(format!("store{}", text.len()));
        killed(&path, "npy", 3);
        std::fs::write(path.join(LOCK_FILE), text).expect("is written");
        let state = pimage_store::lock_state(&path).expect("is read");
        assert!(
            matches!(state, pimage_store::LockState::Stale(_)),
            "{state:?}"
        );
        mend(&path);
        assert_eq!(crate::kit::frames_of(&path).len(), 3);
    }
}

#[test]
fn a_recording_that_is_refused_leaves_no_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 5, &options("npy", 4));
    let append = pimage_store::RecordOptions {
        append: true,
        ..options("npy", 4)
    };
    let mut writer = StoreWriter::new(&path, &info(GRAY), &append).expect("nothing is said yet");
    let other = FrameFormat::new(32, 32, Color::Gray, SampleType::U8);
    let refused = writer.write(&frame(0, other));
    assert!(refused.is_err());
    drop(writer);
    assert!(!path.join(LOCK_FILE).exists());
    for change in [
        |options: &mut pimage_store::RecordOptions| {
            options.encoding = Some("cv_bayerbg".to_owned());
        },
        |options: &mut pimage_store::RecordOptions| options.format = "png".to_owned(),
    ] {
        let mut options = append.clone();
        change(&mut options);
        let mut said = StoreWriter::new(&path, &info(GRAY), &options)
            .and_then(|mut writer| writer.write(&frame(0, GRAY)));
        let error = std::mem::replace(&mut said, Ok(())).expect_err("is refused");
        assert!(error.to_string().contains("it holds `npy`"), "{error}");
    }
}

#[test]
fn an_index_is_not_saved_of_a_store_that_lost_a_chunk() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 12, &options("npy", 4));
    let open = || StoreReader::open(&path, &StoreOptions::default()).expect("opens");
    let stale = open();
    std::fs::write(path.join("000001/index.npz"), "torn").expect("is written");
    for frame in 0..4 {
        std::fs::remove_file(path.join(format!("000001/{frame:06}.npy"))).expect("is there");
    }
    let notes = open().notes().to_vec();
    assert!(!notes.is_empty());
    assert!(!open().save_index().expect("is looked at"));
    assert!(!stale.save_index().expect("is looked at"));
    assert_eq!(open().notes(), notes);
}

#[test]
fn what_is_saved_is_the_index_of_the_store_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 4, &options("npy", 4));
    let before = StoreReader::open(&path, &StoreOptions::default()).expect("opens");
    let append = pimage_store::RecordOptions {
        append: true,
        ..options("npy", 4)
    };
    record(&path, GRAY, 3, &append);
    assert!(before.save_index().expect("is saved"));
    let after = StoreReader::open(&path, &StoreOptions::default()).expect("opens");
    assert_eq!(after.index().len(), 7);
}

#[test]
fn the_name_of_an_image_is_no_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 4, &options("npy", 4));
    let metadata = std::fs::read_to_string(path.join("metadata.yaml")).expect("is there");
    let metadata = metadata.replace("chunksize: 4", "chunksize: 5000000000");
    std::fs::write(path.join("metadata.yaml"), metadata).expect("is written");
    std::fs::remove_file(path.join("000000/index.npz")).expect("is there");
    std::fs::copy(
        path.join("000000/000000.npy"),
        path.join("000000/4000000000.npy"),
    )
    .expect("is copied");
    let error = StoreReader::open(&path, &StoreOptions::default()).expect_err("has no frames");
    assert!(
        error.to_string().contains("there are only 5 in all"),
        "{error}"
    );
    let one = pimage_store::extract_only_frame(&path, 2, &StoreOptions::default());
    assert!(one.expect("is read").bytes() == frame(2, GRAY).bytes());
    let error = pimage_store::extract_only_frame(&path, 3_999_999_999, &StoreOptions::default());
    assert!(error.is_err());
}

#[test]
fn extra_data_go_into_parts_as_they_were_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let mut writer = writer(&path, GRAY, &options("npy", 4));
    let row = |value: serde_json::Value| [("stamp".to_owned(), value)].into_iter().collect();
    let stamp = 1_700_000_000_123_456_789_i64;
    writer.add_extra_data(row("early".into())).expect("is kept");
    for index in 0..6 {
        let mut frame = frame(index, GRAY);
        frame.stamp.number = Some(10 * index as i64);
        writer.write(&frame).expect("writes");
        let value = match index {
            2 => serde_json::Value::Null,
            3 => 0.5.into(),
            _ => (stamp + index as i64).into(),
        };
        writer.add_extra_data(row(value)).expect("is kept");
    }
    Box::new(writer).finish().expect("finishes");
    // As if a frame before had been left out by a repair.
    let second = path.join("000001/index.extra.json");
    let text = std::fs::read_to_string(&second).expect("is there");
    let moved = text
        .replace("\"frame_index\":5", "\"frame_index\":6")
        .replace("\"frame_index\":4", "\"frame_index\":5");
    assert!(moved != text, "{text}");
    std::fs::write(&second, moved).expect("is written");

    let mut store = StoreReader::open(&path, &StoreOptions::default()).expect("opens");
    let target = folder.path().join("part");
    let shard = pimage_store::Shard::new(1, 0).expect("is one");
    let part = pimage_store::PartWriter::new(
        &store,
        shard,
        "copy",
        &target,
        &info(GRAY),
        &options("npy", 4),
    );
    let mut part = Box::new(part.expect("is new"));
    let mut frame = Frame::empty();
    while pimage_core::FrameReader::read_into(&mut store, &mut frame).expect("reads") {
        part.write(&frame).expect("writes");
    }
    part.finish().expect("finishes");
    let mut rows = Vec::new();
    for chunk in 0..2 {
        let text = std::fs::read(target.join(format!("{chunk:06}/index.extra.json")));
        let found: Vec<serde_json::Value> =
            serde_json::from_slice(&text.expect("is there")).expect("is an array");
        rows.extend(found);
    }
    let stamps: Vec<String> = rows.iter().map(|row| row["stamp"].to_string()).collect();
    let expected = [
        "\"early\"",
        "1700000000123456789",
        "1700000000123456790",
        "null",
        "0.5",
    ];
    assert_eq!(stamps[..5], expected);
    let places: Vec<_> = rows.iter().map(|row| row["frame_index"].as_i64()).collect();
    assert_eq!(places, [-1, 0, 1, 2, 3, 4, 5].map(Some));
}

#[test]
fn extra_data_behind_a_line_that_is_none_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    killed(&path, "npy", 3);
    let lines = path.join(".000000.extra.jsonl");
    std::fs::write(&lines, "{\"a\":1}\n{\"a\":{\"b\n{\"a\":2}\n{\"a\"").expect("is written");
    let report = mend(&path);
    assert!(
        report.left.join("; ").contains("1 lines of extra data"),
        "{report:?}"
    );
    let array = std::fs::read_to_string(path.join("000000/index.extra.json")).expect("is there");
    assert_eq!(array, "[{\"a\":1}, {\"a\":2}]");
    assert!(path.join(".000000.extra.jsonl.aside").is_file());
}
