//! What the program refuses to destroy and does not pass over in silence, from outside.
#![expect(clippy::expect_used, reason = "a test reports by panicking")]

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, npy_bytes, read_npy, samples_of, write_hiris, write_npy};

const GRAY: FrameFormat = FrameFormat::new(16, 12, Color::Gray, SampleType::U8);
const FRAME_BYTES: usize = 16 * 12;

/// `behav.seq` with bins of 4, 4 and 2 frames.
fn write_bins(folder: &Folder) {
    write_hiris(&folder.path("behav.seq"), GRAY, 10);
    fs::remove_file(folder.path("behav.bin")).expect("removes");
    let samples = samples_of(GRAY, 10);
    for (number, bin) in samples.chunks(4 * FRAME_BYTES).enumerate() {
        fs::write(folder.path(&format!("behav_0000{number}.bin")), bin).expect("writes");
    }
}

/// Names and contents of all files.
fn contents(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let bytes = fs::read(folder.path(&name)).expect("reads");
        (name, bytes)
    };
    folder.names().into_iter().map(read).collect()
}

#[test]
fn no_file_of_the_input_is_replaced() {
    let folder = Folder::new();
    write_bins(&folder);
    write_npy(&folder.path("a.npy"), GRAY, 2);
    fs::write(folder.path("y.bin"), samples_of(GRAY, 2)).expect("writes");
    let before = contents(&folder);
    for args in [
        &["convert", "behav.seq", "behav_00000.bin"][..],
        &["extract", "behav.seq", "1", "-o", "behav_00002.bin"],
        &["convert", "y.bin", "y.seq", "--raw", "16x12:uint8"],
        &[
            "convert",
            "y.bin",
            "y.x",
            "--raw",
            "16x12:uint8",
            "--format",
            "hiris",
        ],
        &[
            "extract",
            "y.bin",
            "1",
            "--raw",
            "16x12:uint8",
            "-o",
            "y.seq",
        ],
    ] {
        let args = [args, &["--overwrite"]].concat();
        let _ = folder
            .run(&args)
            .fails_with("would be both read and written");
        assert!(contents(&folder) == before, "{args:?}");
    }
    let args = ["convert", "behav.seq", "behav_00003.bin"];
    let _ = folder.run(&args).fails_with("would be taken for a part of");
    assert!(contents(&folder) == before);
    let _ = folder.run(&["convert", "behav.seq", "other.bin"]).expect(0);
    let _ = folder.run(&["convert", "a.npy", "a.bin"]).expect(0);
}

#[test]
fn a_missing_bin_is_told_and_leaves_its_place_empty() {
    let folder = Folder::new();
    write_bins(&folder);
    fs::remove_file(folder.path("behav_00001.bin")).expect("removes");
    let args = ["convert", "behav.seq", "a.npy", "--json"];
    let ran = folder.run(&args).expect(0);
    assert_eq!(ran.json()["lost_frames"], 4);
    assert!(
        ran.err
            .contains("frames 4 to 7: `behav_00001.bin` is missing"),
        "{}",
        ran.err
    );
    let ran = folder.run(&["extract", "behav.seq", "9", "-o", "b.npy"]);
    let _ = ran.expect(0);
    let last = &samples_of(GRAY, 10)[9 * FRAME_BYTES..];
    assert!(read_npy(&folder.path("b.npy")).1 == last);
    let args = ["convert", "behav.seq", "c.npy", "--strict"];
    let _ = folder.run(&args).fails_with("`behav_00001.bin` is missing");
    let ran = folder.run(&["info", "behav.seq"]).expect(0);
    assert!(
        ran.out
            .contains("missing       `behav_00001.bin` is missing"),
        "{}",
        ran.out
    );
}

#[test]
fn an_unknown_number_of_missing_frames_is_not_nothing() {
    let folder = Folder::new();
    write_bins(&folder);
    fs::remove_file(folder.path("behav_00002.bin")).expect("removes");
    let samples = samples_of(GRAY, 2);
    fs::write(
        folder.path("behav_00000.bin"),
        &samples[..2 * FRAME_BYTES - 5],
    )
    .expect("writes");
    let args = ["convert", "behav.seq", "a.npy"];
    let ran = folder.run(&args).expect(0);
    assert!(
        ran.err
            .contains("indices of all that follow may be too low"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("an unknown number lost"), "{}", ran.err);
    let ran = folder.run(&["convert", "behav.seq", "b.npy", "--json"]);
    assert!(ran.expect(0).json()["lost_frames"].is_null());
    let args = ["extract", "behav.seq", "3", "-o", "c.npy", "--strict"];
    let _ = folder.run(&args).fails_with("is cut short");
    let ran = folder
        .run(&["extract", "behav.seq", "3", "-o", "c.npy"])
        .expect(0);
    assert!(
        ran.err
            .contains("indices of all that follow may be too low"),
        "{}",
        ran.err
    );
}

#[test]
fn a_cut_array_is_told_when_it_is_opened() {
    let folder = Folder::new();
    let samples = samples_of(GRAY, 5);
    let bytes = npy_bytes(GRAY, 5, &samples[..3 * FRAME_BYTES + 7]);
    fs::write(folder.path("a.npy"), bytes).expect("writes");
    let ran = folder.run(&["info", "a.npy"]).expect(0);
    assert!(
        ran.out
            .contains("missing       `a.npy` ends after 7 of 192 bytes"),
        "{}",
        ran.out
    );
    let value = folder.run(&["info", "a.npy", "--json"]).expect(0).json();
    assert!(value["metadata"]["cut"].is_string());
    write_npy(&folder.path("b.npy"), GRAY, 5);
    let ran = folder.run(&["info", "b.npy"]).expect(0);
    assert!(!ran.out.contains("missing"), "{}", ran.out);
}

#[test]
fn ranges_count_from_the_end() {
    let folder = Folder::new();
    write_npy(&folder.path("v.npy"), GRAY, 10);
    let args = ["extract", "v.npy", "-5..-2", "-1", "-o", "a.npy"];
    let _ = folder.run(&args).expect(0);
    let all = samples_of(GRAY, 10);
    let expected: Vec<u8> = [5, 6, 7, 9]
        .iter()
        .flat_map(|index| all[index * FRAME_BYTES..(index + 1) * FRAME_BYTES].to_vec())
        .collect();
    assert!(read_npy(&folder.path("a.npy")).1 == expected);
    let args = ["extract", "v.npy", "-11..-2", "-o", "b.npy"];
    let _ = folder
        .run(&args)
        .fails_with("expected 0 to 9, or -10 to -1 from the end");
    for (option, expected) in [
        ("--start", "expected a whole number from 0"),
        ("--step", "expected a whole number from 1"),
        ("--threads", "expected 1 to 1024"),
        ("--memory", "expected bytes"),
    ] {
        let args = ["convert", "v.npy", "b.npy", option, "-5"];
        let ran = folder.run(&args).fails_with(expected);
        assert!(!ran.err.contains("-- -5"), "{}", ran.err);
    }
    let ran = folder.run(&["info", "v.npy", "-5"]).fails_with("-5");
    assert!(!ran.err.contains("-- -5"), "{}", ran.err);
}

#[test]
fn small_mistakes_are_answered_with_what_to_do() {
    let folder = Folder::new();
    write_bins(&folder);
    fs::write(folder.path("x.bin"), samples_of(GRAY, 2)).expect("writes");
    let args = ["info", "behav.seq", "--limit", "side"];
    let _ = folder.run(&args).fails_with("expected NAME=N");
    let ran = folder.run(&["info", "x.bin"]).fails_with("`x.bin`");
    assert!(ran.err.contains("--raw WIDTHxHEIGHT:TYPE"), "{}", ran.err);
    let ran = folder
        .run(&["info", "behav_00001.bin"])
        .fails_with("`behav_00001.bin`");
    assert!(ran.err.contains("`behav.seq` beside it"), "{}", ran.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_named() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    for verb in ["info", "hash"] {
        let full = full.as_ref().expect("opens").try_clone().expect("clones");
        let output = folder.command(&[verb, "a.npy"]).stdout(full).output();
        let ran = pimage_tests::Ran::from(output.expect("runs"));
        let _ = ran.fails_with("standard output");
    }
}
