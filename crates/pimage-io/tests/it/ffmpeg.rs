//! The ffmpeg program on the other side of a pipe, where it is installed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use pimage_core::Frame;
use pimage_testkit::{assert_frames_eq, counter_frames};

use crate::{gray8, gray16, open, read_all, write};

/// Runs ffmpeg in `folder`; `false`, said loudly, when it is not installed.
fn ffmpeg(folder: &Path, arguments: &str) -> bool {
    let command = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    match command {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "ffmpeg {arguments}: {text}");
            true
        }
        Err(_) => {
            eprintln!("ignored, ffmpeg is not installed");
            false
        }
    }
}

#[test]
fn ffmpeg_reads_the_same_gray_levels() {
    let folder = tempfile::tempdir().expect("a folder");
    for (format, name) in [
        (gray8(34, 10), "gray"),
        (gray16(34, 10, 10), "gray10le"),
        (gray16(34, 10, 12), "gray12le"),
        (gray16(34, 10, 16), "gray16le"),
    ] {
        let frames = counter_frames(format, 4);
        let path = folder.path().join("a.y4m");
        let _ = fs::remove_file(&path);
        write(&path, &frames);
        let arguments = format!("-i a.y4m -f rawvideo -pix_fmt {name} out.raw");
        if !ffmpeg(folder.path(), &arguments) {
            return;
        }
        let raw = fs::read(folder.path().join("out.raw")).expect("ffmpeg wrote it");
        let expected: Vec<u8> = frames.iter().flat_map(Frame::bytes).copied().collect();
        assert!(raw == expected, "{name} differs");
    }
}

#[test]
fn the_same_gray_levels_are_read_from_ffmpeg() {
    let folder = tempfile::tempdir().expect("a folder");
    for (format, name) in [
        (gray8(34, 10), "gray"),
        (gray16(34, 10, 10), "gray10le"),
        (gray16(34, 10, 12), "gray12le"),
        (gray16(34, 10, 16), "gray16le"),
    ] {
        let frames = counter_frames(format, 4);
        let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).copied().collect();
        fs::write(folder.path().join("in.raw"), bytes).expect("writes");
        let arguments = format!(
            "-f rawvideo -pix_fmt {name} -s 34x10 -r 30000/1001 -i in.raw -strict -1 out.y4m"
        );
        if !ffmpeg(folder.path(), &arguments) {
            return;
        }
        let mut reader = open(&folder.path().join("out.y4m")).expect("opens");
        let rate = reader.info().rate.map(|rate| rate.to_string());
        assert_eq!(rate.as_deref(), Some("30000/1001"));
        let back = read_all(&mut *reader).expect("reads");
        assert_eq!(back.len(), 4, "{name}");
        for (found, expected) in back.iter().zip(&frames) {
            assert_frames_eq(found, expected);
        }
    }
}

#[test]
fn colour_agrees_with_ffmpeg_within_its_rounding() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["yuv420p", "yuv422p", "yuv444p", "yuvj420p"] {
        let arguments = format!(
            "-f lavfi -i smptebars=s=64x48:r=25 -frames:v 2 -pix_fmt {name} -strict -1 a.y4m"
        );
        if !ffmpeg(folder.path(), &arguments) {
            return;
        }
        let flags = "-sws_flags neighbor+accurate_rnd+full_chroma_int";
        ffmpeg(
            folder.path(),
            &format!("{flags} -i a.y4m -f rawvideo -pix_fmt rgb24 out.raw"),
        );
        let expected = fs::read(folder.path().join("out.raw")).expect("ffmpeg wrote it");
        let frames = read_all(&mut *open(&folder.path().join("a.y4m")).expect("opens"));
        let found: Vec<u8> = frames
            .expect("reads")
            .iter()
            .flat_map(Frame::bytes)
            .copied()
            .collect();
        assert_eq!(found.len(), expected.len(), "{name}");
        let pairs = found.iter().zip(&expected);
        let differences: Vec<u8> = pairs.map(|(a, b)| a.abs_diff(*b)).collect();
        let far = differences.iter().filter(|d| **d > 3).count();
        // At the edges of bars the two place a chroma sample differently.
        assert!(
            far * 20 < differences.len(),
            "{name}: {far} of {}",
            found.len()
        );
    }
}
