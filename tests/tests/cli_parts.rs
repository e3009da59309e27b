//! Parts of a recording and statistics over it, from outside.
#![expect(clippy::expect_used, reason = "a test reports by panicking")]

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, npy_bytes, read_npy, samples_of, write_npy};

const GRAY: FrameFormat = FrameFormat::new(8, 6, Color::Gray, SampleType::U8);
const BYTES: usize = 8 * 6;

/// An array (t, z, c, y, x) of the counting recording.
fn write_stack(folder: &Folder, name: &str, [t, z, c]: [u64; 3]) -> Vec<Vec<u8>> {
    let count = t * z * c;
    let samples = samples_of(GRAY, count);
    let flat = format!("({count}, 6, 8)");
    let deep = format!("({t}, {z}, {c}, 6, 8)");
    let bytes = npy_bytes(GRAY, count, &samples);
    let head = String::from_utf8_lossy(&bytes[10..128]).into_owned();
    // As long as before: the padding in front of the line's end gives way.
    let padded = head.replace(&flat, &deep);
    let surplus = padded.len() - head.len();
    let padded = padded.replacen(&" ".repeat(surplus), "", 1);
    let text = padded.trim_end().to_owned();
    let header = format!("{text:<117}\n");
    let mut file = bytes[..10].to_vec();
    file.extend(header.as_bytes());
    file.extend(&samples);
    std::fs::write(folder.path(name), file).expect("writes");
    samples.chunks(BYTES).map(<[u8]>::to_vec).collect()
}

fn hashes(folder: &Folder, args: &[&str]) -> Vec<String> {
    let ran = folder.run(&[&["hash"], args].concat()).expect(0);
    let lines = ran.out.lines().filter(|line| !line.starts_with("total"));
    lines
        .map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn every_verb_that_reads_takes_a_part() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 20);
    let all = hashes(&folder, &["a.npy"]);
    let part = hashes(
        &folder,
        &["a.npy", "--start", "4", "--stop", "13", "--step", "4"],
    );
    assert_eq!(part, [all[4].clone(), all[8].clone(), all[12].clone()]);
    let selected = hashes(&folder, &["a.npy", "--select", "t=19,0,3"]);
    assert_eq!(selected, [all[19].clone(), all[0].clone(), all[3].clone()]);
    let args = [
        "convert", "a.npy", "b.npy", "--start", "4", "--stop", "13", "--step", "4",
    ];
    let _ = folder.run(&args).expect(0);
    assert_eq!(hashes(&folder, &["b.npy"]), part);
    let args = ["compare", "a.npy", "b.npy", "--stop", "1"];
    let _ = folder.run(&args).expect(1);
    let args = [
        "extract", "a.npy", "1", "0", "-o", "c.npy", "--start", "4", "--step", "4",
    ];
    let _ = folder.run(&args).expect(0);
    assert_eq!(
        hashes(&folder, &["c.npy"]),
        [all[8].clone(), all[4].clone()]
    );
}

#[test]
fn stacks_are_cut_along_their_axes() {
    let folder = Folder::new();
    let planes = write_stack(&folder, "s.npy", [3, 2, 2]);
    let axes = ["--axes", "tzcyx"];
    let read = |args: &[&str]| {
        let args = [
            &["convert", "s.npy", "out.npy", "--overwrite"],
            &axes[..],
            args,
        ]
        .concat();
        let _ = folder.run(&args).expect(0);
        let (header, samples) = read_npy(&folder.path("out.npy"));
        (header, samples)
    };
    let (_, samples) = read(&["--select", "z=1", "--channel", "0"]);
    assert!(samples == [&planes[2][..], &planes[6], &planes[10]].concat());
    let (header, samples) = read(&["--iterate", "t", "--bundle", "cz"]);
    let first = [&planes[0][..], &planes[2], &planes[1], &planes[3]].concat();
    assert!(samples[..4 * BYTES] == first[..]);
    assert!(header.contains("(3, 2, 2, 6, 8)"), "{header}");
    let info = folder
        .run(&["info", "s.npy", "--axes", "tzcyx", "--json"])
        .expect(0);
    let names: Vec<_> = info.json()["axes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|axis| axis["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(names, ["t", "z", "c"]);
    let wrong = |args: &[&str], text: &str| {
        let args = [&["hash", "s.npy"], &axes[..], args].concat();
        let _ = folder.run(&args).fails_with(text);
    };
    wrong(
        &["--select", "z=2"],
        "expected 0 to 1, for axis z has 2 position(s)",
    );
    wrong(&["--select", "q=0"], "expected one of the axes t, z, c");
    wrong(&["--iterate", "t"], "axis z too, which has 2 positions");
    wrong(&["--channel", "2"], "axis c has 2 position(s)");
}

#[test]
fn a_channel_of_colour_frames_is_gray() {
    let folder = Folder::new();
    let rgb = FrameFormat::new(5, 4, Color::Rgb, SampleType::U16);
    write_npy(&folder.path("a.npy"), rgb, 2);
    let _ = folder
        .run(&["convert", "a.npy", "g.npy", "--channel", "1"])
        .expect(0);
    let (header, samples) = read_npy(&folder.path("g.npy"));
    assert!(header.contains("(2, 4, 5)"), "{header}");
    let all = samples_of(rgb, 2);
    let green: Vec<u8> = all
        .chunks(6)
        .flat_map(|pixel| pixel[2..4].to_vec())
        .collect();
    assert!(samples == green);
    let ran = folder.run(&["hash", "a.npy", "--channel", "3"]);
    let _ = ran.fails_with("--channel is 3: expected 0 to 2, for the frames are 5x4 rgb uint16");
}

#[test]
fn statistics_are_written_as_frames() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 5);
    let samples = samples_of(GRAY, 5);
    let at = |place: usize| -> Vec<f64> {
        (0..5)
            .map(|frame| f64::from(samples[frame * BYTES + place]))
            .collect()
    };
    let reduce = |stat: &str, extra: &[&str]| {
        let args = [
            &[
                "reduce",
                "a.npy",
                "-o",
                "r.npy",
                "--overwrite",
                "--stat",
                stat,
            ],
            extra,
        ]
        .concat();
        let _ = folder.run(&args).expect(0);
        read_npy(&folder.path("r.npy"))
    };
    let (header, bytes) = reduce("mean", &[]);
    assert!(
        header.contains("<f8") && header.contains("(1, 6, 8)"),
        "{header}"
    );
    let means: Vec<f64> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|chunk| f64::from_le_bytes(*chunk))
        .collect();
    for (place, mean) in means.iter().enumerate() {
        let expected = at(place).iter().sum::<f64>() / 5.0;
        assert!(
            (mean - expected).abs() < 1e-12,
            "{place}: {mean}, expected {expected}"
        );
    }
    let (header, bytes) = reduce("max", &[]);
    assert!(header.contains("|u1"), "{header}");
    for (place, max) in bytes.iter().enumerate() {
        let greatest = at(place).into_iter().fold(0.0, f64::max);
        assert!((f64::from(*max) - greatest).abs() < 0.5, "{place}: {max}");
    }
    let (header, _) = reduce("median", &["--range", "0,255", "--stop", "3"]);
    assert!(header.contains("<u2"), "{header}");
    let ran = folder.run(&["reduce", "a.npy", "-o", "x.npy", "--stat", "mode"]);
    let _ = ran.fails_with("expected one of mean, max, min, std, median, sum");
    let ran = folder.run(&[
        "reduce", "a.npy", "-o", "x.npy", "--stat", "sum", "--over", "z",
    ]);
    let _ = ran.fails_with("--over is `z`: expected one of the axes t");
    assert_eq!(folder.names(), ["a.npy", "r.npy"]);
}

#[test]
fn options_of_other_outputs_are_refused() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 3);
    for option in [
        &["--max-colors", "16"][..],
        &["--seamless"],
        &["--append"],
        &["--chunk", "1,2,3"],
        &["--compression", "deflate"],
        &["--tiff-metadata", "ome"],
    ] {
        let ran = folder.run(&[&["convert", "a.npy", "b.npy"], option].concat());
        let _ = ran.fails_with(&format!(
            "{} is given for npy: expected an output of",
            option[0]
        ));
    }
    let ran = folder.run(&["convert", "a.npy", "b.npy", "--chunk", "1,2"]);
    let _ = ran.fails_with("three whole numbers from 1, such as 16,512,512");
    assert_eq!(folder.names(), ["a.npy"]);
}
