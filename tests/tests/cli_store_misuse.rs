//! `pimage store` used otherwise than meant: nothing is lost, and the answer says what to do.

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, npy_bytes, samples_of, write_hiris, write_npy};

const GRAY: FrameFormat = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);
const COLOR: FrameFormat = FrameFormat::new(64, 48, Color::Rgb, SampleType::U8);

/// A store `s` of 25 frames in chunks of 10, of the array `a.npy`.
fn saved(format: &str) -> Folder {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 25);
    let words = [
        "store",
        "save",
        "a.npy",
        "s",
        "--chunk-frames",
        "10",
        "--format",
        format,
    ];
    let _ = folder
        .run(&[&words[..], &["--fps", "25", "-q"]].concat())
        .expect(0);
    folder
}

#[test]
fn nothing_is_written_into_a_store_that_is_read() {
    let folder = saved("npy");
    for words in [
        &[
            "store",
            "timecodes",
            "s",
            "-o",
            "s/metadata.yaml",
            "--overwrite",
        ][..],
        &[
            "store",
            "timecodes",
            "s/metadata.yaml",
            "-o",
            "s/000001/index.npz",
            "--overwrite",
        ],
        &[
            "store",
            "extra",
            "s",
            "-o",
            "s/000000/index.extra.json",
            "--overwrite",
        ],
        &[
            "store",
            "align",
            "a.imgstore",
            "s",
            "--table",
            "-o",
            "s/x.csv",
        ],
        &["store", "align", "a.imgstore", "s", "-o", "s/x.avi"],
        &["store", "export", "s", "s/new/x.avi"],
        &["store", "shard", "s", "s", "--count", "2", "--index", "0"],
        &["convert", "s", "s/x.avi"],
        &["stats", "s", "-o", "s/x.csv"],
    ] {
        if words.contains(&"a.imgstore") && !folder.path("a.imgstore").exists() {
            let _ = folder
                .run(&["convert", "a.npy", "a.imgstore", "-q"])
                .expect(0);
        }
        let _ = folder.run(words).fails_with("into the recording store");
    }
    let _ = folder.run(&["store", "verify", "s"]).expect(0);
    let _ = folder.run(&["compare", "a.npy", "s"]).expect(0);
    let _ = folder
        .run(&[
            "store", "shard", "s", "parts", "--count", "1", "--index", "0",
        ])
        .expect(0);
    let _ = folder
        .run(&["store", "merge", "parts", "-o", "parts/new"])
        .fails_with("into `parts`, which is read");
    let _ = folder
        .run(&["store", "merge", "parts", "-o", "m"])
        .expect(0);
    let ran = folder
        .run(&["store", "merge", "parts", "-o", "m"])
        .fails_with("exists already");
    assert!(!ran.err.contains("--overwrite"), "{}", ran.err);
}

#[test]
fn lists_that_are_read_are_not_replaced() {
    let folder = saved("npy");
    fs::write(folder.path("i.txt"), "3\n5..7\n").expect("is written");
    fs::write(folder.path("steps.txt"), "flip\n").expect("is written");
    fs::write(folder.path("n.txt"), "a.npy\n").expect("is written");
    for words in [
        &[
            "extract", "a.npy", "--list", "i.txt", "-o", "i.txt", "--format", "raw",
        ][..],
        &[
            "convert",
            "a.npy",
            "steps.txt",
            "-t",
            "@steps.txt",
            "--format",
            "raw",
        ],
        &["convert", "@n.txt", "n.txt", "--format", "raw"],
    ] {
        let words = [words, &["--overwrite"]].concat();
        let _ = folder
            .run(&words)
            .fails_with("would be both read and written");
    }
}

#[test]
fn a_refused_writer_leaves_the_store_closed() {
    let folder = saved("png");
    write_npy(&folder.path("c.npy"), COLOR, 3);
    for words in [
        &["store", "save", "c.npy", "s", "--append"][..],
        &["store", "save", "a.npy", "s", "--append", "--format", "npy"],
        &["convert", "c.npy", "s", "--append"],
    ] {
        let _ = folder.run(words).fails_with("it holds `png`");
        assert!(!folder.path("s/.lock").exists());
    }
    let _ = folder.run(&["store", "verify", "s"]).expect(0);
}

#[test]
fn what_is_appended_has_the_format_of_the_store() {
    let folder = saved("mjpeg/avi");
    for words in [
        &["store", "save", "a.npy", "s", "--append"][..],
        &["store", "save", "a.npy", "s/metadata.yaml", "--append"],
        &["convert", "a.npy", "s", "--append"],
    ] {
        let _ = folder.run(words).expect(0);
    }
    let info = folder
        .run(&["store", "info", "s", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        (&info["frames"], &info["format"]),
        (&100.into(), &"mjpeg/avi".into())
    );
    let _ = folder
        .run(&["store", "verify", "s/metadata.yaml"])
        .expect(0);
    let _ = folder
        .run(&["store", "repair", "s/metadata.yaml"])
        .expect(0);
    let _ = folder
        .run(&["store", "reindex", "s/metadata.yaml"])
        .expect(0);
}

#[test]
fn appending_says_when_numbers_and_times_go_back() {
    let folder = Folder::new();
    write_hiris(&folder.path("a.seq"), GRAY, 30);
    let words = ["store", "save", "a.seq", "s", "--append", "--json"];
    let notes = folder.run(&words).expect(0).json()["notes"].to_string();
    assert_eq!(notes, "[]");
    let notes = folder.run(&words).expect(0).json()["notes"].to_string();
    assert!(notes.contains("times go back"), "{notes}");
    let saved = [
        "store",
        "save",
        "test:64x48",
        "t",
        "--stop",
        "3",
        "--append",
        "--json",
    ];
    let _ = folder.run(&saved).expect(0);
    let notes = folder.run(&saved).expect(0).json()["notes"].to_string();
    let expected = "the store ended with 2, what is appended begins with 0";
    assert!(notes.contains(expected), "{notes}");
}

#[test]
fn rates_are_noted_when_invented_and_times_are_new_when_asked() {
    let folder = Folder::new();
    fs::write(folder.path("a.raw"), samples_of(GRAY, 5)).expect("is written");
    let words = [
        "store",
        "save",
        "a.raw",
        "s",
        "--raw",
        "64x48:uint8",
        "--json",
    ];
    let notes = folder.run(&words).expect(0).json()["notes"].to_string();
    assert!(notes.contains("25 frames/s were taken"), "{notes}");
    // 100 frames a second, by its times.
    write_hiris(&folder.path("b.seq"), GRAY, 30);
    let words = ["store", "save", "b.seq", "t", "--fps", "10", "--json"];
    assert_eq!(
        folder.run(&words).expect(0).json()["notes"].to_string(),
        "[]"
    );
    let _ = folder
        .run(&["convert", "b.seq", "u.imgstore", "--fps", "10", "-q"])
        .expect(0);
    for store in ["t", "u.imgstore"] {
        let lines = folder.run(&["store", "timecodes", store]).expect(0).out;
        assert_eq!(lines.lines().nth(11), Some("1000.000"), "{store}");
    }
}

#[test]
fn missing_numbers_of_a_file_are_not_dropped_frames() {
    let folder = Folder::new();
    let words = [
        "store",
        "save",
        "test:64x48",
        "s",
        "--stop",
        "30",
        "--step",
        "3",
    ];
    let ran = folder.run(&words).expect(0);
    assert!(ran.err.contains("18 dropped"), "{}", ran.err);
    let value = folder
        .run(&["store", "save", "s", "t", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        (&value["dropped_frames"], &value["missing_numbers"]),
        (&0.into(), &18.into())
    );
}

#[test]
fn extra_data_that_do_not_go_along_are_noted() {
    let folder = saved("npy");
    let ran = folder.run(&["store", "extra", "s"]).expect(0);
    assert!(ran.err.contains("has no extra data"), "{}", ran.err);
    let rows = r#"[{"frame_number": 3, "light": 0.5}]"#;
    fs::write(folder.path("s/000000/index.extra.json"), rows).expect("is written");
    for words in [
        &["store", "save", "s", "t"][..],
        &["convert", "s/metadata.yaml", "b.npy"],
        &["store", "export", "s", "c.npy"],
    ] {
        let ran = folder.run(&[words, &["--json"]].concat()).expect(0);
        let notes = ran.json()["notes"].to_string();
        assert!(
            notes.contains("extra data of `s` do not go along"),
            "{notes}"
        );
    }
    let words = ["store", "extra", "s", "-o", "x.csv", "--json"];
    assert_eq!(folder.run(&words).expect(0).json()["rows"], 1);
}

#[test]
fn lists_of_frames_are_json_when_asked() {
    let folder = saved("npy");
    let words = ["store", "index", "s", "--list", "--json"];
    let list = folder.run(&words).expect(0).json();
    assert_eq!(list.as_array().map(Vec::len), Some(25));
    assert_eq!(
        (&list[12]["chunk"], &list[12]["number"]),
        (&1.into(), &12.into())
    );
}

#[test]
fn rows_of_an_alignment_are_chosen_as_frames_are() {
    let folder = saved("npy");
    let words = ["store", "align", "s", "s", "--table"];
    let all = folder.run(&words).expect(0).out;
    let range = ["--start", "1", "--stop", "6", "--step", "2"];
    let some = folder.run(&[&words[..], &range].concat()).expect(0).out;
    let lines: Vec<_> = all.lines().collect();
    let expected = [lines[0], lines[2], lines[4], lines[6]];
    assert_eq!(some.lines().collect::<Vec<_>>(), expected);
    let json = folder
        .run(&[&words[..], &range, &["--json"]].concat())
        .expect(0)
        .json();
    assert_eq!(json.as_array().map(Vec::len), Some(3));
    let _ = folder
        .run(&[&words[..], &["-t", "flip"]].concat())
        .fails_with("no options for frames but --start, --stop and --step");
}

#[test]
fn what_is_no_store_is_called_so() {
    let folder = saved("npy");
    fs::create_dir(folder.path("empty")).expect("is made");
    fs::write(folder.path("file"), "text").expect("is written");
    for verb in ["info", "verify", "repair", "reindex", "timecodes", "index"] {
        for name in ["a.npy", "empty"] {
            let expected = format!("`{name}` is not a recording store");
            let _ = folder.run(&["store", verb, name]).fails_with(&expected);
        }
        let _ = folder
            .run(&["store", verb, "nowhere"])
            .fails_with("cannot open `nowhere`");
    }
    let _ = folder
        .run(&["store", "save", "a.npy", "file", "--append"])
        .fails_with("is no recording store");
}

#[test]
fn formats_that_are_only_read_have_one_in_their_place() {
    let folder = saved("avc1/mp4");
    let _ = folder
        .run(&["store", "save", "a.npy", "t", "--format", "libx264"])
        .fails_with("avc1/mp4 is written in its place");
    let metadata = folder.path("s/metadata.yaml");
    let text = fs::read_to_string(&metadata).expect("is there");
    fs::write(&metadata, text.replace("avc1/mp4", "libx264")).expect("is written");
    let ran = folder
        .run(&["store", "shard", "s", "p", "--count", "1", "--index", "0"])
        .expect(0);
    assert!(
        ran.err.contains("only read: the part is `avc1/mp4`"),
        "{}",
        ran.err
    );
    let _ = folder
        .run(&["store", "save", "a.npy", "s", "--append"])
        .fails_with("stores of `libx264` are only read");
}

#[test]
fn options_of_recording_are_checked_before_anything_is_written() {
    let folder = saved("npy");
    let words = ["store", "save", "a.npy", "t"];
    for (more, text) in [
        (
            &["--timezone", "Mars/Olympus"][..],
            "--timezone is `Mars/Olympus`: expected the IANA name",
        ),
        (&["--chunk-frames", "-1"], "`-1` is not a number of frames"),
        (&["--chunk-bytes", "0"], "--chunk-bytes is 0 or less"),
        (&["--flush", "-1"], "at most 1e9"),
        (&["--user", "a=1", "--user", "a=2"], "--user is `a` twice"),
        (&["--user", "__store=1"], "the store's own"),
    ] {
        let _ = folder.run(&[&words[..], more].concat()).fails_with(text);
    }
    write_npy(&folder.path("c.npy"), COLOR, 3);
    let ran = folder.run(&["store", "save", "c.npy", "t", "--format", "pgm"]);
    let ran = ran.fails_with("64x48 rgb uint8");
    assert!(ran.err.contains("--gray makes gray frames"), "{}", ran.err);
    assert!(!folder.path("t").exists());
    fs::write(folder.path("s/.lock"), "").expect("is written");
    let ran = folder
        .run(&["store", "repair", "s"])
        .fails_with("Python's imgstore");
    assert!(ran.err.contains("--ignore-lock"), "{}", ran.err);
}

#[test]
fn joining_a_damaged_store_tells_of_the_loss() {
    let folder = saved("mjpeg/avi");
    let chunk = folder.path("s/000001.avi");
    let bytes = fs::read(&chunk).expect("is there");
    fs::write(&chunk, &bytes[..bytes.len() / 2]).expect("is cut");
    let ran = folder
        .run(&["store", "mux", "s", "x.avi", "--json"])
        .expect(0);
    let value = ran.json();
    let lost = value["lost_frames"].as_u64().expect("is a number");
    assert!((1..10).contains(&lost), "{value}");
    assert_eq!(value["frames"], 25 - lost);
    assert!(value["notes"].to_string().contains("are lost"), "{value}");
}

#[test]
fn numbers_that_there_are_not_are_told_with_those_there_are() {
    let folder = saved("npy");
    let npy = npy_bytes(GRAY, 2, &samples_of(GRAY, 2));
    fs::write(folder.path("b.npy"), npy).expect("is written");
    let extract = |name: &str, number: &str| {
        folder.run(&["extract", name, "--number", number, "-o", "x.png"])
    };
    let _ = extract("s", "30").fails_with("its numbers are from 0 to 24");
    let _ = extract("b.npy", "1").fails_with("have no numbers of a recorder");
    let _ = extract("s", "9..12").fails_with("expected one whole number");
}

#[test]
fn padding_is_noted_once() {
    let folder = Folder::new();
    let words = [
        "store",
        "save",
        "test:33x17",
        "s",
        "--stop",
        "30",
        "--chunk-frames",
        "10",
    ];
    let words = [&words[..], &["--format", "avc1/mp4", "--json"]].concat();
    let notes = folder.run(&words).expect(0).json()["notes"].to_string();
    assert_eq!(
        notes.matches("padded from 33x17 to 34x18").count(),
        1,
        "{notes}"
    );
}
