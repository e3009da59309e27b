//! Packed arrays through the one door: found by content whatever they are called, read like any other recording.

use std::path::Path;

use pimage_core::{FrameCount, FrameFormat, SampleType, StreamInfo, Value};
use pimage_io::{ReadOptions, WriteOptions};
use pimage_testkit::{counter_frames, every_format, suite};

use crate::{gray8, open, skipping};

fn as_compressed() -> WriteOptions {
    WriteOptions {
        format: Some("compressed".to_owned()),
        ..WriteOptions::default()
    }
}

fn pack(path: &Path, format: FrameFormat, count: u64) {
    let info = StreamInfo::new("test", format, FrameCount::Exact(count));
    let mut writer = pimage_io::create(path, &info, &as_compressed()).expect("creates");
    for frame in counter_frames(format, count) {
        writer.write(&frame).expect("writes");
    }
    assert_eq!(writer.finish().expect("finishes").frames, count);
}

#[test]
fn every_format_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    for (at, format) in every_format(11, 6).into_iter().enumerate() {
        let path = folder.path().join(format!("{at}.mkv"));
        pack(&path, format, 5);
        suite::reader(|| open(&path).expect("opens"), &counter_frames(format, 5));
    }
}

#[test]
fn another_name_does_not_hide_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.mkv");
    pack(&path, gray8(16, 8), 3);
    assert_eq!(
        open(&path)
            .expect("opens")
            .info()
            .metadata
            .get("extension_disagrees"),
        None
    );
    for (name, is_noted) in [("a.npy", true), ("a", false), ("a.mkv.bak", false)] {
        let other = folder.path().join(name);
        std::fs::copy(&path, &other).expect("copies");
        let reader = open(&other).expect("opens");
        assert_eq!(reader.info().container, "compressed");
        let note = reader.info().metadata.get("extension_disagrees");
        assert_eq!(note.is_some(), is_noted, "{name}: {note:?}");
    }
}

#[test]
fn a_cut_file_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.mkv");
    pack(
        &path,
        FrameFormat::new(64, 64, pimage_core::Color::Gray, SampleType::F32),
        600,
    );
    let bytes = std::fs::read(&path).expect("is there");
    std::fs::write(&path, &bytes[..bytes.len() * 2 / 3]).expect("cuts");
    let mut reader = pimage_io::open(&path, &skipping()).expect("opens");
    let cut = reader.info().metadata.get("cut").map(Value::to_string);
    let frames = crate::read_all(&mut *reader).expect("reads").len() as u64;
    assert!((256..600).contains(&frames), "{frames}");
    assert_eq!(
        cut,
        Some(format!("{} of 600 frames are missing", 600 - frames))
    );
    assert_eq!(pimage_core::Damage::count(reader.damage()), 600 - frames);
}

#[test]
fn options_of_codecs_are_refused() {
    let info = StreamInfo::new("test", gray8(4, 4), FrameCount::Unknown);
    let options = WriteOptions {
        quality: Some("20".to_owned()),
        ..as_compressed()
    };
    let error = pimage_io::create("a.mkv", &info, &options)
        .map(|_| ())
        .expect_err("has none");
    let text = "--quality is `20`: expected no value, because compressed stores frames as they are";
    assert_eq!(error.to_string(), text);
}

#[cfg(feature = "ffmpeg")]
#[test]
fn a_video_named_after_its_range_is_an_array() {
    let name = "video_min-6.076788168243806_max5.021517778572543_fc1301.mp4";
    let Some(path) = pimage_testkit::test_data(name) else {
        return;
    };
    let levels = ReadOptions {
        format: Some("video".to_owned()),
        ..ReadOptions::default()
    };
    let mut levels = pimage_io::open(&path, &levels).expect("opens");
    let mut values = open(&path).expect("opens");
    assert_eq!(values.info().format.to_string(), "150x150 gray float32");
    assert_eq!(values.info().frame_count, FrameCount::Exact(1301));
    let (mut level, mut value) = (pimage_core::Frame::empty(), pimage_core::Frame::empty());
    for _ in 0..3 {
        assert!(
            levels.read_into(&mut level).expect("reads")
                && values.read_into(&mut value).expect("reads")
        );
        let pairs = level
            .samples::<u16>()
            .expect("are U16")
            .iter()
            .zip(value.samples::<f32>().expect("are F32"));
        for (level, value) in pairs {
            let expected = -6.076788168243806
                + f64::from(*level) / 4095.0 * (5.021517778572543 + 6.076788168243806);
            assert!(
                (f64::from(*value) - expected).abs() < 1e-6,
                "{level}: {value}"
            );
        }
        assert_eq!(level.stamp, value.stamp);
    }
    let seek = values.as_seek().expect("seeks");
    seek.seek(1000).expect("seeks");
    assert!(seek.read_into(&mut value).expect("reads"));
    assert_eq!(value.stamp.index, 1000);
}
