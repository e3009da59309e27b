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
