//! `pimage stats` from outside.

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, write_hiris, write_npy};

const GRAY: FrameFormat = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);

#[test]
fn a_row_a_frame_with_what_the_recorder_said() {
    let folder = Folder::new();
    write_hiris(&folder.path("a.seq"), GRAY, 12);
    let ran = folder.run(&["stats", "a.seq"]).expect(0);
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(
        lines[0],
        "index,number,time,mean,min,max,std,sharpness,difference"
    );
    assert_eq!(lines.len(), 13);
    assert!(
        lines[1].starts_with("0,") && lines[1].ends_with(','),
        "{}",
        lines[1]
    );
    assert!(
        lines[3].starts_with("2,") && !lines[3].ends_with(','),
        "{}",
        lines[3]
    );
    assert!(
        lines[3]
            .split(',')
            .nth(2)
            .is_some_and(|time| time.parse::<f64>().is_ok()),
        "{}",
        lines[3]
    );
    assert_eq!(ran.err, "");
}

#[test]
fn a_file_gets_its_name_when_it_is_whole() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 5);
    let ran = folder
        .run(&["stats", "a.npy", "-o", "a.tsv", "--columns", "max,mean"])
        .expect(0);
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("Done: 5 frame(s)"), "{}", ran.err);
    let table = fs::read_to_string(folder.path("a.tsv")).expect("is there");
    assert!(
        table.starts_with("index\tnumber\ttime\tmax\tmean\n"),
        "{table}"
    );
    let _ = folder
        .run(&["stats", "a.npy", "-o", "a.tsv"])
        .fails_with("`a.tsv` exists already");
    let ran = folder
        .run(&["stats", "a.npy", "-o", "a.tsv", "--overwrite", "--json"])
        .expect(0);
    assert_eq!(ran.json()["frames"], 5);
    assert_eq!(folder.names(), ["a.npy", "a.tsv"]);
}

#[test]
fn colours_and_regions_have_columns_of_their_own() {
    let folder = Folder::new();
    write_npy(
        &folder.path("a.npy"),
        FrameFormat::new(16, 12, Color::Rgb, SampleType::U16),
        3,
    );
    let words = [
        "stats",
        "a.npy",
        "--columns",
        "mean",
        "--roi",
        "0,0,4,4",
        "--roi",
        "eye=8,8,8,4",
    ];
    let ran = folder.run(&words).expect(0);
    let header = ran.out.lines().next().unwrap_or_default();
    assert_eq!(
        header,
        "index,number,time,mean_r_1,mean_g_1,mean_b_1,mean_r_eye,mean_g_eye,mean_b_eye"
    );
    let frame = &folder
        .run(&["stats", "a.npy", "--json", "--start", "1"])
        .expect(0)
        .json()["frames"][0];
    assert!(
        frame["mean_r"].is_f64() && frame["difference_b"].is_null(),
        "{frame}"
    );
}

#[test]
fn what_cannot_be_is_refused_in_a_line() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    for (words, expected) in [
        (&["--roi", "60,0,5,5"][..], "inside of 64x48"),
        (&["--roi", "1,2,3"], "is not a region"),
        (&["--columns", "median"], "is not a measure"),
        (&["--columns", "mean,mean"], "`mean` twice"),
        (&["-o", "a.png"], "a name that ends in .csv"),
        (&["--roi", "a=0,0,2,2", "--roi", "a=1,1,2,2"], "twice"),
    ] {
        let ran = folder
            .run(&[&["stats", "a.npy"], words].concat())
            .fails_with(expected);
        assert_eq!(ran.out, "");
    }
}

#[test]
fn frames_that_are_lost_are_told() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 5);
    let bytes = fs::read(folder.path("a.npy")).expect("is there");
    fs::write(folder.path("a.npy"), &bytes[..bytes.len() - 10]).expect("writes");
    let ran = folder
        .run(&["stats", "a.npy", "--columns", "mean"])
        .expect(0);
    assert_eq!(ran.out.lines().count(), 5);
    assert!(ran.err.contains("lost in `a.npy`: frame 4"), "{}", ran.err);
    let ran = folder
        .run(&["stats", "a.npy", "--columns", "mean", "--strict"])
        .expect(2);
    // The rows before the error are told.
    assert_eq!(ran.out.lines().count(), 5);
}
