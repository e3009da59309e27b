//! Transforms and colormaps through every verb that reads, from outside.

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, read_npy, samples_of, write_npy};

const GRAY: FrameFormat = FrameFormat::new(8, 6, Color::Gray, SampleType::U8);
const BYTES: usize = 8 * 6;

/// The frames of a recording after columns 2 to 5 of rows 1 to 3 were kept and mirrored.
fn cropped_and_flipped(count: u64) -> Vec<u8> {
    let samples = samples_of(GRAY, count);
    let frames = samples.chunks(BYTES);
    frames
        .flat_map(|frame| (1..4).flat_map(move |y| (2..6).rev().map(move |x| frame[y * 8 + x])))
        .collect()
}

#[test]
fn steps_are_applied_in_the_order_given_by_every_verb() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 20);
    std::fs::write(
        folder.path("steps.txt"),
        "# the middle\ncrop=2,1,4,3\nflip\n",
    )
    .expect("writes");
    for steps in [
        &["-t", "crop=2,1,4,3", "-t", "flip=horizontal"][..],
        &["--transform", "crop=2,1,4,3 | flip"],
        &["-t", "@steps.txt"],
    ] {
        let convert = ["convert", "a.npy", "b.npy", "--overwrite"];
        let _ = folder.run(&[&convert, steps].concat()).expect(0);
        assert_eq!(read_npy(&folder.path("b.npy")).1, cropped_and_flipped(20));
        let hashed = folder.run(&[&["hash", "a.npy"], steps].concat()).expect(0);
        assert_eq!(hashed.out, folder.run(&["hash", "b.npy"]).expect(0).out);
        let extract = ["extract", "a.npy", "7", "3", "-o", "c.npy", "--overwrite"];
        let _ = folder.run(&[&extract, steps].concat()).expect(0);
        let two = read_npy(&folder.path("c.npy")).1;
        let expected = cropped_and_flipped(20);
        assert_eq!(
            two,
            [&expected[7 * 12..8 * 12], &expected[3 * 12..4 * 12]].concat()
        );
        let info = folder.run(&[&["info", "a.npy"], steps].concat()).expect(0);
        assert!(info.out.contains("4x3 gray uint8"), "{}", info.out);
        // Both recordings go through the steps.
        let compare = folder.run(&[&["compare", "a.npy", "a.npy"], steps].concat());
        let _ = compare.expect(0);
        let reduce = [
            "reduce",
            "a.npy",
            "-o",
            "d.npy",
            "--stat",
            "max",
            "--overwrite",
        ];
        let _ = folder.run(&[&reduce, steps].concat()).expect(0);
        assert_eq!(read_npy(&folder.path("d.npy")).1.len(), 12);
    }
}

#[test]
fn what_was_done_is_recorded_where_there_is_room() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    let steps = ["-t", "crop=2,1,4,3", "-t", "flip=vertical"];
    let _ = folder
        .run(&[&["convert", "a.npy", "b.zarr"], &steps[..]].concat())
        .expect(0);
    let info = folder.run(&["info", "b.zarr", "--json"]).expect(0);
    assert!(
        info.out.contains("crop=2,1,4,3 | flip=vertical"),
        "{}",
        info.out
    );
}

#[test]
fn parts_are_chosen_before_the_steps() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 20);
    let args = [
        "convert",
        "a.npy",
        "b.npy",
        "-t",
        "crop=2,1,4,3 | flip",
        "--start",
        "5",
        "--stop",
        "9",
    ];
    let _ = folder.run(&args).expect(0);
    assert_eq!(
        read_npy(&folder.path("b.npy")).1,
        &cropped_and_flipped(20)[5 * 12..9 * 12]
    );
}

#[test]
fn slips_are_answered_in_one_line() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    for (step, said) in [
        ("crap=3", "`crop`, perhaps"),
        ("blur=2", "`gaussian`, perhaps"),
        (
            "crop=0,0,9,6",
            "expected a part of at least one pixel of 8x6 frames",
        ),
        ("crop=wide:3", "crop is given `wide`"),
        (
            "flip=sideways",
            "expected one of horizontal, vertical, both",
        ),
        ("flip='sideways", "a closing quote"),
        ("@gone.txt", "cannot read `gone.txt`"),
        ("", "it has no step"),
        (" | ", "it has no step"),
    ] {
        let ran = folder
            .run(&["convert", "a.npy", "b.npy", "-t", step])
            .expect(2);
        assert!(ran.err.contains(said), "{step}: {}", ran.err);
        assert!(!folder.path("b.npy").exists(), "{step} leaves nothing");
    }
}

#[test]
fn the_list_of_steps_is_told() {
    let folder = Folder::new();
    let all = folder.run(&["transforms"]).expect(0);
    assert!(
        all.out.contains("crop") && all.out.contains("Geometry"),
        "{}",
        all.out
    );
    let one = folder.run(&["transforms", "crop"]).expect(0);
    assert!(
        one.out.contains("width") && one.out.contains("pixels"),
        "{}",
        one.out
    );
    let json = folder.run(&["transforms", "flip", "--json"]).expect(0);
    let value: serde_json::Value = serde_json::from_str(&json.out).expect("is JSON");
    assert_eq!(value[0]["parameters"][0]["default"], "horizontal");
    let none = folder.run(&["transforms", "nothing"]).expect(2);
    assert!(none.err.contains("`nothing`"), "{}", none.err);
}

#[test]
fn files_of_steps_are_not_written_over_and_are_named_in_errors() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    let numbers: Vec<_> = (0..256).map(|number| number.to_string()).collect();
    let table = numbers.join("\n");
    std::fs::write(folder.path("table.npy"), &table).expect("writes");
    let refused = [
        "convert",
        "a.npy",
        "table.npy",
        "--overwrite",
        "-t",
        "lut=table.npy",
    ];
    let _ = folder
        .run(&refused)
        .fails_with("`table.npy` would be both read and written");
    write_npy(&folder.path("flat.npy"), GRAY, 2);
    let refused = [
        "convert",
        "a.npy",
        "flat.npy",
        "--overwrite",
        "-t",
        "flatfield=flat.npy",
    ];
    let _ = folder
        .run(&refused)
        .fails_with("`flat.npy` would be both read and written");
    let refused = [
        "reduce",
        "a.npy",
        "-o",
        "flat.npy",
        "--stat",
        "mean",
        "--overwrite",
        "--range",
        "auto",
        "-t",
        "flatfield=flat.npy",
    ];
    let _ = folder
        .run(&refused)
        .fails_with("`flat.npy` would be both read and written");
    let kept = std::fs::read_to_string(folder.path("table.npy")).expect("is there");
    assert_eq!(kept, table);
    std::fs::write(folder.path("film.cube"), "LUT_3D_SIZE 2\n").expect("writes");
    let _ = folder
        .run(&["convert", "a.npy", "b.npy", "-t", "lut=film.cube"])
        .fails_with("`film.cube`: it is a table of three dimensions");
}

#[test]
fn a_range_for_each_frame_is_a_step() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    let _ = folder
        .run(&["convert", "a.npy", "b.npy", "--range", "frame-p1,99"])
        .fails_with("`-t rescale=8,frame-p1,99` maps each frame by its own");
    let args = ["convert", "a.npy", "b.npy", "-t", "rescale=8,frame-p1,99"];
    let _ = folder.run(&args).expect(0);
    let args = [
        "convert",
        "a.npy",
        "b.npy",
        "--overwrite",
        "-t",
        "rescale=8,'frame-symmetric:0'",
    ];
    let _ = folder.run(&args).expect(0);
}
