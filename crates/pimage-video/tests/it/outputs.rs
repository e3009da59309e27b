//! What pimage writes: the writer suite over containers and codecs, exact where it is lossless, read by FFmpeg with the right levels.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use pimage_core::{
    Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, FrameWriter, Limits,
    SampleType, StreamInfo, Timebase, Timestamp, keys,
};
use pimage_fs::Storage;
use pimage_testkit::suite::{WriterCase, writer};
use pimage_testkit::{assert_frames_eq, behaviour_frame, max_difference, noise_frame};
use pimage_video::{CODECS, EncodeOptions, VideoOptions, create, open};

/// Formats that some codec holds.
fn formats(width: u32, height: u32) -> Vec<FrameFormat> {
    let deep =
        |color, bits| FrameFormat::new(width, height, color, SampleType::U16).with_bit_depth(bits);
    let mut formats: Vec<_> = Color::ALL
        .into_iter()
        .map(|color| FrameFormat::new(width, height, color, SampleType::U8))
        .collect();
    for bits in [9, 10, 12, 14, 16] {
        formats.push(deep(Color::Gray, bits));
        formats.push(deep(Color::Rgb, bits));
    }
    formats.push(deep(Color::Rgba, 16));
    formats.push(deep(Color::GrayAlpha, 16));
    formats
}

fn info(format: FrameFormat) -> StreamInfo {
    let mut info = StreamInfo::new("test", format, FrameCount::Exact(5));
    info.rate = FrameRate::new(30_000, 1001);
    info
}

fn options(codec: &str, lossless: bool) -> EncodeOptions {
    EncodeOptions {
        codec: Some(codec.to_owned()),
        lossless,
        sync: false,
        ..EncodeOptions::default()
    }
}

fn write(
    path: &Path,
    info: &StreamInfo,
    frames: &[Frame],
    options: &EncodeOptions,
) -> Result<(), Error> {
    let mut writer = create(path, info, options)?;
    for frame in frames {
        writer.write(frame)?;
    }
    writer.finish().map(|_| ())
}

fn read(path: &Path) -> Vec<Frame> {
    let mut reader = open(path, &VideoOptions::default()).expect("opens");
    let mut frames = Vec::new();
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame).expect("reads") {
        frames.push(frame.clone());
    }
    frames
}

/// Noise within the depth of a format: the hardest to keep.
fn noise(format: FrameFormat, count: u64) -> Vec<Frame> {
    let rate = FrameRate::new(30_000, 1001).expect("is a rate");
    (0..count)
        .map(|index| {
            let mut frame = noise_frame(7, index, format);
            let unused = 16 - u32::from(format.bit_depth.max(1));
            if let Some(samples) = frame.samples_mut::<u16>() {
                samples.iter_mut().for_each(|sample| *sample >>= unused);
            }
            frame.set_bit_depth(format.bit_depth);
            frame.stamp.index = index;
            frame.stamp.time = Some(rate.time_of(index));
            frame
        })
        .collect()
}

#[test]
fn lossless_codecs_give_back_every_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut held = 0;
    for (width, height) in [(34, 22), (33, 21)] {
        for codec in CODECS.iter().filter(|codec| !codec.lossless.is_empty()) {
            for extension in codec.containers {
                for format in formats(width, height) {
                    let path = folder.path().join(format!("a.{extension}"));
                    let frames = noise(format, 5);
                    match write(&path, &info(format), &frames, &options(codec.name, true)) {
                        Err(Error::CannotHold { .. }) => continue,
                        result => result.unwrap_or_else(|error| {
                            panic!("{} {extension} {format}: {error}", codec.name)
                        }),
                    }
                    let found = read(&path);
                    assert_eq!(found.len(), 5, "{} {extension} {format}", codec.name);
                    for (found, expected) in found.iter().zip(&frames) {
                        assert_eq!(
                            found.format(),
                            expected.format(),
                            "{} {extension}",
                            codec.name
                        );
                        let worst = max_difference(found, expected);
                        assert!(worst <= 0.0, "{} {extension} {format}: {worst}", codec.name);
                        assert_frames_eq(found, expected);
                    }
                    std::fs::remove_file(&path).expect("is ours");
                    held += 1;
                }
            }
        }
    }
    assert!(held > 150, "only {held} combinations are held");
}

#[test]
fn what_each_codec_promises_to_hold_losslessly() {
    let holds = |name: &str, format: FrameFormat| {
        let path = std::path::PathBuf::from(format!(
            "never-made.{}",
            if name == "h264" { "mp4" } else { "mkv" }
        ));
        create(path, &info(format), &options(name, true)).is_ok()
    };
    let deep = |color, bits| FrameFormat::new(8, 8, color, SampleType::U16).with_bit_depth(bits);
    for bits in [8, 10, 12, 16] {
        assert!(holds("ffv1", deep(Color::Gray, bits)), "{bits}");
        assert!(holds("ffv1", deep(Color::Rgb, bits)), "{bits}");
    }
    assert!(holds(
        "h264",
        FrameFormat::new(8, 8, Color::Gray, SampleType::U8)
    ));
    assert!(holds("h264", deep(Color::Gray, 10)));
    assert!(!holds("h264", deep(Color::Gray, 12)));
    assert!(holds("hevc", deep(Color::Gray, 12)));
    assert!(!holds("hevc", deep(Color::Gray, 16)));
}

#[test]
fn lossy_codecs_keep_gray_levels_and_colours() {
    let folder = tempfile::tempdir().expect("a folder");
    for codec in CODECS.iter().filter(|codec| !codec.lossy.is_empty()) {
        for extension in codec.containers {
            for (width, height) in [(160, 128), (161, 127)] {
                let path = folder.path().join(format!("a.{extension}"));
                // Flat fields of every sixteenth level, so that a wrong range shows.
                let format = FrameFormat::new(width, height, Color::Gray, SampleType::U8);
                let frames: Vec<_> = (0..17u64)
                    .map(|step| {
                        let mut frame = Frame::zeroed(format);
                        frame.bytes_mut().fill((step * 16).min(255) as u8);
                        frame
                    })
                    .collect();
                let label = format!("{} {extension} {width}x{height}", codec.name);
                write(&path, &info(format), &frames, &options(codec.name, false)).expect(&label);
                let found = read(&path);
                assert_eq!(found.len(), frames.len(), "{label}");
                for (found, expected) in found.iter().zip(&frames) {
                    assert_eq!(found.format(), expected.format(), "{label}");
                    let error = max_difference(found, expected);
                    assert!(
                        error <= 6.0,
                        "{label}: level {} is off by {error}",
                        expected.bytes()[0]
                    );
                }
                std::fs::remove_file(&path).expect("is ours");
            }
        }
    }
}

/// What the ffmpeg program makes of a file as gray.
fn gray_levels_by_ffmpeg(path: &Path) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-i"])
        .arg(path)
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .expect("the ffmpeg program runs");
    output.stdout
}

#[test]
fn ffmpeg_sees_the_same_gray_levels() {
    let folder = tempfile::tempdir().expect("a folder");
    let format = FrameFormat::new(64, 64, Color::Gray, SampleType::U8);
    for (name, codec, tolerance) in [
        ("a.mp4", "h264", 4),
        ("a.mkv", "hevc", 4),
        ("a.mp4", "mpeg4", 5),
        ("a.avi", "mjpeg", 4),
        ("a.webm", "vp9", 5),
        ("a.webm", "av1", 6),
        ("a.mkv", "ffv1", 0),
        ("a.avi", "huffyuv", 0),
    ] {
        let path = folder.path().join(name);
        for level in [0u8, 5, 128, 250, 255] {
            let mut frame = Frame::zeroed(format);
            frame.bytes_mut().fill(level);
            let frames = vec![frame; 3];
            write(&path, &info(format), &frames, &options(codec, false)).expect("writes");
            let seen = gray_levels_by_ffmpeg(&path);
            assert_eq!(seen.len(), 64 * 64 * 3 * 3, "{codec}");
            let worst = seen.iter().map(|seen| seen.abs_diff(level)).max();
            assert!(
                worst <= Some(tolerance),
                "{codec}: {level} is seen off by {worst:?}"
            );
            std::fs::remove_file(&path).expect("is ours");
        }
    }
}

#[test]
fn variable_times_survive_mp4_and_mkv() {
    let folder = tempfile::tempdir().expect("a folder");
    let format = FrameFormat::new(32, 32, Color::Gray, SampleType::U8);
    let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
    info.metadata
        .insert(keys::VARIABLE_RATE.to_owned(), true.into());
    info.clock = pimage_core::Clock::LocalEpoch;
    // Microseconds since the epoch, as a camera stamps them.
    let times: Vec<i64> = vec![
        1_435_776_075_775_430,
        1_435_776_075_800_001,
        1_435_776_075_801_000,
        1_435_776_076_900_777,
    ];
    let frames: Vec<_> = times
        .iter()
        .enumerate()
        .map(|(index, &time)| {
            let mut frame = behaviour_frame(index as u64, 32, 32);
            frame.stamp.time = Some(Timestamp::new(time, Timebase::MICROSECONDS));
            frame
        })
        .collect();
    for (name, codec, tolerance) in [
        ("a.mp4", "h264", 0),
        ("a.mov", "h264", 0),
        ("a.mkv", "ffv1", 500),
        ("a.nut", "ffv1", 0),
    ] {
        let path = folder.path().join(name);
        write(&path, &info, &frames, &options(codec, false)).expect("writes");
        let mut reader = open(&path, &VideoOptions::default()).expect("opens");
        assert_eq!(
            reader.info().clock,
            pimage_core::Clock::LocalEpoch,
            "{name}"
        );
        let mut frame = Frame::empty();
        for &expected in &times {
            assert!(
                reader.read_into(&mut frame).expect("reads"),
                "{name} is short"
            );
            let found = frame
                .stamp
                .time
                .expect("has a time")
                .ticks_in(Timebase::MICROSECONDS);
            assert!(
                (found - expected).abs() <= tolerance,
                "{name}: {found}, expected {expected}"
            );
        }
    }
}

#[test]
fn rates_that_a_container_cannot_have_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let format = FrameFormat::new(64, 64, Color::Gray, SampleType::U8);
    let rate = FrameRate::new(90_000, 1).expect("is a rate");
    let mut info = StreamInfo::new("test", format, FrameCount::Exact(5));
    info.rate = Some(rate);
    let frames: Vec<_> = (0..5)
        .map(|index| {
            let mut frame = behaviour_frame(index, 64, 64);
            frame.stamp.time = Some(rate.time_of(index));
            frame
        })
        .collect();
    for (name, codec) in [
        ("a.mkv", "ffv1"),
        ("a.avi", "mjpeg"),
        ("a.mp4", "h264"),
        ("a.nut", "ffv1"),
        ("a.webm", "av1"),
    ] {
        let path = folder.path().join(name);
        write(&path, &info, &frames, &options(codec, false))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut reader = open(&path, &VideoOptions::default()).expect("opens");
        assert_eq!(reader.info().rate, Some(rate), "{name}");
        let mut frame = Frame::empty();
        for expected in &frames {
            assert!(
                reader.read_into(&mut frame).expect("reads"),
                "{name} is short"
            );
            let nanoseconds = |frame: &Frame| {
                frame
                    .stamp
                    .time
                    .map(|time| time.ticks_in(Timebase::NANOSECONDS))
            };
            assert_eq!(nanoseconds(&frame), nanoseconds(expected), "{name}");
        }
    }
}

#[test]
fn a_file_that_somebody_coded_anew_is_taken_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let format = FrameFormat::new(31, 41, Color::Gray, SampleType::U8);
    let path = folder.path().join("a.mp4");
    write(
        &path,
        &info(format),
        &noise(format, 3),
        &options("h264", false),
    )
    .expect("writes");
    assert_eq!(read(&path)[0].format().width, 31);
    let anew = folder.path().join("b.mp4");
    let status = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-i"])
        .arg(&path)
        .args(["-vf", "scale=128:128"])
        .arg(&anew)
        .status();
    assert!(status.expect("the ffmpeg program runs").success());
    let found = read(&anew);
    assert_eq!(
        (found[0].format().width, found[0].format().height),
        (128, 128)
    );
    assert_eq!(found[0].format().color, Color::Rgb);
}

#[test]
fn the_smallest_pictures_are_held_losslessly() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = |color, bits| FrameFormat::new(1, 1, color, SampleType::U16).with_bit_depth(bits);
    let kinds = [
        FrameFormat::new(1, 1, Color::Gray, SampleType::U8),
        FrameFormat::new(1, 1, Color::Rgb, SampleType::U8),
        deep(Color::Gray, 12),
        deep(Color::Gray, 16),
        deep(Color::Rgb, 16),
    ];
    for kind in kinds {
        for (width, height) in [
            (1, 1),
            (1, 64),
            (64, 1),
            (3, 2),
            (2, 17),
            (15, 300),
            (16, 16),
            (17, 33),
            (31, 20),
        ] {
            let format = FrameFormat {
                width,
                height,
                ..kind
            };
            let path = folder.path().join(format!("{width}x{height}.mkv"));
            let frames = noise(format, 3);
            write(&path, &info(format), &frames, &options("ffv1", false))
                .unwrap_or_else(|error| panic!("{format}: {error}"));
            for (found, expected) in read(&path).iter().zip(&frames) {
                assert_frames_eq(found, expected);
            }
            std::fs::remove_file(&path).expect("is ours");
        }
    }
}

#[test]
fn writers_keep_their_promises() {
    let create = |codec: &'static str| {
        move |path: &Path,
              info: &StreamInfo,
              storage: Arc<dyn Storage>,
              overwrite: bool|
              -> Result<Box<dyn FrameWriter>, Error> {
            let options = EncodeOptions {
                storage,
                overwrite,
                threads: Some(1),
                ..options(codec, false)
            };
            create(path, info, &options)
        }
    };
    let open = |path: &Path| -> Result<Box<dyn FrameReader>, Error> {
        Ok(Box::new(open(path, &VideoOptions::default())?))
    };
    for (name, codec) in [("a.avi", "mjpeg"), ("a.mkv", "ffv1"), ("a.mp4", "mpeg4")] {
        writer(&WriterCase {
            name,
            format: FrameFormat::new(48, 32, Color::Gray, SampleType::U8),
            tolerance: if codec == "ffv1" { 0.0 } else { 255.0 },
            create: &create(codec),
            open: &open,
        });
    }
}

#[test]
fn deeper_samples_than_declared_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.mkv");
    let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U16).with_bit_depth(12);
    let mut frame = Frame::empty();
    frame.reset(&format, &Limits::default()).expect("is small");
    frame.samples_mut::<u16>().expect("is u16").fill(5000);
    let error = write(&path, &info(format), &[frame], &options("ffv1", false))
        .expect_err("5000 has 13 bits");
    assert!(
        error
            .to_string()
            .contains("has a sample of 5000, which is more than its 12 bits"),
        "{error}"
    );
    assert!(!path.exists());
}
