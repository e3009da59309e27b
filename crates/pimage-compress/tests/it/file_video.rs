//! Files of which the video is what values are made from.

use pimage_compress::{
    Coding, CompressOptions, Goal, Layer, OpenOptions, VideoRole, VideoSetting, create,
    mode_by_name, open,
};
use pimage_core::{Color, Frame, FrameCount, FrameFormat, FrameReader, SampleType, StreamInfo};
use pimage_testkit::suite;

use crate::file::write;

const COUNT: u64 = 9;

/// Waves that travel, with a hole.
fn waves(sample: SampleType) -> Vec<Frame> {
    let format = FrameFormat::new(48, 40, Color::Gray, sample);
    let value = |t: u64, at: usize| {
        let (y, x) = (at / 48, at % 48);
        (x as f64 * 0.2 - t as f64 * 0.3).sin() + (y as f64 * 0.17 + t as f64 * 0.1).cos()
    };
    let frame = |t: u64| {
        let mut frame = Frame::zeroed(format);
        for (at, sample) in frame.samples_mut::<f32>().into_iter().flatten().enumerate() {
            *sample = if at % 97 == 5 {
                f32::NAN
            } else {
                value(t, at) as f32
            };
        }
        for (at, sample) in frame.samples_mut::<u16>().into_iter().flatten().enumerate() {
            *sample = (value(t, at) * 1000.0 + 4000.0) as u16;
        }
        frame.stamp.index = t;
        frame
    };
    (0..COUNT).map(frame).collect()
}

fn info(sample: SampleType) -> StreamInfo {
    let format = FrameFormat::new(48, 40, Color::Gray, sample);
    StreamInfo::new("test", format, FrameCount::Exact(COUNT))
}

fn options(goal: Goal, layer: Layer) -> CompressOptions {
    CompressOptions {
        goal,
        layer,
        group_frames: Some(4),
        threads: Some(2),
        ..CompressOptions::default()
    }
}

fn values(frames: &[Frame]) -> Vec<f64> {
    frames
        .iter()
        .flat_map(pimage_testkit::sample_values)
        .collect()
}

fn found(path: &std::path::Path) -> Vec<Frame> {
    let mut reader = open(path, &OpenOptions::default()).unwrap();
    let (mut frames, mut frame) = (Vec::new(), Frame::empty());
    while reader.read_into(&mut frame).unwrap() {
        frames.push(frame.clone());
    }
    frames
}

#[test]
fn a_corrected_video_keeps_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    for (sample, goal, bound) in [
        (SampleType::F32, Goal::MaxError(0.01), 0.01),
        (SampleType::U16, Goal::MaxError(5.0), 5.0),
        (SampleType::U16, Goal::Exact, 0.0),
    ] {
        let path = folder.path().join(format!("{sample}{bound}.mkv"));
        let frames = waves(sample);
        write(&path, &info(sample), &frames, options(goal, Layer::Video));
        let back = found(&path);
        for (value, back) in values(&frames).into_iter().zip(values(&back)) {
            assert!(
                (value - back).abs() <= bound || value.is_nan() && back.is_nan(),
                "{value} {back}"
            );
        }
        let reader = open(&path, &OpenOptions::default()).unwrap();
        assert_eq!(reader.description().video, VideoRole::Base);
        let codings: Vec<_> = reader
            .groups()
            .unwrap()
            .into_iter()
            .flat_map(|group| group.codings)
            .collect();
        assert_eq!(codings[0], Coding::Corrected);
        suite::reader(
            || Box::new(open(&path, &OpenOptions::default()).unwrap()),
            &back_of(&path),
        );
    }
}

/// The frames as read, to compare other orders with; NaN equals nothing, so only files without are.
fn back_of(path: &std::path::Path) -> Vec<Frame> {
    let frames = found(path);
    match frames[0].format().sample {
        SampleType::F32 => {
            let path = path.to_owned();
            suite::reader_of_count(
                move || Box::new(open(&path, &OpenOptions::default()).unwrap()),
                COUNT,
            );
            frames
        }
        _ => frames,
    }
}

#[test]
fn every_mode_comes_back_near_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let frames = waves(SampleType::F32);
    let mut last = f64::INFINITY;
    for name in ["max", "high", "vlow", "LL-JP2K", "LL-FFV1"] {
        let mode = mode_by_name(name).unwrap();
        let path = folder.path().join(format!("{name}.mkv"));
        let setting = mode.setting.with_range(-2.0, 2.0);
        write(
            &path,
            &info(SampleType::F32),
            &frames,
            options(Goal::Quantised(setting), Layer::Auto),
        );
        let back = found(&path);
        let pairs = values(&frames).into_iter().zip(values(&back));
        let worst = pairs.map(|(value, back)| {
            assert_eq!(value.is_nan(), back.is_nan());
            if value.is_nan() {
                0.0
            } else {
                (value - back).abs()
            }
        });
        let worst = worst.fold(0.0, f64::max);
        assert!(worst <= last, "{name} is off by {worst}");
        last = worst;
        let reader = open(&path, &OpenOptions::default()).unwrap();
        assert_eq!(reader.description().goal, Goal::Quantised(setting));
    }
    assert!(last <= 4.0 / 65535.0 / 2.0 * 1.001, "{last}");
}

#[test]
fn a_ratio_is_reached_in_every_group() {
    let folder = tempfile::tempdir().unwrap();
    let frames = waves(SampleType::U16);
    for layer in [Layer::Auto, Layer::Predicted, Layer::Video] {
        let path = folder.path().join(format!("{layer:?}.mkv"));
        let goal = Goal::Psnr {
            db: 50.0,
            range: 4000.0,
        };
        write(&path, &info(SampleType::U16), &frames, options(goal, layer));
        let back = found(&path);
        for (frames, back) in frames.chunks(4).zip(back.chunks(4)) {
            let pairs: Vec<_> = values(frames).into_iter().zip(values(back)).collect();
            let mean = pairs.iter().map(|(a, b)| (a - b).powi(2)).sum::<f64>() / pairs.len() as f64;
            assert!(
                10.0 * (4000.0_f64.powi(2) / mean).log10() >= 50.0,
                "{layer:?}"
            );
        }
    }
}

#[test]
fn a_changed_picture_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    let frames = waves(SampleType::U16);
    write(
        &path,
        &info(SampleType::U16),
        &frames,
        options(Goal::MaxError(2.0), Layer::Video),
    );
    let bytes = std::fs::read(&path).unwrap();
    let expected = found(&path);
    let options = OpenOptions {
        on_damage: pimage_core::OnDamage::Skip,
        ..OpenOptions::default()
    };
    for at in (0..bytes.len()).step_by(bytes.len() / 150 + 1) {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        std::fs::write(&path, &changed).unwrap();
        let Ok(mut reader) = open(&path, &options) else {
            continue;
        };
        let mut frame = Frame::empty();
        while reader.read_into(&mut frame).unwrap() {
            assert_eq!(
                frame.bytes(),
                expected[frame.stamp.index as usize].bytes(),
                "byte {at}"
            );
        }
    }
}

#[test]
fn colour_is_refused_as_a_base() {
    let folder = tempfile::tempdir().unwrap();
    let format = FrameFormat::new(8, 8, Color::Rgb, SampleType::U8);
    let info = StreamInfo::new("test", format, FrameCount::Exact(1));
    let goal = Goal::Quantised(VideoSetting::base(20.0));
    let mut writer = create(
        folder.path().join("a.mkv"),
        &info,
        options(goal, Layer::Auto),
    )
    .unwrap();
    let error = pimage_core::FrameWriter::write(&mut writer, &Frame::zeroed(format)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a video of values cannot hold 8x8 rgb uint8 frames: it takes gray frames"
    );
}
