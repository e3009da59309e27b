//! `pimage plot` from outside.
#![expect(clippy::expect_used, reason = "a test reports by panicking")]

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, write_npy};

const GRAY: FrameFormat = FrameFormat::new(160, 96, Color::Gray, SampleType::U8);

/// A folder with a table and a recording.
fn folder() -> Folder {
    let folder = Folder::new();
    let rows = (0..50).map(|i| format!("{},{},{}\n", f64::from(i) / 25.0, i % 7, 50 - i));
    let table: String = std::iter::once("time (s),a [V],b\n".to_owned())
        .chain(rows)
        .collect();
    fs::write(folder.path("data.csv"), table).expect("writes");
    write_npy(&folder.path("film.npy"), GRAY, 10);
    folder
}

/// Frames, width and height, as `pimage info` tells them.
fn told(folder: &Folder, name: &str) -> (u64, u64, u64) {
    let value = folder.run(&["info", name, "--json"]).expect(0).json();
    let number = |key: &str| value[key].as_u64().expect("is a number");
    (number("frames"), number("width"), number("height"))
}

#[test]
fn an_image_has_one_picture_and_a_video_moves() {
    let folder = folder();
    for kind in ["line", "scatter", "histogram", "spectrum", "bars", "events"] {
        let name = format!("{kind}.png");
        let words = [
            "plot", "data.csv", "-o", &name, "--kind", kind, "--y", "a", "--size", "320x240",
        ];
        let _ = folder.run(&words).expect(0);
        assert_eq!(told(&folder, &name), (1, 320, 240));
    }
    for motion in ["cursor", "grow"] {
        let name = format!("{motion}.y4m");
        let words = [
            "plot", "data.csv", "-o", &name, "--motion", motion, "--size", "160x120",
        ];
        let _ = folder.run(&words).expect(0);
        assert_eq!(told(&folder, &name), (50, 160, 120));
    }
}

#[test]
fn a_recording_stands_above_its_trace() {
    let folder = folder();
    let ran = folder
        .run(&["plot", "--with", "film.npy", "-o", "both.npy", "--json"])
        .expect(0);
    assert_eq!(ran.json()["frames"], 10);
    assert_eq!(told(&folder, "both.npy"), (10, 160, 96 + 120));
    let _ = folder
        .run(&[
            "plot", "--with", "film.npy", "-o", "c.npy", "--size", "100x100",
        ])
        .fails_with("160 wide, as the recording above it");
}

#[test]
fn tables_come_from_standard_input() {
    let folder = folder();
    let table = fs::read(folder.path("data.csv")).expect("is there");
    let ran = folder.run_with(
        &["plot", "-", "-o", "a.png", "--y", "b", "--theme", "dark"],
        &table,
    );
    let _ = ran.expect(0);
    assert_eq!(told(&folder, "a.png"), (1, 640, 480));
}

#[test]
fn what_cannot_be_is_refused_in_a_line() {
    let folder = folder();
    fs::write(folder.path("bad.csv"), "a,b\n1,2\n3,x\n").expect("writes");
    for (words, expected) in [
        (&["bad.csv"][..], "`x` in line 3, column `b`"),
        (&["missing.csv"], "cannot open `missing.csv`"),
        (
            &["data.csv", "--y", "c"],
            "expected one of the columns time, a, b",
        ),
        (&["data.csv", "--size", "9x9"], "16 to 16384"),
        (&["data.csv", "--xlim", "2,1"], "is not a range"),
        (&["data.csv", "--start", "3"], "it is a table"),
        (
            &["data.csv", "--kind", "bars", "--motion", "grow"],
            "a moving plot",
        ),
    ] {
        let words = [&["plot"], words, &["-o", "out.png"]].concat();
        let _ = folder.run(&words).fails_with(expected);
    }
    let ran = folder.run(&["convert", "data.csv", "out.png"]).expect(2);
    assert!(ran.err.contains("pimage plot"), "{}", ran.err);
}

#[test]
fn a_film_of_a_table_is_cut_by_its_options_and_its_axis() {
    let folder = folder();
    let words = ["plot", "data.csv", "-o", "film.avi", "--overwrite", "-q"];
    for (more, frames) in [
        (&["--start", "10", "--stop", "20", "--step", "2"][..], 5),
        (&["--xlim", "0.5,1"], 13),
        (&["--xlim", "0.5,1", "--stop", "4"], 4),
    ] {
        let _ = folder.run(&[&words[..], more].concat()).expect(0);
        assert_eq!(told(&folder, "film.avi").0, frames, "{more:?}");
    }
    let _ = folder
        .run(&[&words[..], &["--xlim", "9,10"]].concat())
        .fails_with("a range in which there is a moment");
    let _ = folder
        .run(&["plot", "data.csv", "-o", "a.png", "--start", "3"])
        .fails_with("the output a picture");
}

#[test]
fn columns_of_words_are_told_of_and_decimal_commas_are_read() {
    let folder = folder();
    fs::write(folder.path("c.csv"), "time;speed;who\n0;1,5;x\n1;2,5;y\n").expect("writes");
    let ran = folder.run(&["plot", "c.csv", "-o", "c.png"]).expect(0);
    let expected = "note: `c.csv`: column `who` is left out: it holds words, `x` in line 2";
    assert!(ran.err.contains(expected), "{}", ran.err);
    assert!(!ran.err.contains("`speed`"), "{}", ran.err);
}
