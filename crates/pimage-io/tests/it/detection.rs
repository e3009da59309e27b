//! What `open` and `create` make of names and contents.

use std::fs;

use pimage_core::{FrameCount, StreamInfo, Value};
use pimage_io::{FORMATS, ReadOptions, WriteOptions};
use pimage_testkit::counter_frames;

use crate::{gray8, open, write};

#[test]
fn what_cannot_be_read_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    #[cfg(feature = "images")]
    {
        fs::create_dir(path("folder.avi")).expect("creates");
        let error = open(&path("folder.avi")).err().expect("is empty");
        assert!(error.to_string().contains("folder"), "{error}");
    }
    fs::write(path("empty.npy"), b"").expect("writes");
    fs::write(path("empty.seq"), b"").expect("writes");
    fs::write(path("notes.txt"), "Frames of 3 µm\n").expect("writes");
    fs::write(path("notes.seq"), "Frames of 3 µm\n").expect("writes");
    fs::write(path("zero.seq"), [0; 5000]).expect("writes");
    fs::write(path("noise"), [0, 1, 2, 250, 3, 0, 0, 9]).expect("writes");
    fs::write(path("flir.seq"), b"FFF\0flirtools").expect("writes");
    fs::write(path("a.npy"), b"no array at all").expect("writes");
    fs::write(path("a.raw"), [0; 100]).expect("writes");
    for (name, expected) in [
        ("missing.seq", "cannot open `"),
        ("empty.npy", "(it is empty)"),
        ("empty.seq", "(it is empty)"),
        ("notes.txt", "(it looks like text)"),
        (
            "notes.seq",
            "none of those that pimage knows, HIRIS, NorPix and FLIR",
        ),
        ("zero.seq", "a NorPix recording that was never closed"),
        (
            "flir.seq",
            "a FLIR thermal recording (FFF), which pimage does not read",
        ),
        (
            "a.npy",
            "is not valid npy: it does not begin with `\\x93NUMPY`",
        ),
        (
            "a.raw",
            "frames without a header need --raw WIDTHxHEIGHT:TYPE",
        ),
    ] {
        let error = open(&path(name)).err().expect(name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
        assert!(name == "a.raw" || error.contains(name), "{name}: {error}");
    }
    assert!(open(&path("noise")).is_err());
}

#[test]
#[cfg(not(feature = "ffmpeg"))]
fn a_video_says_which_feature_reads_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, head) in [
        ("a.mp4", &b"\0\0\0\x20ftypisom"[..]),
        ("a.avi", b"RIFF\0\0\0\0AVI "),
        ("noname", b"\x1A\x45\xDF\xA3\0\0\0"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, head).expect("writes");
        let error = open(&path).err().expect(name);
        assert!(
            matches!(
                error,
                pimage_core::Error::NotBuilt {
                    feature: "ffmpeg",
                    ..
                }
            ),
            "{name}: {error}"
        );
    }
    let info = StreamInfo::new("test", gray8(4, 4), FrameCount::Unknown);
    let created = pimage_io::create(folder.path().join("b.avi"), &info, &WriteOptions::default());
    assert_eq!(
        created.err().expect("is not built").to_string(),
        "`avi` needs the `ffmpeg` feature, which this build does not have"
    );
}

#[test]
fn the_content_beats_the_extension_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let npy = folder.path().join("a.npy");
    write(&npy, &counter_frames(gray8(5, 4), 2));
    let disguised = folder.path().join("a.y4m");
    fs::rename(&npy, &disguised).expect("renames");
    let reader = open(&disguised).expect("opens");
    assert_eq!(reader.info().container, "npy");
    assert_eq!(
        reader.info().metadata.get("extension_disagrees"),
        Some(&Value::from(
            "the content is npy, the extension `y4m` is that of y4m"
        ))
    );
    pimage_testkit::suite::reader(
        || open(&disguised).expect("opens"),
        &counter_frames(gray8(5, 4), 2),
    );
    let unnamed = folder.path().join("unnamed");
    fs::rename(&disguised, &unnamed).expect("renames");
    let reader = open(&unnamed).expect("opens");
    assert!(!reader.info().metadata.contains_key("extension_disagrees"));
}

#[test]
fn a_format_can_be_forced() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npy");
    write(&path, &counter_frames(gray8(16, 4), 2));
    let options = ReadOptions {
        format: Some("raw".to_owned()),
        raw: Some("16x8:uint8".parse().expect("is a layout")),
        ..ReadOptions::default()
    };
    let reader = pimage_io::open(&path, &options).expect("opens");
    // The header of 128 bytes is a frame then.
    assert_eq!(reader.info().frame_count, FrameCount::Exact(2));
    let options = ReadOptions {
        format: Some("avi".to_owned()),
        ..ReadOptions::default()
    };
    let error = pimage_io::open(&path, &options).err().expect("is no name");
    assert!(
        error.to_string().contains("expected one of hiris, "),
        "{error}"
    );
}

#[test]
fn outputs_are_checked_before_the_first_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    let info = StreamInfo::new("test", gray8(4, 4), FrameCount::Unknown);
    let create = |name: &str, options: &WriteOptions| {
        pimage_io::create(folder.path().join(name), &info, options)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let default = WriteOptions::default();
    let text = create("a.xyz", &default);
    assert!(
        text.contains("no writer for `.xyz`; there are .seq .npy ."),
        "{text}"
    );
    assert!(create("noname", &default).contains("a name without extension"));
    assert!(create("gone/a.npy", &default).starts_with("cannot create `"));
    assert!(create("a.fff", &default).contains("no writer for `.fff`"));
    let quality = WriteOptions {
        quality: Some("90".to_owned()),
        ..WriteOptions::default()
    };
    assert_eq!(
        create("a.npy", &quality),
        "--quality is `90`: expected no value, because npy stores frames as they are"
    );
    assert_eq!(create("a.npy", &default), "");
}

#[test]
fn every_extension_leads_to_its_row() {
    for row in FORMATS {
        for extension in row.extensions {
            let first = FORMATS
                .iter()
                .find(|other| other.extensions.contains(extension))
                .expect("is in the table");
            // `.seq` is HIRIS for writing, videos are video; NorPix and packed arrays are known by their content.
            let is_shared = ["seq", "avi", "mkv", "mp4"].contains(extension);
            assert!(first.name == row.name || is_shared, "{extension}");
        }
    }
}
