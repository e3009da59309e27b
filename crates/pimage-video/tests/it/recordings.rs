//! Recordings: what was flushed is read while the file grows, and an ordinary file comes of it.

use std::path::Path;

use pimage_core::{
    Color, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, FrameWriter, SampleType,
    StreamInfo,
};
use pimage_testkit::{assert_frames_eq, behaviour_frame, noise_frame};
use pimage_video::{EncodeOptions, Remux, VideoOptions, create, open, remux};

/// Codec, extension, sample type and depth.
const KINDS: [(&str, &str, u8); 7] = [
    ("mjpeg", "avi", 8),
    ("h264", "mkv", 8),
    ("h264", "mp4", 8),
    ("ffv1", "mkv", 8),
    ("ffv1", "mkv", 12),
    ("ffv1", "mkv", 16),
    ("hevc", "mkv", 10),
];

fn format_of(depth: u8) -> FrameFormat {
    let sample = if depth == 8 {
        SampleType::U8
    } else {
        SampleType::U16
    };
    FrameFormat::new(96, 64, Color::Gray, sample).with_bit_depth(depth)
}

fn info(format: FrameFormat) -> StreamInfo {
    let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
    info.rate = FrameRate::new(50, 1);
    info
}

fn frames(format: FrameFormat, count: u64) -> Vec<Frame> {
    let shift = 16 - u32::from(format.bit_depth);
    (0..count)
        .map(|index| {
            if format.sample == SampleType::U8 {
                return behaviour_frame(index, format.width, format.height);
            }
            let mut frame = noise_frame(3, index, format);
            if let Some(samples) = frame.samples_mut::<u16>() {
                samples.iter_mut().for_each(|sample| *sample >>= shift);
            }
            frame
        })
        .collect()
}

/// The frames before the end or the first damaged one.
fn readable(path: &Path) -> Vec<Frame> {
    let mut found = Vec::new();
    // Cut in its very first frame, it may not even open.
    let Ok(mut reader) = open(path, &VideoOptions::default()) else {
        return found;
    };
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).unwrap_or(false) {
        found.push(frame.clone());
    }
    found
}

fn writer(path: &Path, codec: &str, format: FrameFormat) -> Box<dyn FrameWriter> {
    let options = EncodeOptions {
        sync: false,
        threads: Some(2),
        rate: FrameRate::new(50, 1),
        ..EncodeOptions::recording(codec)
    };
    create(path, &info(format), &options).expect("creates")
}

#[test]
fn what_was_flushed_is_read_whatever_comes_after() {
    for (codec, extension, depth) in KINDS {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(format!(".000003.{extension}"));
        let format = format_of(depth);
        let frames = frames(format, 40);
        let mut recording = writer(&path, codec, format);
        let copy = folder.path().join(format!("cut.{extension}"));
        for (index, frame) in frames.iter().enumerate() {
            recording.write(frame).expect("writes");
            if matches!(index, 0 | 12 | 29) {
                let flushed = recording.flush().expect("flushes");
                assert_eq!(flushed, index as u64 + 1, "{codec} in {extension}");
                // What a killed process would leave.
                std::fs::copy(&path, &copy).expect("copies");
                let found = readable(&copy);
                assert_eq!(found.len() as u64, flushed, "{codec} in {extension}");
                if codec == "ffv1" {
                    for (found, frame) in found.iter().zip(&frames) {
                        assert_frames_eq(found, frame);
                    }
                }
            }
        }
        drop(recording);
        assert!(path.exists(), "{codec} in {extension} is kept");
        assert!(readable(&path).len() >= 30, "{codec} in {extension}");
    }
}

#[test]
fn a_recording_cut_anywhere_gives_an_ordinary_file() {
    for (codec, extension, depth) in KINDS {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(format!("a.{extension}"));
        let format = format_of(depth);
        let frames = frames(format, 20);
        let mut recording = writer(&path, codec, format);
        for frame in &frames {
            recording.write(frame).expect("writes");
            recording.flush().expect("flushes");
        }
        let whole = std::fs::read(&path).expect("is there");
        let cut = folder.path().join(format!("cut.{extension}"));
        let out = folder.path().join(format!("out.{extension}"));
        for part in [whole.len() * 2 / 3, whole.len() - 7, whole.len()] {
            std::fs::write(&cut, &whole[..part]).expect("writes");
            let expected = readable(&cut);
            if expected.is_empty() {
                assert!(part < whole.len() - 7, "{codec} in {extension}");
                continue;
            }
            let options = Remux {
                overwrite: true,
                sync: false,
                most: expected.len() as u64,
                ..Remux::default()
            };
            let summary = remux(&[&cut], &out, &options)
                .unwrap_or_else(|error| panic!("{codec} in {extension}: {error}"));
            assert_eq!(summary.frames, expected.len() as u64);
            let found = readable(&out);
            assert_eq!(found.len(), expected.len(), "{codec} in {extension}");
            for (found, expected) in found.iter().zip(&expected) {
                assert_frames_eq(found, expected);
            }
        }
        assert_eq!(readable(&out).len(), frames.len(), "{codec} in {extension}");
    }
}

#[test]
fn a_finished_recording_is_whole_and_parts_become_one() {
    for (codec, extension, depth) in KINDS {
        let folder = tempfile::tempdir().expect("a folder");
        let format = format_of(depth);
        let frames = frames(format, 9);
        let mut parts = Vec::new();
        for part in 0..3 {
            let path = folder.path().join(format!("{part}.{extension}"));
            let mut recording = writer(&path, codec, format);
            for frame in &frames {
                recording.write(frame).expect("writes");
            }
            assert_eq!(recording.finish().expect("finishes").frames, 9);
            parts.push(path);
        }
        let parts: Vec<_> = parts.iter().map(std::path::PathBuf::as_path).collect();
        let out = folder.path().join(format!("out.{extension}"));
        remux(&parts, &out, &Remux::default()).expect("joins");
        let single = readable(parts[0]);
        let joined = readable(&out);
        assert_eq!(joined.len(), 27, "{codec} in {extension}");
        for (index, frame) in joined.iter().enumerate() {
            assert_frames_eq_pixels(frame, &single[index % 9]);
            let secs = frame.stamp.secs().expect("has a time");
            assert!(
                (secs - index as f64 / 50.0).abs() < 1e-3,
                "{codec} in {extension}: frame {index} at {secs}"
            );
        }
    }
}

fn assert_frames_eq_pixels(found: &Frame, expected: &Frame) {
    assert_eq!(found.format(), expected.format());
    assert!(found.bytes() == expected.bytes(), "the pixels differ");
}

#[test]
fn videos_that_are_coded_differently_are_not_joined() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = [8, 12].map(|depth| {
        let path = folder.path().join(format!("{depth}.mkv"));
        let format = format_of(depth);
        let mut recording = writer(&path, if depth == 8 { "h264" } else { "ffv1" }, format);
        recording.write(&frames(format, 1)[0]).expect("writes");
        recording.finish().expect("finishes");
        path
    });
    let out = folder.path().join("out.mkv");
    let error = remux(&[&paths[0], &paths[1]], &out, &Remux::default()).expect_err("differ");
    assert!(
        error
            .to_string()
            .ends_with("it is 96x64 ffv1, the first video is 96x64 h264"),
        "{error}"
    );
    assert!(!out.exists());
}

/// An ordinary video, whose frames are coded out of order.
fn video(path: &Path, codec: &str, count: u64) {
    let format = format_of(8);
    let options = EncodeOptions {
        sync: false,
        codec: Some(codec.to_owned()),
        ..EncodeOptions::default()
    };
    let mut video = create(path, &info(format), &options).expect("creates");
    for frame in frames(format, count) {
        video.write(&frame).expect("writes");
    }
    assert_eq!(video.finish().expect("finishes").frames, count);
}

#[test]
fn parts_that_are_coded_out_of_order_follow_each_other_without_a_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = [30, 31, 32].map(|count| {
        let path = folder.path().join(format!("{count}.mp4"));
        video(&path, "h264", count);
        path
    });
    let parts: Vec<_> = parts.iter().map(std::path::PathBuf::as_path).collect();
    for extension in ["mp4", "mkv"] {
        let out = folder.path().join(format!("out.{extension}"));
        remux(&parts, &out, &Remux::default()).expect("joins");
        let joined = readable(&out);
        assert_eq!(joined.len(), 93, "{extension}");
        for (index, frame) in joined.iter().enumerate() {
            let secs = frame.stamp.secs().expect("has a time");
            let expected = index as f64 / 50.0;
            assert!(
                (secs - expected).abs() < 1e-3,
                "{extension}: frame {index} at {secs}"
            );
        }
    }
}

#[test]
fn a_codec_is_copied_only_where_it_can_be() {
    let folder = tempfile::tempdir().expect("a folder");
    for (codec, from, to) in [
        ("hevc", "mp4", "avi"),
        ("h264", "mp4", "avi"),
        ("h264", "mkv", "webm"),
        ("ffv1", "mkv", "mp4"),
    ] {
        let path = folder.path().join(format!("{codec}.{from}"));
        if !path.exists() {
            video(&path, codec, 3);
        }
        let out = folder.path().join(format!("{codec}.{to}"));
        let error = remux(&[&path], &out, &Remux::default()).expect_err("does not hold it");
        let expected = format!("{codec} video cannot be copied into .{to}: expected .");
        assert!(error.to_string().contains(&expected), "{error}");
        assert!(!out.exists());
    }
    let annex = folder.path().join("annex.avi");
    video(&annex, "h264", 3);
    for to in ["mp4", "mkv"] {
        let out = folder.path().join(format!("again.{to}"));
        remux(&[&annex], &out, &Remux::default()).expect("holds it");
        assert_eq!(readable(&out).len(), 3, "{to}");
    }
}
