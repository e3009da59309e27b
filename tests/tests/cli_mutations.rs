//! Damaged files through the program: no panic, no hang, no memory beyond a bound, whatever is in them.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test reports by panicking"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_testkit::{Mutations, test_data};
use pimage_tests::{Folder, program, write_npy};

/// Damaged versions of each kind of recording.
const COUNT: usize = 2_000;

/// Damaged versions of a video, which takes longer to open.
const VIDEO_COUNT: usize = 400;

/// Address space of a run: memory cannot grow beyond it. Shared libraries and thread stacks count too.
const MEMORY_KIB: u64 = 1 << 20;

/// A run that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(10);

/// Runs a verb on a file within the bounds; the exit code must be one that the program means.
fn survives(verb: &str, path: &Path, label: &str) {
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\""))
        .arg(program())
        .args([verb, "--threads", "1"])
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("can be waited for") {
            break status;
        }
        if begun.elapsed() > LONGEST {
            child.kill().expect("can be killed");
            panic!("{label}: `{verb}` hangs");
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(
        matches!(status.code(), Some(0 | 2)),
        "{label}: `{verb}` ended with {status}"
    );
}

/// Both verbs on every damaged version of `original`, beside which `others` stand.
fn all_survive(name: &str, original: &[u8], (seed, count): (u64, usize), others: &[(&str, &[u8])]) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in others {
        std::fs::write(folder.path().join(name), bytes).expect("writes");
    }
    let path = folder.path().join(name);
    for (n, bytes) in Mutations::new(original, seed).take(count).enumerate() {
        std::fs::write(&path, bytes).expect("writes");
        let label = format!("mutation {n} of seed {seed} of {name}");
        survives("info", &path, &label);
        survives("hash", &path, &label);
    }
}

#[test]
fn two_thousand_damaged_hiris_headers_are_survived() {
    let header = "[Sequence Settings]\nSequence name=rec\nCommentSize=12\nComment=a=b\n[x] %d\n\nNumber of files=1\n\
                  Width=32\nHeight=16\nBytesPerPixel=1\nBitsPerPixel=8\nBin directory=\nBin File=rec.bin\nFramePerSecond=30\n";
    let frames = vec![7u8; 32 * 16 * 5 + 100];
    all_survive(
        "rec.seq",
        header.as_bytes(),
        (21, COUNT),
        &[("rec.bin", &frames)],
    );
}

/// A StreamPix 6 recording of three frames, 36x32, by the layout of its header.
fn norpix() -> Vec<u8> {
    let mut bytes = vec![0u8; 8192 * 4];
    let mut put = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    put(0, 0xfeed);
    for (at, value) in [
        (28, 5),
        (32, 1024),
        (548, 36),
        (552, 32),
        (556, 8),
        (560, 8),
        (564, 36 * 32),
    ] {
        put(at, value);
    }
    for (at, value) in [(568, 100), (572, 3), (580, 8192)] {
        put(at, value);
    }
    for (unit, letter) in "Norpix seq".bytes().enumerate() {
        bytes[4 + unit * 2] = letter;
    }
    bytes
}

#[test]
fn two_thousand_damaged_norpix_files_are_survived() {
    let original = match test_data("sample_norpix6.seq") {
        Some(path) => std::fs::read(path).expect("is there"),
        None => norpix(),
    };
    all_survive("norpix.seq", &original, (22, COUNT), &[]);
}

#[test]
fn damaged_videos_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("clip.mp4");
    let made = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "lavfi", "-i"])
        .args([
            "testsrc2=size=64x48:rate=25:duration=1",
            "-pix_fmt",
            "yuv420p",
        ])
        .arg(&path)
        .status();
    assert!(made.expect("the ffmpeg program runs").success());
    let original = std::fs::read(path).expect("is there");
    all_survive("clip.mp4", &original, (23, VIDEO_COUNT), &[]);
}

/// What the program itself makes of three small frames under this name.
fn made(name: &str, color: Color, options: &[&str]) -> Vec<u8> {
    let folder = Folder::new();
    let format = FrameFormat::new(37, 29, color, SampleType::U8);
    write_npy(&folder.path("a.npy"), format, 3);
    let _ = folder
        .run(&[&["convert", "a.npy", name], options].concat())
        .expect(0);
    std::fs::read(folder.path(name)).expect("is there")
}

#[test]
fn two_thousand_damaged_tiff_stacks_are_survived() {
    let ome = made("a.ome.tif", Color::Gray, &["--compression", "deflate"]);
    all_survive("a.ome.tif", &ome, (24, COUNT / 2), &[]);
    let lzw = made("a.tif", Color::Rgb, &["--compression", "lzw"]);
    all_survive("a.tif", &lzw, (25, COUNT / 2), &[]);
}

#[test]
fn two_thousand_damaged_gifs_are_survived() {
    all_survive("a.gif", &made("a.gif", Color::Rgb, &[]), (26, COUNT), &[]);
}

#[test]
fn two_thousand_damaged_archives_are_survived() {
    let stored = made("a.npz", Color::Gray, &[]);
    all_survive("a.npz", &stored, (27, COUNT / 2), &[]);
    let packed = made("a.npz", Color::Gray, &["--compression", "deflate"]);
    all_survive("a.npz", &packed, (28, COUNT / 2), &[]);
}

#[test]
fn two_thousand_damaged_images_are_survived() {
    for (seed, name) in (29..).zip(["a.png", "a.jpg", "a.bmp", "a.ppm", "a.webp"]) {
        let first = ["--stop", "1"];
        all_survive(
            name,
            &made(name, Color::Rgb, &first),
            (seed, COUNT / 5),
            &[],
        );
    }
}
