//! `pimage mosaic` from outside: places, steps, times, layouts in files, messages.
#![expect(clippy::expect_used, reason = "a test reports by panicking")]

use std::fs;

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, read_npy, write_hiris, write_npy};

const GRAY: FrameFormat = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);

const fn sized(format: FrameFormat, width: u32, height: u32) -> FrameFormat {
    FrameFormat {
        width,
        height,
        ..format
    }
}

/// The frames of an array file.
struct Frames {
    count: usize,
    height: usize,
    width: usize,
    /// Bytes of a pixel.
    pixel: usize,
    bytes: Vec<u8>,
}

impl Frames {
    fn read(folder: &Folder, name: &str) -> Self {
        let (header, bytes) = read_npy(&folder.path(name));
        let shape = header.split_once("'shape': (").expect("has a shape").1;
        let shape = shape.split_once(')').expect("ends").0;
        let numbers: Vec<usize> = shape
            .split(',')
            .filter_map(|side| side.trim().parse().ok())
            .collect();
        let (count, height, width) = (numbers[0], numbers[1], numbers[2]);
        Self {
            count,
            height,
            width,
            pixel: bytes.len() / (count * height * width),
            bytes,
        }
    }

    /// The pixels of a part of a frame, row after row.
    fn part(&self, frame: usize, [x, y, width, height]: [usize; 4]) -> Vec<u8> {
        let rows = (y..y + height).map(|row| {
            let start = ((frame * self.height + row) * self.width + x) * self.pixel;
            &self.bytes[start..start + width * self.pixel]
        });
        rows.flatten().copied().collect()
    }

    fn whole(&self, frame: usize) -> Vec<u8> {
        self.part(frame, [0, 0, self.width, self.height])
    }

    fn shape(&self) -> [usize; 3] {
        [self.count, self.height, self.width]
    }
}

/// Runs `pimage mosaic` and answers with the frames.
fn mosaic(folder: &Folder, words: &str) -> Frames {
    let _ = fs::remove_file(folder.path("out.npy"));
    let mut args = vec!["mosaic", "-o", "out.npy"];
    args.extend(words.split_whitespace());
    let _ = folder.run(&args).expect(0);
    Frames::read(folder, "out.npy")
}

/// The frames of a source after a step.
fn converted(folder: &Folder, name: &str, step: &str) -> Frames {
    let args = ["convert", name, "step.npy", "--overwrite", "-t", step];
    let _ = folder.run(&args).expect(0);
    Frames::read(folder, "step.npy")
}

/// Nothing but zeros outside of these parts.
fn expect_black(frames: &Frames, frame: usize, parts: &[[usize; 4]]) {
    let pixels = frames.whole(frame);
    for (at, pixel) in pixels.chunks(frames.pixel).enumerate() {
        let (x, y) = (at % frames.width, at / frames.width);
        let is_within = |part: &[usize; 4]| {
            (part[0]..part[0] + part[2]).contains(&x) && (part[1]..part[1] + part[3]).contains(&y)
        };
        if !parts.iter().any(is_within) {
            assert!(pixel.iter().all(|byte| *byte == 0), "{x},{y} of {frame}");
        }
    }
}

#[test]
fn every_cell_is_its_source_resized_and_all_else_is_background() {
    for sample in [SampleType::U8, SampleType::U16, SampleType::F32] {
        for color in [Color::Gray, Color::Rgb] {
            let folder = Folder::new();
            let format = FrameFormat::new(40, 30, color, sample);
            let sizes = [(40, 30), (20, 30), (33, 9), (40, 30)];
            for (at, (width, height)) in sizes.into_iter().enumerate() {
                let name = folder.path(&format!("{at}.npy"));
                write_npy(&name, sized(format, width, height), 3 + at as u64);
            }
            let words = "0.npy 1.npy 2.npy 3.npy --columns 2 --border 3 --padding 5";
            let found = mosaic(&folder, words);
            assert_eq!(found.shape(), [6, 71, 91], "{format}");
            assert_eq!(found.pixel, color.channels() * sample.bytes());
            let places = [
                [3, 3, 40, 30],
                [58, 3, 20, 30],
                [3, 47, 40, 11],
                [48, 38, 40, 30],
            ];
            for (at, place) in places.into_iter().enumerate() {
                let step = format!("resize={}x{}", place[2], place[3]);
                let source = converted(&folder, &format!("{at}.npy"), &step);
                for frame in 0..source.count {
                    let pixels = found.part(frame, place);
                    assert!(pixels == source.whole(frame), "cell {at} of frame {frame}");
                }
                for frame in source.count..found.count {
                    let pixels = found.part(frame, place);
                    assert!(pixels.iter().all(|byte| *byte == 0), "{at} after its end");
                }
            }
            expect_black(&found, 0, &places);
        }
    }
}

#[test]
fn nine_in_three_rows_are_no_larger_than_asked() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), sized(GRAY, 640, 512), 1);
    let nine = "a.npy ".repeat(9);
    let found = mosaic(&folder, &format!("{nine} --columns 3 --max-size 1000"));
    assert_eq!(found.shape(), [1, 798, 999]);
    let source = converted(&folder, "a.npy", "resize=333x266");
    assert!(found.part(0, [333, 266, 333, 266]) == source.whole(0));
    // A fourth column would be nearer to 16:9, but its cells could be spared.
    assert_eq!(mosaic(&folder, &nine).shape(), [1, 1536, 1920]);
    let found = mosaic(&folder, &format!("{nine} --aspect 1:9"));
    assert_eq!(found.shape(), [1, 4608, 640]);
}

#[test]
fn colours_and_opacity_meet_gray_in_colour() {
    let folder = Folder::new();
    write_npy(&folder.path("gray.npy"), GRAY, 2);
    let colors = FrameFormat {
        color: Color::Rgb,
        ..GRAY
    };
    write_npy(&folder.path("rgb.npy"), colors, 2);
    let found = mosaic(&folder, "gray.npy rgb.npy --pair horizontal");
    assert_eq!((found.shape(), found.pixel), ([2, 48, 128], 3));
    assert!(found.part(1, [64, 0, 64, 48]) == Frames::read(&folder, "rgb.npy").whole(1));
    let gray = Frames::read(&folder, "gray.npy").whole(1);
    let tripled: Vec<u8> = gray.iter().flat_map(|value| [*value; 3]).collect();
    assert!(found.part(1, [0, 0, 64, 48]) == tripled);
}

#[test]
fn samples_of_different_types_say_what_to_do() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    let deep = FrameFormat {
        sample: SampleType::U16,
        bit_depth: 16,
        ..GRAY
    };
    write_npy(&folder.path("b.npy"), deep, 2);
    let ran = folder.run(&["mosaic", "a.npy", "b.npy", "-o", "out.npy"]);
    let ran = ran.fails_with("b.npy");
    assert!(ran.err.contains("rescale=8"), "{}", ran.err);
    assert_eq!(folder.names(), ["a.npy", "b.npy"]);
    let found = mosaic(&folder, "a.npy b.npy -t 1:rescale=8");
    assert_eq!((found.pixel, found.count), (1, 2));
}

#[test]
fn pairs_have_one_height_or_width() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    write_npy(&folder.path("b.npy"), sized(GRAY, 30, 96), 2);
    let shape = |words: &str| mosaic(&folder, &format!("a.npy b.npy --padding 2 {words}")).shape();
    assert_eq!(shape("--pair horizontal"), [2, 48, 64 + 2 + 15]);
    assert_eq!(
        shape("--pair horizontal --fit-to second"),
        [2, 96, 128 + 2 + 30]
    );
    assert_eq!(
        shape("--pair vertical --fit-to smaller"),
        [2, 23 + 2 + 96, 30]
    );
    assert_eq!(shape("--pair vertical --max-size 100"), [2, 97, 24]);
    let found = mosaic(&folder, "a.npy b.npy --pair horizontal");
    let source = converted(&folder, "b.npy", "resize=15x48");
    assert!(found.part(1, [64, 0, 15, 48]) == source.whole(1));
    assert!(found.part(1, [0, 0, 64, 48]) == Frames::read(&folder, "a.npy").whole(1));
}

#[test]
fn insets_lie_over_the_first_source() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    write_npy(&folder.path("b.npy"), sized(GRAY, 20, 20), 3);
    let words = "a.npy b.npy b.npy --inset top-right,scale:0.5 --padding 2 --background white";
    let found = mosaic(&folder, words);
    assert_eq!(found.shape(), [3, 48, 64]);
    let second = converted(&folder, "b.npy", "resize=24x24");
    assert!(found.part(2, [38, 2, 24, 24]) == second.whole(2));
    let third = converted(&folder, "b.npy", "resize=14x14");
    assert!(found.part(2, [48, 32, 14, 14]) == third.whole(2));
    let first = Frames::read(&folder, "a.npy");
    assert!(found.part(2, [0, 0, 38, 48]) == first.part(2, [0, 0, 38, 48]));
}

#[test]
fn steps_and_colormaps_are_of_all_cells_or_of_one() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    let found = mosaic(
        &folder,
        "a.npy a.npy --pair vertical -t crop=8 -t 1:flip=both",
    );
    assert_eq!(found.shape(), [2, 64, 48]);
    assert!(found.part(1, [0, 0, 48, 32]) == converted(&folder, "a.npy", "crop=8").whole(1));
    let turned = converted(&folder, "a.npy", "crop=8 | flip=both");
    assert!(found.part(1, [0, 32, 48, 32]) == turned.whole(1));
    let found = mosaic(&folder, "a.npy a.npy --pair vertical --colormap 0:viridis");
    assert_eq!(found.pixel, 3);
    let colored = converted(&folder, "a.npy", "colormap=viridis");
    assert!(found.part(0, [0, 0, 64, 48]) == colored.whole(0));
    let ran = folder.run(&["mosaic", "a.npy", "-o", "x.npy", "-t", "1:flip=both"]);
    let _ = ran.fails_with("--transform is of cell 1: expected a cell from 0 to 0");
}

#[test]
fn sources_begin_run_and_end_as_they_are_told() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 6);
    write_npy(&folder.path("b.npy"), sized(GRAY, 32, 48), 3);
    let (a, b) = (
        Frames::read(&folder, "a.npy"),
        Frames::read(&folder, "b.npy"),
    );
    let shown = |words: &str| -> Vec<Option<usize>> {
        let found = mosaic(&folder, &format!("a.npy b.npy --pair horizontal {words}"));
        (0..found.count)
            .map(|frame| {
                assert!(found.part(frame, [0, 0, 64, 48]) == a.whole(frame));
                let part = found.part(frame, [64, 0, 32, 48]);
                (0..b.count).find(|source| b.whole(*source) == part)
            })
            .collect()
    };
    let [none, first, second, third] = [None, Some(0), Some(1), Some(2)];
    assert_eq!(shown(""), [first, second, third, none, none, none]);
    assert_eq!(
        shown("--end 1:hold"),
        [first, second, third, third, third, third]
    );
    assert_eq!(
        shown("--end 1:loop"),
        [first, second, third, first, second, third]
    );
    assert_eq!(shown("--end 1:stop"), [first, second, third]);
    assert_eq!(
        shown("--offset 1:2"),
        [none, none, first, second, third, none]
    );
    assert_eq!(shown("--offset 1:-1 --end 1:stop"), [second, third]);
    assert_eq!(
        shown("--speed 1:1/2"),
        [first, first, second, second, third, third]
    );
    // A loop that always meets the same frame.
    assert_eq!(shown("--speed 1:3 --end 1:loop"), [first; 6]);
    assert_eq!(shown("--speed 1:2 --end 1:stop"), [first, third]);
}

#[test]
fn a_part_of_the_mosaic_is_chosen() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 9);
    let found = mosaic(&folder, "a.npy --start 2 --stop 8 --step 3");
    let all = Frames::read(&folder, "a.npy");
    assert_eq!(found.shape(), [2, 48, 64]);
    assert!(found.whole(0) == all.whole(2) && found.whole(1) == all.whole(5));
}

#[test]
fn a_printed_layout_gives_the_same_pixels() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    write_npy(&folder.path("b.npy"), sized(GRAY, 50, 90), 2);
    for words in [
        "a.npy b.npy",
        "a.npy b.npy --rows 1 --border 3 --padding 1 --max-size 90 --background 30 --method lanczos",
        "a.npy b.npy --fit stretch --cell-size 70x31",
        "a.npy b.npy --fit shrink --cell-size 70x61 --name-titles --title-side below",
        "a.npy b.npy --pair vertical --title one --title-size 9 --title-background 200",
        "a.npy b.npy a.npy --inset 3,4,scale:0.4 --end 1:loop -t 2:rotate=90|flip=both",
        "a.npy b.npy --colormap 1:magma --speed 1:1/3 --offset 0:1 --end hold --fps 12",
    ] {
        let expected = mosaic(&folder, words);
        let mut args = vec!["mosaic", "--print-layout"];
        args.extend(words.split_whitespace());
        let ran = folder.run(&args).expect(0);
        fs::write(folder.path("layout.toml"), &ran.out).expect("writes");
        let found = mosaic(&folder, "--layout layout.toml");
        assert_eq!(found.shape(), expected.shape(), "{words}\n{}", ran.out);
        assert!(found.bytes == expected.bytes, "{words}\n{}", ran.out);
        // What was read is printed again as it was.
        let again = folder.run(&["mosaic", "--print-layout", "--layout", "layout.toml"]);
        assert_eq!(again.expect(0).out, ran.out, "{words}");
    }
}

#[test]
fn paths_of_a_layout_are_relative_to_it() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    fs::create_dir(folder.path("sub")).expect("makes a folder");
    let args = ["mosaic", "a.npy", "--print-layout", "-o", "sub/layout.toml"];
    let _ = folder.run(&args).expect(0);
    let text = fs::read_to_string(folder.path("sub/layout.toml")).expect("is there");
    assert!(text.contains("source = \"../a.npy\""), "{text}");
    let found = mosaic(&folder, "--layout sub/layout.toml");
    assert!(found.bytes == Frames::read(&folder, "a.npy").bytes);
    let _ = folder.run(&args).fails_with("exists already");
    let args = ["mosaic", "a.npy", "--print-layout", "-o", "sub/out.avi"];
    let _ = folder.run(&args).fails_with("expected a .toml file");
}

#[test]
fn a_mosaic_of_mosaics_equals_a_flat_one() {
    let folder = Folder::new();
    for at in 0..4 {
        let format = FrameFormat {
            sample: SampleType::U16,
            bit_depth: 16,
            ..GRAY
        };
        write_npy(&folder.path(&format!("{at}.npy")), format, 2 + at);
    }
    let flat = mosaic(&folder, "0.npy 1.npy 2.npy 3.npy --columns 2");
    for (name, sources) in [
        ("top.toml", ["0.npy", "1.npy"]),
        ("low.toml", ["2.npy", "3.npy"]),
    ] {
        let args = [
            "mosaic",
            sources[0],
            sources[1],
            "--rows",
            "1",
            "--print-layout",
            "-o",
            name,
        ];
        let _ = folder.run(&args).expect(0);
    }
    let nested = mosaic(&folder, "top.toml low.toml --columns 1");
    assert_eq!((nested.shape(), nested.pixel), (flat.shape(), 2));
    assert!(nested.bytes == flat.bytes);
}

#[test]
fn a_layout_that_is_wrong_names_the_line() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    let check = |text: &str, expected: &str| {
        fs::write(folder.path("bad.toml"), text).expect("writes");
        let ran = folder.run(&["mosaic", "--layout", "bad.toml", "-o", "out.npy"]);
        let ran = ran.fails_with("bad.toml");
        assert!(ran.err.contains(expected), "{}", ran.err);
    };
    let cell = "[[cell]]\nsource = \"a.npy\"\nx = 0\ny = 0\nwidth = 64\nheight = 48\n";
    let canvas = "width = 64\nheight = 48\n";
    check("width = 64\n", "missing field `height`");
    check(
        &format!("{canvas}colour = 3\n{cell}"),
        "line 3: unknown field `colour`",
    );
    check(
        &format!("{canvas}{cell}speed = \"0\"\n"),
        "line 9: a speed is `0`: expected",
    );
    check(
        &format!("{canvas}{cell}transform = \"spin=1\"\n"),
        "line 9: ",
    );
    check(
        &format!("{canvas}{cell}end = \"freeze\"\n"),
        "what follows the end is `freeze`",
    );
    check(
        &format!("{canvas}{cell}offset = 1.5\n"),
        "an offset is `1.5`",
    );
    check("width = 64\nheight = ", "line 2: ");
    check(
        &format!("width = 32\nheight = 48\n{cell}"),
        "the place of cell 0 is 64x48 at 0,0: expected at least one pixel, within 32x48",
    );
    check(canvas, "the number of sources is 0");
    let own = cell.replace("a.npy", "bad.toml");
    check(&format!("{canvas}{own}"), "it is a source of itself");
    assert_eq!(folder.names(), ["a.npy", "bad.toml"]);
}

#[test]
fn a_source_that_fails_is_named() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 4);
    let ran = folder.run(&["mosaic", "a.npy", "none.npy", "-o", "out.npy"]);
    let _ = ran.fails_with("none.npy");
    assert_eq!(folder.names(), ["a.npy"]);
}

#[test]
fn no_source_is_written_over() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    write_npy(&folder.path("b.npy"), GRAY, 2);
    let args = ["mosaic", "a.npy", "b.npy", "-o", "b.npy", "--overwrite"];
    let _ = folder
        .run(&args)
        .fails_with("would be both read and written");
    let args = ["mosaic", "b.npy", "--print-layout", "-o", "l.toml"];
    let _ = folder.run(&args).expect(0);
    let args = ["mosaic", "a.npy", "l.toml", "-o", "b.npy", "--overwrite"];
    let _ = folder
        .run(&args)
        .fails_with("would be both read and written");
}

#[test]
fn absurd_layouts_are_refused_at_once() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    let check = |words: &str, expected: &str| {
        let mut args = vec!["mosaic", "a.npy", "a.npy", "-o", "out.npy"];
        args.extend(words.split_whitespace());
        let _ = folder.run(&args).fails_with(expected);
    };
    check("--columns 0", "--columns is 0: expected 1 or more");
    check("--columns -3", "invalid value '-3'");
    check("--columns 4000000000", "the limit is 65535");
    check("--border 4000000000", "the limit is 65535");
    check("--max-size 1", "--max-size is 1: expected 2 or more");
    check("--cell-size 0x5", "--cell-size is `0x5`: expected a size");
    check(
        "--aspect 0:1",
        "--aspect is `0:1`: expected width over height",
    );
    check("--inset 60,0", "expected a place for 19x14 pixels");
    check("--inset top --pair horizontal", "cannot be used with");
    check("--layout x.toml", "cannot be used with");
    check(
        "--title a --title b --title c",
        "--title is given 3 times: expected at most 2",
    );
    check(
        "--title x --title-size 0",
        "the size of text is 0: expected 1 to 2048",
    );
    check("--speed 0", "a speed is `0`");
    let _ = folder
        .run(&["mosaic", "-o", "out.npy"])
        .fails_with("required");
    assert_eq!(folder.names(), ["a.npy"]);
}

#[test]
fn titles_stand_in_bands_of_their_own() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 1);
    let words = "a.npy a.npy --pair horizontal --title left --title-size 16 --background 255";
    let found = mosaic(&folder, words);
    let band = found.height - 48;
    assert!((16..32).contains(&band), "{band}");
    let source = Frames::read(&folder, "a.npy").whole(0);
    assert!(found.part(0, [0, band, 64, 48]) == source);
    assert!(found.part(0, [64, band, 64, 48]) == source);
    // Black letters on white, and none where there is no title.
    assert!(found.part(0, [0, 0, 64, band]).contains(&0));
    assert!(
        found
            .part(0, [64, 0, 64, band])
            .iter()
            .all(|value| *value == 255)
    );
    let below = mosaic(&folder, &format!("{words} --title-side below"));
    assert!(below.part(0, [0, 0, 64, 48]) == source);
}

#[test]
fn rates_that_differ_are_told_where_frames_are_counted() {
    let folder = Folder::new();
    write_hiris(&folder.path("a.seq"), GRAY, 20);
    let args = ["convert", "a.seq", "b.seq", "--fps", "25"];
    let _ = folder.run(&args).expect(0);
    let ran = folder
        .run(&["mosaic", "a.seq", "b.seq", "-o", "out.npy"])
        .expect(0);
    assert!(
        ran.err.contains("note: the sources have 2 different rates"),
        "{}",
        ran.err
    );
    let args = ["mosaic", "a.seq", "a.seq", "-o", "out.npy", "--overwrite"];
    assert!(!folder.run(&args).expect(0).err.contains("rates"));
}

#[test]
fn json_and_the_last_line_tell_of_all_sources() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 5);
    let args = [
        "mosaic", "a.npy", "a.npy", "a.npy", "-o", "out.npy", "--json",
    ];
    let value = folder.run(&args).expect(0).json();
    assert_eq!(value["frames"], 5);
    assert_eq!(value["input"], "a.npy and 2 more");
    assert_eq!(value["output"], "out.npy");
    let length = fs::metadata(folder.path("a.npy")).expect("is there").len();
    // One file, however often it is shown.
    assert_eq!(value["input_bytes"], length);
    let args = ["mosaic", "a.npy", "-o", "out.npy", "--overwrite"];
    let ran = folder.run(&args).expect(0);
    assert!(ran.err.starts_with("Done: 5 frames in "), "{}", ran.err);
}

#[test]
fn a_hundred_sources_are_shown() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), sized(GRAY, 10, 8), 7);
    let hundred = "a.npy ".repeat(100);
    let found = mosaic(&folder, &format!("{hundred} --columns 10 --memory 1M"));
    assert_eq!(found.shape(), [7, 80, 100]);
    let source = Frames::read(&folder, "a.npy");
    for frame in 0..7 {
        for cell in 0..100 {
            let place = [10 * (cell % 10), 8 * (cell / 10), 10, 8];
            assert!(found.part(frame, place) == source.whole(frame));
        }
    }
}

#[test]
fn frames_from_a_pipe_are_a_source_like_any_other() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    let y4m = folder.run(&["convert", "a.npy", "-"]).expect(0);
    let args = [
        "mosaic",
        "-",
        "a.npy",
        "-o",
        "out.npy",
        "--pair",
        "horizontal",
    ];
    let _ = folder.run_with(&args, &y4m.bytes).expect(0);
    let (found, source) = (
        Frames::read(&folder, "out.npy"),
        Frames::read(&folder, "a.npy"),
    );
    assert!(found.part(2, [0, 0, 64, 48]) == source.whole(2));
    let args = ["mosaic", "-", "-", "-o", "x.npy"];
    let _ = folder
        .run_with(&args, &y4m.bytes)
        .fails_with("read only once");
    let args = ["mosaic", "-", "--print-layout"];
    let _ = folder
        .run_with(&args, &y4m.bytes)
        .fails_with("cannot name standard input");
}

#[test]
fn data_files_are_plots_in_step_with_the_recording() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), sized(GRAY, 320, 240), 5);
    let rows: String = (0..5).map(|row| format!("{row},{}\n", row * row)).collect();
    fs::write(folder.path("b.csv"), format!("frame,speed [m/s]\n{rows}")).expect("writes");
    let found = mosaic(&folder, "a.npy b.csv --pair horizontal");
    assert_eq!((found.shape(), found.pixel), ([5, 240, 640], 3));
    let plots: Vec<_> = (0..5)
        .map(|frame| found.part(frame, [320, 0, 320, 240]))
        .collect();
    // The cursor moves.
    assert!(plots.windows(2).all(|pair| pair[0] != pair[1]));
    let args = ["mosaic", "b.csv", "-o", "b.csv", "--overwrite"];
    let _ = folder
        .run(&args)
        .fails_with("would be both read and written");
}

#[test]
fn a_cut_source_is_told_of_and_refused_when_strict() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 4);
    let bytes = fs::read(folder.path("a.npy")).expect("is there");
    fs::write(folder.path("cut.npy"), &bytes[..bytes.len() - 5000]).expect("writes");
    let args = ["mosaic", "a.npy", "cut.npy", "-o", "out.npy", "--strict"];
    let _ = folder.run(&args).fails_with("cut.npy");
    assert_eq!(folder.names(), ["a.npy", "cut.npy"]);
    let ran = folder.run(&["mosaic", "a.npy", "cut.npy", "-o", "out.npy"]);
    let ran = ran.expect(0);
    assert!(
        ran.err.contains("cut.npy") && ran.err.contains("lost"),
        "{}",
        ran.err
    );
    assert_eq!(Frames::read(&folder, "out.npy").count, 4);
}
