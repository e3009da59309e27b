//! Frames of more colours than a palette has.

use std::fs;

use pimage_core::Frame;
use pimage_io::{Dither, GifOptions, WriteOptions};
use pimage_testkit::counter_frames;

use super::{as_rgba, box_over_nothing, mean_error, scene, with, write_with};
use crate::{gray8, open, read_all};

#[test]
fn many_colours_come_back_nearly() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = scene(12, 12);
    let mut last = 0.0;
    // (colours, greatest mean square)
    for (colors, most) in [(256, 14.0), (64, 40.0), (16, 160.0), (2, 3500.0)] {
        for dither in [Dither::None, Dither::Ordered, Dither::Diffusion] {
            for global_palette in [false, true] {
                let gif = GifOptions {
                    max_colors: colors,
                    dither,
                    global_palette,
                    ..GifOptions::default()
                };
                let notes = write_with(&path, &frames, &with(gif)).expect("writes");
                assert_eq!(
                    notes,
                    [format!(
                        "the colours of 12 frame(s) were reduced to at most {colors} each"
                    )]
                );
                let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
                let error = mean_error(&found, &frames);
                let is_dithered = f64::from(u8::from(dither != Dither::None));
                let is_global = f64::from(u8::from(global_palette));
                let most = most * (1.0 + is_dithered + 0.5 * is_global);
                assert!(
                    error < most,
                    "{colors} colours, {dither:?}, {global_palette}: {error}"
                );
                if dither == Dither::None && !global_palette {
                    assert!(error > last, "{colors} colours are no worse than more");
                    last = error;
                }
            }
        }
    }
}

#[test]
fn a_palette_for_all_is_exact_only_where_it_has_the_colours() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = counter_frames(gray8(20, 10), 5);
    for (max_colors, reduced) in [(256, 0), (20, 5)] {
        let gif = GifOptions {
            max_colors,
            global_palette: true,
            ..GifOptions::default()
        };
        let notes = write_with(&path, &frames, &with(gif)).expect("writes");
        assert_eq!(notes.len(), usize::from(reduced > 0), "{notes:?}");
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        let error = mean_error(&found, &frames);
        assert!(
            if reduced == 0 {
                error < 1e-9
            } else {
                error > 1.0 && error < 40.0
            },
            "{error}"
        );
    }
}

#[test]
fn quality_trades_size_for_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let frames = scene(10, 20);
    let (mut size, mut error) = (u64::MAX, 0.0);
    for quality in ["100", "60", "20"] {
        let options = WriteOptions {
            quality: Some(quality.to_owned()),
            ..with(GifOptions::default())
        };
        write_with(&path, &frames, &options).expect("writes");
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        let now = (
            fs::metadata(&path).expect("is there").len(),
            mean_error(&found, &frames),
        );
        assert!(
            now.0 < size && now.1 > error,
            "{quality}: {now:?} after {size} {error}"
        );
        (size, error) = now;
    }
}

#[test]
fn pixels_that_stand_still_stay_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let mut frames = scene(8, 15);
    let still = frames[0].clone();
    for frame in &mut frames {
        let rows = 64 * 3 * 30;
        let (to, from) = (frame.bytes_mut(), still.bytes());
        to[..rows].copy_from_slice(&from[..rows]);
    }
    for dither in [Dither::None, Dither::Ordered, Dither::Diffusion] {
        write_with(
            &path,
            &frames,
            &with(GifOptions {
                dither,
                ..GifOptions::default()
            }),
        )
        .expect("writes");
        let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
        for frame in &found {
            let rows = 64 * 3 * 30;
            assert!(
                frame.bytes()[..rows] == found[0].bytes()[..rows],
                "{dither:?}: still pixels crawl in frame {}",
                frame.stamp.index
            );
        }
    }
}

#[test]
fn a_palette_for_all_has_an_index_for_holes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // As many colours in each frame as a palette has.
    let frames = box_over_nothing(|place| [place as u8, 255 - place as u8, 7]);
    let gif = GifOptions {
        global_palette: true,
        ..GifOptions::default()
    };
    write_with(&path, &frames, &with(gif)).expect("writes");
    let found = read_all(&mut *open(&path).expect("opens")).expect("reads");
    for (found, wanted) in found.iter().zip(&frames) {
        let holes =
            |frame: &Frame| -> Vec<u8> { as_rgba(frame).iter().map(|pixel| pixel[3]).collect() };
        assert!(holes(found) == holes(wanted), "{}", wanted.stamp.index);
    }
}
