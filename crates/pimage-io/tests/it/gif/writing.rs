//! What the writer keeps to: options, sizes, times, loops.

use std::fs;

use pimage_core::{Color, Frame, FrameFormat, SampleType, Timebase, Timestamp, keys};
use pimage_io::{GifOptions, WriteOptions};
use pimage_testkit::suite::WriterCase;
use pimage_testkit::{Pattern, SyntheticReader, counter_frames, suite};

use super::{by_hand, copy, picture, rgb, scene, with, write_with};
use crate::{create, gray8, gray16, open, read_all};

#[test]
fn the_writer_conforms() {
    for (format, tolerance) in [
        (gray8(9, 4), 0.0),
        (rgb(9, 4), 0.0),
        (FrameFormat::new(6, 4, Color::Rgb, SampleType::U8), 0.0),
    ] {
        suite::writer(&WriterCase {
            name: "a.gif",
            format,
            tolerance,
            create: &create,
            open: &open,
        });
        // With frames in a temporary file beside the output.
        let gif = GifOptions {
            seamless: false,
            global_palette: true,
            max_bytes: Some(1 << 20),
            ..GifOptions::default()
        };
        suite::writer(&WriterCase {
            name: "a.gif",
            format,
            tolerance,
            create: &|path, info, storage, overwrite| {
                let gif = gif.clone();
                pimage_io::create(
                    path,
                    info,
                    &WriteOptions {
                        storage,
                        overwrite,
                        gif,
                        ..WriteOptions::default()
                    },
                )
            },
            open: &open,
        });
    }
}

#[test]
fn what_gif_cannot_hold_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    for format in [
        gray16(4, 4, 12),
        FrameFormat::new(4, 4, Color::Rgb, SampleType::F32),
    ] {
        let error = write_with(
            &path,
            &counter_frames(format, 1),
            &with(GifOptions::default()),
        );
        let text = error.expect_err("is too deep").to_string();
        assert!(text.starts_with("gif cannot hold 4x4"), "{text}");
        assert!(text.ends_with("add `--range auto`"), "{text}");
    }
    let lossless = WriteOptions {
        lossless: true,
        ..with(GifOptions::default())
    };
    let error = write_with(&path, &scene(3, 9), &lossless).expect_err("has many colours");
    assert!(
        error
            .to_string()
            .contains("more colours than the 256 of a palette"),
        "{error}"
    );
    for (change, text) in [
        (
            WriteOptions {
                codec: Some("h264".into()),
                ..with(GifOptions::default())
            },
            "--codec is `h264`",
        ),
        (
            WriteOptions {
                quality: Some("101".into()),
                ..with(GifOptions::default())
            },
            "--quality is `101`: expected 0 to 100",
        ),
        (
            WriteOptions {
                quality: Some("9".into()),
                ..lossless.clone()
            },
            "--quality is `9`",
        ),
        (
            with(GifOptions {
                max_colors: 1,
                ..GifOptions::default()
            }),
            "--max-colors is 1: expected 2 to 256",
        ),
    ] {
        let error = write_with(&path, &scene(1, 0), &change).expect_err(text);
        assert!(error.to_string().starts_with(text), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn there_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = counter_frames(gray8(20, 10), 5);
    for (count, order) in [
        (5, vec![0, 1, 2, 3, 4, 3, 2, 1]),
        (2, vec![0, 1]),
        (1, vec![0]),
        (3, vec![0, 1, 2, 1]),
    ] {
        for global_palette in [false, true] {
            let gif = GifOptions {
                seamless: true,
                loops: 3,
                global_palette,
                ..GifOptions::default()
            };
            write_with(&path, &frames[..count], &with(gif)).expect("writes");
            let mut reader = open(&path).expect("opens");
            assert_eq!(reader.info().metadata["gif_loops"].to_string(), "3");
            let found = read_all(&mut *reader).expect("reads");
            assert_eq!(found.len(), order.len());
            for (frame, index) in found.iter().zip(&order) {
                let wanted: &Frame = &frames[*index];
                assert_eq!(frame.bytes(), wanted.bytes());
            }
        }
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn a_size_is_kept_to_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = scene(10, 20);
    let sized = |max_bytes| {
        with(GifOptions {
            max_bytes,
            ..GifOptions::default()
        })
    };
    write_with(&path, &frames, &sized(None)).expect("writes");
    let usual = fs::metadata(&path).expect("is there").len();
    for part in [100, 80, 50] {
        let most = usual * part / 100;
        write_with(&path, &frames, &sized(Some(most))).expect("fits");
        let size = fs::metadata(&path).expect("is there").len();
        assert!(size <= most && size > most / 2, "{size} of {most}");
        assert_eq!(
            read_all(&mut *open(&path).expect("opens"))
                .expect("reads")
                .len(),
            10
        );
    }
    let error = write_with(&path, &frames, &sized(Some(500))).expect_err("is too small");
    let text = error.to_string();
    assert!(
        text.starts_with("--max-bytes is 500: expected at least ")
            && text.contains("as small as this clip gets"),
        "{text}"
    );
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn times_and_rates_survive() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("a.gif"), folder.path().join("b.gif"));
    let base = Timebase::new(1, 100).expect("is not zero");
    let times: Vec<_> = [0, 7, 40, 41, 100]
        .map(|ticks| Timestamp::new(ticks, base))
        .to_vec();
    let mut source = SyntheticReader::new(gray8(8, 8), 5)
        .with_pattern(Pattern::Counter)
        .with_times(pimage_core::Clock::Start, times.clone());
    copy(&mut source, &first);
    let mut reader = open(&first).expect("opens");
    // The last frame lasts as long as one at the source's rate, 25 a second.
    assert_eq!(reader.info().duration_secs(), Some(1.04));
    assert_eq!(
        reader.info().metadata[keys::VARIABLE_RATE].to_string(),
        "true"
    );
    let note = reader.info().metadata["gif_short_delays"].to_string();
    assert!(
        note.starts_with("1 frame(s) have a delay of 0 or 1"),
        "{note}"
    );
    copy(&mut *reader, &second);
    assert_eq!(
        fs::read(&first).expect("reads"),
        fs::read(&second).expect("reads")
    );
    let found = read_all(&mut *open(&second).expect("opens")).expect("reads");
    let found: Vec<_> = found
        .iter()
        .map(|frame| frame.stamp.time.expect("has a time"))
        .collect();
    assert_eq!(found, times);
}

#[test]
fn a_last_delay_of_nothing_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("a.gif"), folder.path().join("b.gif"));
    for delays in [[5, 5, 0], [9, 0, 0], [0, 0, 0], [0, 0, 7]] {
        let pictures = delays.map(|delay| {
            let mut bytes = picture([0, 0, 4, 2], 1, &[delay % 3; 8]);
            bytes[4] = delay;
            bytes
        });
        by_hand(&first, &[&pictures[0], &pictures[1], &pictures[2], b";"]);
        copy(&mut *open(&first).expect("opens"), &second);
        let total = |path| open(path).expect("opens").info().duration_secs();
        assert_eq!(total(&first), total(&second), "{delays:?}");
        fs::remove_file(&second).expect("is there");
    }
}
