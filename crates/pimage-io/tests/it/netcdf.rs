//! NetCDF and HDF5.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pimage_core::{
    Axis, Clock, Color, Error, Frame, FrameCount, FrameFormat, FrameWriter, SampleType, StreamInfo,
    Timebase, Timestamp, Value,
};
use pimage_fs::Storage;
use pimage_io::{ReadOptions, WriteOptions};
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{counter_frames, every_format, survive};

use crate::{gray8, gray16, open, read_all, try_reading};

fn compressed(text: &str) -> WriteOptions {
    WriteOptions {
        compression: Some(text.to_owned()),
        ..WriteOptions::default()
    }
}

fn write_with(
    path: &Path,
    info: &StreamInfo,
    frames: &[Frame],
    options: &WriteOptions,
) -> Vec<String> {
    let mut writer = pimage_io::create(path, info, options).expect("creates");
    for frame in frames {
        writer.write(frame).expect("writes");
    }
    writer.finish().expect("finishes").notes
}

fn info_of(frames: &[Frame]) -> StreamInfo {
    StreamInfo::new("test", *frames[0].format(), FrameCount::Unknown)
}

#[test]
fn every_format_comes_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    for compression in ["deflate=1", "none"] {
        for (place, format) in every_format(7, 5).into_iter().enumerate() {
            let path = folder.path().join(format!("{place}-{compression}.nc"));
            let mut frames = counter_frames(format, 6);
            for (at, frame) in (0i64..).zip(&mut frames) {
                frame.stamp.number = Some(100 + at * at);
                frame.stamp.time = Some(Timestamp::new(40 * at, Timebase::MILLISECONDS));
            }
            let notes = write_with(&path, &info_of(&frames), &frames, &compressed(compression));
            assert_eq!(notes, Vec::<String>::new());
            suite::reader(|| open(&path).expect("opens"), &frames);
        }
    }
}

#[test]
fn the_writer_conforms() {
    let plain = |path: &Path,
                 info: &StreamInfo,
                 storage: Arc<dyn Storage>,
                 overwrite: bool|
     -> Result<Box<dyn FrameWriter>, Error> {
        let options = WriteOptions {
            storage,
            overwrite,
            ..compressed("none")
        };
        pimage_io::create(path, info, &options)
    };
    for create in [&crate::create as suite::Create<'_>, &plain] {
        for format in [
            gray8(9, 4),
            FrameFormat::new(5, 3, Color::Rgb, SampleType::F32),
        ] {
            suite::writer(&WriterCase {
                name: "a.nc",
                format,
                tolerance: 0.0,
                create,
                open: &open,
            });
        }
    }
}

#[test]
fn many_chunks_and_parts_of_frames_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    // One chunk a frame: a table of two levels. Frames of more than four megabytes: several chunks a frame.
    for (width, height, count) in [(1100, 1000, 70), (1500, 1500, 2), (3, 2, 5000)] {
        let format = FrameFormat::new(width, height, Color::Gray, SampleType::U8);
        let format = match count {
            2 => FrameFormat {
                sample: SampleType::U32,
                ..format
            }
            .with_bit_depth(32),
            _ => format,
        };
        let path = folder.path().join(format!("{width}.nc"));
        let frames = counter_frames(format, count);
        write_with(&path, &info_of(&frames), &frames, &compressed("deflate=1"));
        assert!(read_all(&mut *open(&path).expect("opens")).expect("reads") == frames);
    }
}

#[test]
fn axes_are_dimensions_and_keep_their_labels() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nc");
    let frames = counter_frames(gray16(6, 4, 12), 24);
    let mut info = info_of(&frames);
    let mut channel = Axis::new("c", 3);
    channel.labels = ["DAPI", "GFP", "RFP"].map(str::to_owned).to_vec();
    let depth = Axis::new("z", 4).with_spacing(0.5, "µm");
    info.axes = vec![Axis::new("t", 2), depth, channel];
    write_with(&path, &info, &frames, &WriteOptions::default());
    let mut reader = open(&path).expect("opens");
    let axes: Vec<_> = reader
        .info()
        .axes
        .iter()
        .map(|axis| (axis.name.clone(), axis.length))
        .collect();
    assert_eq!(axes, [("t".into(), 2), ("z".into(), 4), ("c".into(), 3)]);
    let depth = reader.info().axis("z").expect("is there").clone();
    assert_eq!(
        (depth.spacing, depth.unit.as_deref()),
        (Some(0.5), Some("µm"))
    );
    let labels = reader.info().metadata.get("c_labels").cloned();
    assert_eq!(labels, Some("DAPI, GFP, RFP".into()));
    assert_eq!(reader.info().format.bit_depth, 12);
    assert_eq!(read_all(&mut *reader).expect("reads"), frames);
}

#[test]
fn times_without_an_axis_for_them_are_noted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nc");
    let mut frames = counter_frames(gray8(6, 4), 3);
    for frame in &mut frames {
        frame.stamp.time = Some(Timestamp::new(1, Timebase::MILLISECONDS));
    }
    let mut info = info_of(&frames);
    info.axes = vec![Axis::new("z", 3)];
    let notes = write_with(&path, &info, &frames, &WriteOptions::default());
    let lost = "netcdf keeps times along an axis `t` only: those of the frames are lost";
    assert_eq!(notes, [lost]);
    let reader = open(&path).expect("opens");
    assert_eq!(reader.info().axes, [Axis::new("z", 3)]);
}

#[test]
fn units_calendar_and_coordinates_survive_a_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("a.nc"), folder.path().join("b.h5"));
    let format = FrameFormat::new(4, 3, Color::Gray, SampleType::F32);
    let mut frames = counter_frames(format, 5);
    for (at, frame) in (0i64..).zip(&mut frames) {
        // Every six hours from 1990-01-01.
        let secs = 631_152_000 + at * 21_600;
        let time = Timestamp::new(secs * 1_000_000_000, Timebase::NANOSECONDS);
        frame.stamp.time = Some(time);
    }
    let mut info = info_of(&frames);
    info.clock = Clock::Epoch;
    let texts = [
        ("variable", "t2m"),
        ("units", "K"),
        ("long_name", "2 metre temperature"),
        ("time_units", "days since 1900-01-01"),
        ("calendar", "gregorian"),
        ("y_name", "latitude"),
        ("y_values", "50, 49.75, 49.1"),
        ("latitude.units", "degrees_north"),
        ("x_values", "0 to 9, 4 values"),
        ("global.title", "a test"),
    ];
    for (name, text) in texts {
        info.metadata.insert(name.to_owned(), text.into());
    }
    info.metadata
        .insert("level".to_owned(), Value::Int(1 << 40));
    write_with(&first, &info, &frames, &WriteOptions::default());
    for path in [&first, &second] {
        let mut reader = open(path).expect("opens");
        let metadata = reader.info().metadata.clone();
        for (name, text) in texts {
            assert_eq!(metadata.get(name), Some(&text.into()), "{name}");
        }
        assert_eq!(metadata.get("level"), Some(&Value::Int(1 << 40)));
        assert_eq!(reader.info().clock, Clock::Epoch);
        assert_eq!(
            reader.info().rate.map(|rate| rate.to_string()).as_deref(),
            Some("1/21600")
        );
        let info = reader.info().clone();
        let read = read_all(&mut *reader).expect("reads");
        assert_eq!(read, frames);
        let secs: Vec<_> = read.iter().filter_map(|frame| frame.stamp.secs()).collect();
        let expected: Vec<_> = frames
            .iter()
            .filter_map(|frame| frame.stamp.secs())
            .collect();
        assert_eq!(secs, expected);
        if path == &first {
            write_with(&second, &info, &read, &compressed("none"));
        }
    }
}

#[test]
fn what_is_asked_for_and_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nc");
    let frames = counter_frames(gray8(6, 4), 2);
    write_with(&path, &info_of(&frames), &frames, &WriteOptions::default());
    let named = |name: &str| {
        let name = format!("{}:{name}", path.display());
        pimage_io::open(name, &ReadOptions::default())
    };
    for name in ["data", "/data"] {
        assert_eq!(
            read_all(&mut *named(name).expect("opens")).expect("reads"),
            frames
        );
    }
    for name in ["other", "/group/other"] {
        let error = named(name)
            .map(|_| ())
            .expect_err("is not there")
            .to_string();
        let reason =
            format!("it has no variable `{name}`; there are `data` (time 2, y 4, x 6) uint8");
        assert!(error.ends_with(&reason), "{error}");
    }
    let error = pimage_io::create(
        folder.path().join("b.nc"),
        &info_of(&frames),
        &compressed("lzw"),
    );
    let error = error.map(|_| ()).expect_err("is not known").to_string();
    assert!(error.starts_with("--compression is `lzw`"), "{error}");
}

/// A file of NetCDF-3 with one variable of bytes, 2 rows and 3 columns.
fn classic(count: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"CDF\x01\0\0\0\0".to_vec();
    let mut put = |numbers: &[u32]| bytes.extend(numbers.iter().flat_map(|n| n.to_be_bytes()));
    put(&[10, 3]);
    for (name, length) in [(*b"time", count), (*b"y\0\0\0", 2), (*b"x\0\0\0", 3)] {
        let letters = if name[1] == 0 { 1 } else { 4 };
        put(&[letters, u32::from_be_bytes(name), length]);
    }
    // No attributes of the file; one variable `v` of signed bytes, which begins behind the header.
    put(&[
        0,
        0,
        11,
        1,
        1,
        u32::from_be_bytes(*b"v\0\0\0"),
        3,
        0,
        1,
        2,
        0,
        0,
        1,
    ]);
    put(&[count.wrapping_mul(6), 112]);
    assert_eq!(bytes.len(), 112);
    bytes.extend(data);
    bytes
}

#[test]
fn a_cut_file_of_version_3_gives_its_whole_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nc");
    let data: Vec<u8> = (0..5 * 6).collect();
    fs::write(&path, classic(5, &data)).expect("writes");
    let whole = read_all(&mut *open(&path).expect("opens")).expect("reads");
    assert_eq!(whole.len(), 5);
    let expected: Vec<i16> = (24..30).collect();
    assert_eq!(whole[4].samples::<i16>(), Some(&*expected));
    // Of a billion frames, two are there: the others are one entry.
    fs::write(&path, classic(1 << 30, &data[..13])).expect("writes");
    let mut reader = pimage_io::open(&path, &crate::skipping()).expect("opens");
    let frames = read_all(&mut *reader).expect("reads");
    assert!(frames.len() <= 2, "{} frames", frames.len());
    let [damage] = reader.damage() else {
        panic!("{:?}", reader.damage());
    };
    assert_eq!(damage.frames, frames.len() as u64..1 << 30);
    let error = read_all(&mut *open(&path).expect("opens")).expect_err("is cut");
    assert!(error.to_string().contains("is damaged"), "{error}");
}

#[test]
fn cut_and_changed_files_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nc");
    let frames = counter_frames(gray16(9, 7, 16), 12);
    write_with(&path, &info_of(&frames), &frames, &WriteOptions::default());
    let cuts = suite::truncation(&path, || open(&path));
    assert!(cuts.iter().all(|cut| !cut.is_silent()));
    let bytes = fs::read(&path).expect("reads");
    let victim = folder.path().join("victim.nc");
    survive(&bytes, 2_000, 1, move |bytes| {
        fs::write(&victim, bytes).expect("writes");
        try_reading(&victim);
    });
}

#[test]
fn a_rate_of_the_callers_own_takes_the_place_of_the_times() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nc");
    let mut frames = counter_frames(gray8(6, 4), 3);
    for (at, frame) in (0i64..).zip(&mut frames) {
        frame.stamp.time = Some(Timestamp::new(at * 3_600, Timebase::MILLISECONDS));
    }
    let mut info = info_of(&frames);
    info.clock = Clock::Epoch;
    for (name, text) in [
        ("time_units", "days since 1900-01-01"),
        ("calendar", "noleap"),
    ] {
        info.metadata.insert(name.to_owned(), text.into());
    }
    let options = WriteOptions {
        rate: pimage_core::FrameRate::new(25, 1),
        ..WriteOptions::default()
    };
    let notes = write_with(&path, &info, &frames, &options);
    assert_eq!(notes, Vec::<String>::new());
    let mut reader = open(&path).expect("opens");
    assert_eq!(reader.info().clock, Clock::Start);
    assert_eq!(reader.info().rate, options.rate);
    let read = read_all(&mut *reader).expect("reads");
    let secs: Vec<_> = read.iter().filter_map(|frame| frame.stamp.secs()).collect();
    assert_eq!(secs, [0.0, 0.04, 0.08]);
}

#[test]
fn frames_without_a_time_come_back_without_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nc");
    let mut frames = counter_frames(gray8(6, 4), 3);
    for (at, frame) in (0i64..).zip(&mut frames) {
        frame.stamp.time = (at != 1).then(|| Timestamp::new(40 * at, Timebase::MILLISECONDS));
    }
    write_with(&path, &info_of(&frames), &frames, &WriteOptions::default());
    let mut reader = open(&path).expect("opens");
    let info = reader.info().clone();
    assert!(!info.metadata.contains_key("time._FillValue"), "{info:?}");
    let read = read_all(&mut *reader).expect("reads");
    let secs: Vec<_> = read.iter().map(|frame| frame.stamp.secs()).collect();
    assert_eq!(secs, [Some(0.0), None, Some(0.08)]);
}

#[test]
fn wide_labels_are_kept_to_the_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nc");
    let frames = counter_frames(gray8(6, 4), 2);
    let mut info = info_of(&frames);
    let mut axis = Axis::new("id", 2);
    axis.labels = ["1152921504606846977", "-3"].map(str::to_owned).to_vec();
    info.axes = vec![axis.clone()];
    write_with(&path, &info, &frames, &WriteOptions::default());
    assert_eq!(open(&path).expect("opens").info().axes, [axis]);
}

#[test]
fn single_values_beside_the_variable_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nc");
    let frames = counter_frames(gray8(6, 4), 2);
    let mut info = info_of(&frames);
    let told = [
        ("coordinates", "lat2 height region".into()),
        ("grid_mapping", "crs".into()),
        ("time.bounds", "time_bnds".into()),
        ("scalar.height", Value::Float(2.5)),
        ("scalar.height.units", "m".into()),
        ("scalar.region", "north".into()),
        ("scalar.crs", Value::Int(7)),
        ("scalar.crs.standard_parallel", "30, 60".into()),
    ];
    let told = told.map(|(name, value)| (name.to_owned(), value));
    info.metadata.extend(told.clone());
    let notes = write_with(&path, &info, &frames, &WriteOptions::default());
    let [note] = notes.as_slice() else {
        panic!("{notes:?}");
    };
    assert!(note.contains("`lat2`, `time_bnds`"), "{note}");
    let mut reader = open(&path).expect("opens");
    let found = &reader.info().metadata;
    assert_eq!(found.get("coordinates"), Some(&"height region".into()));
    for (name, value) in told.iter().skip(3) {
        assert_eq!(found.get(name), Some(value), "{name}");
    }
    assert_eq!(found.get("grid_mapping"), Some(&"crs".into()));
    assert_eq!(read_all(&mut *reader).expect("reads"), frames);
}

#[test]
fn counts_of_months_are_kept_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(6, 4), 4);
    for labels in [["0.5", "1.5", "2.5", "7.5"], ["0", "1", "2", "3"]] {
        let path = folder.path().join(format!("{}.nc", labels[0]));
        let mut info = info_of(&frames);
        let mut time = Axis::new(Axis::TIME, 4);
        time.labels = labels.map(str::to_owned).to_vec();
        time.unit = Some("months since 2000-01-01".to_owned());
        info.axes = vec![time.clone()];
        let calendar = ("time.calendar".to_owned(), "noleap".into());
        info.metadata.extend([calendar.clone()]);
        assert_eq!(
            write_with(&path, &info, &frames, &WriteOptions::default()),
            [""; 0]
        );
        let reader = open(&path).expect("opens");
        let found = reader.info().axis(Axis::TIME).expect("is there");
        assert_eq!((&found.labels, &found.unit), (&time.labels, &time.unit));
        assert_eq!(reader.info().metadata.get(&calendar.0), Some(&calendar.1));
    }
}
