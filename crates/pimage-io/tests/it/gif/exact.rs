//! What comes back as it was.

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType, Timebase, Timestamp};
use pimage_io::{Dither, GifOptions, WriteOptions};
use pimage_testkit::{behaviour_frame, counter_frames, noise_frame, suite};

use super::{box_over_nothing, rgb, with, write_with};
use crate::{gray8, open, write};

#[test]
fn gray_comes_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    for (format, count) in [
        (gray8(7, 5), 6),
        (gray8(1, 1), 3),
        (gray8(64, 64), 40),
        (gray8(300, 2), 1),
    ] {
        let mut frames = counter_frames(format, count);
        write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
        for frame in &mut frames {
            let ticks = 4 * frame.stamp.index as i64;
            frame.stamp.time = Timebase::new(1, 100).map(|base| Timestamp::new(ticks, base));
        }
        suite::reader(|| open(&path).expect("opens"), &frames);
    }
    let frames: Vec<_> = (0..12)
        .map(|index| behaviour_frame(index, 160, 120))
        .collect();
    assert!(write(&path.with_extension("b.gif"), &frames).is_empty());
    suite::reader(
        || open(&path.with_extension("b.gif")).expect("opens"),
        &frames,
    );
    let frames: Vec<_> = (0..5)
        .map(|index| noise_frame(3, index, gray8(40, 30)))
        .collect();
    write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
    suite::reader(|| open(&path).expect("opens"), &frames);
}

#[test]
fn few_colours_come_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let lossless = WriteOptions {
        lossless: true,
        ..with(GifOptions::default())
    };
    for colors in [2u64, 16, 255, 256] {
        for dither in [Dither::None, Dither::Ordered, Dither::Diffusion] {
            let mut frames: Vec<_> = (0..6)
                .map(|index| noise_frame(colors, index, rgb(31, 23)))
                .collect();
            for (index, frame) in frames.iter_mut().enumerate() {
                for (place, pixel) in frame.bytes_mut().chunks_exact_mut(3).enumerate() {
                    // Two thirds of the picture stand still, and each frame has colours of its own.
                    let own = if place % 3 == 0 { index as u64 } else { 0 };
                    let color = if place % 3 == 0 {
                        u64::from(pixel[0]) % colors
                    } else {
                        place as u64 % colors
                    };
                    pixel.copy_from_slice(&[color as u8, (color * 7 + own % 2) as u8, 200]);
                }
            }
            let mut options = lossless.clone();
            options.gif.dither = dither;
            let is_few = frames.iter().all(|frame| {
                let mut seen: Vec<_> = frame.bytes().chunks_exact(3).collect();
                seen.sort_unstable();
                seen.dedup();
                seen.len() <= 256
            });
            let written = write_with(&path, &frames, &options);
            assert!(written.is_ok() || !is_few, "{colors}: {written:?}");
            if written.is_ok() {
                suite::reader(|| open(&path).expect("opens"), &frames);
            }
        }
    }
}

#[test]
fn opacity_is_kept_where_it_is_all_or_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    for color in [Color::GrayAlpha, Color::Rgba] {
        let format = FrameFormat::new(20, 15, color, SampleType::U8);
        let channels = color.channels();
        let mut frames: Vec<_> = (0..9).map(|index| noise_frame(2, index, format)).collect();
        for (index, frame) in frames.iter_mut().enumerate() {
            for (place, pixel) in frame.bytes_mut().chunks_exact_mut(channels).enumerate() {
                // A hole that grows, then one that wanders, then none.
                let is_hole = match index {
                    0..3 => place < index * 30,
                    3..7 => (place + index * 17) % 40 < 20,
                    _ => false,
                };
                let value = (place * 3 + index / 2) as u8 % 100;
                pixel.fill(if is_hole { 0 } else { value });
                if color == Color::Rgba && !is_hole {
                    pixel[1] = 255 - value;
                }
                pixel[channels - 1] = if is_hole { 0 } else { 255 };
            }
        }
        let notes = write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
        assert!(notes.is_empty(), "{notes:?}");
        suite::reader(|| open(&path).expect("opens"), &frames);
        frames[4].bytes_mut()[channels - 1] = 90;
        let notes = write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
        assert_eq!(
            notes,
            [
                "GIF has no half transparent pixels: those of 1 frame(s) were made opaque or transparent"
            ]
        );
        let lossless = WriteOptions {
            lossless: true,
            ..with(GifOptions::default())
        };
        let error = write_with(&path, &frames, &lossless).expect_err("is half transparent");
        assert!(
            error
                .to_string()
                .contains("frame 4 has pixels that are half transparent"),
            "{error}"
        );
    }
}

#[test]
fn the_first_picture_says_where_nothing_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = box_over_nothing(|_| [200, 30, 90]);
    write_with(&path, &frames, &with(GifOptions::default())).expect("writes");
    suite::reader(|| open(&path).expect("opens"), &frames);
    let bytes = fs::read(&path).expect("reads");
    let mut decoder = gif::DecodeOptions::new()
        .read_info(bytes.as_slice())
        .expect("is a GIF");
    let mut sizes = Vec::new();
    while let Some(picture) = decoder.read_next_frame().expect("is whole") {
        assert!(picture.transparent.is_some());
        sizes.push((picture.left, picture.top, picture.width, picture.height));
    }
    assert_eq!(sizes[..2], [(0, 0, 40, 30), (5, 5, 16, 16)]);
}
