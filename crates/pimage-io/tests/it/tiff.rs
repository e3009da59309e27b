//! TIFF stacks that others write, and what becomes of damaged ones.

use std::fs;
use std::path::Path;

use pimage_core::{Axis, Error, Frame, FrameCount, OnDamage, SampleType, StreamInfo, keys};
use pimage_io::{ReadOptions, TiffMetadata, WriteOptions};
use pimage_testkit::suite;
use pimage_testkit::{assert_frames_eq, counter_frames, survive};

use crate::{gray8, gray16, open, read_all, skipping, try_reading};

/// A stack as pimage writes it, without times, because those are in a description that may be cut.
fn write(path: &Path, frames: &[Frame], tiff: TiffMetadata, compression: &str) {
    let info = StreamInfo::new("test", *frames[0].format(), FrameCount::Unknown);
    let options = WriteOptions {
        tiff,
        compression: Some(compression.to_owned()),
        overwrite: true,
        ..WriteOptions::default()
    };
    let mut writer = pimage_io::create(path, &info, &options).expect("creates");
    for frame in frames {
        writer.write(frame).expect("writes");
    }
    writer.finish().expect("finishes");
}

/// A page made by hand: its tags with one number each, and its pixels.
struct Made<'a> {
    tags: Vec<(u16, u32)>,
    text: &'a str,
    pixels: Vec<u8>,
}

/// A page of 8-bit gray.
fn made(width: u32, height: u32, value: u8) -> Made<'static> {
    Made {
        tags: vec![(256, width), (257, height), (258, 8), (259, 1), (262, 1)],
        text: "",
        pixels: vec![value; (width * height) as usize],
    }
}

/// A big-endian file of pages, each with its directory before its pixels.
fn file(pages: &[Made<'_>]) -> Vec<u8> {
    let mut bytes = b"MM\0*\0\0\0\x08".to_vec();
    for (number, page) in pages.iter().enumerate() {
        let mut tags = page.tags.clone();
        let count = tags.len() + 4;
        let text_at = bytes.len() + 2 + 12 * count + 4;
        let text_bytes = page.text.len() + 1;
        let data_at = text_at + text_bytes;
        let next = data_at + page.pixels.len();
        let pixel_bytes = u32::try_from(page.pixels.len()).expect("is small");
        let height = tags[1].1;
        tags.extend([
            (273, u32::try_from(data_at).expect("is small")),
            (278, height),
            (279, pixel_bytes),
        ]);
        bytes.extend(u16::try_from(count).expect("is small").to_be_bytes());
        for (tag, value) in tags {
            bytes.extend(tag.to_be_bytes());
            bytes.extend([0, 4, 0, 0, 0, 1]);
            bytes.extend(value.to_be_bytes());
        }
        bytes.extend([1, 14, 0, 2]);
        bytes.extend(u32::try_from(text_bytes).expect("is small").to_be_bytes());
        bytes.extend(u32::try_from(text_at).expect("is small").to_be_bytes());
        let is_last = number + 1 == pages.len();
        let next = if is_last { 0 } else { next };
        bytes.extend(u32::try_from(next).expect("is small").to_be_bytes());
        bytes.extend(page.text.as_bytes());
        bytes.push(0);
        bytes.extend(&page.pixels);
    }
    bytes
}

fn values(frames: &[Frame]) -> Vec<u8> {
    frames.iter().map(|frame| frame.bytes()[0]).collect()
}

#[test]
fn stacks_conform_whatever_their_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let frames = counter_frames(gray16(37, 21, 16), 9);
    for compression in ["none", "deflate", "lzw", "packbits"] {
        write(&path, &frames, TiffMetadata::ImageJ, compression);
        suite::reader(|| open(&path).expect("opens"), &frames);
        let one = ReadOptions {
            threads: Some(1),
            ..ReadOptions::default()
        };
        suite::reader(|| pimage_io::open(&path, &one).expect("opens"), &frames);
    }
}

#[test]
fn cut_files_never_give_wrong_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray8(29, 17), 6);
    for (name, tiff) in [
        ("a.tif", TiffMetadata::None),
        ("b.tif", TiffMetadata::ImageJ),
        ("c.ome.tif", TiffMetadata::Ome),
    ] {
        for compression in ["none", "deflate"] {
            let path = folder.path().join(name);
            write(&path, &frames, tiff, compression);
            for options in [ReadOptions::default(), skipping()] {
                let cuts = suite::truncation(&path, || pimage_io::open(&path, &options));
                for cut in cuts {
                    // A description behind the last page may be cut without harm to a pixel.
                    let is_whole = cut.frames == 6;
                    assert!(!cut.is_silent() || is_whole, "{name} {compression} {cut:?}");
                }
            }
        }
    }
}

#[test]
fn pages_of_another_size_are_a_sequence_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let mut thumbnail = made(6, 5, 9);
    thumbnail.tags.insert(0, (254, 1));
    // The order of tags is not what makes the width and height above.
    thumbnail.tags.swap(0, 2);
    thumbnail.tags.swap(0, 1);
    let pages = [
        made(6, 5, 1),
        thumbnail,
        made(6, 5, 2),
        made(3, 4, 8),
        made(6, 5, 3),
    ];
    fs::write(&path, file(&pages)).expect("writes");
    let mut reader = open(&path).expect("opens");
    assert_eq!(values(&read_all(&mut *reader).expect("reads")), [1, 2, 3]);
    let note = reader.info().metadata["series"].to_string();
    assert!(note.contains(":2 has 1 of 3x4"), "{note}");
    let other = folder.path().join("a.tif:2");
    let mut reader = open(&other).expect("opens");
    assert_eq!(values(&read_all(&mut *reader).expect("reads")), [8]);
    for (name, expected) in [("a.tif:3", "from 0 to 2"), ("a.tif:x", "a number")] {
        let error = open(&folder.path().join(name)).err().expect("is no series");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn chains_that_lead_nowhere_are_read_as_far_as_they_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let pages = [made(6, 5, 1), made(6, 5, 2), made(6, 5, 3)];
    let whole = file(&pages);
    let page_bytes = (whole.len() - 8) / 3;
    let link = |page: usize| 8 + page * page_bytes + 2 + 12 * 9;
    for (target, reason) in [
        (8u32, "leads back to byte 8"),
        (999_999, "of 2 bytes are left"),
    ] {
        let mut bytes = whole.clone();
        bytes[link(1)..link(1) + 4].copy_from_slice(&target.to_be_bytes());
        fs::write(&path, &bytes).expect("writes");
        let mut reader = open(&path).expect("opens");
        assert_eq!(reader.info().frame_count, FrameCount::Exact(2));
        let cut = reader.info().metadata[keys::CUT].to_string();
        assert!(cut.contains(reason), "{cut}");
        let error = read_all(&mut *reader).expect_err("is broken").to_string();
        assert!(
            error.contains("page 2") && error.contains(reason),
            "{error}"
        );
        let mut reader = pimage_io::open(&path, &skipping()).expect("opens");
        assert_eq!(values(&read_all(&mut *reader).expect("reads")), [1, 2]);
        assert_eq!(reader.damage().len(), 1);
    }
}

#[test]
fn a_damaged_page_leaves_the_others_their_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let frames = counter_frames(gray8(64, 48), 5);
    write(&path, &frames, TiffMetadata::None, "deflate");
    let mut bytes = fs::read(&path).expect("reads");
    // The zlib streams begin with these two bytes.
    let starts: Vec<_> = (0..bytes.len() - 1)
        .filter(|at| {
            bytes[*at] == 0x78
                && bytes[at + 1] & 0x20 == 0
                && (0x7800 + u16::from(bytes[at + 1])) % 31 == 0
        })
        .collect();
    let third = starts[starts.len() / 2];
    bytes[third + 8..third + 16].fill(0xFF);
    fs::write(&path, &bytes).expect("writes");
    let error = read_all(&mut *open(&path).expect("opens")).expect_err("is damaged");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    let mut reader = pimage_io::open(&path, &skipping()).expect("opens");
    let found = read_all(&mut *reader).expect("reads");
    assert_eq!(found.len(), 4);
    for frame in &found {
        assert_frames_eq(frame, &frames[frame.stamp.index as usize]);
    }
    assert_eq!(reader.damage().len(), 1);
    let keeping = ReadOptions {
        on_damage: OnDamage::Keep,
        ..ReadOptions::default()
    };
    let mut reader = pimage_io::open(&path, &keeping).expect("opens");
    assert!(read_all(&mut *reader).expect("reads").len() >= 4);
    assert_eq!(reader.damage().len(), 1);
}

#[test]
fn what_a_page_claims_is_checked_before_memory_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    for (place, value, reason) in [
        (0, 100_000, "--limit side=N"),
        (0, 0, "0 columns"),
        (2, 64, "64 bits"),
        (2, 0, "0 bits"),
        (3, 3, "group 3 fax"),
        (3, 6, "withdrawn"),
        (3, 777, "method 777"),
        (4, 8, "L*a*b*"),
        (4, 3, "colour map"),
    ] {
        let mut page = made(6, 5, 1);
        page.tags[place].1 = value;
        fs::write(&path, file(&[page])).expect("writes");
        let error = open(&path).err().expect(reason).to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn one_directory_may_stand_for_all_planes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let text = "ImageJ=1.53t\nimages=4\nslices=4\nspacing=0.5\nunit=um\n";
    let page = Made {
        text,
        ..made(6, 5, 0)
    };
    let mut bytes = file(&[page]);
    for value in 1..4 {
        bytes.extend([value; 30]);
    }
    fs::write(&path, &bytes).expect("writes");
    let mut reader = open(&path).expect("opens");
    let depth = Axis::new("z", 4).with_spacing(0.5, "µm");
    assert_eq!(reader.info().axes, [depth]);
    assert_eq!(
        values(&read_all(&mut *reader).expect("reads")),
        [0, 1, 2, 3]
    );
    fs::write(&path, &bytes[..bytes.len() - 7]).expect("writes");
    let mut reader = open(&path).expect("opens");
    let error = read_all(&mut *reader).expect_err("is cut");
    assert!(matches!(error, Error::Damaged { frame: 3, .. }), "{error}");
}

#[test]
fn a_description_of_pages_that_are_not_there_is_a_note() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let text = "ImageJ=1.53t\nimages=400\nframes=400\nfinterval=0.1\n";
    let page = Made {
        text,
        ..made(6, 5, 3)
    };
    fs::write(&path, file(&[page, made(6, 5, 4)])).expect("writes");
    let mut reader = open(&path).expect("opens");
    assert_eq!(values(&read_all(&mut *reader).expect("reads")), [3, 4]);
    let note = reader.info().metadata["tiff_frames_disagree"].to_string();
    assert_eq!(
        note,
        "the description speaks of 400 pages, the file holds 2"
    );
}

#[test]
fn hostile_descriptions_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let pixels = |t: u64, more: &str| {
        format!(
            "<OME><Image><Pixels DimensionOrder=\"XYCZT\" SizeC=\"1\" SizeZ=\"1\" SizeT=\"{t}\">{more}</Pixels></Image></OME>"
        )
    };
    let repeated = "<TiffData IFD=\"0\" PlaneCount=\"4000000000\"/>".repeat(1000);
    let file_name = "<TiffData IFD=\"0\"><UUID FileName=\"../../etc/passwd\"/></TiffData>";
    for text in [
        pixels(4_000_000_000, ""),
        pixels(4_000_000_000, &repeated),
        pixels(4_000_000_000, "<TiffData IFD=\"0\" FirstT=\"3999999999\"/>"),
        pixels(u64::MAX, ""),
        pixels(2, file_name),
        "<OME".to_owned(),
        "{\"shape\": [18446744073709551615, 99999999999, 5, 6]}".to_owned(),
        "ImageJ=1\nimages=99999999999999999999\nslices=18446744073709551615\n".to_owned(),
    ] {
        let page = Made {
            text: &text,
            ..made(6, 5, 3)
        };
        fs::write(&path, file(&[page, made(6, 5, 4)])).expect("writes");
        try_reading(&path);
    }
}

#[test]
fn wide_types_swap_their_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let mut page = made(2, 1, 0);
    page.tags[2].1 = 16;
    page.pixels = vec![1, 2, 3, 4];
    fs::write(&path, file(&[page])).expect("writes");
    let frames = read_all(&mut *open(&path).expect("opens")).expect("reads");
    assert_eq!(frames[0].format().sample, SampleType::U16);
    assert_eq!(frames[0].samples::<u16>(), Some(&[0x0102, 0x0304][..]));
}

#[test]
fn mutated_files_are_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray16(31, 17, 16), 4);
    for (seed, (name, tiff, compression)) in [
        ("a.tif", TiffMetadata::None, "none"),
        ("b.tif", TiffMetadata::ImageJ, "deflate"),
        ("c.ome.tif", TiffMetadata::Ome, "lzw"),
        ("d.tif", TiffMetadata::None, "packbits"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(name);
        write(&path, &frames, tiff, compression);
        let original = fs::read(&path).expect("reads");
        let keeping = ReadOptions {
            on_damage: OnDamage::Keep,
            ..ReadOptions::default()
        };
        survive(&original, 500, seed as u64, move |bytes| {
            fs::write(&path, bytes).expect("writes");
            try_reading(&path);
            if let Ok(mut reader) = pimage_io::open(&path, &keeping) {
                let _ = read_all(&mut *reader);
            }
        });
    }
}

#[test]
fn planes_without_a_directory_are_decoded_as_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    // Min-is-white, three samples that are no colour, and half floats: tag, value, bytes of a pixel, first byte of frames.
    for (tags, pixel_bytes, expected) in [
        (&[(262, 0)][..], 1, &[255, 254, 253][..]),
        (&[(277, 2)][..], 2, &[0, 0, 1, 1, 2, 2][..]),
        (&[(258, 12)][..], 0, &[0, 16, 32][..]),
    ] {
        let mut page = made(6, 2, 0);
        page.text = "ImageJ=1.53t\nimages=3\nslices=3\n";
        for &(tag, value) in tags {
            page.tags.retain(|known| known.0 != tag);
            page.tags.push((tag, value));
        }
        page.tags.sort_unstable();
        let plane_bytes = if pixel_bytes == 0 {
            18
        } else {
            12 * pixel_bytes
        };
        page.pixels = vec![0; plane_bytes];
        let mut bytes = file(&[page]);
        bytes.extend(vec![1; plane_bytes]);
        bytes.extend(vec![2; plane_bytes]);
        fs::write(&path, &bytes).expect("writes");
        let mut reader = open(&path).expect("opens");
        assert_eq!(values(&read_all(&mut *reader).expect("reads")), expected);
        fs::write(&path, &bytes[..bytes.len() - 1]).expect("writes");
        let mut reader = open(&path).expect("opens");
        let error = read_all(&mut *reader).expect_err("is cut");
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}

#[test]
fn packed_samples_that_are_frames_come_from_their_own_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    // Runs of PackBits: two pixels of two samples.
    let pages = [[1, 2, 3, 4], [5, 6, 7, 8]].map(|pixels| {
        let mut page = made(2, 1, 0);
        page.tags[3].1 = 32_773;
        page.tags.push((277, 2));
        page.pixels = [&[3][..], &pixels].concat();
        page
    });
    fs::write(&path, file(&pages)).expect("writes");
    let mut reader = open(&path).expect("opens");
    let frames = read_all(&mut *reader).expect("reads");
    let found: Vec<_> = frames.iter().map(|frame| frame.bytes().to_vec()).collect();
    assert_eq!(found, [[1, 3], [2, 4], [5, 7], [6, 8]]);
}
