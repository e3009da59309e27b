//! What the tests of written stores share: frames that say who they are, and what a store holds.

use std::path::Path;

use pimage_core::{
    Color, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, FrameWriter, Limits, SampleType,
    StreamInfo, Timestamp,
};
use pimage_store::{RecordOptions, StoreOptions, StoreReader, StoreWriter, verify};
use pimage_testkit::noise_frame;

pub(crate) const GRAY: FrameFormat = FrameFormat::new(48, 32, Color::Gray, SampleType::U8);

pub(crate) fn info(format: FrameFormat) -> StreamInfo {
    let mut info = StreamInfo::new("camera", format, FrameCount::Unknown);
    info.rate = FrameRate::new(50, 1);
    info
}

/// The number of the `index`-th frame: negative, jumping, repeating.
pub(crate) fn number_of(index: u64) -> i64 {
    let index = index as i64;
    index - 3 + 5 * (index / 7) - i64::from(index % 4 == 3)
}

/// The time of the `index`-th frame, seconds since 1970, in whole nanoseconds.
pub(crate) fn time_of(index: u64) -> f64 {
    let ticks = 1_700_000_000_000_000_000 + index as i64 * 20_000_001;
    Timestamp::new(ticks, pimage_core::Timebase::NANOSECONDS).secs()
}

/// A frame that nothing but itself looks like.
pub(crate) fn frame(index: u64, format: FrameFormat) -> Frame {
    let mut frame = noise_frame(11, index, format);
    let unused = format.sample.bits() - format.bit_depth.min(format.sample.bits());
    if let Some(samples) = frame.samples_mut::<u16>() {
        samples.iter_mut().for_each(|sample| *sample >>= unused);
    }
    frame.stamp.index = index;
    frame.stamp.number = Some(number_of(index));
    let ticks = 1_700_000_000_000_000_000 + index as i64 * 20_000_001;
    frame.stamp.time = Some(Timestamp::new(ticks, pimage_core::Timebase::NANOSECONDS));
    frame
}

pub(crate) fn options(format: &str, chunk: u64) -> RecordOptions {
    let mut options = RecordOptions::new(format);
    options.chunk.frames = Some(chunk);
    options.durability = pimage_store::Durability::Chunk;
    options.threads = Some(2);
    options
}

pub(crate) fn writer(path: &Path, format: FrameFormat, options: &RecordOptions) -> StoreWriter {
    StoreWriter::new(path, &info(format), options).expect("can be written")
}

/// Writes a whole store of `count` frames.
pub(crate) fn record(path: &Path, format: FrameFormat, count: u64, options: &RecordOptions) {
    let mut writer = writer(path, format, options);
    for index in 0..count {
        writer.write(&frame(index, format)).expect("writes");
    }
    let summary = Box::new(writer).finish().expect("finishes");
    assert_eq!(summary.frames, count);
}

/// Every frame of a store.
pub(crate) fn frames_of(path: &Path) -> Vec<Frame> {
    let mut reader = StoreReader::open(path, &StoreOptions::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut frames = Vec::new();
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).expect("reads") {
        frames.push(frame.clone());
    }
    frames
}

/// Checks that the store is sound and holds the first frames, at least `least`, with their numbers and times; how many.
#[track_caller]
pub(crate) fn expect_first(path: &Path, format: FrameFormat, least: u64, is_lossless: bool) -> u64 {
    let report = verify(path, &Limits::default(), &pimage_core::Cancel::new()).expect("verifies");
    assert!(report.is_sound(), "{:?}", report.problems);
    let frames = if report.frames == 0 {
        Vec::new()
    } else {
        frames_of(path)
    };
    assert_eq!(frames.len() as u64, report.frames);
    assert!(
        frames.len() as u64 >= least,
        "{} of at least {least} frames are there",
        frames.len()
    );
    for (index, found) in frames.iter().enumerate() {
        let expected = frame(index as u64, format);
        assert_eq!(found.stamp.number, expected.stamp.number, "frame {index}");
        let secs = found.stamp.secs().expect("has a time");
        assert!(
            (secs - time_of(index as u64)).abs() < 1e-6,
            "frame {index} at {secs}"
        );
        assert_eq!(
            (found.format().width, found.format().height),
            (format.width, format.height)
        );
        if is_lossless {
            assert!(found.bytes() == expected.bytes(), "frame {index} differs");
        }
    }
    frames.len() as u64
}

/// Names of all files in a folder, those of its folders too.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).expect("is there") {
        let path = entry.expect("is readable").path();
        let name = path.file_name().expect("has one").display().to_string();
        if path.is_dir() {
            names.extend(
                self::names(&path)
                    .into_iter()
                    .map(|file| format!("{name}/{file}")),
            );
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

/// Every frame of a store that decodes.
#[cfg(feature = "ffmpeg")]
pub(crate) fn frames_of_whole(path: &Path) -> Vec<Frame> {
    let options = StoreOptions {
        on_damage: pimage_core::OnDamage::Skip,
        ..StoreOptions::default()
    };
    let mut reader = StoreReader::open(path, &options).expect("opens");
    let (mut frames, mut frame) = (Vec::new(), Frame::empty());
    while reader.read_into(&mut frame).expect("reads") {
        frames.push(frame.clone());
    }
    frames
}
