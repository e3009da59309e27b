//! `pimage compress`, `decompress` and `compress report` from outside.
#![expect(clippy::expect_used, reason = "a test reports by panicking")]

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, npy_bytes, read_npy, write_npy};
use serde_json::Value;

const FRAMES: u64 = 12;
const FIELD: FrameFormat = FrameFormat::new(48, 32, Color::Gray, SampleType::F32);

/// The range of the field.
const RANGE: f64 = 4.0;

/// A wave that travels, between -2 and 2 exactly; NaN where `has_holes`.
fn field(has_holes: bool) -> Vec<f32> {
    let mut values = Vec::new();
    for t in 0..FRAMES {
        for y in 0..32u64 {
            for x in 0..48u64 {
                let wave = (x as f32 * 0.21 + t as f32 * 0.4).sin() * (y as f32 * 0.17).cos();
                let noise = ((x * 7919 + y * 104_729 + t * 1_299_709) % 1009) as f32 / 1009.0;
                values.push((wave * 1.8 + noise * 0.05).clamp(-2.0, 2.0));
            }
        }
    }
    values[0] = -2.0;
    values[1] = 2.0;
    if has_holes {
        values[100] = f32::NAN;
        values[2000] = f32::INFINITY;
    }
    values
}

fn write_field(folder: &Folder, name: &str, values: &[f32]) {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    fs::write(folder.path(name), npy_bytes(FIELD, FRAMES, &bytes)).expect("writes");
}

fn values_of(folder: &Folder, name: &str) -> Vec<f32> {
    let (_, bytes) = read_npy(&folder.path(name));
    let values = bytes.chunks_exact(4);
    values
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four bytes")))
        .collect()
}

fn worst(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    pairs
        .filter(|(_, expected)| expected.is_finite())
        .map(|(found, expected)| (f64::from(*found) - f64::from(*expected)).abs())
        .fold(0.0, f64::max)
}

#[test]
fn no_value_is_off_by_more_than_was_promised() {
    let folder = Folder::new();
    let values = field(true);
    write_field(&folder, "in.npy", &values);
    for (promise, bound) in [
        (&["--max-error", "0.01"][..], 0.01),
        (&["--rel-error", "0.01", "--range", "-2,2"], 0.01 * RANGE),
        (&["--rel-error", "1e-3"], 1e-3 * RANGE),
        (&["--exact"], 0.0),
        (&[], 0.0),
    ] {
        let mut words = vec!["compress", "in.npy", "packed.mkv", "--overwrite", "--json"];
        words.extend(promise);
        let told = folder.run(&words).expect(0).json();
        let promised = told["promised_max_error"].as_f64().expect("is told");
        assert!((promised - bound).abs() < 1e-12, "{promise:?}: {promised}");
        let size = fs::metadata(folder.path("packed.mkv"))
            .expect("is there")
            .len();
        assert_eq!(told["output_bytes"].as_u64(), Some(size));
        assert_eq!(told["frames"], FRAMES);
        let _ = folder
            .run(&["decompress", "packed.mkv", "out.npy", "--overwrite"])
            .expect(0);
        let found = values_of(&folder, "out.npy");
        assert!(worst(&found, &values) <= bound, "{promise:?}");
        for (found, expected) in found.iter().zip(&values) {
            let is_kept = expected.is_finite() || found.to_bits() == expected.to_bits();
            assert!(is_kept, "{found} of {expected}");
        }
    }
}

#[test]
fn bytes_depend_on_the_input_and_the_options_alone() {
    let folder = Folder::new();
    write_field(&folder, "in.npy", &field(false));
    for (threads, name) in [("1", "a.mkv"), ("3", "b.mkv")] {
        let _ = folder
            .run(&[
                "compress",
                "in.npy",
                name,
                "--max-error",
                "0.02",
                "--group",
                "4",
                "--threads",
                threads,
            ])
            .expect(0);
    }
    let read = |name: &str| fs::read(folder.path(name)).expect("is there");
    assert_eq!(read("a.mkv"), read("b.mkv"));
}

#[test]
fn a_packed_array_is_a_recording_like_any_other() {
    let folder = Folder::new();
    let values = field(false);
    write_field(&folder, "in.npy", &values);
    let ran = folder
        .run(&[
            "compress",
            "in.npy",
            "packed.mkv",
            "--max-error",
            "0.01",
            "--group",
            "5",
            "--verify",
        ])
        .expect(0);
    assert!(
        ran.err.contains("verified: greatest error 0.00"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("no value off by more than 0.01"),
        "{}",
        ran.err
    );
    let told = folder
        .run(&["info", "packed.mkv", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        (&told["frames"], &told["dtype"]),
        (&Value::from(FRAMES), &Value::from("float32"))
    );
    let _ = folder
        .run(&["compare", "in.npy", "packed.mkv", "--tolerance", "0.01"])
        .expect(0);
    // Frames out of the middle, whichever group they are in.
    let _ = folder
        .run(&["extract", "packed.mkv", "7", "3", "-o", "some.npy"])
        .expect(0);
    let found = values_of(&folder, "some.npy");
    let frame = 48 * 32;
    let expected: Vec<f32> = [7, 3]
        .iter()
        .flat_map(|index| values.iter().skip(index * frame).take(frame).copied())
        .collect();
    assert!(worst(&found, &expected) <= 0.01);
    let _ = folder
        .run(&["convert", "packed.mkv", "all.tif", "-t", "superframe=4"])
        .expect(0);
    let told = folder.run(&["info", "all.tif", "--json"]).expect(0).json();
    assert_eq!(
        (&told["width"], &told["height"]),
        (&Value::from(192), &Value::from(96))
    );
}

#[test]
fn whole_numbers_and_colours_come_back_as_they_were() {
    let folder = Folder::new();
    for (sample, color) in [
        (SampleType::U8, Color::Gray),
        (SampleType::I16, Color::Gray),
        (SampleType::U16, Color::Rgb),
        (SampleType::F64, Color::Gray),
    ] {
        let format = FrameFormat::new(21, 13, color, sample);
        write_npy(&folder.path("in.npy"), format, 7);
        let _ = folder
            .run(&["compress", "in.npy", "packed.mkv", "--overwrite"])
            .expect(0);
        let _ = folder
            .run(&["decompress", "packed.mkv", "out.npy", "--overwrite"])
            .expect(0);
        let read = |name: &str| read_npy(&folder.path(name));
        assert_eq!(read("in.npy"), read("out.npy"), "{format}");
    }
}

#[test]
fn what_makes_no_sense_is_said() {
    let folder = Folder::new();
    write_field(&folder, "in.npy", &field(false));
    fs::write(folder.path("empty.npy"), b"").expect("writes");
    fs::write(folder.path("text.txt"), b"hello\n").expect("writes");
    fs::create_dir(folder.path("folder")).expect("is made");
    for (words, text) in [
        ("folder o.mkv", "is of no format"),
        ("empty.npy o.mkv", "it is empty"),
        ("text.txt o.mkv", "looks like text"),
        ("in.npy o.mp4", "ends in .mkv"),
        ("in.npy", "<OUT>"),
        ("in.npy o.mkv --max-error -1", "number from 0 on"),
        ("in.npy o.mkv --max-error nan", "number from 0 on"),
        ("in.npy o.mkv --rel-error 2", "0 to 1"),
        ("in.npy o.mkv --psnr 60 --exact", "cannot be used with"),
        (
            "in.npy o.mkv --rel-error 1e-3 --range frame",
            "one range for all frames",
        ),
        ("in.npy o.mkv --mode vhihg", "`vhigh`, perhaps"),
        ("in.npy o.mkv --bits 12", "--codec"),
        ("in.npy o.mkv --codec x265 --bits 16", "8 to 12 with x265"),
        (
            "in.npy o.mkv --codec ffv1 --quality crf=3",
            "lossless with FFV1",
        ),
        ("in.npy o.mkv --start 5 --stop 5", "--stop"),
        (
            "report in.npy --modes exact,maxerror=1 -o r",
            "`max-error=NUMBER`, perhaps",
        ),
        ("report in.npy --modes exact,exact -o r", "twice"),
        ("report folder -o r", "is of no format"),
        ("report in.npy --modes exact -o in.npy", "exists"),
    ] {
        let words: Vec<_> = std::iter::once("compress")
            .chain(words.split(' '))
            .collect();
        let _ = folder.run(&words).fails_with(text);
        assert!(
            !folder.path("o.mkv").exists() && !folder.path("r").exists(),
            "{words:?}"
        );
    }
    let _ = folder
        .run(&["decompress", "in.npy", "out.npy"])
        .fails_with("not a packed array");
    let _ = folder
        .run(&["compress", "in.npy", "o.mkv", "--quiet"])
        .expect(0);
    let _ = folder
        .run(&["compress", "in.npy", "o.mkv"])
        .fails_with("exists already");
    let _ = folder
        .run(&["compress", "o.mkv", "o.mkv", "--overwrite"])
        .fails_with("both read and written");
}

/// The numbers of a report that do not depend on the machine's speed.
fn timeless(mut report: Value) -> Value {
    for mode in report["modes"].as_array_mut().expect("is a list") {
        let mode = mode.as_object_mut().expect("is an object");
        assert!(mode.remove("encode_s").is_some() && mode.remove("decode_s").is_some());
    }
    report
}

#[test]
fn a_report_has_numbers_and_figures() {
    let folder = Folder::new();
    write_field(&folder, "in.npy", &field(true));
    let modes = "exact,max-error=0.01,psnr=50,zfp=1e-3,blosc,raw-16-bit,half-resolution";
    let ran = folder
        .run(&[
            "compress", "report", "in.npy", "--modes", modes, "-o", "report", "--json",
        ])
        .expect(0);
    let report = ran.json();
    let saved = fs::read_to_string(folder.path("report/report.json")).expect("is there");
    assert_eq!(
        serde_json::from_str::<Value>(&saved).ok(),
        Some(report.clone())
    );
    let mode = |name: &str| {
        let modes = report["modes"].as_array().expect("is a list");
        modes
            .iter()
            .find(|mode| mode["name"] == name)
            .expect("is there")
            .clone()
    };
    let number = |name: &str, key: &str| mode(name)[key].as_f64().expect("is a number");
    for name in ["exact", "blosc"] {
        assert_eq!(
            (mode(name)["max_error"].as_f64(), &mode(name)["psnr"]),
            (Some(0.0), &Value::Null)
        );
        assert_eq!(mode(name)["lost"], 0);
    }
    assert!(number("max-error=0.01", "max_error") <= 0.01);
    assert!(number("max-error=0.01", "ratio") > number("exact", "ratio"));
    assert!(number("psnr=50", "psnr") >= 50.0);
    assert!(number("zfp=1e-3", "max_error") <= 1e-3 * RANGE);
    assert!(number("zfp=1e-3", "ratio") > number("exact", "ratio"));
    // Half a step of 16 bits, and NaN and infinity are gone.
    assert!(number("raw-16-bit", "max_error") <= RANGE / 65_535.0 / 2.0 * 1.001);
    assert_eq!(mode("raw-16-bit")["lost"], 2);
    assert!((number("raw-16-bit", "ratio") - 2.0).abs() < 0.02);
    assert!(number("half-resolution", "ratio") > 3.9);
    let counts = mode("exact")["byte_counts"]
        .as_array()
        .expect("is a list")
        .clone();
    assert_eq!(
        counts.iter().filter_map(Value::as_u64).sum::<u64>(),
        mode("exact")["bytes"]
    );
    let figures = [
        "summary",
        "bytes",
        "exact",
        "max-error=0.01",
        "psnr=50",
        "zfp=1e-3",
        "blosc",
        "raw-16-bit",
        "half-resolution",
    ];
    for figure in figures {
        let bytes = fs::read(folder.path(&format!("report/{figure}.png"))).expect(figure);
        assert!(bytes.starts_with(b"\x89PNG"), "{figure}");
    }
    // Again: refused, or the same numbers whatever the threads.
    let again = [
        "compress", "report", "in.npy", "--modes", modes, "-o", "report",
    ];
    let _ = folder.run(&again).fails_with("exists already");
    let words = [&again[..], &["--overwrite", "--json", "--threads", "1"]].concat();
    let second = folder.run(&words).expect(0).json();
    assert_eq!(timeless(second), timeless(report));
    let table = folder
        .run(&[
            "compress", "report", "in.npy", "--modes", "blosc", "-o", "small",
        ])
        .expect(0);
    assert!(
        table.out.contains("mode ") && table.out.contains("\nblosc "),
        "{}",
        table.out
    );
}

#[test]
fn modes_of_numpy_compress_quantise() {
    let folder = Folder::new();
    let values = field(true);
    write_field(&folder, "in.npy", &values);
    for (words, bound) in [
        ("--mode LL-FFV1", RANGE / 65_535.0),
        ("--codec ffv1 --bits 10", RANGE / 1023.0),
        ("--codec x265 --bits 12 --preset fast", RANGE / 4095.0),
    ] {
        let words: Vec<_> = "compress in.npy packed.mkv --overwrite"
            .split(' ')
            .chain(words.split(' '))
            .collect();
        let _ = folder.run(&words).expect(0);
        let _ = folder
            .run(&["decompress", "packed.mkv", "out.npy", "--overwrite"])
            .expect(0);
        let found = values_of(&folder, "out.npy");
        // Half a step, and what single precision rounds.
        assert!(worst(&found, &values) <= bound * 0.501, "{words:?}");
        assert!(
            found[100].is_nan() && found[2000] == f32::INFINITY,
            "{words:?}"
        );
    }
}
