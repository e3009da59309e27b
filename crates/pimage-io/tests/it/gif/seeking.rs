//! Opening without looking at all, and frames found again.

use pimage_core::{Color, Frame, Stamp};
use pimage_testkit::assert_frames_eq;

use super::{as_rgba, by_hand, picture};
use crate::{gray8, open, read_all, write};

#[test]
fn frames_are_found_again_in_long_clips() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // Larger than the canvases that are kept: 64 MiB hold 82 of them.
    let format = gray8(1000, 800);
    let frames: Vec<_> = (0..200u64)
        .map(|index| {
            let mut frame = Frame::zeroed(format);
            frame.stamp = Stamp::at(index);
            let at = index as usize * 3001;
            frame.bytes_mut()[at..at + 40].fill(index as u8 + 1);
            frame
        })
        .collect();
    write(&path, &frames);
    let mut reader = open(&path).expect("opens");
    let seek = reader.as_seek().expect("seeks");
    let mut frame = Frame::empty();
    for index in [199, 3, 150, 149, 0, 120, 77, 198] {
        seek.seek(index).expect("seeks");
        assert!(seek.read_into(&mut frame).expect("reads"));
        frame.stamp.time = None;
        assert_frames_eq(&frame, &frames[index as usize]);
    }
}

#[test]
fn frames_are_found_again_where_opening_looked_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // Each one is taken away, and only its pixels tell that the next one covers it.
    let pictures: Vec<_> = (0..20)
        .map(|index| picture([0, 0, 4, 2], 2, &[index % 3; 8]))
        .collect();
    let blocks = pictures.iter().map(Vec::as_slice).chain([&b";"[..]]);
    by_hand(&path, &blocks.collect::<Vec<_>>());
    let mut reader = open(&path).expect("opens");
    assert_eq!(reader.info().format.color, Color::Rgb);
    let seek = reader.as_seek().expect("seeks");
    let mut frame = Frame::empty();
    for (index, color) in [(12, [10, 20, 30]), (19, [200, 0, 0]), (8, [0, 200, 0])] {
        seek.seek(index).expect("seeks");
        assert!(seek.read_into(&mut frame).expect("reads"));
        assert_eq!(frame.bytes(), color.repeat(8));
    }
}

#[test]
fn opening_looks_at_few_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gif");
    // Only the pixels tell that nothing is ever uncovered.
    for (count, color) in [(64, Color::Rgb), (65, Color::Rgba)] {
        let pictures: Vec<_> = (0..count)
            .map(|index| picture([0, 0, 4, 2], 2, &[index % 3; 8]))
            .collect();
        let blocks = pictures.iter().map(Vec::as_slice).chain([&b";"[..]]);
        by_hand(&path, &blocks.collect::<Vec<_>>());
        let mut reader = open(&path).expect("opens");
        assert_eq!(reader.info().format.color, color);
        let frames = read_all(&mut *reader).expect("reads");
        let is_opaque = |frame: &Frame| as_rgba(frame).iter().all(|pixel| pixel[3] == 255);
        assert!(frames.len() == usize::from(count) && frames.iter().all(is_opaque));
    }
    // Pictures of more pixels than are looked at, with data for a few of them.
    let full = picture([0, 0, 4, 2], 1, &[0; 8]);
    let mut huge = picture([0, 0, 4, 2], 2, &[0; 8]);
    huge[13..17].copy_from_slice(&[0, 64, 0, 64]);
    by_hand(&path, &[&full, &huge, &full, b";"]);
    assert_eq!(open(&path).expect("opens").info().format.color, Color::Rgba);
}
