//! What pictures leave on the canvas for those that follow.

use std::fs;
use std::path::Path;

use pimage_core::{Color, Frame, Timebase, Timestamp};
use pimage_io::{GifOptions, ReadOptions};
use pimage_testkit::{counter_frames, suite};

use super::{as_rgba, by_hand, picture, scene, with, write_with};
use crate::{gray8, open, read_all};

/// The frames as one digit a pixel: the index of the colour, or 9 for a transparent one.
fn digits(path: &Path, options: &ReadOptions) -> Vec<String> {
    let mut reader = pimage_io::open(path, options).expect("opens");
    let frames = read_all(&mut *reader).expect("reads");
    let digit = |pixel: &[u8]| match pixel {
        [_, _, _, 0] => '9',
        [10, 20, 30, ..] => '0',
        [200, 0, 0, ..] => '1',
        [0, 200, 0, ..] => '2',
        [0, 0, 200, ..] => '3',
        // No colour of the palette.
        _ => '?',
    };
    let text = |frame: &Frame| {
        frame
            .bytes()
            .chunks_exact(frame.format().color.channels())
            .map(digit)
            .collect()
    };
    frames.iter().map(text).collect()
}

#[test]
fn disposals_are_those_of_browsers() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let full = picture([0, 0, 4, 2], 1, &[0; 8]);
    let one = |disposal| picture([1, 0, 2, 1], disposal, &[1, 1]);
    let last = picture([2, 1, 1, 1], 1, &[2]);
    for (blocks, wanted) in [
        // (kept, cleared, restored)
        (
            [&full, &one(1), &last],
            ["00000000", "01100000", "01100020"],
        ),
        (
            [&full, &one(2), &last],
            ["00000000", "01100000", "09900020"],
        ),
        (
            [&full, &one(3), &last],
            ["00000000", "01100000", "00000020"],
        ),
        // Transparent from the start, and beyond the edge.
        (
            [&one(2), &picture([3, 1, 2, 2], 0, &[2, 2, 2, 2]), &last],
            ["9119 9999", "99999992", "99999922"].map(|text| text),
        ),
        (
            [&picture([0, 0, 4, 2], 3, &[0; 8]), &one(0), &last],
            ["00000000", "91199999", "91199929"],
        ),
        (
            [
                &picture([0, 0, 4, 2], 0, &[0, 1, 2, 3, 3, 2, 1, 0]),
                &one(0),
                &last,
            ],
            ["01299210", "01199210", "01199220"],
        ),
    ] {
        by_hand(&path, &[blocks[0], blocks[1], blocks[2], b";"]);
        let found = digits(&path, &ReadOptions::default());
        let wanted: Vec<_> = wanted.iter().map(|text| text.replace(' ', "")).collect();
        assert_eq!(found, wanted);
        let frames = read_all(&mut *open(&path).expect("opens")).expect("reads");
        suite::reader(|| open(&path).expect("opens"), &frames);
        let has_holes = wanted.iter().any(|text| text.contains('9'));
        let color = open(&path).expect("opens").info().format.color;
        assert_eq!(color, if has_holes { Color::Rgba } else { Color::Rgb });
    }
}

#[test]
fn the_crate_gif_sees_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    let mut gray = counter_frames(gray8(30, 20), 7);
    gray.extend(counter_frames(gray8(30, 20), 2));
    let holes = [
        picture([1, 0, 2, 1], 2, &[1, 1]),
        picture([0, 0, 4, 2], 3, &[0, 1, 2, 3, 3, 2, 1, 0]),
        picture([3, 1, 1, 1], 0, &[2]),
    ];
    for case in 0..3 {
        match case {
            0 => drop(write_with(&path, &gray, &with(GifOptions::default()))),
            1 => drop(write_with(
                &path,
                &scene(6, 12),
                &with(GifOptions::default()),
            )),
            _ => by_hand(&path, &[&holes[0], &holes[1], &holes[2], b";"]),
        }
        let mut reader = open(&path).expect("opens");
        let found = read_all(&mut *reader).expect("reads");
        let wanted = shown_by_gif(&fs::read(&path).expect("reads"));
        assert_eq!(found.len(), wanted.len());
        let base = Timebase::new(1, 100).expect("is not zero");
        for (frame, (rgba, ticks)) in found.iter().zip(&wanted) {
            assert!(
                as_rgba(frame) == *rgba,
                "case {case}: frame {} differs",
                frame.stamp.index
            );
            assert_eq!(frame.stamp.time, Some(Timestamp::new(*ticks, base)));
        }
    }
}

/// The canvases and times of a file as the crate `gif` decodes it.
fn shown_by_gif(bytes: &[u8]) -> Vec<(Vec<[u8; 4]>, i64)> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    options.check_frame_consistency(true);
    let mut decoder = options.read_info(bytes).expect("is a GIF");
    let width = usize::from(decoder.width());
    let mut canvas = vec![[0; 4]; width * usize::from(decoder.height())];
    let (mut shown, mut ticks) = (Vec::new(), 0);
    while let Some(frame) = decoder.read_next_frame().expect("is whole") {
        let before = canvas.clone();
        let pixels: Vec<[u8; 4]> = frame.buffer.as_chunks().0.to_vec();
        let places: Vec<usize> = (0..pixels.len())
            .map(|at| {
                let (x, y) = (at % usize::from(frame.width), at / usize::from(frame.width));
                (usize::from(frame.top) + y) * width + usize::from(frame.left) + x
            })
            .collect();
        for (place, pixel) in places.iter().zip(&pixels) {
            if pixel[3] > 0 {
                canvas[*place] = *pixel;
            }
        }
        shown.push((canvas.clone(), ticks));
        ticks += i64::from(frame.delay);
        match frame.dispose {
            gif::DisposalMethod::Background => {
                places.iter().for_each(|place| canvas[*place] = [0; 4]);
            }
            gif::DisposalMethod::Previous => canvas = before,
            _ => {}
        }
    }
    shown
}

#[test]
fn what_a_picture_hid_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // Three rows, interlaced, over the lower edge and the right one; the hole below it counts again.
    let full = picture([0, 0, 4, 2], 1, &[0, 0, 0, 0, 0, 0, 3, 0]);
    let mut over = picture([2, 0, 3, 3], 3, &[1, 1, 1, 2, 2, 2, 1, 1, 1]);
    over[17] |= 0x40;
    let one = picture([0, 1, 1, 1], 1, &[2]);
    by_hand(&path, &[&full, &over, &over, &one, b";"]);
    assert_eq!(
        digits(&path, &ReadOptions::default()),
        ["00000090", "00110011", "00110011", "00002090"]
    );
}
