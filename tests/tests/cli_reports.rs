//! `pimage info`, `hash`, `compare`, `doctor` and the help, from outside.

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, npy_bytes, pimage, samples_of, write_hiris, write_npy};

const GRAY: FrameFormat = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);

#[test]
fn info_tells_the_stable_keys_as_json() {
    let folder = Folder::new();
    let format = FrameFormat::new(64, 48, Color::Gray, SampleType::U16).with_bit_depth(12);
    write_hiris(&folder.path("a.seq"), format, 250);
    let value = folder.run(&["info", "a.seq", "--json"]).expect(0).json();
    let keys: Vec<_> = value.as_object().expect("is an object").keys().collect();
    let expected = "path format width height channels dtype frames frames_exact fps duration codec pixel_format metadata axes";
    assert_eq!(keys, expected.split(' ').collect::<Vec<_>>());
    assert_eq!(value["path"], "a.seq");
    assert_eq!(value["format"], "hiris");
    assert_eq!(
        (&value["width"], &value["height"]),
        (&64.into(), &48.into())
    );
    assert_eq!(value["channels"], 1);
    assert_eq!(value["dtype"], "uint16");
    assert_eq!(value["frames"], 250);
    assert_eq!(value["frames_exact"], true);
    assert_eq!(value["fps"], 100.0);
    assert_eq!(value["duration"], 2.5);
    assert_eq!(value["metadata"]["bit_depth"], 12);
    assert_eq!(value["metadata"]["Sequence name"], "test");
}

#[test]
fn info_goes_on_after_a_recording_that_cannot_be_read() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    let ran = folder.run(&["info", "missing.npy", "a.npy"]).expect(2);
    assert!(
        ran.err.starts_with("pimage: cannot open `missing.npy`"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("64x48 gray uint8"), "{}", ran.out);
}

#[test]
fn names_cannot_write_on_the_terminal() {
    let folder = Folder::new();
    let ran = folder
        .run(&["info", "a\u{1b}[31m\n.seq"])
        .fails_with("a\\u{1b}[31m\\n.seq");
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
}

#[test]
fn equal_pixels_have_equal_hashes_in_any_format() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 12);
    write_hiris(&folder.path("b.seq"), GRAY, 12);
    let hashes = |ran: pimage_tests::Ran| -> Vec<String> {
        ran.expect(0)
            .out
            .lines()
            .map(|line| line.split(' ').next_back().unwrap_or_default().to_owned())
            .collect()
    };
    let first = hashes(folder.run(&["hash", "a.npy"]));
    let second = hashes(folder.run(&["hash", "b.seq"]));
    assert_eq!(first, second);
    assert_eq!(first.len(), 13);
    assert!(first.iter().all(|hash| hash.len() == 32), "{first:?}");

    let ran = folder.run(&["hash", "b.seq"]).expect(0);
    let lines: Vec<_> = ran.out.lines().collect();
    assert!(lines[3].starts_with("3 - 0.030000 "), "{}", lines[3]);
    assert!(lines[12].starts_with("total 12 "), "{}", lines[12]);
    let value = folder.run(&["hash", "b.seq", "--json"]).expect(0).json();
    assert_eq!(value["count"], 12);
    assert_eq!(value["frames"][3]["index"], 3);
    assert_eq!(value["frames"][3]["hash"], first[3].as_str());
    assert_eq!(value["total"], first[12].as_str());

    let other = FrameFormat::new(48, 64, Color::Gray, SampleType::U8);
    let turned = npy_bytes(other, 12, &samples_of(GRAY, 12));
    fs::write(folder.path("c.npy"), turned).expect("writes");
    let third = hashes(folder.run(&["hash", "c.npy"]));
    assert!(
        first.iter().zip(&third).all(|(a, c)| a != c),
        "the shape counts"
    );
}

#[test]
fn equal_recordings_compare_as_equal_whatever_their_format() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 12);
    write_hiris(&folder.path("b.seq"), GRAY, 12);
    let ran = folder.run(&["compare", "a.npy", "b.seq"]).expect(0);
    assert!(ran.out.contains("equal       yes"), "{}", ran.out);
    let value = folder
        .run(&["compare", "a.npy", "b.seq", "--json"])
        .expect(0)
        .json();
    assert_eq!(value["equal"], true);
    assert_eq!(value["compared"], 12);
    assert_eq!(value["max_error"], 0.0);
    assert!(value["psnr"].is_null(), "JSON has no infinity");
    assert_eq!(value["ssim"], 1.0);
}

#[test]
fn a_difference_is_found_with_its_frame_and_size() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 12);
    let mut samples = samples_of(GRAY, 12);
    let sample = &mut samples[7 * 64 * 48 + 5];
    *sample = if *sample > 100 {
        *sample - 3
    } else {
        *sample + 3
    };
    fs::write(folder.path("b.npy"), npy_bytes(GRAY, 12, &samples)).expect("writes");
    let ran = folder.run(&["compare", "a.npy", "b.npy"]).expect(1);
    assert!(ran.out.contains("max error   3 (frame 7)"), "{}", ran.out);
    assert!(
        ran.out.contains("no: frame 7 is the first that differs"),
        "{}",
        ran.out
    );
    let value = folder
        .run(&["compare", "a.npy", "b.npy", "--json"])
        .expect(1)
        .json();
    let expected = 10.0 * (255.0f64 * 255.0 * (12.0 * 64.0 * 48.0) / 9.0).log10();
    let psnr = value["psnr"].as_f64().expect("is finite");
    assert!((psnr - expected).abs() < 1e-9, "{psnr} {expected}");
    let _ = folder
        .run(&["compare", "a.npy", "b.npy", "--tolerance", "3"])
        .expect(0);
    let _ = folder
        .run(&["compare", "a.npy", "b.npy", "--tolerance", "2.5"])
        .expect(1);
    let _ = folder
        .run(&["compare", "a.npy", "b.npy", "--min-psnr", "80"])
        .expect(0);
    let _ = folder
        .run(&["compare", "a.npy", "b.npy", "--min-psnr", "100"])
        .expect(1);
    let ran = folder
        .run(&["compare", "a.npy", "b.npy", "--frames"])
        .expect(1);
    assert!(
        ran.out
            .lines()
            .nth(6)
            .is_some_and(|line| line == "6 0 0.000000 inf 1.00000"),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .lines()
            .nth(7)
            .is_some_and(|line| line.starts_with("7 3 0.0009")),
        "{}",
        ran.out
    );
}

#[test]
fn recordings_of_other_lengths_or_formats_differ_and_say_why() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 12);
    write_npy(&folder.path("b.npy"), GRAY, 10);
    let wide = FrameFormat::new(64, 48, Color::Gray, SampleType::U16);
    write_npy(&folder.path("c.npy"), wide, 12);
    let ran = folder.run(&["compare", "a.npy", "b.npy"]).expect(1);
    assert!(
        ran.out
            .contains("no: there are 12 and 10 frames, and frame 10 is only in a"),
        "{}",
        ran.out
    );
    let ran = folder.run(&["compare", "a.npy", "c.npy"]).expect(1);
    assert!(
        ran.out.contains("64x48 gray uint8 and 64x48 gray uint16"),
        "{}",
        ran.out
    );
    let _ = folder
        .run(&["compare", "a.npy", "missing.npy"])
        .fails_with("missing.npy");
}

#[test]
fn doctor_shows_every_format_at_work() {
    let ran = pimage("doctor");
    assert!(matches!(ran.code, 0 | 1), "{}", ran.err);
    assert!(!ran.out.contains("FAILS"), "{}", ran.out);
    let value = pimage("doctor --json").expect(0).json();
    let rows = value["rows"].as_array().expect("is a list");
    for name in ["npy", "y4m", "raw"] {
        let row = rows.iter().find(|row| row["name"] == name).expect(name);
        assert_eq!(row["status"], "works", "{row}");
        assert_eq!(row["detail"], "every pixel came back");
    }
}

#[test]
fn help_comes_in_two_lengths_and_without_arguments() {
    let bare = pimage("").expect(0);
    assert!(bare.out.contains("Usage: pimage"), "{}", bare.out);
    for verb in ["convert", "info", "extract", "hash", "compare", "doctor"] {
        assert!(bare.out.contains(verb), "{}", bare.out);
        let short = pimage(&format!("{verb} -h")).expect(0).out;
        let long = pimage(&format!("{verb} --help")).expect(0).out;
        assert!(
            long.len() > short.len() && short.contains("Examples:"),
            "{short}"
        );
    }
    let version = pimage("--version").expect(0).out;
    assert!(version.starts_with("pimage 0."), "{version}");
}

#[test]
fn wrong_usage_is_one_line_with_a_hint() {
    for (words, text) in [
        (
            "convert a.npy",
            "required arguments were not provided: <OUT>",
        ),
        (
            "convert a.npy b.npy --speed 3",
            "unexpected argument '--speed'",
        ),
        ("convert a b --threads 0", "expected 1 to 1024"),
        ("convert a b --memory lots", "is not a size"),
        ("convert a b --fps 0", "is not a frame rate"),
        ("info a --limit width=3", "with NAME one of side, pixels"),
        ("info a --raw 3x", "WIDTHxHEIGHT:TYPE"),
        ("frobnicate", "unrecognized subcommand 'frobnicate'"),
    ] {
        let _ = pimage(words).fails_with(text);
    }
}
