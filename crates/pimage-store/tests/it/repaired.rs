//! Whatever fails while a store is written or repaired: what was flushed is there, and a repair makes the store sound.

use std::path::Path;

use pimage_core::{Cancel, Color, FrameFormat, FrameWriter, Limits, SampleType};
use pimage_store::{RecordOptions, RepairOptions, RepairReport, StoreWriter, repair, verify};
use pimage_testkit::{Fault, FaultStorage};
use proptest::prelude::*;

use crate::kit::{GRAY, expect_first, frame, info, names, options, record, writer};

/// Formats whose chunks are written in different ways.
fn kinds() -> Vec<(&'static str, bool)> {
    let mut kinds = vec![("npy", true)];
    if cfg!(feature = "ffmpeg") {
        kinds.extend([
            ("mjpeg/avi", false),
            ("ffv1/mkv", true),
            ("avc1/mp4", false),
        ]);
    }
    kinds
}

fn mend(path: &Path) -> RepairReport {
    repair(path, &RepairOptions::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An error with its cause.
fn chain(error: &pimage_core::Error) -> String {
    let cause = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
    format!("{error}: {cause}")
}

/// Records 7 frames in chunks of 3 on a failing disk; the frames that were said to be flushed.
fn record_on(path: &Path, name: &str, faulty: &FaultStorage) -> (u64, Option<String>) {
    let options = RecordOptions {
        storage: faulty.storage(),
        ..options(name, 3)
    };
    let mut writer = StoreWriter::new(path, &info(GRAY), &options).expect("nothing is touched yet");
    let mut flushed = 0;
    let mut failed = None;
    for index in 0..7 {
        let mut step = || {
            writer.write(&frame(index, GRAY))?;
            if index % 2 == 1 {
                flushed = writer.flush()?;
            }
            Ok::<(), pimage_core::Error>(())
        };
        if let Err(error) = step() {
            failed = Some(chain(&error));
            break;
        }
    }
    if failed.is_some() {
        drop(writer);
        return (flushed, failed);
    }
    match Box::new(writer).finish() {
        Ok(_) => (7, None),
        Err(error) => (flushed, Some(chain(&error))),
    }
}

/// Fails each operation in turn, and checks what is there after a repair.
fn fail_each(fault: fn(u64) -> Fault) {
    for (name, is_lossless) in kinds() {
        let mut k = 1;
        loop {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("store");
            let faulty = FaultStorage::new(fault(k));
            let (flushed, failed) = record_on(&path, name, &faulty);
            let Some(operation) = faulty.failed() else {
                assert_eq!(failed, None, "{name}");
                assert_eq!(expect_first(&path, GRAY, 7, is_lossless), 7);
                break;
            };
            if path.join("metadata.yaml").exists() {
                mend(&path);
                println!("{name}, operation {k} ({operation}): {flushed} flushed, {failed:?}");
                let again = mend(&path);
                assert!(again.is_clean(), "{name}, operation {k}: {:?}", again.done);
                expect_first(&path, GRAY, flushed, is_lossless);
            } else {
                assert_eq!(flushed, 0, "{name}, operation {k} ({operation})");
            }
            k += 1;
            assert!(k < 5000, "{name} never gets through");
        }
        assert!(k > 20, "{name} has only {k} operations");
    }
}

#[test]
fn nothing_flushed_is_lost_when_any_one_operation_fails() {
    fail_each(Fault::Once);
}

#[test]
fn nothing_flushed_is_lost_when_the_disk_goes_away() {
    fail_each(Fault::From);
}

#[test]
fn a_full_disk_closes_the_chunk_with_what_fitted_and_says_how_much_is_safe() {
    for (name, is_lossless) in kinds() {
        for room in [300, 2000, 5000, 9000, 15_000] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("store");
            let faulty = FaultStorage::new(Fault::FullAfter(room));
            let (flushed, failed) = record_on(&path, name, &faulty);
            let Some(failed) = failed else {
                continue;
            };
            if !path.join("metadata.yaml").exists() {
                continue;
            }
            if faulty.failed() == Some("write") && !failed.contains("metadata") {
                assert!(
                    failed.contains("frames are safe"),
                    "{name}, {room}: {failed}"
                );
            }
            mend(&path);
            expect_first(&path, GRAY, flushed, is_lossless);
        }
    }
}

/// A store whose last chunk was never closed: 7 frames, of which 6 were flushed.
fn crashed(path: &Path, name: &str) {
    let mut writer = writer(path, GRAY, &options(name, 4));
    for index in 0..7 {
        writer.write(&frame(index, GRAY)).expect("writes");
        if index == 5 {
            writer.flush().expect("flushes");
        }
    }
    let mut record = serde_json::Map::new();
    record.insert("note".to_owned(), "last".into());
    writer.add_extra_data(record).expect("is kept");
    writer.flush().expect("flushes");
    drop(writer);
}

#[test]
fn a_repair_can_be_stopped_anywhere_and_gone_on_with() {
    for (name, is_lossless) in kinds() {
        let mut k = 1;
        loop {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("store");
            crashed(&path, name);
            let faulty = FaultStorage::new(Fault::From(k));
            let options = RepairOptions {
                storage: faulty.storage(),
                ..RepairOptions::default()
            };
            let repaired = repair(&path, &options);
            if faulty.failed().is_none() {
                assert!(repaired.expect("nothing failed").frames >= 3);
                break;
            }
            mend(&path);
            assert_eq!(
                expect_first(&path, GRAY, 7, is_lossless),
                7,
                "{name}, operation {k}"
            );
            let extra = if name == "npy" {
                "000001/index.extra.json"
            } else {
                "000001.extra.json"
            };
            let text = std::fs::read_to_string(path.join(extra)).expect("is kept");
            assert!(text.starts_with("[{\"note\":\"last\""), "{text}");
            assert!(mend(&path).is_clean());
            k += 1;
        }
        assert!(k > 4, "{name} has only {k} operations");
    }
}

#[test]
fn temporary_files_go_and_foreign_ones_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 5, &options("npy", 4));
    let own = [
        format!(".000001.npz.pimage-tmp-{}-00c0ffee", std::process::id()),
        "000001/.000001.npy.part".to_owned(),
    ];
    let foreign = [
        "notes.txt",
        ".hidden",
        "000001/notes.npy.part",
        "000001/.notes.part",
    ];
    for name in own.iter().map(String::as_str).chain(foreign) {
        std::fs::write(path.join(name), "x").expect("is written");
    }
    let report = mend(&path);
    assert_eq!(report.done.len(), 2, "{:?}", report.done);
    let found = names(&path);
    assert!(own.iter().all(|name| !found.contains(name)), "{found:?}");
    assert!(
        foreign
            .iter()
            .all(|name| found.contains(&(*name).to_owned())),
        "{found:?}"
    );
    assert!(mend(&path).is_clean());
}

#[test]
fn torn_indexes_and_missing_images_are_rebuilt_and_nothing_is_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 10, &options("npy", 4));
    std::fs::write(path.join("000001/index.npz"), "torn").expect("is written");
    std::fs::remove_file(path.join("000002/index.npz")).expect("is removed");
    std::fs::remove_file(path.join("000002/000000.npy")).expect("is removed");
    let before = verify(&path, &Limits::default(), &Cancel::new()).expect("verifies");
    assert_eq!(before.problems.len(), 2, "{:?}", before.problems);
    let report = mend(&path);
    let done = report.done.join("; ");
    assert!(
        done.contains("`index.npz` is moved to `.index.npz.aside`"),
        "{done}"
    );
    assert!(
        done.contains("numbers and times of 4 of 4 frames are made up"),
        "{done}"
    );
    assert_eq!(report.left.len(), 1, "{:?}", report.left);
    assert!(path.join("000001/.index.npz.aside").exists());
    assert!(path.join("000002/000001.npy").exists());
    assert!(mend(&path).is_clean());
}

#[test]
fn gaps_and_repetitions_are_listed_and_are_no_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let tiny = FrameFormat::new(2, 1, Color::Gray, SampleType::U8);
    let mut writer = writer(&path, tiny, &options("npy", 3));
    for number in [5, 6, 9, 9, 10, 2] {
        let mut frame = frame(0, tiny);
        frame.stamp.number = Some(number);
        writer.write(&frame).expect("writes");
    }
    Box::new(writer).finish().expect("finishes");
    let report = verify(&path, &Limits::default(), &Cancel::new()).expect("verifies");
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!(report.gaps, [pimage_store::Gap { first: 7, last: 8 }]);
    assert_eq!(report.repeated, [9]);
    assert_eq!(report.backward_count, 1);
    assert_eq!((report.chunks, report.frames), (2, 6));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// A power cut: files end anywhere, or their last bytes are not what was written.
    #[test]
    fn a_torn_open_chunk_is_made_whole(cut in 0..4000usize, tear in 0..60usize, flips in any::<bool>()) {
        for (name, is_lossless) in kinds() {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("store");
            crashed(&path, name);
            let journal = path.join(".000001.journal");
            let mut bytes = std::fs::read(&journal).expect("is there");
            let kept = bytes.len().saturating_sub(tear).max(64);
            if flips {
                for byte in bytes.iter_mut().skip(kept) {
                    *byte = 0;
                }
            } else {
                bytes.truncate(kept);
            }
            std::fs::write(&journal, &bytes).expect("is written");
            let video = names(&path).into_iter().find(|name| {
                name.starts_with(".000001.") && !name.ends_with("journal") && !name.ends_with("jsonl")
            });
            let content = path.join(video.unwrap_or_else(|| "000001/000002.npy".to_owned()));
            let bytes = std::fs::read(&content).expect("is there");
            std::fs::write(&content, &bytes[..bytes.len().saturating_sub(cut)]).expect("is written");
            mend(&path);
            let report = verify(&path, &Limits::default(), &Cancel::new()).expect("verifies");
            prop_assert!(report.is_sound(), "{}: {:?}", name, report.problems);
            prop_assert!(report.frames >= 4, "{}: {} frames", name, report.frames);
            if is_lossless && tear == 0 {
                expect_first(&path, GRAY, 4, true);
            }
            let again = mend(&path);
            prop_assert!(again.is_clean(), "{}: {:?}", name, again.done);
        }
    }
}

fn mend_thoroughly(path: &Path) -> RepairReport {
    let options = RepairOptions {
        thorough: true,
        ..RepairOptions::default()
    };
    repair(path, &options).expect("repairs")
}

/// The numbers of all frames of a store that is sound.
fn sound_numbers(path: &Path) -> Vec<i64> {
    let report = verify(path, &Limits::default(), &Cancel::new()).expect("verifies");
    assert!(report.is_sound(), "{:?}", report.problems);
    let frames = crate::kit::frames_of(path);
    let numbers = frames.iter().filter_map(|frame| frame.stamp.number);
    numbers.collect()
}

#[test]
#[cfg(feature = "ffmpeg")]
fn a_closed_chunk_that_was_cut_keeps_the_frames_before_the_cut() {
    use crate::kit::number_of;
    for (name, chunk) in [("mjpeg/avi", "000001.avi"), ("ffv1/mkv", "000001.mkv")] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        record(&path, GRAY, 25, &options(name, 10));
        let video = path.join(chunk);
        let bytes = std::fs::read(&video).expect("is there");
        std::fs::write(&video, &bytes[..bytes.len() * 6 / 10]).expect("is written");
        assert!(
            mend(&path).is_clean(),
            "{name}: only a thorough repair looks inside"
        );
        let report = mend_thoroughly(&path);
        let done = report.done.join("; ");
        assert!(done.contains("frames are lost, numbers "), "{name}: {done}");
        let numbers = sound_numbers(&path);
        assert!((15..25).contains(&numbers.len()), "{name}: {numbers:?}");
        let kept = numbers.len() as u64 - 5;
        let expected = (0..kept).chain(20..25).map(number_of);
        assert_eq!(numbers, expected.collect::<Vec<_>>(), "{name}");
        let aside = std::fs::read(path.join(format!(".{chunk}.aside"))).expect("is kept");
        assert_eq!(aside.len(), bytes.len() * 6 / 10, "{name}");
        assert!(path.join(".000001.npz.aside").exists());
        assert!(mend_thoroughly(&path).is_clean(), "{name}");
    }
}

#[test]
#[cfg(feature = "ffmpeg")]
fn a_frame_in_the_middle_is_lost_alone() {
    use crate::kit::number_of;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 10, &options("mjpeg/avi", 10));
    let video = path.join("000000.avi");
    let mut bytes = std::fs::read(&video).expect("is there");
    let begins: Vec<usize> = bytes
        .windows(3)
        .enumerate()
        .filter(|(_, part)| *part == [0xff, 0xd8, 0xff])
        .map(|(at, _)| at)
        .collect();
    assert_eq!(begins.len(), 10);
    bytes[begins[4]..begins[4] + 40].fill(0);
    std::fs::write(&video, &bytes).expect("is written");
    let before = crate::kit::frames_of_whole(&path);
    let report = mend_thoroughly(&path);
    let lost = format!("1 frame is lost, number {}", number_of(4));
    assert!(report.done.join("; ").contains(&lost), "{:?}", report.done);
    let expected = (0..10).filter(|index| *index != 4).map(number_of);
    assert_eq!(sound_numbers(&path), expected.collect::<Vec<_>>());
    let after = crate::kit::frames_of(&path);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.stamp.number, after.stamp.number);
        assert!(before.bytes() == after.bytes(), "{:?}", after.stamp);
    }
}

#[test]
#[cfg(feature = "ffmpeg")]
fn a_repair_that_was_killed_while_it_put_a_chunk_in_place_is_gone_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 10, &options("ffv1/mkv", 10));
    let file = |name: &str| path.join(name);
    let move_to = |from: &str, to: &str| {
        std::fs::rename(file(from), file(to)).expect("is renamed");
    };
    // The old video is aside, the new one and its index are not in their places yet.
    std::fs::copy(file("000000.npz"), file(".000000.rebuilt.npz")).expect("is copied");
    move_to("000000.mkv", ".000000.rebuilt.mkv");
    assert!(!mend(&path).is_clean());
    assert_eq!(sound_numbers(&path).len(), 10);
    // A new video without an index is begun again.
    std::fs::copy(file("000000.mkv"), file(".000000.rebuilt.mkv")).expect("is copied");
    mend(&path);
    assert!(!file(".000000.rebuilt.mkv").exists());
    assert_eq!(sound_numbers(&path).len(), 10);
}
