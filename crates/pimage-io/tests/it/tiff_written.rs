//! TIFF stacks that pimage writes.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use pimage_core::{
    Axis, Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, SampleType,
    StreamInfo, Timebase, Timestamp, keys,
};
use pimage_fs::{Disk, Storage, StorageFile};
use pimage_io::{ReadOptions, TiffMetadata, WriteOptions};
use pimage_testkit::suite::{self, WriterCase};
use pimage_testkit::{assert_frames_eq, counter_frames, every_format};

use crate::{create, gray8, gray16, open, read_all};

/// What the build has.
fn compressions() -> Vec<&'static str> {
    let mut names = vec!["none", "deflate", "lzw", "packbits"];
    if cfg!(feature = "zstd") {
        names.push("zstd");
    }
    names
}

fn packed(compression: &str) -> WriteOptions {
    WriteOptions {
        compression: Some(compression.to_owned()),
        ..WriteOptions::default()
    }
}

fn info_of(frames: &[Frame]) -> StreamInfo {
    let mut info = StreamInfo::new("test", *frames[0].format(), FrameCount::Unknown);
    info.rate = FrameRate::new(25, 1);
    info
}

/// Writes frames; the notes.
fn write_with(
    path: &Path,
    info: &StreamInfo,
    frames: &[Frame],
    options: &WriteOptions,
) -> Result<Vec<String>, Error> {
    let mut writer = pimage_io::create(path, info, options)?;
    for frame in frames {
        writer.write(frame)?;
    }
    Ok(writer.finish()?.notes)
}

#[test]
fn every_format_comes_back_exactly_from_every_compression() {
    let folder = tempfile::tempdir().expect("a folder");
    for compression in compressions() {
        for (place, format) in every_format(37, 11).into_iter().enumerate() {
            let path = folder.path().join(format!("{compression}-{place}.tif"));
            let frames = counter_frames(format, 3);
            write_with(&path, &info_of(&frames), &frames, &packed(compression)).expect("writes");
            suite::reader(|| open(&path).expect("opens"), &frames);
        }
    }
}

#[test]
fn large_packed_pages_have_several_strips() {
    let folder = tempfile::tempdir().expect("a folder");
    let format = FrameFormat::new(900, 701, Color::Rgb, SampleType::U16);
    let frames = counter_frames(format, 3);
    for compression in compressions() {
        let path = folder.path().join(format!("{compression}.tif"));
        write_with(&path, &info_of(&frames), &frames, &packed(compression)).expect("writes");
        let read = read_all(&mut *open(&path).expect("opens")).expect("reads");
        assert_eq!(read.len(), 3);
        for (found, expected) in read.iter().zip(&frames) {
            assert_frames_eq(found, expected);
        }
    }
}

#[test]
fn the_writer_conforms() {
    for (name, format) in [
        ("a.tif", gray8(9, 4)),
        ("a.tiff", gray16(300, 200, 12)),
        (
            "a.ome.tif",
            FrameFormat::new(5, 3, Color::Rgba, SampleType::F32),
        ),
        (
            "a.btf",
            FrameFormat::new(7, 3, Color::GrayAlpha, SampleType::I32),
        ),
    ] {
        suite::writer(&WriterCase {
            name,
            format,
            tolerance: 0.0,
            create: &create,
            open: &open,
        });
    }
}

#[test]
fn the_packing_writer_conforms() {
    let create = |path: &Path, info: &StreamInfo, storage, overwrite| {
        let options = WriteOptions {
            storage,
            overwrite,
            ..packed("deflate")
        };
        pimage_io::create(path, info, &options)
    };
    suite::writer(&WriterCase {
        name: "a.tif",
        format: gray16(40, 30, 16),
        tolerance: 0.0,
        create: &create,
        open: &open,
    });
}

#[test]
fn options_are_checked_before_anything_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let info = StreamInfo::new("test", gray8(4, 4), FrameCount::Unknown);
    let refused = |name: &str, options: &WriteOptions| {
        let Err(error) = pimage_io::create(folder.path().join(name), &info, options) else {
            panic!("{name} is not refused");
        };
        error.to_string()
    };
    let error = refused("a.tif", &packed("jpeg"));
    assert!(
        error.contains("expected none, deflate, deflate=1..9, lzw"),
        "{error}"
    );
    let quality = WriteOptions {
        quality: Some("90".to_owned()),
        ..WriteOptions::default()
    };
    assert!(refused("a.tif", &quality).contains("--quality"));
    let error = refused("a.stk", &WriteOptions::default());
    assert!(
        error.contains(".tif and .ome.tif hold the same frames"),
        "{error}"
    );
    assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 0);
}

#[test]
fn a_dialect_asked_for_by_name_must_hold_the_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tif");
    let frames = counter_frames(FrameFormat::new(4, 4, Color::Gray, SampleType::F64), 2);
    let with = |tiff| WriteOptions {
        tiff,
        ..WriteOptions::default()
    };
    let error = write_with(
        &path,
        &info_of(&frames),
        &frames,
        &with(TiffMetadata::ImageJ),
    );
    let error = error.expect_err("ImageJ has no float64").to_string();
    assert!(
        error.contains("`--tiff-metadata ome` describes all"),
        "{error}"
    );
    assert!(!path.exists());

    let mut info = info_of(&frames);
    info.axes = vec![Axis::new("s", 1), Axis::new("c", 2), Axis::new("t", 3)];
    for (dialect, part) in [(TiffMetadata::ImageJ, "not c, t"), (TiffMetadata::Ome, "")] {
        match pimage_io::create(&path, &info, &with(dialect)) {
            Ok(_) => assert!(part.is_empty(), "{dialect:?} takes the axes"),
            Err(error) => assert!(error.to_string().contains(part), "{error}"),
        }
    }
    let notes = write_with(&path, &info_of(&frames), &frames, &with(TiffMetadata::Auto));
    let notes = notes.expect("writes");
    assert!(
        notes[0].contains("the file says nothing of rate"),
        "{notes:?}"
    );
}

/// A file's text between two words.
fn between<'a>(file: &'a str, start: &str, end: &str) -> &'a str {
    let from = file.find(start).expect("is there") + start.len();
    let rest = &file[from..];
    &rest[..rest.find(end).expect("ends")]
}

#[test]
fn uneven_times_are_listed_in_ome_and_noted_for_imagej() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut frames = counter_frames(gray8(4, 4), 3);
    for (frame, millis) in frames.iter_mut().zip([0, 40, 95]) {
        frame.stamp.time = Some(Timestamp::new(millis, Timebase::MILLISECONDS));
    }
    let info = info_of(&frames);
    let path = folder.path().join("a.tif");
    let notes = write_with(&path, &info, &frames, &WriteOptions::default()).expect("writes");
    assert_eq!(
        notes,
        ["ImageJ's description keeps a constant rate only: the times of 1 frame(s) are lost"]
    );
    let path = folder.path().join("a.ome.tif");
    let notes = write_with(&path, &info, &frames, &WriteOptions::default()).expect("writes");
    assert!(notes.is_empty(), "{notes:?}");
    let file = String::from_utf8_lossy(&fs::read(&path).expect("reads")).into_owned();
    let last = between(&file, r#"TheT="2" DeltaT=""#, r#"""#);
    assert_eq!(last, "0.095");
    // With a rate of the caller's own the times are not wanted.
    let path = folder.path().join("b.ome.tif");
    let options = WriteOptions {
        rate: FrameRate::new(10, 1),
        ..WriteOptions::default()
    };
    write_with(&path, &info, &frames, &options).expect("writes");
    let file = String::from_utf8_lossy(&fs::read(&path).expect("reads")).into_owned();
    assert!(!file.contains("<Plane"));
    assert_eq!(between(&file, r#"TimeIncrement=""#, r#"""#), "0.1");
}

#[test]
fn calendar_times_are_in_the_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.ome.tif");
    let mut frames = counter_frames(gray8(4, 4), 3);
    for (frame, millis) in frames.iter_mut().zip([0, 40, 2_000]) {
        frame.stamp.time = Some(Timestamp::new(
            951_782_400_250 + millis,
            Timebase::MILLISECONDS,
        ));
    }
    let mut info = info_of(&frames);
    info.clock = pimage_core::Clock::Epoch;
    write_with(&path, &info, &frames, &WriteOptions::default()).expect("writes");
    let file = String::from_utf8_lossy(&fs::read(&path).expect("reads")).into_owned();
    assert_eq!(file.matches("2000:02:29 00:00:00\0").count(), 2);
    assert_eq!(file.matches("2000:02:29 00:00:02\0").count(), 1);
    let date = between(&file, "<AcquisitionDate>", "<");
    assert_eq!(date, "2000-02-29T00:00:00.25Z");
    assert_eq!(between(&file, r#"TheT="2" DeltaT=""#, r#"""#), "2");
    let mut reader = open(&path).expect("opens");
    assert_eq!(reader.info().clock, pimage_core::Clock::Epoch);
    let found = read_all(&mut *reader).expect("reads");
    let millis = |frame: &Frame| {
        let time = frame.stamp.time.expect("has one");
        time.ticks_in(Timebase::MILLISECONDS)
    };
    let times: Vec<_> = found.iter().map(millis).collect();
    assert_eq!(times, frames.iter().map(millis).collect::<Vec<_>>());
}

#[test]
fn axes_and_pixel_sizes_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray16(6, 4, 12), 24);
    let mut info = info_of(&frames);
    info.axes = vec![
        Axis::new("t", 4),
        Axis::new("z", 3).with_spacing(0.5, "µm"),
        Axis::new("c", 2),
    ];
    for key in [keys::PIXEL_SIZE_X, keys::PIXEL_SIZE_Y] {
        info.metadata.insert(key.to_owned(), 0.1083.into());
    }
    let unit = keys::PIXEL_SIZE_UNIT.to_owned();
    info.metadata.insert(unit, "µm".into());
    for name in ["a.tif", "a.ome.tif"] {
        let path = folder.path().join(name);
        let notes = write_with(&path, &info, &frames, &WriteOptions::default()).expect("writes");
        assert!(notes.is_empty(), "{notes:?}");
        let reader = open(&path).expect("opens");
        let found = reader.info();
        let axes: Vec<_> = found
            .axes
            .iter()
            .map(|axis| (&*axis.name, axis.length))
            .collect();
        assert_eq!(axes, [("t", 4), ("z", 3), ("c", 2)], "{name}");
        assert_eq!(
            found.axis("z").and_then(|axis| axis.spacing),
            Some(0.5),
            "{name}"
        );
        assert_eq!(found.rate, FrameRate::new(25, 1), "{name}");
        assert_eq!(found.format.bit_depth, 12, "{name}");
        let size = found.metadata.get(keys::PIXEL_SIZE_X).expect("is told");
        assert_eq!(size.to_string(), "0.1083", "{name}");
    }
}

/// Writes, each with its offset.
type Writes = Vec<(u64, Vec<u8>)>;

/// A disk that remembers each write to the one file that is made.
#[derive(Debug, Clone, Default)]
struct Recorder {
    writes: Arc<Mutex<Writes>>,
}

struct RecordedFile {
    file: Box<dyn StorageFile>,
    recorder: Recorder,
}

impl Storage for Recorder {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(RecordedFile {
            file: Disk.create_new(path)?,
            recorder: self.clone(),
        }))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        Disk.create_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path, replace: bool) -> io::Result<()> {
        Disk.rename(from, to, replace)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Disk.remove(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        Disk.remove_tree(path)
    }

    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        Disk.sync_tree(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        Disk.sync_folder(path)
    }
}

impl Write for RecordedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let at = self.file.stream_position()?;
        let written = self.file.write(bytes)?;
        let mut writes = self.recorder.writes.lock().expect("no holder panics");
        writes.push((at, bytes[..written].to_vec()));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Read for RecordedFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Seek for RecordedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

impl StorageFile for RecordedFile {
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }
}

/// The file after the first `count` writes, the last of them cut to `last` bytes.
fn after(writes: &[(u64, Vec<u8>)], count: usize, last: usize) -> Vec<u8> {
    let mut file = Vec::new();
    for (place, (at, bytes)) in writes.iter().take(count).enumerate() {
        let bytes = if place + 1 == count {
            &bytes[..last.min(bytes.len())]
        } else {
            bytes
        };
        let at = usize::try_from(*at).expect("is short");
        if file.len() < at + bytes.len() {
            file.resize(at + bytes.len(), 0);
        }
        file[at..at + bytes.len()].copy_from_slice(bytes);
    }
    file
}

#[test]
fn a_killed_writers_file_is_read_up_to_its_last_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = counter_frames(gray16(60, 50, 16), 6);
    for (name, compression) in [
        ("a.tif", "none"),
        ("b.tif", "deflate"),
        ("c.ome.tif", "none"),
        ("d.btf", "lzw"),
    ] {
        let recorder = Recorder::default();
        let options = WriteOptions {
            storage: Arc::new(recorder.clone()),
            ..packed(compression)
        };
        write_with(
            &folder.path().join(name),
            &info_of(&frames),
            &frames,
            &options,
        )
        .expect("writes");
        let writes = recorder.writes.lock().expect("no holder panics").clone();
        let mut most = 0;
        for count in 1..=writes.len() {
            let length = writes[count - 1].1.len();
            // The system never stops in the middle of a few bytes, which is what links are.
            let torn = if length > 16 { length / 2 } else { 0 };
            for last in [torn, length] {
                let path = folder.path().join("torn.tif");
                fs::write(&path, after(&writes, count, last)).expect("writes");
                let pages = whole_pages(&path, &frames);
                // A page that was there stays there, whatever is written behind it.
                assert!(
                    pages >= most,
                    "{name}: {pages} pages after {most} of write {count}"
                );
                most = pages;
            }
        }
        assert_eq!(most, frames.len(), "{name}");
    }
}

/// Reads as many pages as there are; each must be right.
fn whole_pages(path: &Path, frames: &[Frame]) -> usize {
    let Ok(mut reader) = pimage_io::open(path, &ReadOptions::default()) else {
        return 0;
    };
    let mut frame = Frame::empty();
    let mut count = 0;
    while let Ok(true) = reader.read_into(&mut frame) {
        assert_frames_eq(&frame, &frames[count]);
        count += 1;
    }
    count
}
