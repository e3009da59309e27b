//! `zarrs` reads the stores that pimage writes, and pimage what `zarrs` writes.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pimage_core::{Frame, FrameCount, FrameFormat, FrameRate, StreamInfo, Timebase};
use pimage_io::{WriteOptions, ZarrOptions};
use pimage_testkit::{counter_frames, every_format};
use serde_json::{Value, json};
use zarrs::array::{Array, ArrayBytes, ArrayMetadata, ArrayMetadataV3};
use zarrs::metadata::v2::ArrayMetadataV2;
use zarrs_filesystem::FilesystemStore;

use crate::{gray8, gray16, open, read_all};

fn written(path: &Path, format: FrameFormat, frames: &[Frame], options: &WriteOptions) {
    let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
    info.rate = FrameRate::new(25, 1);
    let mut writer = pimage_io::create(path, &info, options).expect("creates");
    for frame in frames {
        writer.write(frame).expect("writes");
    }
    writer.finish().expect("finishes");
}

/// Shape and bytes of the array at `name` in the store, as `zarrs` reads it.
fn read_by_peer(path: &Path, name: &str) -> (Vec<u64>, Vec<u8>) {
    let store = Arc::new(FilesystemStore::new(path).expect("is a store"));
    let array = Array::open(store, name).expect("opens");
    let all = array.subset_all();
    let bytes: ArrayBytes<'_> = array.retrieve_array_subset(&all).expect("reads");
    let bytes = bytes.into_fixed().expect("is of numbers").into_owned();
    (array.shape().to_vec(), bytes)
}

fn bytes_of(frames: &[Frame]) -> Vec<u8> {
    frames
        .iter()
        .flat_map(|frame| frame.bytes().to_vec())
        .collect()
}

fn options(compression: &str, shard: [u64; 3]) -> WriteOptions {
    WriteOptions {
        compression: Some(compression.to_owned()),
        zarr: ZarrOptions {
            chunk: Some([2, 3, 4]),
            shard: Some(shard),
            levels: None,
        },
        sync: false,
        ..WriteOptions::default()
    }
}

#[test]
fn the_peer_reads_every_type_and_codec() {
    let folder = tempfile::tempdir().expect("a folder");
    for (place, format) in every_format(7, 5).into_iter().enumerate() {
        let frames = counter_frames(format, 5);
        for compression in ["none", "zstd", "gzip", "blosc", "blosc-lz4"] {
            for shard in [[2, 3, 4], [4, 6, 8]] {
                let path = folder
                    .path()
                    .join(format!("{place}-{compression}-{}.zarr", shard[0]));
                written(&path, format, &frames, &options(compression, shard));
                let (shape, bytes) = read_by_peer(&path, "/frames");
                assert_eq!(shape[..3], [5, 5, 7], "{format:?}");
                assert!(
                    bytes == bytes_of(&frames),
                    "{format:?} {compression} {shard:?}"
                );
            }
        }
    }
}

#[test]
fn the_peer_reads_added_frames_levels_and_columns() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    let mut frames = counter_frames(gray8(8, 6), 11);
    for frame in &mut frames {
        frame.stamp.number = Some(100 + frame.stamp.index as i64);
    }
    written(
        &path,
        gray8(8, 6),
        &frames[..3],
        &options("zstd", [4, 6, 8]),
    );
    let append = WriteOptions {
        append: true,
        rate: FrameRate::new(25, 1),
        ..WriteOptions::default()
    };
    written(&path, gray8(8, 6), &frames[3..], &append);
    let (shape, bytes) = read_by_peer(&path, "/frames");
    assert_eq!(shape, [11, 6, 8]);
    assert!(bytes == bytes_of(&frames));
    let (_, numbers) = read_by_peer(&path, "/number");
    let expected: Vec<u8> = (100i64..111).flat_map(i64::to_ne_bytes).collect();
    assert_eq!(numbers, expected);
    let image = folder.path().join("a.ome.zarr");
    let mut levels = options("blosc", [4, 6, 8]);
    levels.zarr.levels = Some(2);
    written(&image, gray8(8, 6), &frames, &levels);
    let half = read_all(&mut *open(&image.with_file_name("a.ome.zarr:1")).expect("opens"));
    let (shape, bytes) = read_by_peer(&image, "/1");
    assert_eq!(shape, [11, 3, 4]);
    assert!(bytes == bytes_of(&half.expect("reads")));
}

#[test]
fn a_rate_that_is_given_becomes_times() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    let frames = counter_frames(gray8(8, 6), 7);
    let rate = FrameRate::new(30_000, 1001).expect("is a rate");
    let mut options = options("zstd", [4, 6, 8]);
    options.rate = Some(rate);
    written(&path, gray8(8, 6), &frames[..5], &options);
    let append = WriteOptions {
        append: true,
        rate: Some(rate),
        ..WriteOptions::default()
    };
    written(&path, gray8(8, 6), &frames[5..], &append);
    let due = |index: u64| rate.time_of(index).ticks_in(Timebase::NANOSECONDS);
    let (shape, times) = read_by_peer(&path, "/time");
    assert_eq!(shape, [7]);
    let expected: Vec<u8> = (0..7).flat_map(|index| due(index).to_ne_bytes()).collect();
    assert_eq!(times, expected);
    let document = fs::read_to_string(path.join("time/zarr.json")).expect("reads");
    assert!(
        document.contains("\"units\": \"nanoseconds\""),
        "{document}"
    );
    let mut reader = open(&path).expect("opens");
    assert_eq!(reader.info().rate, Some(rate));
    for (index, frame) in (0..).zip(read_all(&mut *reader).expect("reads")) {
        let time = frame.stamp.time.expect("has a time");
        assert_eq!(time.ticks_in(Timebase::NANOSECONDS), due(index));
    }
}

/// Number `index` of a type that `zarrs` writes, and as pimage reads it, in the machine's byte order.
fn number(kind: &str, index: u16) -> (Vec<u8>, Vec<u8>) {
    let same = |bytes: Vec<u8>| (bytes.clone(), bytes);
    let [low, high] = index.wrapping_mul(257).to_ne_bytes();
    match kind {
        "bool" => same(vec![low & 1]),
        "uint8" => same(vec![low]),
        "int8" => {
            let value = i8::from_ne_bytes([low]);
            (vec![low], i16::from(value).to_ne_bytes().to_vec())
        }
        "uint16" | "int16" => same(vec![low, high]),
        "uint32" | "int32" => same(vec![low, high, !low, 3]),
        "float16" => {
            let value = 1.0 + f32::from(index % 1024) / 1024.0;
            let half = 0x3C00 + index % 1024;
            (half.to_ne_bytes().to_vec(), value.to_ne_bytes().to_vec())
        }
        "float32" => same((f32::from(index) / -3.0).to_ne_bytes().to_vec()),
        _ => same((f64::from(index) / -3.0).to_ne_bytes().to_vec()),
    }
}

const TYPES: [(&str, &str); 10] = [
    ("bool", "|b1"),
    ("int8", "|i1"),
    ("uint8", "|u1"),
    ("int16", ">i2"),
    ("uint16", "<u2"),
    ("int32", "<i4"),
    ("uint32", ">u4"),
    ("float16", "<f2"),
    ("float32", ">f4"),
    ("float64", "<f8"),
];

/// Writes (5, 6, 7) numbers with `zarrs`, and reads them with pimage.
#[track_caller]
fn check_reading(path: &Path, kind: &str, metadata: ArrayMetadata) {
    let _ = fs::remove_dir_all(path);
    let title = format!("{metadata:?}");
    let store = Arc::new(FilesystemStore::new(path).expect("is a store"));
    let array = Array::new_with_metadata(store, "/", metadata).expect(&title);
    let numbers = (0..5 * 6 * 7).map(|index| number(kind, index));
    let (theirs, ours): (Vec<_>, Vec<_>) = numbers.unzip();
    array.store_metadata().expect("writes");
    let all = array.subset_all();
    array
        .store_array_subset(&all, ArrayBytes::new_flen(theirs.concat()))
        .expect("writes");
    let found = read_all(&mut *open(path).expect("opens")).expect(&title);
    assert_eq!(found.len(), 5, "{title}");
    assert!(bytes_of(&found) == ours.concat(), "{title}");
}

fn fill(kind: &str) -> Value {
    if kind == "bool" {
        json!(false)
    } else {
        json!(0)
    }
}

#[test]
fn what_the_peer_writes_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    let blosc = |shuffle: &str, bytes: usize| {
        json!({"name": "blosc", "configuration": {
            "cname": "lz4", "clevel": 5, "shuffle": shuffle, "typesize": bytes, "blocksize": 0
        }})
    };
    for (kind, _) in TYPES {
        let bytes = number(kind, 0).0.len();
        let steps = [
            None,
            Some(json!({"name": "zstd", "configuration": {"level": 3, "checksum": true}})),
            Some(json!({"name": "gzip", "configuration": {"level": 5}})),
            Some(json!({"name": "numcodecs.zlib", "configuration": {"level": 5}})),
            Some(blosc("bitshuffle", bytes)),
            Some(blosc("shuffle", bytes)),
            Some(json!({"name": "crc32c"})),
        ];
        for step in steps {
            for endian in ["little", "big"] {
                let mut codecs =
                    vec![json!({"name": "bytes", "configuration": {"endian": endian}})];
                codecs.extend(step.clone());
                for location in [None, Some("start"), Some("end")] {
                    let sharded = location.map(|location| json!([{
                        "name": "sharding_indexed", "configuration": {
                            "chunk_shape": [2, 3, 4], "codecs": codecs, "index_location": location,
                            "index_codecs": [
                                {"name": "bytes", "configuration": {"endian": endian}}, {"name": "crc32c"}
                            ],
                        }
                    }]));
                    let metadata = json!({
                        "zarr_format": 3, "node_type": "array", "shape": [5, 6, 7], "data_type": kind,
                        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 3, 4]}},
                        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
                        "fill_value": fill(kind),
                        "codecs": sharded.unwrap_or_else(|| Value::Array(codecs.clone())),
                    });
                    let metadata: ArrayMetadataV3 =
                        serde_json::from_value(metadata).expect("is an array");
                    check_reading(&path, kind, metadata.into());
                }
            }
        }
    }
}

#[test]
fn what_the_peer_writes_in_version_2_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    let compressors = [
        Value::Null,
        json!({"id": "zstd", "level": 3}),
        json!({"id": "gzip", "level": 5}),
        json!({"id": "zlib", "level": 5}),
        json!({"id": "blosc", "cname": "zstd", "clevel": 3, "shuffle": 1, "blocksize": 0}),
    ];
    for (kind, descr) in TYPES {
        for compressor in &compressors {
            for separator in [".", "/"] {
                let metadata = json!({
                    "zarr_format": 2, "shape": [5, 6, 7], "chunks": [2, 6, 4], "dtype": descr,
                    "compressor": compressor, "fill_value": fill(kind), "order": "C", "filters": null,
                    "dimension_separator": separator, "node_type": "array",
                });
                let metadata: ArrayMetadataV2 =
                    serde_json::from_value(metadata).expect("is an array");
                check_reading(&path, kind, metadata.into());
            }
        }
    }
}

/// A group whose array `frames` the peer wrote: five frames of 8 × 6.
fn group_of_peer(path: &Path, change: impl Fn(&mut Value)) -> Vec<Frame> {
    let mut metadata = json!({
        "zarr_format": 3, "node_type": "array", "shape": [5, 6, 8], "data_type": "uint16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 6, 8]}},
        "chunk_key_encoding": {"name": "v2", "configuration": {"separator": "."}},
        "fill_value": 7, "attributes": {"kept": true}, "dimension_names": ["time", "y", "x"],
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "big"}},
            {"name": "zstd", "configuration": {"level": 7, "checksum": true}},
            {"name": "crc32c"},
        ],
    });
    change(&mut metadata);
    let metadata: ArrayMetadataV3 = serde_json::from_value(metadata).expect("is an array");
    let store = Arc::new(FilesystemStore::new(path).expect("is a store"));
    let array = Array::new_with_metadata(store, "/frames", metadata.into()).expect("is an array");
    let frames = counter_frames(gray16(8, 6, 16), 9);
    let all = array.subset_all();
    let bytes = bytes_of(&frames[..5]);
    let wanted = usize::try_from(all.num_elements()).expect("is small")
        * array.data_type().fixed_size().expect("is of numbers");
    array.store_metadata().expect("writes");
    array
        .store_array_subset(&all, ArrayBytes::new_flen(&bytes[..wanted]))
        .expect("writes");
    let group = json!({"zarr_format": 3, "node_type": "group", "attributes": {}});
    fs::write(path.join("zarr.json"), group.to_string()).expect("writes");
    frames
}

fn appending() -> WriteOptions {
    WriteOptions {
        append: true,
        ..WriteOptions::default()
    }
}

#[test]
fn frames_are_added_as_the_peer_wrote_those_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.zarr");
    let frames = group_of_peer(&path, |_| ());
    written(&path, gray16(8, 6, 16), &frames[5..], &appending());
    let (shape, bytes) = read_by_peer(&path, "/frames");
    assert_eq!(shape, [9, 6, 8]);
    assert!(bytes == bytes_of(&frames));
    let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
    assert!(bytes_of(&found) == bytes_of(&frames));
    let document = fs::read_to_string(path.join("frames/zarr.json")).expect("reads");
    let document: Value = serde_json::from_str(&document).expect("is JSON");
    assert_eq!(document["attributes"]["kept"], json!(true));
    assert_eq!(document["fill_value"], json!(7));
    assert_eq!(document["chunk_key_encoding"]["name"], json!("v2"));
}

#[test]
fn frames_are_not_added_to_what_pimage_would_write_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let info = StreamInfo::new("test", gray16(8, 6, 16), FrameCount::Unknown);
    let refusal = |path: &Path| {
        let mut writer = pimage_io::create(path, &info, &appending())?;
        writer.write(&counter_frames(gray16(8, 6, 16), 1)[0])
    };
    let path = folder.path().join("a.zarr");
    group_of_peer(&path, |metadata| {
        metadata["data_type"] = json!("int8");
        metadata["codecs"][0] = json!({"name": "bytes"});
    });
    let text = refusal(&path).expect_err("is int8").to_string();
    assert!(
        text.contains("of type `int8`, which are read as int16"),
        "{text}"
    );
    let path = folder.path().join("b.zarr");
    group_of_peer(&path, |_| ());
    let times = json!({
        "zarr_format": 3, "node_type": "array", "shape": [5], "data_type": "int64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [5]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0, "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "attributes": {"units": "days since 1970-01-01"}, "dimension_names": ["time"],
    });
    fs::create_dir(path.join("time")).expect("creates");
    fs::write(path.join("time/zarr.json"), times.to_string()).expect("writes");
    let text = refusal(&path).expect_err("are days").to_string();
    assert!(
        text.contains("times and numbers such as pimage writes"),
        "{text}"
    );
}
