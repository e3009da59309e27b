//! Files that were cut, changed or forged: what is intact is served, the rest is named, and no value is ever another.

use std::path::Path;

use pimage_compress::{CompressOptions, Goal, OpenOptions, open};
use pimage_core::{
    Color, Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, OnDamage, SampleType,
    SeekFrames, StreamInfo,
};
use pimage_testkit::{Noise, suite, survive};

use crate::file::{frames, write};

const COUNT: u64 = 12;

fn format() -> FrameFormat {
    FrameFormat::new(12, 8, Color::Gray, SampleType::F32)
}

/// A file of four groups.
pub(crate) fn packed(path: &Path, options: CompressOptions) -> Vec<Frame> {
    let info = StreamInfo::new("test", format(), FrameCount::Exact(COUNT));
    let frames = frames(format(), COUNT);
    let options = CompressOptions {
        group_frames: Some(3),
        threads: Some(1),
        ..options
    };
    write(path, &info, &frames, options);
    frames
}

fn skipping() -> OpenOptions {
    OpenOptions {
        on_damage: OnDamage::Skip,
        threads: Some(1),
        ..OpenOptions::default()
    }
}

/// All frames that can be read, and the damage.
fn read(path: &Path) -> Result<(Vec<Frame>, Vec<Damage>), Error> {
    let mut reader = open(path, &skipping())?;
    let (mut frames, mut frame) = (Vec::new(), Frame::empty());
    while reader.read_into(&mut frame)? {
        frames.push(frame.clone());
    }
    Ok((frames, reader.damage().to_vec()))
}

/// Where the data of each group are.
fn data_of(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let starts = bytes
        .windows(5)
        .enumerate()
        .filter(|(_, part)| part == b"PMGd\x01");
    let range = |at: usize| {
        let length = u64::from_le_bytes(bytes[at + 28..at + 36].try_into().unwrap());
        at..at + length as usize
    };
    starts.map(|(at, _)| range(at)).collect()
}

#[test]
fn a_cut_file_gives_its_whole_groups() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    packed(&path, CompressOptions::default());
    let cuts = suite::truncation(&path, || {
        Ok(Box::new(open(&path, &OpenOptions::default())?))
    });
    let skipped = suite::truncation(&path, || Ok(Box::new(open(&path, &skipping())?)));
    let ends: Vec<_> = data_of(&std::fs::read(&path).unwrap())
        .iter()
        .map(|data| data.end as u64)
        .collect();
    for (failed, skipped) in cuts.iter().zip(&skipped) {
        let whole = 3 * ends.iter().filter(|end| **end <= skipped.length).count() as u64;
        if skipped.error.is_some() {
            assert_eq!(whole, 0, "cut to {}", skipped.length);
            continue;
        }
        assert_eq!(skipped.frames, whole, "cut to {}", skipped.length);
        assert_eq!(Damage::count(&skipped.damage), COUNT - whole);
        assert_eq!(failed.frames, whole);
        assert_eq!(
            failed.is_silent(),
            whole == COUNT,
            "cut to {}",
            failed.length
        );
    }
}

#[test]
fn a_flipped_bit_is_damage_and_never_another_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    let whole = packed(&path, CompressOptions::default());
    let bytes = std::fs::read(&path).unwrap();
    let groups = data_of(&bytes);
    assert_eq!(groups.len(), 4);
    let mut noise = Noise::new(7);
    for _ in 0..1500 {
        let at = noise.below(bytes.len() as u64) as usize;
        let mut changed = bytes.clone();
        changed[at] ^= 1 << noise.below(8);
        std::fs::write(&path, &changed).unwrap();
        let hit = groups.iter().position(|group| group.contains(&at));
        match read(&path) {
            // The description, or what stands before it.
            Err(_) => assert!(at < groups[0].start, "byte {at}"),
            Ok((found, damage)) => {
                for frame in &found {
                    let wanted = &whole[frame.stamp.index as usize];
                    assert_eq!(
                        (frame.bytes(), &frame.stamp),
                        (wanted.bytes(), &wanted.stamp),
                        "byte {at}"
                    );
                }
                assert_eq!(
                    found.len() as u64 + Damage::count(&damage),
                    COUNT,
                    "byte {at}"
                );
                match hit {
                    Some(group) => assert_eq!(
                        damage[0].frames,
                        3 * group as u64..3 * group as u64 + 3,
                        "byte {at}"
                    ),
                    None => assert!(damage.len() <= 1, "byte {at}: {damage:?}"),
                }
            }
        }
    }
}

#[test]
fn damage_is_an_error_unless_it_may_be_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    packed(&path, CompressOptions::default());
    let mut bytes = std::fs::read(&path).unwrap();
    let groups = data_of(&bytes);
    bytes[groups[1].end - 9] ^= 1;
    bytes[groups[2].start] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let mut reader = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(
        reader.info().metadata["cut"].to_string(),
        "3 of 12 frames are missing"
    );
    let mut frame = Frame::empty();
    for (index, text) in [
        (
            3,
            "group is changed since it was written: expected the bytes of a whole group",
        ),
        (6, "its group is damaged or missing"),
    ] {
        for at in index - 3..index {
            if index == 3 {
                reader.seek(at).unwrap();
                assert!(reader.read_into(&mut frame).unwrap());
            }
        }
        for _ in 0..2 {
            reader.seek(index).unwrap();
            let error = reader.read_into(&mut frame).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("frame {index} of")) && error.ends_with(text),
                "{error}"
            );
        }
    }
    reader.seek(9).unwrap();
    assert!(reader.read_into(&mut frame).unwrap());
    let (found, damage) = read(&path).unwrap();
    assert_eq!(
        found
            .iter()
            .map(|frame| frame.stamp.index)
            .collect::<Vec<_>>(),
        [0, 1, 2, 9, 10, 11]
    );
    assert_eq!(Damage::count(&damage), 6);
}

#[test]
fn forged_files_are_refused_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    packed(
        &path,
        CompressOptions {
            goal: Goal::MaxError(0.01),
            ..CompressOptions::default()
        },
    );
    let bytes = std::fs::read(&path).unwrap();
    survive(&bytes, 2000, 3, move |bytes| {
        std::fs::write(&path, bytes).unwrap();
        // An error is an answer too.
        let _ = read(&path);
    });
    drop(folder);
}

#[test]
fn claims_are_checked_before_memory_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    packed(&path, CompressOptions::default());
    let mut options = OpenOptions::default();
    options.limits.max_side = 10;
    let error = open(&path, &options).unwrap_err().to_string();
    assert_eq!(
        error,
        "width is 12, the limit is 10 (`--limit side=N` raises it)"
    );
    let mut options = OpenOptions::default();
    options.limits.max_frames = 11;
    let error = open(&path, &options).unwrap_err().to_string();
    assert_eq!(
        error,
        "frames is 12, the limit is 11 (`--limit frames=N` raises it)"
    );
    let mut options = OpenOptions::default();
    options.limits.max_metadata_bytes = 40;
    assert!(matches!(open(&path, &options), Err(Error::TooLarge { .. })));
    std::fs::write(&path, b"not a video").unwrap();
    let error = open(&path, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("is not valid compressed array: it does not begin with an EBML header"),
        "{error}"
    );
}
