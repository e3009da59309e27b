//! The program with videos: lossless, lossy, interrupted, in any order.
#![expect(clippy::expect_used, reason = "a test helper reports by panicking")]

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, npy_bytes, read_npy, samples_of, write_hiris, write_npy};

/// The least that every codec takes.
const GRAY: FrameFormat = FrameFormat::new(64, 64, Color::Gray, SampleType::U8);

/// A scene that a lossy codec can follow: a gradient, with a square that moves two pixels a frame.
fn scene(count: u64) -> Vec<u8> {
    let mut samples = Vec::new();
    for index in 0..count {
        let left = index * 2 % 48;
        for y in 0..64 {
            for x in 0..64 {
                let inside = (left..left + 12).contains(&x) && (16..28).contains(&y);
                let value = if inside { 210 } else { 50 + x + y };
                samples.push(u8::try_from(value).expect("is below 256"));
            }
        }
    }
    samples
}

#[test]
fn the_main_job_gives_videos_that_compare_well() {
    let folder = Folder::new();
    write_hiris(&folder.path("a.seq"), GRAY, 120);
    fs::write(folder.path("a.bin"), scene(120)).expect("writes");
    for output in ["a.avi", "a.mp4", "a.mov", "a.webm"] {
        let ran = folder.run(&["convert", "a.seq", output]).expect(0);
        assert!(ran.err.contains("Done: 120 frames in "), "{}", ran.err);
        let ran = folder.run(&["compare", "a.seq", output, "--min-psnr", "34", "--json"]);
        let value = ran.expect(0).json();
        assert_eq!(value["compared"], 120, "{output}");
        assert!(
            value["ssim"].as_f64().is_some_and(|ssim| ssim > 0.9),
            "{value}"
        );
        let value = folder.run(&["info", output, "--json"]).expect(0).json();
        assert_eq!(value["frames"], 120, "{output}");
        assert_eq!(value["frames_exact"], true, "{output}");
        assert_eq!(value["fps"], 100.0, "{output}");
        assert_eq!(
            (&value["channels"], &value["dtype"]),
            (&1.into(), &"uint8".into())
        );
    }
}

#[test]
fn matroska_keeps_every_pixel_of_gray_and_color() {
    for (color, sample, depth) in [
        (Color::Gray, SampleType::U8, 8),
        (Color::Gray, SampleType::U16, 16),
        (Color::Rgb, SampleType::U8, 8),
    ] {
        let format = FrameFormat::new(66, 49, color, sample).with_bit_depth(depth);
        let folder = Folder::new();
        write_npy(&folder.path("a.npy"), format, 12);
        let _ = folder.run(&["convert", "a.npy", "a.mkv"]).expect(0);
        let _ = folder.run(&["compare", "a.npy", "a.mkv"]).expect(0);
        let _ = folder.run(&["convert", "a.mkv", "b.npy"]).expect(0);
        assert!(
            read_npy(&folder.path("b.npy")).1 == samples_of(format, 12),
            "{format}"
        );
    }
}

#[test]
fn deep_frames_need_a_range_for_a_codec_of_eight_bits() {
    let folder = Folder::new();
    let format = FrameFormat::new(64, 48, Color::Gray, SampleType::U16).with_bit_depth(12);
    write_hiris(&folder.path("a.seq"), format, 5);
    let ran = folder.run(&["convert", "a.seq", "a.avi"]);
    let ran = ran.fails_with("mjpeg cannot hold 64x48 gray uint16 (12 bit) frames");
    assert!(ran.err.contains("hint: add `--range"), "{}", ran.err);
    assert!(!folder.path("a.avi").exists());

    let ran = folder
        .run(&["convert", "a.seq", "a.avi", "--range", "full"])
        .expect(0);
    assert!(ran.err.contains("mapped 0,4095 -> 0,255"), "{}", ran.err);
    let value = folder.run(&["info", "a.avi", "--json"]).expect(0).json();
    assert_eq!(value["dtype"], "uint8");
    // Where the codec holds 16 bits, they are used.
    let ran = folder
        .run(&["convert", "a.seq", "a.mkv", "--range", "full"])
        .expect(0);
    assert!(ran.err.contains("mapped 0,4095 -> 0,65535"), "{}", ran.err);
}

#[test]
fn frames_extracted_in_any_order_are_those_of_the_whole() {
    let folder = Folder::new();
    fs::write(folder.path("a.npy"), npy_bytes(GRAY, 100, &scene(100))).expect("writes");
    let _ = folder.run(&["convert", "a.npy", "a.mp4"]).expect(0);
    let _ = folder.run(&["convert", "a.mp4", "all.npy"]).expect(0);
    let all = read_npy(&folder.path("all.npy")).1;
    let indices = [99, 3, 57, 57, 0, 98, 42];
    let words: Vec<_> = indices.iter().map(ToString::to_string).collect();
    let mut args = vec!["extract", "a.mp4", "-o", "some.npy"];
    args.extend(words.iter().map(String::as_str));
    let _ = folder.run(&args).expect(0);
    let expected: Vec<u8> = indices
        .iter()
        .flat_map(|index| all[index * 64 * 64..(index + 1) * 64 * 64].to_vec())
        .collect();
    assert!(
        read_npy(&folder.path("some.npy")).1 == expected,
        "pixels differ"
    );

    args[3] = "some.mkv";
    let _ = folder.run(&args).expect(0);
    let _ = folder.run(&["compare", "some.npy", "some.mkv"]).expect(0);
}

#[test]
fn raw_hashes_are_those_of_ffmpeg() {
    if Command::new("ffmpeg").arg("-version").output().is_err() {
        println!("ignored: the ffmpeg program is not installed");
        return;
    }
    let folder = Folder::new();
    fs::write(folder.path("a.npy"), npy_bytes(GRAY, 30, &scene(30))).expect("writes");
    for name in ["a.mp4", "a.mkv", "a.avi"] {
        let _ = folder.run(&["convert", "a.npy", name]).expect(0);
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(folder.path(name))
            .args(["-f", "framemd5", "-"])
            .output()
            .expect("runs");
        let theirs: Vec<String> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| Some(line.rsplit(',').next()?.trim().to_owned()))
            .collect();
        let ours: Vec<String> = folder
            .run(&["hash", "--raw", name])
            .expect(0)
            .out
            .lines()
            .filter(|line| !line.starts_with("total"))
            .filter_map(|line| Some(line.split(' ').next_back()?.to_owned()))
            .collect();
        assert_eq!(ours.len(), 30, "{name}");
        assert_eq!(ours, theirs, "{name}");
    }
}

/// A recording of a million frames that takes no room on the disk.
fn write_endless(folder: &Folder) {
    use std::io::Write;
    let format = FrameFormat::new(320, 256, Color::Gray, SampleType::U8);
    let header = npy_bytes(format, 1_000_000, &[]);
    let mut file = fs::File::create(folder.path("long.npy")).expect("creates");
    file.write_all(&header).expect("writes");
    file.set_len(header.len() as u64 + 1_000_000 * 320 * 256)
        .expect("grows");
}

#[cfg(unix)]
#[test]
fn an_interrupted_or_killed_conversion_leaves_no_video() {
    for (output, name, code) in [
        ("out.avi", "INT", 130),
        ("out.mp4", "TERM", 130),
        ("out.mkv", "INT", 130),
        ("out.mkv", "KILL", -1),
    ] {
        let folder = Folder::new();
        write_endless(&folder);
        let mut child = folder.start(&["convert", "long.npy", output]);
        let begun = Instant::now();
        while !folder
            .names()
            .iter()
            .any(|name| name.contains("pimage-tmp"))
        {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{output} is not begun"
            );
            assert!(
                child.try_wait().expect("can be waited for").is_none(),
                "{output} has ended"
            );
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(100));
        let killed = Command::new("kill")
            .args([format!("-{name}"), child.id().to_string()])
            .status();
        assert!(killed.is_ok_and(|status| status.success()));
        let status = child.wait().expect("ends");
        assert_eq!(status.code().unwrap_or(-1), code, "{output} {name}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{output} {name}");
        assert!(!folder.path(output).exists(), "{output} {name}");
        if code == 130 {
            assert_eq!(folder.names(), ["long.npy"], "{output} {name}");
        }
    }
}
