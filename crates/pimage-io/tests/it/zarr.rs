//! Zarr arrays and OME-Zarr images.

use std::fs;
use std::path::{Path, PathBuf};

use pimage_core::{
    Axis, Color, Error, Frame, FrameCount, FrameFormat, FrameRate, OnDamage, SampleType,
    StreamInfo, Timebase, Timestamp, WriteSummary, keys,
};
use pimage_io::{ReadOptions, WriteOptions, ZarrOptions};
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{
    Fault, FaultStorage, assert_frames_eq, counter_frame, counter_frames, every_format, survive,
};

use crate::{create, gray8, gray16, open, read_all, skipping, try_reading};

fn info_of(format: FrameFormat) -> StreamInfo {
    let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
    info.rate = FrameRate::new(25, 1);
    info
}

fn cut(chunk: [u64; 3], shard: Option<[u64; 3]>) -> WriteOptions {
    WriteOptions {
        zarr: ZarrOptions {
            chunk: Some(chunk),
            shard: Some(shard.unwrap_or(chunk)),
            levels: None,
        },
        ..WriteOptions::default()
    }
}

fn try_write(
    path: &Path,
    info: &StreamInfo,
    frames: &[Frame],
    options: &WriteOptions,
) -> Result<WriteSummary, Error> {
    let mut writer = pimage_io::create(path, info, options)?;
    for frame in frames {
        writer.write(frame)?;
    }
    writer.finish()
}

fn write(path: &Path, frames: &[Frame], options: &WriteOptions) -> WriteSummary {
    try_write(path, &info_of(*frames[0].format()), frames, options).expect("writes")
}

/// Every file below a folder, sorted.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(files_in(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn every_format_comes_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let cuts = [
        WriteOptions::default(),
        cut([1, 2, 3], None),
        cut([2, 3, 4], Some([4, 6, 8])),
        cut([4, 5, 7], Some([8, 5, 14])),
    ];
    for (place, format) in every_format(7, 5).into_iter().enumerate() {
        let frames = counter_frames(format, 6);
        for (number, options) in cuts.iter().enumerate() {
            let path = folder.path().join(format!("{place}-{number}.zarr"));
            write(&path, &frames, options);
            suite::reader(|| open(&path).expect("opens"), &frames);
        }
        let path = folder.path().join(format!("{place}.ome.zarr"));
        write(&path, &frames, &WriteOptions::default());
        suite::reader(|| open(&path).expect("opens"), &frames);
    }
}

#[test]
fn every_compression_comes_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray16(33, 21, 16), 9);
    for compression in [
        "none",
        "zstd",
        "zstd=-3",
        "gzip=9",
        "blosc",
        "blosc-lz4=1",
        "blosc-zstd=9",
    ] {
        for shard in [None, Some([8, 21, 33])] {
            let options = WriteOptions {
                compression: Some(compression.to_owned()),
                ..cut([4, 10, 33], shard.map(|_| [8, 30, 33]))
            };
            let path = folder
                .path()
                .join(format!("{compression}{}.zarr", shard.is_some()));
            write(&path, &frames, &options);
            let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
            for (found, expected) in found.iter().zip(&frames) {
                assert_frames_eq(found, expected);
            }
            assert_eq!(found.len(), frames.len());
        }
    }
}

#[test]
fn the_writer_conforms() {
    for format in [
        gray8(9, 4),
        FrameFormat::new(5, 3, Color::Rgb, SampleType::F32),
    ] {
        suite::writer_of_files(
            &WriterCase {
                name: "a.zarr",
                format,
                tolerance: 0.0,
                create: &create,
                open: &open,
            },
            "a.zarr",
        );
    }
    let image: suite::Create<'_> = &|path, info, storage, overwrite| {
        let options = WriteOptions {
            storage,
            overwrite,
            sync: false,
            ..cut([1, 2, 5], None)
        };
        pimage_io::create(path, info, &options)
    };
    suite::writer_of_files(
        &WriterCase {
            name: "a.ome.zarr",
            format: gray8(9, 4),
            tolerance: 0.0,
            create: image,
            open: &open,
        },
        "a.ome.zarr",
    );
}

#[test]
fn axes_rate_times_numbers_and_metadata_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let format = gray16(6, 4, 12);
    let mut info = StreamInfo::new("test", format, FrameCount::Exact(24));
    let mut channels = Axis::new("c", 2);
    channels.labels = vec!["DAPI".to_owned(), "GFP".to_owned()];
    info.axes = vec![
        Axis::new("t", 4),
        Axis::new("z", 3).with_spacing(0.5, "µm"),
        channels,
    ];
    info.rate = FrameRate::new(30_000, 1001);
    for (key, value) in [(keys::PIXEL_SIZE_X, 0.2), (keys::PIXEL_SIZE_Y, 0.25)] {
        info.metadata.insert(key.to_owned(), value.into());
    }
    info.metadata
        .insert(keys::PIXEL_SIZE_UNIT.to_owned(), "µm".into());
    info.metadata.insert("Camera".to_owned(), "one".into());
    let mut frames = counter_frames(format, 24);
    for frame in &mut frames {
        let index = frame.stamp.index as i64;
        frame.stamp.number = Some(1000 - 7 * index);
        frame.stamp.time = Some(Timestamp::new(
            index * index * 1_000_003,
            Timebase::NANOSECONDS,
        ));
    }
    frames[5].stamp.number = None;
    frames[7].stamp.time = None;
    for (name, options) in [
        ("a.zarr", WriteOptions::default()),
        ("b.zarr", cut([2, 4, 3], Some([4, 4, 6]))),
        ("c.ome.zarr", WriteOptions::default()),
    ] {
        let path = folder.path().join(name);
        try_write(&path, &info, &frames, &options).expect("writes");
        let mut reader = open(&path).expect("opens");
        let found = reader.info().clone();
        assert_eq!((found.rate, found.format), (info.rate, format), "{name}");
        for key in [keys::PIXEL_SIZE_X, keys::PIXEL_SIZE_UNIT, "Camera"] {
            assert_eq!(found.metadata.get(key), info.metadata.get(key), "{name}");
        }
        let axes: Vec<_> = found.axes.iter().map(ToString::to_string).collect();
        let mut expected = vec!["t 4", "z 3 (0.5 µm)", "c 2 (DAPI, GFP)"];
        if name.ends_with(".ome.zarr") {
            expected.swap(1, 2);
            assert_eq!(axes[1..], expected[1..], "{name}");
            continue;
        }
        assert_eq!(axes, expected, "{name}");
        for (found, expected) in read_all(&mut *reader).expect("reads").iter().zip(&frames) {
            assert_frames_eq(found, expected);
            assert_eq!(found.stamp, expected.stamp, "{name}");
        }
    }
}

#[test]
fn levels_are_halves() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    let options = WriteOptions {
        zarr: ZarrOptions {
            levels: Some(3),
            ..ZarrOptions::default()
        },
        ..WriteOptions::default()
    };
    let frames = counter_frames(gray8(9, 7), 5);
    write(&path, &frames, &options);
    for (level, size) in [("0", (9, 7)), ("1", (5, 4)), ("2", (3, 2))] {
        let name = PathBuf::from(format!("{}:{level}", path.display()));
        let mut reader = open(&name).expect("opens");
        let format = reader.info().format;
        assert_eq!((format.width, format.height), size);
        assert_eq!(read_all(&mut *reader).expect("reads").len(), 5);
    }
    let beyond = open(&PathBuf::from(format!("{}:7", path.display())));
    let text = beyond.err().expect("is not there").to_string();
    assert!(text.contains("it has no `7`; it has 0, 1, 2"), "{text}");
}

#[test]
fn frames_are_added_to_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, first) in [
        (0, cut([4, 5, 7], None)),
        (1, cut([2, 3, 7], Some([6, 6, 7]))),
    ] {
        for levels in [None, Some(2)] {
            let path = folder.path().join(format!("{number}-{levels:?}.zarr"));
            let mut first = first.clone();
            first.zarr.levels = levels;
            let mut frames = counter_frames(gray16(7, 5, 16), 31);
            for frame in &mut frames {
                frame.stamp.number = Some(frame.stamp.index as i64 * 3);
            }
            write(&path, &frames[..5], &first);
            for range in [5..6, 6..17, 17..31] {
                let options = WriteOptions {
                    append: true,
                    ..WriteOptions::default()
                };
                let summary = write(&path, &frames[range.clone()], &options);
                assert_eq!(summary.frames, range.end as u64 - range.start as u64);
                let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
                assert_eq!(found.len(), range.end);
                for (found, expected) in found.iter().zip(&frames) {
                    assert_frames_eq(found, expected);
                    assert_eq!(found.stamp.number, expected.stamp.number);
                }
            }
        }
    }
}

#[test]
fn adding_that_fails_leaves_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(6, 5), 9);
    for sharded in [None, Some([4, 5, 6])] {
        for k in 1.. {
            let path = folder
                .path()
                .join(format!("{k}-{}.zarr", sharded.is_some()));
            write(&path, &frames[..5], &cut([2, 5, 6], sharded));
            let faulty = FaultStorage::new(Fault::From(k));
            let options = WriteOptions {
                append: true,
                storage: faulty.storage(),
                ..WriteOptions::default()
            };
            let result = try_write(&path, &info_of(gray8(6, 5)), &frames[5..], &options);
            let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
            assert!(found.len() == 5 || found.len() == 9, "{k}: {}", found.len());
            for (found, expected) in found.iter().zip(&frames) {
                assert_frames_eq(found, expected);
            }
            if faulty.failed().is_none() {
                assert_eq!(result.expect("nothing failed").frames, 4);
                assert_eq!(found.len(), 9);
                break;
            }
            assert!(result.is_err() || faulty.failed() == Some("remove"), "{k}");
        }
    }
}

#[test]
fn a_dropped_writer_leaves_the_store_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    let frames = counter_frames(gray8(6, 5), 9);
    write(&path, &frames[..4], &cut([2, 5, 6], None));
    let before: Vec<_> = files_in(&path)
        .into_iter()
        .map(|path| (fs::read(&path).expect("reads"), path))
        .collect();
    let options = WriteOptions {
        append: true,
        ..WriteOptions::default()
    };
    let mut writer = pimage_io::create(&path, &info_of(gray8(6, 5)), &options).expect("opens");
    for frame in &frames[4..] {
        writer.write(frame).expect("writes");
    }
    drop(writer);
    let after: Vec<_> = files_in(&path)
        .into_iter()
        .map(|path| (fs::read(&path).expect("reads"), path))
        .collect();
    assert!(before == after, "{after:?}");
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    let info = info_of(gray8(6, 5));
    let frame = [counter_frame(0, gray8(6, 5))];
    let check = |options: WriteOptions, text: &str| {
        let error = try_write(&path, &info, &frame, &options)
            .expect_err(text)
            .to_string();
        assert!(error.contains(text), "{error}");
        assert!(!path.exists());
    };
    let usual = WriteOptions::default;
    check(
        WriteOptions {
            compression: Some("lzw".to_owned()),
            ..usual()
        },
        "expected none, zstd, gzip, blosc",
    );
    check(
        WriteOptions {
            quality: Some("3".to_owned()),
            ..usual()
        },
        "--quality",
    );
    check(
        WriteOptions {
            frames_per_file: Some(3),
            ..usual()
        },
        "--frames-per-file",
    );
    check(
        cut([2, 5, 6], Some([3, 5, 6])),
        "multiples of a chunk, which is 2,5,6",
    );
    check(
        WriteOptions {
            zarr: ZarrOptions {
                levels: Some(0),
                ..ZarrOptions::default()
            },
            ..usual()
        },
        "--levels is 0",
    );
    let mut other = info.clone();
    other.axes = vec![Axis::new("angle", 1)];
    other.frame_count = FrameCount::Exact(1);
    let ome = folder.path().join("a.ome.zarr");
    let error = try_write(&ome, &other, &frame, &usual())
        .expect_err("has no such axis")
        .to_string();
    assert!(error.contains("it has no axis `angle`"), "{error}");
}

#[test]
fn a_damaged_chunk_is_damage_of_its_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    let frames = counter_frames(gray8(9, 7), 8);
    let options = WriteOptions {
        compression: Some("zstd".to_owned()),
        ..cut([2, 7, 5], None)
    };
    write(&path, &frames, &options);
    fs::write(path.join("frames/c/1/0/1"), b"no chunk").expect("writes");
    let error = read_all(&mut *open(&path).expect("opens"))
        .expect_err("is damaged")
        .to_string();
    assert!(
        error.starts_with("frame 2 of `") && error.contains("chunk `c/1/0/1`: zstd: "),
        "{error}"
    );
    let mut reader = pimage_io::open(&path, &skipping()).expect("opens");
    let indices: Vec<_> = read_all(&mut *reader)
        .expect("reads")
        .iter()
        .map(|frame| frame.stamp.index)
        .collect();
    assert_eq!(indices, [0, 1, 4, 5, 6, 7]);
    assert_eq!(reader.damage().len(), 1);
    assert_eq!(reader.damage()[0].frames, 2..4);
    let keeping = ReadOptions {
        on_damage: OnDamage::Keep,
        ..ReadOptions::default()
    };
    let found = read_all(&mut *pimage_io::open(&path, &keeping).expect("opens")).expect("reads");
    assert_eq!(found.len(), 8);
    let (left, right) = found[2].bytes()[..9].split_at(5);
    assert_eq!((left, right), (&frames[2].bytes()[..5], &[0; 4][..]));
}

#[test]
fn cut_files_never_give_wrong_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, sharded, victim) in [
        ("a.zarr", None, "frames/c/1/0/0"),
        ("b.zarr", Some([4, 7, 9]), "frames/c/0/0/0"),
    ] {
        let path = folder.path().join(name);
        let frames = counter_frames(gray8(9, 7), 5);
        write(&path, &frames, &cut([2, 7, 9], sharded));
        for options in [ReadOptions::default(), skipping()] {
            for file in [victim, "frames/zarr.json"] {
                let cuts = suite::truncation(&path.join(file), || pimage_io::open(&path, &options));
                for cut in cuts {
                    assert!(!cut.is_silent(), "{file} {cut:?}");
                }
            }
        }
    }
}

#[test]
fn claims_are_checked_before_memory_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    write(
        &path,
        &counter_frames(gray8(9, 7), 3),
        &cut([1, 7, 9], Some([3, 7, 9])),
    );
    let document = path.join("frames/zarr.json");
    let original = fs::read_to_string(&document).expect("reads");
    let refused = |old: &str, new: &str, text: &str| {
        let compact: String = original.split_whitespace().collect();
        assert!(compact.contains(old), "{compact}");
        fs::write(&document, compact.replace(old, new)).expect("writes");
        let error = open(&path).err().expect(text).to_string();
        assert!(error.contains(text), "{error}");
    };
    refused(
        "\"shape\":[3,7,9]",
        "\"shape\":[3,100000,100000]",
        "--limit side=N",
    );
    refused(
        "\"shape\":[3,7,9]",
        "\"shape\":[99999999999,7,9]",
        "--limit frames=N",
    );
    refused(
        "\"chunk_shape\":[1,7,9]",
        "\"chunk_shape\":[1,7,0]",
        "are not made of chunks of 0",
    );
    refused(
        "\"chunk_shape\":[3,7,9]",
        "\"chunk_shape\":[9000000000,7,9]",
        "--limit metadata-bytes=N",
    );
    refused("sharding_indexed", "delta", "codec `delta` is not read");
    refused("uint8", "int64", "its numbers are of type `int64`");
}

#[test]
fn mutated_stores_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, sharded) in [(0, None), (1, Some([4, 8, 10]))] {
        let path = folder.path().join(format!("{number}.ome.zarr"));
        let frames = counter_frames(gray8(9, 7), 6);
        for compression in ["blosc", "zstd", "gzip", "none"] {
            let _ = fs::remove_dir_all(&path);
            let options = WriteOptions {
                compression: Some(compression.to_owned()),
                ..cut([2, 4, 5], sharded)
            };
            write(&path, &frames, &options);
            let chunk = if sharded.is_some() {
                "0/c/0/0/0"
            } else {
                "0/c/1/0/1"
            };
            for file in [chunk, "0/zarr.json", "zarr.json"] {
                let victim = path.join(file);
                let original = fs::read(&victim).expect("reads");
                let (path, place) = (path.clone(), victim.clone());
                survive(&original, 250, number, move |bytes| {
                    fs::write(&place, bytes).expect("writes");
                    try_reading(&path);
                });
                fs::write(&victim, &original).expect("writes");
            }
        }
    }
}
