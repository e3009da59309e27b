//! What is written is a store, whatever the format, the numbers and the chunks.

use pimage_core::{Color, Error, FrameFormat, FrameWriter, Limits, SampleType};
use pimage_store::{
    ChunkIndex, ChunkLimits, FORMATS, RecordOptions, StoreMetadata, StoreWriter, verify,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::kit::{GRAY, expect_first, frame, info, names, options, record, time_of, writer};

/// Whether this build writes a format.
fn is_built(name: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let made = StoreWriter::new(folder.path().join("s"), &info(GRAY), &options(name, 10));
    !matches!(made, Err(Error::NotBuilt { .. }))
}

fn deep(bits: u8) -> FrameFormat {
    FrameFormat::new(48, 32, Color::Gray, SampleType::U16).with_bit_depth(bits)
}

#[test]
fn every_format_reads_back() {
    let mut written = 0;
    for row in FORMATS.iter().filter(|row| row.is_written) {
        if row.is_decoded || row.name == "ppm" || !is_built(row.name) {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        record(&path, GRAY, 25, &options(row.name, 10));
        let found = expect_first(&path, GRAY, 25, row.is_lossless);
        assert_eq!(found, 25, "{}", row.name);
        let index = if row.class.is_video() {
            "000002.npz"
        } else {
            "000002/index.npz"
        };
        let index = ChunkIndex::read(path.join(index), &Limits::default()).expect("reads");
        assert_eq!(index.len(), 5, "{}", row.name);
        let hidden: Vec<_> = names(&path)
            .into_iter()
            .filter(|name| name.starts_with('.') || name.contains("/."))
            .collect();
        assert!(hidden.is_empty(), "{}: {hidden:?}", row.name);
        written += 1;
    }
    assert!(written >= 4, "{written} formats are built");
}

#[test]
fn deep_and_coloured_frames_are_kept() {
    let color = FrameFormat::new(48, 32, Color::Rgb, SampleType::U8);
    let float = FrameFormat::new(48, 32, Color::Gray, SampleType::F32);
    let mut cases = vec![
        ("npy", deep(16), true),
        ("npy", float, true),
        ("npy", color, true),
        ("png", deep(16), true),
        ("png", color, true),
        ("ppm", color, true),
        ("bmp", color, true),
    ];
    if cfg!(feature = "ffmpeg") {
        cases.extend([
            ("ffv1/mkv", deep(10), true),
            ("ffv1/mkv", deep(12), true),
            ("ffv1/mkv", deep(16), true),
            ("ffv1/mkv", color, true),
            ("hevc/mkv", deep(10), false),
            ("hevc/mkv", deep(12), false),
            ("mjpeg/avi", color, false),
            ("avc1/mp4", color, false),
        ]);
    }
    for (name, format, is_lossless) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        record(&path, format, 7, &options(name, 4));
        let found = expect_first(&path, format, 7, is_lossless);
        assert_eq!(found, 7, "{name} of {format}");
        let first = &crate::kit::frames_of(&path)[0];
        assert_eq!(*first.format(), format, "{name}");
    }
}

#[test]
fn arrays_have_blue_first() {
    let color = FrameFormat::new(48, 32, Color::Rgb, SampleType::U8);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, color, 1, &options("npy", 4));
    let array = std::fs::read(path.join("000000/000000.npy")).expect("is there");
    let data = &array[array.len() - 48 * 32 * 3..];
    let frame = frame(0, color);
    let rgb = frame.bytes();
    assert_eq!(data[..3], [rgb[2], rgb[1], rgb[0]]);
}

#[cfg(feature = "ffmpeg")]
#[test]
fn odd_sizes_are_padded_and_come_back_at_their_own() {
    let odd = FrameFormat::new(47, 31, Color::Gray, SampleType::U8);
    for name in ["avc1/mp4", "h264/mkv", "mjpeg/avi", "ffv1/mkv", "hevc/mkv"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        record(&path, odd, 5, &options(name, 4));
        expect_first(&path, odd, 5, name.starts_with("ffv1"));
        let metadata = StoreMetadata::read(&path, &Limits::default()).expect("reads");
        let is_padded = name.starts_with("avc1") || name.starts_with('h');
        let stored = if is_padded { (32, 48) } else { (31, 47) };
        assert_eq!(
            (metadata.shape.height, metadata.shape.width),
            stored,
            "{name}"
        );
        assert_eq!(metadata.true_size, is_padded.then_some((31, 47)), "{name}");
    }
}

/// The frames of each chunk.
fn chunk_sizes(path: &std::path::Path) -> Vec<usize> {
    let mut sizes = Vec::new();
    for chunk in 0.. {
        let index = path.join(format!("{chunk:06}/index.npz"));
        let Ok(index) = ChunkIndex::read(index, &Limits::default()) else {
            return sizes;
        };
        sizes.push(index.len());
    }
    sizes
}

#[test]
fn chunks_end_by_frames_bytes_seconds_or_on_demand() {
    let cases = [
        (
            ChunkLimits {
                frames: Some(4),
                ..ChunkLimits::default()
            },
            vec![4, 4, 2],
        ),
        // 20 ms a frame.
        (
            ChunkLimits {
                seconds: Some(0.055),
                ..ChunkLimits::default()
            },
            vec![3, 3, 3, 1],
        ),
        (ChunkLimits::default(), vec![10]),
    ];
    for (chunk, expected) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let options = RecordOptions {
            chunk,
            ..options("npy", 1)
        };
        record(&path, GRAY, 10, &options);
        assert_eq!(chunk_sizes(&path), expected, "{chunk:?}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let chunk = ChunkLimits {
        bytes: Some(4000),
        ..ChunkLimits::default()
    };
    record(
        &path,
        GRAY,
        40,
        &RecordOptions {
            chunk,
            ..options("npy", 1)
        },
    );
    let sizes = chunk_sizes(&path);
    assert!(
        sizes.len() > 2 && sizes.iter().all(|frames| *frames >= 1),
        "{sizes:?}"
    );
    assert_eq!(sizes.iter().sum::<usize>(), 40);

    let path = folder.path().join("other");
    let mut writer = writer(&path, GRAY, &options("npy", 100));
    for index in 0..6 {
        if index == 4 {
            writer.new_chunk().expect("flushes");
        }
        writer.write(&frame(index, GRAY)).expect("writes");
    }
    Box::new(writer).finish().expect("finishes");
    assert_eq!(chunk_sizes(&path), [4, 2]);
}

#[test]
fn an_existing_store_is_never_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 5, &options("npy", 4));
    let before = names(&path);
    let refused = StoreWriter::new(&path, &info(GRAY), &options("npy", 4));
    assert!(matches!(refused, Err(Error::Exists { .. })));
    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).expect("is made");
    std::fs::write(foreign.join("notes.txt"), "mine").expect("is written");
    let refused = StoreWriter::new(&foreign, &info(GRAY), &options("npy", 4));
    assert!(matches!(refused, Err(Error::Exists { .. })));
    let mut other = options("png", 4);
    other.append = true;
    let refused = StoreWriter::new(&path, &info(GRAY), &other);
    let error = refused.expect_err("another format");
    assert!(error.to_string().contains("it holds `npy`"), "{error}");
    assert_eq!(names(&path), before);
}

#[test]
fn appending_goes_on_in_a_new_chunk_also_after_a_crash() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    record(&path, GRAY, 5, &options("npy", 4));
    let mut appending = options("npy", 4);
    appending.append = true;
    let mut crashed = writer(&path, GRAY, &appending);
    for index in 5..8 {
        crashed.write(&frame(index, GRAY)).expect("writes");
    }
    assert_eq!(crashed.flush().expect("flushes"), 3);
    drop(crashed);
    let mut again = writer(&path, GRAY, &appending);
    for index in 8..11 {
        again.write(&frame(index, GRAY)).expect("writes");
    }
    let summary = Box::new(again).finish().expect("finishes");
    assert!(
        summary
            .notes
            .iter()
            .any(|note| note.contains("rebuilt from the journal")),
        "{:?}",
        summary.notes
    );
    assert_eq!(expect_first(&path, GRAY, 11, true), 11);
    assert_eq!(chunk_sizes(&path), [4, 1, 3, 3]);
}

#[test]
fn two_writers_and_locks_of_others_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let mut first = writer(&path, GRAY, &options("npy", 4));
    first.write(&frame(0, GRAY)).expect("writes");
    let mut appending = options("npy", 4);
    appending.append = true;
    let mut second = writer(&path, GRAY, &appending);
    let error = second.write(&frame(1, GRAY)).expect_err("is held");
    assert!(
        error.to_string().contains("has been writing to it since"),
        "{error}"
    );
    let repaired = pimage_store::repair(&path, &pimage_store::RepairOptions::default());
    assert!(repaired.is_err(), "somebody writes it");
    Box::new(first).finish().expect("finishes");
    std::fs::write(path.join(".lock"), "").expect("is written");
    let mut third = writer(&path, GRAY, &appending);
    let error = third.write(&frame(1, GRAY)).expect_err("is another's");
    assert!(error.to_string().contains("Python's imgstore"), "{error}");
    appending.ignores_foreign_lock = true;
    let mut fourth = writer(&path, GRAY, &appending);
    fourth.write(&frame(1, GRAY)).expect("is asked for");
    Box::new(fourth).finish().expect("finishes");
    assert_eq!(expect_first(&path, GRAY, 2, true), 2);
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("is an object")
}

#[test]
fn extra_data_become_an_array_that_knows_its_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let mut writer = writer(&path, GRAY, &options("npy", 3));
    writer
        .add_extra_data(object(json!({"temperature": 20})))
        .expect("is kept");
    for index in 0..4 {
        writer.write(&frame(index, GRAY)).expect("writes");
        writer
            .add_extra_data(object(json!({"temperature": 21 + index, "who": "cam\n1"})))
            .expect("is kept");
    }
    Box::new(writer).finish().expect("finishes");
    let read = |chunk: u64| -> Vec<Value> {
        let text =
            std::fs::read(path.join(format!("{chunk:06}/index.extra.json"))).expect("is there");
        serde_json::from_slice(&text).expect("is an array")
    };
    let first = read(0);
    assert_eq!(first.len(), 4);
    assert_eq!(first[0]["frame_number"], Value::Null);
    assert_eq!(first[1]["frame_number"], -3);
    assert_eq!(first[1]["frame_time"], time_of(0));
    assert_eq!(first[3]["frame_index"], 2);
    let second = read(1);
    assert_eq!(second.len(), 1);
    assert_eq!(second[0]["temperature"], 24);
    assert_eq!(second[0]["who"], "cam\n1");
}

#[test]
fn what_cannot_be_held_is_said_before_anything_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let float = FrameFormat::new(48, 32, Color::Gray, SampleType::F32);
    let refused = StoreWriter::new(&path, &info(float), &options("png", 4));
    assert!(
        matches!(refused, Err(Error::CannotHold { .. })),
        "{refused:?}"
    );
    for name in ["gif", "libx264"] {
        let error = StoreWriter::new(&path, &info(GRAY), &options(name, 4)).expect_err(name);
        assert!(error.to_string().contains("one of npy, png"), "{error}");
    }
    let error = StoreWriter::new(&path, &info(GRAY), &options("npy", 0)).expect_err("no frames");
    assert!(
        error.to_string().starts_with("--chunk-frames is 0"),
        "{error}"
    );
    assert!(!path.exists());
    let empty = writer(&path, GRAY, &options("npy", 4));
    assert!(Box::new(empty).finish().is_err());
    assert!(!path.exists());
}

#[cfg(feature = "ffmpeg")]
#[test]
fn videos_are_inserted_as_chunks() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, other) = (folder.path().join("store"), folder.path().join("other"));
    record(&other, GRAY, 4, &options("ffv1/mkv", 10));
    let mut writer = writer(&path, GRAY, &options("ffv1/mkv", 10));
    writer.write(&frame(0, GRAY)).expect("writes");
    let video = other.join("000000.mkv");
    let index = ChunkIndex::new(vec![5, 5, 7, 9], vec![1.0, 2.0, 3.0, 4.0]).expect("fits");
    let short = ChunkIndex::new(vec![5], vec![1.0]).expect("fits");
    let error = writer
        .insert_chunk(&video, &short, false)
        .expect_err("four frames");
    assert!(
        error.to_string().contains("it has 4 frames, there are 1"),
        "{error}"
    );
    writer.insert_chunk(&video, &index, true).expect("inserts");
    assert!(!video.exists());
    writer.write(&frame(1, GRAY)).expect("writes");
    Box::new(writer).finish().expect("finishes");
    let found = crate::kit::frames_of(&path);
    let numbers: Vec<_> = found.iter().map(|frame| frame.stamp.number).collect();
    assert_eq!(
        numbers,
        [Some(-3), Some(5), Some(5), Some(7), Some(9), Some(-2)]
    );
    assert!(found[4].bytes() == frame(3, GRAY).bytes());
    let report = verify(&path, &Limits::default(), &pimage_core::Cancel::new()).expect("verifies");
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!((report.gap_count, report.repeated_count), (3, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn numbers_and_times_are_recorded_as_they_are(
        stamps in prop::collection::vec((any::<i64>(), -1e9..4e9_f64), 1..20),
        chunk in 1..7u64,
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let tiny = FrameFormat::new(2, 1, Color::Gray, SampleType::U8);
        let mut writer = writer(&path, tiny, &options("npy", chunk));
        let mut expected = Vec::new();
        for (number, secs) in &stamps {
            let mut frame = frame(0, tiny);
            frame.stamp.number = Some(*number);
            frame.stamp.time = pimage_core::Timestamp::from_secs(*secs);
            expected.push((*number, frame.stamp.secs().expect("is finite")));
            writer.write(&frame).expect("writes");
        }
        Box::new(writer).finish().expect("finishes");
        let mut found = Vec::new();
        for chunk in 0..chunk_sizes(&path).len() {
            let index = path.join(format!("{chunk:06}/index.npz"));
            let index = ChunkIndex::read(index, &Limits::default()).expect("reads");
            found.extend(index.numbers.into_iter().zip(index.times));
        }
        prop_assert_eq!(found, expected);
    }
}

#[cfg(feature = "ffmpeg")]
#[test]
fn a_new_store_is_made_of_videos_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, other) = (folder.path().join("store"), folder.path().join("other"));
    record(&other, GRAY, 4, &options("ffv1/mkv", 10));
    let video = other.join("000000.mkv");
    let index = ChunkIndex::new(vec![5, 6, 7, 9], vec![1.0, 2.0, 3.0, 4.0]).expect("fits");
    let larger = FrameFormat { width: 50, ..GRAY };
    let mut wrong = writer(&path, larger, &options("ffv1/mkv", 10));
    let error = wrong
        .insert_chunk(&video, &index, false)
        .expect_err("another size");
    assert!(
        error
            .to_string()
            .contains("48x32, those of the store 50x32"),
        "{error}"
    );
    drop(wrong);
    let mut writer = writer(&path, GRAY, &options("ffv1/mkv", 10));
    writer.insert_chunk(&video, &index, false).expect("inserts");
    let summary = Box::new(writer).finish().expect("finishes");
    assert_eq!(summary.frames, 4);
    let found = crate::kit::frames_of(&path);
    assert_eq!(found[3].stamp.number, Some(9));
    assert!(found[3].bytes() == frame(3, GRAY).bytes());
}
