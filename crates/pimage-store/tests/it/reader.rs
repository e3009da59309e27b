//! A store is read like any other stream, in any order, whatever is wrong with it.

use std::path::Path;

use pimage_codec::{Settings, by_name};
use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameReader, FrameReaderExt, OnDamage, SampleType,
    SeekFrames, Timestamp,
};
use pimage_store::{
    ChunkIndex, Find, ImageShape, SAVED_INDEX, StoreMetadata, StoreOptions, StoreReader,
    extract_only_frame, format_by_name,
};
use pimage_testkit::{noise_frame, suite};

const CHUNK: usize = 7;

/// The frames of a store, with numbers that repeat and jump.
fn frames(format: FrameFormat, count: u64) -> Vec<Frame> {
    let frame = |index: u64| {
        let mut frame = noise_frame(3, index, format);
        frame.stamp.index = index;
        frame.stamp.number = Some(number(index));
        frame.stamp.time = Timestamp::from_secs(time(index));
        frame
    };
    (0..count).map(frame).collect()
}

fn number(index: u64) -> i64 {
    let index = index as i64;
    index * 2 - 9 - i64::from(index % 5 == 2) * 2
}

fn time(index: u64) -> f64 {
    1.6e9 + index as f64 / 8.0
}

/// Writes a store of images, blue first where the format is one of arrays, as imgstore does.
fn write(path: &Path, name: &str, frames: &[Frame]) -> StoreMetadata {
    let row = format_by_name(name).expect("is in the table");
    let format = *frames.first().expect("there is one").format();
    let shape = ImageShape {
        height: format.height,
        width: format.width,
        channels: (format.color != Color::Gray).then_some(3),
    };
    let metadata = StoreMetadata::new(row, shape, format.sample.name(), CHUNK as u64);
    std::fs::create_dir_all(path).expect("is made");
    std::fs::write(path.join("metadata.yaml"), metadata.to_yaml()).expect("is written");
    let codec = by_name(row.codec).expect("is known");
    for (chunk, frames) in frames.chunks(CHUNK).enumerate() {
        let folder = path.join(format!("{chunk:06}"));
        std::fs::create_dir(&folder).expect("is made");
        for (place, frame) in frames.iter().enumerate() {
            let mut frame = frame.clone();
            if name == "npy" && format.color == Color::Rgb {
                for pixel in frame
                    .samples_mut::<u8>()
                    .expect("is u8")
                    .chunks_exact_mut(3)
                {
                    pixel.swap(0, 2);
                }
            }
            let bytes = codec.encode(&frame, &Settings::default()).expect("is held");
            let file = folder.join(format!("{place:06}.{}", row.extension));
            std::fs::write(file, bytes).expect("is written");
        }
        let numbers = frames
            .iter()
            .filter_map(|frame| frame.stamp.number)
            .collect();
        let times = frames
            .iter()
            .filter_map(|frame| frame.stamp.secs())
            .collect();
        let index = ChunkIndex::new(numbers, times).expect("as many");
        let bytes = index.to_npz(&metadata).expect("is small");
        std::fs::write(folder.join("index.npz"), bytes).expect("is written");
    }
    metadata
}

fn open(path: &Path, on_damage: OnDamage) -> Result<StoreReader, Error> {
    let options = StoreOptions {
        on_damage,
        threads: Some(2),
        ..StoreOptions::default()
    };
    StoreReader::open(path, &options)
}

#[test]
fn images_keep_the_promises_of_readers() {
    let cases = [
        ("npy", Color::Gray, SampleType::U8),
        ("npy", Color::Rgb, SampleType::U8),
        ("npy", Color::Gray, SampleType::F32),
        ("png", Color::Gray, SampleType::U16),
        ("png", Color::Rgb, SampleType::U8),
        ("tif", Color::Rgb, SampleType::U16),
        ("bmp", Color::Gray, SampleType::U8),
        ("ppm", Color::Rgb, SampleType::U8),
        ("pgm", Color::Gray, SampleType::U8),
        ("bpk", Color::Gray, SampleType::U16),
    ];
    for (name, color, sample) in cases {
        let folder = tempfile::tempdir().expect("is made");
        let format = FrameFormat::new(9, 5, color, sample);
        let expected = frames(format, 17);
        write(folder.path(), name, &expected);
        suite::reader(
            || Box::new(open(folder.path(), OnDamage::Fail).expect("is a store")),
            &expected,
        );
    }
}

#[test]
fn frames_are_found_by_number_and_by_time() {
    let folder = tempfile::tempdir().expect("is made");
    let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
    let expected = frames(format, 30);
    write(folder.path(), "npy", &expected);
    let mut store = open(folder.path(), OnDamage::Fail).expect("is a store");
    let mut frame = Frame::empty();
    for wanted in -15..60 {
        let first = (0..30).find(|index| number(*index) == wanted);
        let found = store
            .by_number(wanted, Find::Exact, &mut frame)
            .expect("reads");
        assert_eq!(found.then_some(frame.stamp.index), first, "{wanted}");
        let least = (0..30)
            .filter(|index| number(*index) >= wanted)
            .min_by_key(|index| (number(*index), *index));
        let found = store
            .by_number(wanted, Find::Next, &mut frame)
            .expect("reads");
        assert_eq!(found.then_some(frame.stamp.index), least, "{wanted}");
        let nearest = (0..30u64).min_by_key(|index| (number(*index).abs_diff(wanted), *index));
        let found = store
            .by_number(wanted, Find::Nearest, &mut frame)
            .expect("reads");
        assert_eq!(found.then_some(frame.stamp.index), nearest, "{wanted}");
    }
    assert!(
        store
            .by_time(time(12) + 0.03, Find::Previous, &mut frame)
            .expect("reads")
    );
    assert_eq!(frame.stamp.index, 12);
    // Reading goes on from there.
    assert!(store.read_into(&mut frame).expect("reads"));
    assert_eq!(frame.stamp.index, 13);
    assert!(
        !store
            .by_time(time(0) - 1.0, Find::Previous, &mut frame)
            .expect("reads")
    );
    let only = extract_only_frame(folder.path(), 17, &StoreOptions::default()).expect("is there");
    assert_eq!(only.bytes(), expected.get(17).expect("is there").bytes());
}

#[test]
fn a_saved_index_is_used_while_it_is_true() {
    let folder = tempfile::tempdir().expect("is made");
    let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
    let metadata = write(folder.path(), "npy", &frames(format, 30));
    let store = open(folder.path(), OnDamage::Fail).expect("is a store");
    assert!(store.save_index().expect("is saved"));
    assert!(folder.path().join(SAVED_INDEX).exists());
    let again = open(folder.path(), OnDamage::Fail).expect("is a store");
    assert_eq!(again.index(), store.index());
    let changed = ChunkIndex::new(vec![5; CHUNK], vec![1.0; CHUNK]).expect("as many");
    let bytes = changed.to_npz(&metadata).expect("is small");
    let path = folder.path().join("000001/index.npz");
    std::fs::write(&path, bytes).expect("is written");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    let file = std::fs::File::options()
        .write(true)
        .open(path)
        .expect("opens");
    file.set_modified(later).expect("is set");
    let again = open(folder.path(), OnDamage::Fail).expect("is a store");
    assert_eq!(again.index().number(CHUNK as u64), Some(5));
}

#[test]
fn what_is_missing_is_said_and_the_rest_is_read() {
    let folder = tempfile::tempdir().expect("is made");
    let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
    write(folder.path(), "png", &frames(format, 30));
    std::fs::remove_file(folder.path().join("000000/000003.png")).expect("is there");
    std::fs::remove_dir_all(folder.path().join("000002")).expect("is there");
    std::fs::remove_file(folder.path().join("000003/index.npz")).expect("is there");
    std::fs::create_dir(folder.path().join("notes")).expect("is made");
    let mut store = open(folder.path(), OnDamage::Skip).expect("is a store");
    let indices: Vec<u64> = store
        .frames()
        .map(|frame| frame.expect("reads").stamp.index)
        .collect();
    assert_eq!(
        indices,
        (0..23).filter(|index| *index != 3).collect::<Vec<_>>()
    );
    let damage: Vec<String> = store.damage().iter().map(ToString::to_string).collect();
    assert!(
        damage.iter().any(|text| text.contains("000003.png")),
        "{damage:?}"
    );
    assert!(
        damage.contains(&"frame 14: chunk 000002 is missing".to_owned()),
        "{damage:?}"
    );
    let notes = store.notes().join("; ");
    assert!(
        notes.contains("`notes`") && notes.contains("chunk 000003: its index is missing"),
        "{notes}"
    );
    let mut store = open(folder.path(), OnDamage::Fail).expect("is a store");
    let mut frame = Frame::empty();
    let mut errors = Vec::new();
    for _ in 0..40 {
        match store.read_into(&mut frame) {
            Ok(_) => {}
            Err(error) => {
                errors.push(error.to_string());
                let next = frame.stamp.index + 2;
                if errors.len() == 1 {
                    store.seek(next).expect("is inside");
                }
            }
        }
    }
    assert_eq!(errors.len(), 2, "{errors:?}");
    let [image, chunk] = errors.as_slice() else {
        unreachable!("there are two");
    };
    assert!(
        image.starts_with("frame 3 of") && image.contains("number -3"),
        "{image}"
    );
    assert!(chunk.contains("chunk 000002 is missing"), "{chunk}");
    // Without index, numbers and times are not known, and none are made up.
    store.seek(20).expect("is inside");
    assert!(store.read_into(&mut frame).expect("reads"));
    assert_eq!((frame.stamp.number, frame.stamp.time), (None, None));
}

#[test]
fn extra_data_are_columns() {
    let folder = tempfile::tempdir().expect("is made");
    let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
    write(folder.path(), "npy", &frames(format, 20));
    let rows = r#"[{"frame_index": 0, "a": 1}, {"frame_index": 1, "a": 2.5"#;
    std::fs::write(folder.path().join("000000/index.extra.json"), rows).expect("is written");
    let rows = r#"[{"frame_index": 9, "frame_number": 3, "b": "x"}, {"frame_index": 8, "frame_number": 2}, {"frame_index": 0, "frame_number": -1}]"#;
    std::fs::write(folder.path().join("000001.extra_data.json"), rows).expect("is written");
    let store = open(folder.path(), OnDamage::Fail).expect("is a store");
    let extra = store.extra_data().expect("is read");
    let mut text = Vec::new();
    extra.table.write_csv(&mut text).expect("is written");
    let text = String::from_utf8(text).expect("is text");
    assert_eq!(text, "frame_index,a,frame_number,b\n0,1,,\n8,,2,\n9,,3,x\n");
    assert_eq!(
        extra.notes,
        ["`000000/index.extra.json` is cut behind 1 rows"]
    );
}

#[cfg(feature = "hdf5")]
#[test]
fn arrays_beside_frames_keep_their_rate() {
    let folder = tempfile::tempdir().expect("is made");
    let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
    write(folder.path(), "npy", &frames(format, 3));
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/motif.extra_data.h5"
    );
    std::fs::copy(file, folder.path().join("000000.extra_data.h5")).expect("is copied");
    let store = open(folder.path(), OnDamage::Fail).expect("is a store");
    let extra = store.extra_data().expect("is read");
    let mut text = Vec::new();
    extra.table.write_csv(&mut text).expect("is written");
    let text = String::from_utf8(text).expect("is text");
    let expected = "temp,light,frame_number,frame_time,frame_index,sample_delay\n\
                    1,10,5,0.5,0,0.001\n2,20,6,0.6,1,0.002\n3,30,7,0.7,2,0.003\n";
    assert_eq!(text, expected);
    let [sampled] = extra.sampled.as_slice() else {
        panic!(
            "{} arrays have several samples a frame",
            extra.sampled.len()
        );
    };
    assert_eq!((sampled.name.as_str(), sampled.rate), ("daq", Some(1000.0)));
    assert_eq!(sampled.table.len(), 9);
    let mut text = Vec::new();
    sampled.table.write_csv(&mut text).expect("is written");
    let text = String::from_utf8(text).expect("is text");
    assert!(
        text.starts_with("frame_number,ai0,ai1\n5,0.0,12.0\n5,1.0,13.0\n"),
        "{text}"
    );
    // Whatever is changed or cut, it is an error or some table, and nothing worse.
    let bytes = std::fs::read(file).expect("is there");
    let target = folder.path().join("000000.extra_data.h5");
    for place in (0..bytes.len()).step_by(37) {
        let mut changed = bytes.clone();
        *changed.get_mut(place).expect("is inside") ^= 0x55;
        std::fs::write(&target, changed).expect("is written");
        let _ = store.extra_data();
        let cut = bytes.get(..place).expect("is inside");
        std::fs::write(&target, cut).expect("is written");
        // The end of the file is room that nothing uses.
        assert!(
            place > bytes.len() / 2 || store.extra_data().is_err(),
            "{place}"
        );
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn a_lost_index_is_found_in_that_of_imgstore() {
    use std::sync::Arc;

    use pimage_fs::{Disk, Storage};
    use pimage_store::SQLITE_INDEX;

    let folder = tempfile::tempdir().expect("is made");
    let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
    write(folder.path(), "npy", &frames(format, 20));
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let store = open(folder.path(), OnDamage::Fail).expect("is a store");
    let path = folder.path().join(SQLITE_INDEX);
    store
        .index()
        .write_sqlite(&path, &storage)
        .expect("is written");
    std::fs::remove_file(folder.path().join("000001/index.npz")).expect("is there");
    let again = open(folder.path(), OnDamage::Fail).expect("is a store");
    assert_eq!(again.index(), store.index());
    assert!(
        again.notes().join(" ").contains("those of `.index.sqlite`"),
        "{:?}",
        again.notes()
    );
}
