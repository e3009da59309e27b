//! `pimage convert` from outside: pixels, options, messages.

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, npy_bytes, read_npy, samples_of, write_hiris, write_npy};

const GRAY: FrameFormat = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);

#[test]
fn a_hiris_recording_becomes_an_array_with_the_same_pixels() {
    for sample in [SampleType::U8, SampleType::U16] {
        let format = FrameFormat::new(64, 48, Color::Gray, sample);
        let folder = Folder::new();
        write_hiris(&folder.path("a.seq"), format, 30);
        let ran = folder.run(&["convert", "a.seq", "a.npy"]).expect(0);
        assert_eq!(ran.out, "");
        let (header, samples) = read_npy(&folder.path("a.npy"));
        assert!(header.contains("(30, 48, 64)"), "{header}");
        assert!(samples == samples_of(format, 30), "pixels differ");
        assert_eq!(folder.names(), ["a.bin", "a.npy", "a.seq"]);
    }
}

#[test]
fn arrays_of_every_type_and_color_come_back_bit_by_bit() {
    for sample in SampleType::ALL {
        for color in [Color::Gray, Color::Rgb, Color::Rgba] {
            let format = FrameFormat::new(11, 7, color, sample);
            let folder = Folder::new();
            write_npy(&folder.path("a.npy"), format, 5);
            let _ = folder.run(&["convert", "a.npy", "b.npy"]).expect(0);
            let (_, samples) = read_npy(&folder.path("b.npy"));
            assert!(samples == samples_of(format, 5), "{format}");
        }
    }
}

#[test]
fn a_part_is_chosen_by_start_stop_and_step() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 20);
    let args = [
        "convert", "a.npy", "b.npy", "--start", "3", "--stop", "17", "--step", "5",
    ];
    let _ = folder.run(&args).expect(0);
    let (header, samples) = read_npy(&folder.path("b.npy"));
    assert!(header.contains("(3, 48, 64)"), "{header}");
    let all = samples_of(GRAY, 20);
    let frames: Vec<_> = all.chunks(64 * 48).collect();
    assert!(samples == [frames[3], frames[8], frames[13]].concat());
}

#[test]
fn the_last_line_tells_frames_seconds_speed_and_sizes() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 20);
    let ran = folder.run(&["convert", "a.npy", "b.npy"]).expect(0);
    let last = ran.err.lines().last().unwrap_or_default();
    assert!(last.starts_with("Done: 20 frames in "), "{last}");
    assert!(last.contains(" frames/s), 61.6 kB -> 61.6 kB"), "{last}");
    let ran = folder
        .run(&["convert", "a.npy", "c.npy", "--quiet"])
        .expect(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
}

#[test]
fn json_is_alone_on_standard_output() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 20);
    let ran = folder
        .run(&["convert", "a.npy", "b.npy", "--json"])
        .expect(0);
    let value = ran.json();
    assert_eq!(value["frames"], 20);
    assert_eq!(value["lost_frames"], 0);
    assert_eq!(value["output"], "b.npy");
    let length = fs::metadata(folder.path("b.npy")).expect("is there").len();
    assert_eq!(value["output_bytes"], length);
    assert!(value["seconds"].as_f64().is_some_and(|secs| secs > 0.0));
    assert_eq!(ran.err, "");
}

#[test]
fn y4m_and_raw_pass_through_pipes() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 6);
    let y4m = folder.run(&["convert", "a.npy", "-"]).expect(0).bytes;
    assert!(
        y4m.starts_with(b"YUV4MPEG2 W64 H48 "),
        "{}",
        String::from_utf8_lossy(&y4m[..40])
    );
    let _ = folder.run_with(&["convert", "-", "b.npy"], &y4m).expect(0);
    assert!(read_npy(&folder.path("b.npy")).1 == samples_of(GRAY, 6));

    let raw = folder
        .run(&["convert", "a.npy", "-", "--format", "raw"])
        .expect(0)
        .bytes;
    assert!(raw == samples_of(GRAY, 6));
    let args = ["convert", "-", "c.npy", "--raw", "64x48:uint8"];
    let _ = folder.run_with(&args, &raw).expect(0);
    assert!(read_npy(&folder.path("c.npy")).1 == samples_of(GRAY, 6));
}

#[test]
fn an_existing_output_is_kept_unless_told_otherwise() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    fs::write(folder.path("b.npy"), b"mine").expect("writes");
    let ran = folder
        .run(&["convert", "a.npy", "b.npy"])
        .fails_with("`b.npy` exists already");
    assert!(
        ran.err.ends_with("hint: add --overwrite to replace it\n"),
        "{}",
        ran.err
    );
    assert_eq!(fs::read(folder.path("b.npy")).expect("is there"), b"mine");
    let _ = folder
        .run(&["convert", "a.npy", "b.npy", "--overwrite"])
        .expect(0);
    assert!(read_npy(&folder.path("b.npy")).1 == samples_of(GRAY, 3));
}

#[cfg(unix)]
#[test]
fn an_output_that_is_the_input_is_refused_by_any_name() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    let before = fs::read(folder.path("a.npy")).expect("is there");
    std::os::unix::fs::symlink("a.npy", folder.path("link.npy")).expect("links");
    for name in ["a.npy", "./a.npy", "link.npy"] {
        let args = ["convert", "a.npy", name, "--overwrite"];
        let _ = folder
            .run(&args)
            .fails_with("would be both read and written");
    }
    assert_eq!(fs::read(folder.path("a.npy")).expect("is there"), before);
}

#[test]
fn what_cannot_be_read_is_named_with_the_reason() {
    let folder = Folder::new();
    fs::write(folder.path("empty.avi"), b"").expect("writes");
    fs::write(folder.path("text.mp4"), b"only some words\n").expect("writes");
    fs::create_dir(folder.path("folder.seq")).expect("creates");
    for name in ["missing.avi", "empty.avi", "text.mp4", "folder.seq"] {
        let ran = folder.run(&["convert", name, "out.npy"]).fails_with(name);
        assert!(!ran.err.contains("internal"), "{}", ran.err);
        assert!(!folder.path("out.npy").exists());
    }
}

#[test]
fn an_unknown_extension_is_answered_with_the_known_ones() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    let ran = folder
        .run(&["convert", "a.npy", "b.xyz"])
        .fails_with(".xyz");
    assert!(
        ran.err.contains(".npy") && ran.err.contains(".y4m"),
        "{}",
        ran.err
    );
}

#[test]
fn a_selection_without_frames_is_refused() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    for (args, text) in [
        (["--start", "2", "--stop", "2"], "--stop is 2"),
        (
            ["--start", "9", "--stop", "12"],
            "frame 9 is out of range, `a.npy` has 3 frame(s)",
        ),
        (
            ["--step", "0", "--stop", "2"],
            "`0` is not a step: expected a whole number from 1",
        ),
    ] {
        let args = [&["convert", "a.npy", "b.npy"], &args[..]].concat();
        let _ = folder.run(&args).fails_with(text);
    }
    // Less than a whole frame.
    let args = ["convert", "a.npy", "b.npy", "--raw", "6400x480:uint8"];
    let _ = folder
        .run(&args)
        .fails_with("`a.npy` has no frame to convert");
    let args = ["convert", "a.npy", "b.npy", "--input-format", "tape"];
    let _ = folder.run(&args).fails_with("--input-format is `tape`");
    assert_eq!(folder.names(), ["a.npy"]);
}

#[test]
fn a_cut_recording_loses_only_what_is_cut_and_says_so() {
    let folder = Folder::new();
    write_hiris(&folder.path("a.seq"), GRAY, 10);
    let bin = folder.path("a.bin");
    let bytes = fs::read(&bin).expect("is there");
    fs::write(&bin, &bytes[..bytes.len() - 100]).expect("writes");
    let ran = folder.run(&["convert", "a.seq", "a.npy"]).expect(0);
    assert!(ran.err.contains("lost in `a.seq`: frame 9"), "{}", ran.err);
    assert!(ran.err.contains("Done: 9 frames, 1 lost"), "{}", ran.err);
    // Quiet is without talk, and what was lost is no talk.
    let quiet = ["convert", "a.seq", "quiet.npy", "--quiet"];
    let quiet = folder.run(&quiet).expect(0).err;
    assert!(quiet.contains("lost in `a.seq`: frame 9"), "{quiet}");
    assert!(!quiet.contains("Done"), "{quiet}");
    assert!(read_npy(&folder.path("a.npy")).1 == samples_of(GRAY, 9));
    let value = folder
        .run(&["convert", "a.seq", "b.npy", "--json"])
        .expect(0)
        .json();
    assert_eq!(value["lost_frames"], 1);
    assert_eq!(value["lost"][0]["start"], 9);

    let ran = folder
        .run(&["convert", "a.seq", "c.npy", "--strict"])
        .fails_with("frame 9");
    assert!(ran.err.contains("hint: without --strict"), "{}", ran.err);
    assert!(!folder.path("c.npy").exists());
}

#[test]
fn a_range_is_mapped_exactly_and_told() {
    let folder = Folder::new();
    let format = FrameFormat::new(4, 1, Color::Gray, SampleType::F32);
    let values = [f32::NAN, -1.0, 0.25, 3.0];
    let samples: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    fs::write(folder.path("a.npy"), npy_bytes(format, 1, &samples)).expect("writes");
    let ran = folder
        .run(&["convert", "a.npy", "b.npy", "--range", "auto"])
        .expect(0);
    assert!(
        ran.err.contains("samples were mapped -1,3 -> 0,65535"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("1 sample(s) were not a number"),
        "{}",
        ran.err
    );
    let words: Vec<_> = read_npy(&folder.path("b.npy"))
        .1
        .chunks(2)
        .map(|word| u16::from_le_bytes([word[0], word[1]]))
        .collect();
    assert_eq!(words, [0, 0, 20_480, 65_535]);
    let args = ["convert", "a.npy", "c.npy", "--range", "-1,1", "--json"];
    let value = folder.run(&args).expect(0).json();
    assert_eq!(value["range_mapping"], "-1,1 -> 0,65535");
    assert_eq!(value["nan_samples"], 1);
    let _ = folder
        .run(&["convert", "a.npy", "d.npy", "--range", "3,1"])
        .fails_with("is not a range");
    let args = [
        "convert",
        "-",
        "d.npy",
        "--raw",
        "4x1:float32",
        "--range",
        "auto",
    ];
    let _ = folder
        .run_with(&args, &samples)
        .fails_with("read only once");
}
