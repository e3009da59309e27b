//! Colours, gray and rotation against the ffmpeg program's own conversions.

use std::path::Path;
use std::process::Command;

use pimage_core::{Frame, FrameReader};
use pimage_video::{VideoOptions, open};

use crate::clips::{CLIPS, make};

fn ffmpeg_as(path: &Path, pixel_format: &str, filter: &str) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-i"])
        .arg(path)
        .args([
            "-vf",
            filter,
            "-sws_flags",
            "accurate_rnd+full_chroma_int+full_chroma_inp+neighbor",
        ])
        .args(["-f", "rawvideo", "-pix_fmt", pixel_format, "-"])
        .output()
        .expect("the ffmpeg program runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn all_bytes(path: &Path, options: &VideoOptions) -> Vec<u8> {
    let mut reader = open(path, options).expect("opens");
    let mut frame = Frame::empty();
    let mut bytes = Vec::new();
    while reader.read_into(&mut frame).expect("reads") {
        bytes.extend_from_slice(frame.bytes());
    }
    bytes
}

fn worst(found: &[u8], expected: &[u8]) -> u8 {
    assert_eq!(found.len(), expected.len(), "another number of bytes");
    found
        .iter()
        .zip(expected)
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap_or(0)
}

#[test]
fn colours_are_ffmpegs_within_its_rounding() {
    let folder = tempfile::tempdir().expect("a folder");
    // swscale works in fixed point: up to two levels off the exact formula.
    for (name, tolerance) in [
        ("h264_444_lossless.mkv", 2),
        ("h264_odd.mp4", 2),
        ("h264_rgb.mkv", 0),
        ("utvideo.mkv", 0),
        ("qtrle.mov", 0),
    ] {
        let clip = CLIPS
            .iter()
            .find(|clip| clip.name == name)
            .expect("is in the table");
        let path = make(clip, folder.path()).expect("has an encoder");
        let found = all_bytes(&path, &VideoOptions::default());
        let expected = ffmpeg_as(&path, "rgb24", "null");
        let worst = worst(&found, &expected);
        assert!(worst <= tolerance, "{name}: off by {worst}");
    }
}

#[test]
fn gray_is_luma_over_the_full_range() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, tolerance) in [
        ("h264_default.mp4", 1),
        ("h264_full.mp4", 0),
        ("h264_gray.mp4", 0),
    ] {
        let clip = CLIPS
            .iter()
            .find(|clip| clip.name == name)
            .expect("is in the table");
        let path = make(clip, folder.path()).expect("has an encoder");
        let options = VideoOptions {
            gray: true,
            ..VideoOptions::default()
        };
        let worst = worst(
            &all_bytes(&path, &options),
            &ffmpeg_as(&path, "gray", "null"),
        );
        assert!(worst <= tolerance, "{name}: off by {worst}");
    }
}

#[test]
fn the_rotation_tag_turns_frames_upright() {
    let folder = tempfile::tempdir().expect("a folder");
    let clip = CLIPS
        .iter()
        .find(|clip| clip.name == "h264_444_lossless.mkv")
        .expect("is in the table");
    let source = make(clip, folder.path()).expect("has an encoder");
    for (degrees, shape) in [("90", (96, 128)), ("180", (128, 96)), ("270", (96, 128))] {
        let path = folder.path().join(format!("turned_{degrees}.mp4"));
        let status = Command::new("ffmpeg")
            .args(["-loglevel", "error", "-y", "-i"])
            .arg(&source)
            .args([
                "-c",
                "copy",
                "-metadata:s:v:0",
                &format!("rotate={degrees}"),
            ])
            .arg(&path)
            .status();
        assert!(status.expect("the ffmpeg program runs").success());
        let reader = open(&path, &VideoOptions::default()).expect("opens");
        let format = reader.info().format;
        assert_eq!((format.width, format.height), shape, "{degrees}");
        // ffmpeg turns by itself.
        let worst = worst(
            &all_bytes(&path, &VideoOptions::default()),
            &ffmpeg_as(&path, "rgb24", "null"),
        );
        assert!(worst <= 2, "{degrees}: off by {worst}");
        let lying = VideoOptions {
            no_rotation: true,
            ..VideoOptions::default()
        };
        assert_eq!(
            open(&path, &lying).expect("opens").info().format.width,
            128,
            "{degrees}"
        );
    }
}
