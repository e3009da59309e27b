//! The decoder's own planes against ffmpeg's `framemd5`, in order and at random.

use std::path::Path;
use std::process::Command;

use md5::{Digest, Md5};
use pimage_testkit::test_data;
use pimage_video::{PlaneReader, VideoOptions};

use crate::clips::{CLIPS, make};

/// What ffmpeg says: one hash a frame, nothing dropped, doubled, turned or converted.
fn hashes_of_ffmpeg(path: &Path) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-noautorotate", "-i"])
        .arg(format!("file:{}", path.display()))
        .args([
            "-map",
            "0:v:0",
            "-fps_mode",
            "passthrough",
            "-f",
            "framemd5",
            "-",
        ])
        .output()
        .expect("the ffmpeg program runs");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.rsplit(',').next()?.trim().to_owned()))
        .collect()
}

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn hashes_in_order(path: &Path) -> Vec<String> {
    let mut reader = PlaneReader::open(path, &VideoOptions::default()).expect("opens");
    let mut hashes = Vec::new();
    while let Some(planes) = reader
        .next()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    {
        assert_eq!(planes.index, hashes.len() as u64, "{}", path.display());
        hashes.push(md5(planes.bytes));
    }
    assert_eq!(
        reader.frame_count(),
        hashes.len() as u64,
        "{}",
        path.display()
    );
    hashes
}

/// Every kind of order: backwards, and a scramble that visits each frame once.
fn check_any_order(path: &Path, expected: &[String]) {
    let mut reader = PlaneReader::open(path, &VideoOptions::default()).expect("opens");
    let count = expected.len();
    let stride = (1..)
        .map(|k| k * 37 + 11)
        .find(|stride| gcd(*stride, count) == 1)
        .expect("exists");
    let scrambled = (0..count).map(|i| i * stride % count);
    let backwards = (0..count).rev();
    for index in scrambled
        .chain(backwards)
        .step_by(count.div_ceil(120).max(1))
    {
        reader.seek(index as u64).expect("is in range");
        let planes = reader.next().expect("decodes").expect("is there");
        assert_eq!(planes.index, index as u64, "{}", path.display());
        assert_eq!(
            md5(planes.bytes),
            expected[index],
            "frame {index} of {}",
            path.display()
        );
    }
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn check(path: &Path) {
    let expected = hashes_of_ffmpeg(path);
    assert!(
        !expected.is_empty(),
        "{}: ffmpeg gives no frames",
        path.display()
    );
    let found = hashes_in_order(path);
    assert_eq!(
        found.len(),
        expected.len(),
        "frame count of {}",
        path.display()
    );
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "frame {index} of {}", path.display());
    }
    check_any_order(path, &expected);
}

#[test]
fn generated_clips_are_ffmpegs_frames_in_any_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut checked = 0;
    let mut failed = Vec::new();
    for clip in CLIPS {
        let Some(path) = make(clip, folder.path()) else {
            continue;
        };
        let result = std::panic::catch_unwind(|| check(&path));
        if let Err(panic) = result {
            let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            failed.push(format!("{}: {text}", clip.name));
        }
        checked += 1;
        std::fs::remove_file(path).expect("is ours");
    }
    assert!(
        failed.is_empty(),
        "{} of {checked} differ:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert!(checked >= 40, "only {checked} clips could be made");
}

#[test]
fn real_recordings_are_ffmpegs_frames_in_any_order() {
    for name in [
        "centered_pair_small.mp4",
        "bulk-water.mov",
        "imgstore_mp4/000000.mp4",
        "imgstore_mp4/000001.mp4",
        "cine_781.cine",
        "video_min-6.076788168243806_max5.021517778572543_fc1301.mp4",
    ] {
        if let Some(path) = test_data(name) {
            check(&path);
        }
    }
}
