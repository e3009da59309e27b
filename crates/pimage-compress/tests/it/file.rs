//! Files of packed arrays through the public face: what goes in comes back, in any order, by any number of threads.

use std::path::Path;
use std::sync::Arc;

use pimage_compress::{CompressOptions, Goal, Layer, OpenOptions, create, is_compressed, open};
use pimage_core::{
    Axis, Cancel, Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader,
    FrameReaderExt, FrameWriter, SampleType, Stamp, StreamInfo, Timebase, Timestamp,
};
use pimage_fs::Storage;
use pimage_testkit::{assert_frames_eq, noise_frame, suite};

/// Few frames a group, so that there are several.
fn options(goal: Goal) -> CompressOptions {
    CompressOptions {
        goal,
        group_frames: Some(3),
        threads: Some(2),
        ..CompressOptions::default()
    }
}

fn info(format: FrameFormat, count: u64) -> StreamInfo {
    let mut info = StreamInfo::new("test", format, FrameCount::Exact(count));
    info.rate = FrameRate::new(30_000, 1001);
    info
}

pub(crate) fn write(path: &Path, info: &StreamInfo, frames: &[Frame], options: CompressOptions) {
    let mut writer = Box::new(create(path, info, options).unwrap());
    for frame in frames {
        writer.write(frame).unwrap();
    }
    let summary = writer.finish().unwrap();
    assert_eq!(summary.frames, frames.len() as u64);
    assert_eq!(summary.bytes, path.metadata().unwrap().len());
}

/// Frames that move smoothly, with irregular stamps.
pub(crate) fn frames(format: FrameFormat, count: u64) -> Vec<Frame> {
    let rate = FrameRate::new(30_000, 1001).unwrap();
    (0..count)
        .map(|index| {
            let mut frame = noise_frame(5, index, format);
            frame.stamp = Stamp {
                number: (index % 4 != 2).then_some(100 + index as i64),
                time: Some(rate.time_of(index + index / 5)),
                name: (index % 2 == 0).then(|| Arc::from(format!("a_{index:03}.png"))),
                ..Stamp::at(index)
            };
            frame
        })
        .collect()
}

#[test]
fn every_format_comes_back_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    for (at, format) in pimage_testkit::every_format(13, 7).into_iter().enumerate() {
        let path = folder.path().join(format!("{at}.mkv"));
        let frames = frames(format, 8);
        write(&path, &info(format, 8), &frames, options(Goal::Exact));
        let bytes = std::fs::read(&path).unwrap();
        assert!(is_compressed(&bytes[..bytes.len().min(4096)]));
        let threads = Some(2);
        let options = OpenOptions {
            threads,
            ..OpenOptions::default()
        };
        suite::reader(|| Box::new(open(&path, &options).unwrap()), &frames);
        let reader = open(&path, &options).unwrap();
        for (found, wanted) in reader.take_frames().iter().zip(&frames) {
            assert_eq!(found.stamp, wanted.stamp);
        }
    }
}

trait TakeFrames {
    fn take_frames(self) -> Vec<Frame>;
}

impl<R: FrameReader> TakeFrames for R {
    fn take_frames(mut self) -> Vec<Frame> {
        self.frames().collect::<Result<_, _>>().unwrap()
    }
}

#[test]
fn what_the_source_said_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    let format = FrameFormat::new(20, 10, Color::Gray, SampleType::U16).with_bit_depth(12);
    let mut said = info(format, 6);
    said.axes = vec![Axis::new("t", 2), Axis::new("c", 3)];
    said.metadata.insert("exposure".to_owned(), 0.1.into());
    write(&path, &said, &frames(format, 6), options(Goal::Exact));
    let reader = open(&path, &OpenOptions::default()).unwrap();
    let found = reader.info();
    assert_eq!(
        (found.format, &found.axes, found.rate),
        (format, &said.axes, said.rate)
    );
    assert_eq!((&found.metadata, found.clock), (&said.metadata, said.clock));
    assert_eq!(found.frame_count, FrameCount::Exact(6));
    assert_eq!(reader.description().goal, Goal::Exact);
    let groups = reader.groups().unwrap();
    assert_eq!(
        groups
            .iter()
            .map(|group| group.frames.clone())
            .collect::<Vec<_>>(),
        [0..3, 3..6]
    );
}

#[test]
fn bounds_are_kept_and_make_files_smaller() {
    let folder = tempfile::tempdir().unwrap();
    let format = FrameFormat::new(64, 48, Color::Gray, SampleType::F32);
    let mut frames = frames(format, 6);
    for (t, frame) in frames.iter_mut().enumerate() {
        for (at, sample) in frame.samples_mut::<f32>().unwrap().iter_mut().enumerate() {
            *sample = ((at % 64) as f32 * 0.2 + t as f32 * 0.1).sin();
        }
        frame.samples_mut::<f32>().unwrap()[7] = f32::NAN;
        frame.samples_mut::<f32>().unwrap()[8] = f32::NEG_INFINITY;
    }
    let mut last = u64::MAX;
    let goals = [
        Goal::Exact,
        Goal::MaxError(1e-4),
        Goal::Psnr {
            db: 60.0,
            range: 2.0,
        },
        Goal::MaxError(1e-2),
    ];
    for goal in goals {
        let path = folder.path().join("a.mkv");
        let options = CompressOptions {
            overwrite: true,
            layer: Layer::Predicted,
            ..options(goal.clone())
        };
        write(&path, &info(format, 6), &frames, options);
        let length = path.metadata().unwrap().len();
        assert!(length < last, "{goal}: {length}");
        last = length;
        let found = open(&path, &OpenOptions::default()).unwrap().take_frames();
        for (found, frame) in found.iter().zip(&frames) {
            let pairs = found
                .samples::<f32>()
                .unwrap()
                .iter()
                .zip(frame.samples::<f32>().unwrap());
            for (found, value) in pairs {
                match goal.bound() {
                    Some(bound) if bound > 0.0 && value.is_finite() => {
                        assert!(f64::from((found - value).abs()) <= bound);
                    }
                    None if value.is_finite() => {}
                    _ => assert_eq!(found.to_bits(), value.to_bits()),
                }
            }
        }
    }
}

#[test]
fn threads_and_memory_do_not_change_the_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let format = FrameFormat::new(40, 30, Color::Rgb, SampleType::I16);
    let frames = frames(format, 20);
    let bytes = |threads: usize, memory: u64| {
        let path = folder.path().join("a.mkv");
        let options = CompressOptions {
            threads: Some(threads),
            memory,
            overwrite: true,
            ..options(Goal::MaxError(3.0))
        };
        write(&path, &info(format, 20), &frames, options);
        std::fs::read(&path).unwrap()
    };
    let one = bytes(1, 1 << 30);
    for (threads, memory) in [(2, 1 << 30), (4, 1 << 30), (4, 1)] {
        assert!(bytes(threads, memory) == one, "{threads} threads");
    }
}

#[test]
fn the_writer_keeps_its_promises() {
    for (format, tolerance) in [
        (FrameFormat::new(16, 9, Color::Gray, SampleType::U8), 0.0),
        (FrameFormat::new(16, 9, Color::Rgba, SampleType::F32), 0.5),
    ] {
        let make = |path: &Path, info: &StreamInfo, storage: Arc<dyn Storage>, overwrite: bool| {
            let goal = match tolerance > 0.0 {
                true => Goal::MaxError(tolerance),
                false => Goal::Exact,
            };
            let options = CompressOptions {
                storage,
                overwrite,
                ..options(goal)
            };
            Ok(Box::new(create(path, info, options)?) as Box<dyn FrameWriter>)
        };
        suite::writer(&suite::WriterCase {
            name: "a.mkv",
            format,
            tolerance,
            create: &make,
            open: &|path| Ok(Box::new(open(path, &OpenOptions::default())?)),
        });
    }
}

#[test]
fn a_rate_takes_the_place_of_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    let format = FrameFormat::new(8, 8, Color::Gray, SampleType::U8);
    let options = CompressOptions {
        rate: FrameRate::new(10, 1),
        ..options(Goal::Exact)
    };
    write(&path, &info(format, 4), &frames(format, 4), options);
    let found = open(&path, &OpenOptions::default()).unwrap().take_frames();
    let times: Vec<_> = found
        .iter()
        .map(|frame| frame.stamp.time.unwrap().ticks_in(Timebase::MILLISECONDS))
        .collect();
    assert_eq!(times, [0, 100, 200, 300]);
}

#[test]
fn what_is_asked_wrongly_is_said() {
    let format = FrameFormat::new(8, 8, Color::Gray, SampleType::F32);
    let text = |options: CompressOptions| {
        create("a.mkv", &info(format, 1), options)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        text(options(Goal::MaxError(f64::NAN))),
        "max_error is NaN: expected a number from 0 on"
    );
    assert_eq!(
        text(options(Goal::Psnr {
            db: 0.0,
            range: 1.0
        })),
        "psnr is 0: expected decibels above 0, up to 400"
    );
    let none = CompressOptions {
        group_frames: Some(0),
        ..CompressOptions::default()
    };
    assert_eq!(text(none), "group_frames is 0: expected a number from 1 on");
}

#[test]
fn work_stops_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    let format = FrameFormat::new(64, 64, Color::Gray, SampleType::F32);
    let cancel = Cancel::new();
    let options = CompressOptions {
        cancel: cancel.clone(),
        ..options(Goal::Exact)
    };
    let mut writer = Box::new(create(&path, &info(format, 9), options).unwrap());
    let frames = frames(format, 9);
    for frame in &frames[..5] {
        writer.write(frame).unwrap();
    }
    cancel.cancel();
    assert!(matches!(writer.write(&frames[5]), Err(Error::Stopped)));
    assert!(writer.finish().is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn times_that_cannot_be_shown_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    let format = FrameFormat::new(8, 8, Color::Gray, SampleType::U8);
    let mut frames = frames(format, 5);
    let ticks = [i64::MIN, 0, i64::MAX, 3, 3];
    for (frame, ticks) in frames.iter_mut().zip(ticks) {
        frame.stamp.time = Some(Timestamp::new(ticks, Timebase::NANOSECONDS));
    }
    write(&path, &info(format, 5), &frames, options(Goal::Exact));
    let found = open(&path, &OpenOptions::default()).unwrap().take_frames();
    for (found, wanted) in found.iter().zip(&frames) {
        assert_frames_eq(found, wanted);
        assert_eq!(found.stamp, wanted.stamp);
    }
}
