//! `pimage codec` from outside.
#![expect(clippy::expect_used, reason = "a test reports by panicking")]

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, read_npy, write_npy};
use serde_json::Value;

const RGB: FrameFormat = FrameFormat::new(64, 48, Color::Rgb, SampleType::U8);
const WIDE: FrameFormat = FrameFormat::new(64, 48, Color::Gray, SampleType::U16);

/// A folder with one image and a recording of six.
fn folder() -> Folder {
    let folder = Folder::new();
    write_npy(&folder.path("one.npy"), RGB, 1);
    write_npy(&folder.path("six.npy"), RGB, 6);
    write_npy(&folder.path("wide.npy"), WIDE, 1);
    folder
}

fn lines(text: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).expect("is JSON");
    text.lines().map(parse).collect()
}

#[test]
fn the_list_tells_what_each_codec_takes() {
    let folder = Folder::new();
    let listed = folder.run(&["codec", "list", "--json"]).expect(0).json();
    let codecs = listed["codecs"].as_array().expect("is a list");
    let jpeg = codecs.iter().find(|codec| codec["name"] == "jpeg");
    let jpeg = jpeg.expect("is listed");
    assert_eq!(jpeg["available"], true);
    assert_eq!(jpeg["quality"][0]["range"], serde_json::json!([1.0, 100.0]));
    assert!(
        jpeg["options"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    );
    let text = folder.run(&["codec", "list", "jpeg"]).expect(0);
    assert!(text.out.contains("subsampling"), "{}", text.out);
    let _ = folder
        .run(&["codec", "list", "gpej"])
        .fails_with("png, jpeg");
}

#[test]
fn what_is_encoded_is_decoded() {
    let folder = folder();
    let _ = folder
        .run(&["codec", "encode", "one.npy", "-o", "one.png"])
        .expect(0);
    let _ = folder
        .run(&["codec", "decode", "one.png", "-o", "back.npy"])
        .expect(0);
    assert_eq!(
        read_npy(&folder.path("back.npy")).1,
        read_npy(&folder.path("one.npy")).1
    );
    let told = folder.run(&["codec", "encode", "one.npy", "-o", "-", "--codec", "jpeg"]);
    assert_eq!(told.expect(0).bytes.get(..2), Some(&[0xff, 0xd8][..]));
    let _ = folder
        .run(&["codec", "encode", "one.npy", "-o", "one.png"])
        .fails_with("exists");
    let _ = folder
        .run(&["codec", "encode", "one.npy", "-o", "one.xyz"])
        .fails_with("--codec");
}

#[test]
fn frames_of_a_recording_become_numbered_files() {
    let folder = folder();
    let words = [
        "codec",
        "encode",
        "six.npy",
        "-o",
        "f_%02d.png",
        "--step",
        "2",
        "--json",
    ];
    let told = folder.run(&words).expect(0).json();
    assert_eq!(told["frames"], 3);
    let names = ["f_00.png", "f_01.png", "f_02.png"];
    assert!(names.iter().all(|name| folder.path(name).is_file()));
    let _ = folder
        .run(&[
            "codec", "decode", "f_00.png", "f_01.png", "f_02.png", "-o", "back.npy",
        ])
        .expect(0);
    let _ = folder
        .run(&[
            "compare", "back.npy", "six.npy", "--step", "1", "--stop", "1",
        ])
        .expect(0);
    let _ = folder
        .run(&["codec", "encode", "six.npy", "-o", "f.png", "--overwrite"])
        .fails_with("more than one frame");
}

#[test]
fn apply_tells_what_compare_tells() {
    let folder = folder();
    let words = [
        "codec",
        "apply",
        "one.npy",
        "--codec",
        "jpeg",
        "--quality",
        "40",
        "--encoded",
        "e.jpg",
        "--decoded",
        "d.npy",
        "--json",
    ];
    let told = folder.run(&words).expect(0).json();
    let bytes = fs::metadata(folder.path("e.jpg")).expect("is there").len();
    assert_eq!(told["bytes"].as_u64(), Some(bytes));
    let bits = 8.0 * bytes as f64 / (64.0 * 48.0);
    assert!((told["bits_per_pixel"].as_f64().expect("is a number") - bits).abs() < 1e-12);
    let compared = folder
        .run(&["compare", "one.npy", "d.npy", "--json"])
        .expect(1)
        .json();
    for key in ["psnr", "ssim", "max_error"] {
        assert_eq!(told[key], compared[key], "{key}");
    }
    assert!(told["encode_s"].as_f64() > Some(0.0) && told["decode_s"].as_f64() > Some(0.0));
    let lossless = ["codec", "apply", "one.npy", "--codec", "png", "--json"];
    assert_eq!(folder.run(&lossless).expect(0).json()["psnr"], Value::Null);
}

#[test]
fn apply_tells_of_every_frame_and_of_all() {
    let folder = folder();
    let words = [
        "codec",
        "apply",
        "six.npy",
        "--codec",
        "jpeg",
        "--quality",
        "60",
        "--json",
    ];
    let told = lines(&folder.run(&words).expect(0).out);
    assert_eq!(told.len(), 7);
    let sum: u64 = told
        .iter()
        .take(6)
        .filter_map(|line| line["bytes"].as_u64())
        .sum();
    assert_eq!(told[6]["bytes"].as_u64(), Some(sum));
    assert!((0..6).all(|frame| told[frame]["frame"] == frame));
}

#[test]
fn a_target_is_reached_by_the_quality() {
    let folder = folder();
    let apply = |more: &[&str]| {
        let words = [
            &["codec", "apply", "one.npy", "--codec", "jpeg", "--json"],
            more,
        ]
        .concat();
        folder.run(&words).expect(0).json()
    };
    let smallest = apply(&["--quality", "1"])["bytes"]
        .as_u64()
        .expect("is a number");
    let found = apply(&["--target-size", &(smallest * 2).to_string()]);
    assert!(found["bytes"].as_u64() <= Some(smallest * 2), "{found}");
    let found = apply(&["--target-psnr", "30"]);
    assert!(found["psnr"].as_f64() >= Some(30.0), "{found}");
    // One quality less is not enough.
    let quality: u32 = found["quality"].as_str().expect("is text")[8..]
        .parse()
        .expect("is a number");
    let below = apply(&["--quality", &(quality - 1).to_string()]);
    assert!(below["psnr"].as_f64() < Some(30.0), "{below}");
    let words = [
        "codec",
        "apply",
        "one.npy",
        "--codec",
        "jpeg",
        "--target-size",
        "10",
    ];
    let _ = folder.run(&words).fails_with("at least");
    let words = [
        "codec",
        "apply",
        "one.npy",
        "--codec",
        "png",
        "--target-psnr",
        "10",
    ];
    let _ = folder.run(&words).fails_with("has no quality");
}

#[test]
fn a_comparison_has_curves_deltas_a_table_and_a_figure() {
    let folder = folder();
    let words = [
        "codec",
        "bench",
        "one.npy",
        "six.npy",
        "--codecs",
        "jpeg,png",
        "--qualities",
        "jpeg:20,50,80",
        "--csv",
        "t.csv",
        "--figure",
        "f.png",
        "--json",
    ];
    let told = folder.run(&words).expect(0).json();
    assert_eq!(told["images"], 7);
    assert_eq!(told["reference"], "jpeg");
    let jpeg = &told["codecs"][0];
    assert_eq!(jpeg["points"].as_array().map(Vec::len), Some(3));
    assert!(jpeg["bd_rate"].as_f64().expect("is a number").abs() < 1e-9);
    assert_eq!(told["codecs"][1]["points"][0]["psnr"], Value::Null);
    let table = fs::read_to_string(folder.path("t.csv")).expect("is written");
    assert_eq!(table.lines().count(), 1 + 7 * 4);
    let info = folder.run(&["info", "f.png", "--json"]).expect(0).json();
    assert_eq!(
        (info["width"].as_u64(), info["height"].as_u64()),
        (Some(960), Some(640))
    );
    let _ = folder.run(&words).fails_with("exists");
}

#[test]
fn what_cannot_be_is_refused_in_a_line() {
    let folder = folder();
    for (words, text) in [
        (
            "codec apply one.npy --codec jpeg --quality 101",
            "1 (smallest) to 100 (best)",
        ),
        (
            "codec apply one.npy --codec jpeg --option speed=3",
            "subsampling",
        ),
        (
            "codec apply one.npy --codec jpeg --option subsampling=5:5:5",
            "4:2:0",
        ),
        ("codec apply wide.npy --codec jpeg", "cannot hold"),
        (
            "codec apply one.npy --codec jpeg --decoded -",
            "standard output",
        ),
        ("codec apply one.npy --codec gpej", "png, jpeg"),
        (
            "codec bench one.npy --codecs jpeg --option png:x=1",
            "codecs that are compared",
        ),
        (
            "codec bench one.npy --codecs jpeg --qualities jpeg:",
            "no quality",
        ),
        ("codec decode one.npy -o one.npy", "both read and written"),
        ("codec decode absent.png -o x.npy", "absent.png"),
    ] {
        let words: Vec<_> = words.split(' ').collect();
        let _ = folder.run(&words).fails_with(text);
    }
    let wide = folder
        .run(&["codec", "apply", "wide.npy", "--codec", "jpeg"])
        .expect(2);
    assert!(wide.err.contains("-t rescale=8"), "{}", wide.err);
}
