//! `pimage extract` from outside: the frames asked for, in the order asked.

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, read_npy, samples_of, write_hiris, write_npy};

const GRAY: FrameFormat = FrameFormat::new(16, 12, Color::Gray, SampleType::U8);

/// The samples of these frames of the counting recording.
fn frames(indices: &[usize]) -> Vec<u8> {
    let all = samples_of(GRAY, 20);
    let frames: Vec<_> = all.chunks(16 * 12).collect();
    indices
        .iter()
        .flat_map(|index| frames[*index].to_vec())
        .collect()
}

#[test]
fn frames_come_in_the_order_asked_and_repeatedly() {
    let folder = Folder::new();
    write_hiris(&folder.path("a.seq"), GRAY, 20);
    let args = ["extract", "a.seq", "7", "2..5", "7", "-1", "-o", "b.npy"];
    let ran = folder.run(&args).expect(0);
    assert!(ran.err.contains("Done: 6 frames in "), "{}", ran.err);
    let (header, samples) = read_npy(&folder.path("b.npy"));
    assert!(header.contains("(6, 12, 16)"), "{header}");
    assert!(samples == frames(&[7, 2, 3, 4, 7, 19]));
    assert_eq!(folder.names(), ["a.bin", "a.seq", "b.npy"]);
}

#[test]
fn outputs_that_are_written_in_order_get_the_order_asked_too() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 20);
    for (indices, expected) in [
        (vec!["3", "9", "10"], vec![3, 9, 10]),
        (vec!["9", "3", "3", "19", "0"], vec![9, 3, 3, 19, 0]),
    ] {
        let args = [
            &["extract", "a.npy"],
            &indices[..],
            &["-o", "b.y4m", "--overwrite"],
        ]
        .concat();
        let _ = folder.run(&args).expect(0);
        let _ = folder
            .run(&["convert", "b.y4m", "c.npy", "--overwrite"])
            .expect(0);
        assert!(
            read_npy(&folder.path("c.npy")).1 == frames(&expected),
            "{indices:?}"
        );
        assert_eq!(folder.names(), ["a.npy", "b.y4m", "c.npy"]);

        let args = [
            &["extract", "a.npy"],
            &indices[..],
            &["-o", "-", "--format", "raw"],
        ]
        .concat();
        let ran = folder.run(&args).expect(0);
        assert!(ran.bytes == frames(&expected), "{indices:?}");
    }
}

#[test]
fn a_list_names_frames_line_by_line() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 20);
    fs::write(folder.path("list.txt"), "# picked by eye\n12\n\n3..5\n-2\n").expect("writes");
    let args = [
        "extract", "a.npy", "--list", "list.txt", "-o", "b.npy", "--json",
    ];
    let value = folder.run(&args).expect(0).json();
    assert_eq!(value["frames"], 4);
    assert!(read_npy(&folder.path("b.npy")).1 == frames(&[12, 3, 4, 18]));
    fs::write(folder.path("list.txt"), "1\ntwo\n").expect("writes");
    let args = ["extract", "a.npy", "--list", "list.txt", "-o", "c.npy"];
    let _ = folder.run(&args).fails_with("line 2 of `list.txt`");
}

#[test]
fn standard_input_gives_its_frames_too() {
    let folder = Folder::new();
    let args = [
        "extract",
        "-",
        "5",
        "1",
        "--raw",
        "16x12:uint8",
        "-o",
        "b.npy",
    ];
    let _ = folder.run_with(&args, &samples_of(GRAY, 20)).expect(0);
    assert!(read_npy(&folder.path("b.npy")).1 == frames(&[5, 1]));
    let args = ["extract", "-", "25", "--raw", "16x12:uint8", "-o", "c.npy"];
    let _ = folder
        .run_with(&args, &samples_of(GRAY, 20))
        .fails_with("25");
    assert_eq!(folder.names(), ["b.npy"]);
}

#[test]
fn frames_that_are_not_there_are_refused() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 20);
    for (index, text) in [
        ("20", "frame 20 is out of range, there are 20 frame(s)"),
        ("-21", "frame -21 is out of range"),
        ("15..25", "frame 24 is out of range"),
        ("x", "is not a selection"),
    ] {
        let _ = folder
            .run(&["extract", "a.npy", index, "-o", "b.npy"])
            .fails_with(text);
    }
    assert_eq!(folder.names(), ["a.npy"]);
}

#[test]
fn a_frame_that_is_cut_is_an_error_that_names_it() {
    let folder = Folder::new();
    write_hiris(&folder.path("a.seq"), GRAY, 10);
    let bin = folder.path("a.bin");
    let bytes = fs::read(&bin).expect("is there");
    fs::write(&bin, &bytes[..bytes.len() - 5]).expect("writes");
    let _ = folder
        .run(&["extract", "a.seq", "3", "8", "-o", "b.npy"])
        .expect(0);
    let _ = folder
        .run(&["extract", "a.seq", "9", "-o", "c.npy"])
        .fails_with("frame 9");
    assert!(!folder.path("c.npy").exists());
}
