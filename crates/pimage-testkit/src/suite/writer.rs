//! The suite for writers.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pimage_core::{
    Error, Frame, FrameCount, FrameFormat, FrameReader, FrameWriter, StreamInfo, WriteSummary,
};
use pimage_fs::{Disk, Storage};

use crate::{Fault, FaultStorage, assert_frames_close, counter_frame, counter_frames};

/// Makes a writer for a path; the last argument is whether an existing file may be replaced.
pub type Create<'a> =
    &'a dyn Fn(&Path, &StreamInfo, Arc<dyn Storage>, bool) -> Result<Box<dyn FrameWriter>, Error>;

/// Opens what was written.
pub type Open<'a> = &'a dyn Fn(&Path) -> Result<Box<dyn FrameReader>, Error>;

/// What to check of a writer.
pub struct WriterCase<'a> {
    /// Name of the output, with its extension.
    pub name: &'a str,
    /// Format of the frames.
    pub format: FrameFormat,
    /// How far a sample may be off when it is read again; 0 for a lossless format.
    pub tolerance: f64,
    /// Makes the writer.
    pub create: Create<'a>,
    /// Opens the result.
    pub open: Open<'a>,
}

impl std::fmt::Debug for WriterCase<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriterCase")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}

/// Frames that each check writes.
const FRAMES: u64 = 4;

/// Checks that a writer keeps the promises of [`FrameWriter`], also on a disk that fails.
#[track_caller]
pub fn writer(case: &WriterCase<'_>) {
    existing(case);
    promises(case, case.name);
}

/// The same for a writer of several files, or of a folder: `first` is what stands for them all, such as the first file.
///
/// Whatever fails while they replace others, the old ones or the new ones are whole.
#[track_caller]
pub fn writer_of_files(case: &WriterCase<'_>, first: &str) {
    existing_files(case, first);
    promises(case, first);
    for fault in [Fault::Once, Fault::From] {
        failing_replacement(case, fault);
    }
}

/// What holds of one file and of several, of which `first` has the final name.
#[track_caller]
fn promises(case: &WriterCase<'_>, first: &str) {
    round_trip(case);
    nothing_before_finish(case, first);
    mismatch(case);
    no_frames(case);
    for fault in [Fault::Once, Fault::From] {
        failing_operations(case, first, fault);
    }
    full_disk(case);
}

struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for a test");
        Self { folder }
    }

    fn target(&self, case: &WriterCase<'_>) -> std::path::PathBuf {
        self.folder.path().join(case.name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("the folder of a test");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().display().to_string())
            .collect();
        names.sort();
        names
    }
}

fn info(case: &WriterCase<'_>) -> StreamInfo {
    let mut info = StreamInfo::new("synthetic", case.format, FrameCount::Exact(FRAMES));
    info.rate = pimage_core::FrameRate::new(25, 1);
    info
}

fn frames(case: &WriterCase<'_>) -> Vec<Frame> {
    let rate = pimage_core::FrameRate::new(25, 1).expect("is positive");
    let mut frames = counter_frames(case.format, FRAMES);
    for frame in &mut frames {
        frame.stamp.time = Some(rate.time_of(frame.stamp.index));
    }
    frames
}

fn write_all(
    case: &WriterCase<'_>,
    target: &Path,
    storage: Arc<dyn Storage>,
    overwrite: bool,
) -> Result<WriteSummary, Error> {
    let mut writer = (case.create)(target, &info(case), storage, overwrite)?;
    for frame in frames(case) {
        writer.write(&frame)?;
    }
    writer.finish()
}

/// Panics unless the file holds all the frames.
#[track_caller]
fn expect_whole(case: &WriterCase<'_>, target: &Path, when: &str) {
    let mut reader = match (case.open)(target) {
        Ok(reader) => reader,
        Err(error) => panic!("{when}, the output does not open: {error}"),
    };
    let mut frame = Frame::empty();
    for expected in frames(case) {
        match reader.read_into(&mut frame) {
            Ok(true) => assert_frames_close(&frame, &expected, case.tolerance),
            Ok(false) => panic!(
                "{when}, the output ends before frame {}",
                expected.stamp.index
            ),
            Err(error) => panic!("{when}, the output does not read: {error}"),
        }
    }
    assert!(
        matches!(reader.read_into(&mut frame), Ok(false)),
        "{when}, the output has more frames than were written"
    );
}

#[track_caller]
fn round_trip(case: &WriterCase<'_>) {
    let folder = Folder::new();
    let target = folder.target(case);
    let summary = write_all(case, &target, Arc::new(Disk), false)
        .unwrap_or_else(|error| panic!("writing {} fails: {error}", case.name));
    assert!(
        summary.frames == FRAMES,
        "the summary says {} frames, {FRAMES} were written",
        summary.frames
    );
    let on_disk = bytes_in(folder.folder.path());
    assert!(
        summary.bytes == on_disk,
        "the summary says {} bytes, on the disk are {on_disk}",
        summary.bytes
    );
    expect_whole(case, &target, "after writing");
}

/// Bytes of all files in a folder and the folders in it.
fn bytes_in(folder: &Path) -> u64 {
    fs::read_dir(folder)
        .expect("the folder of a test")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                bytes_in(&path)
            } else {
                path.metadata().expect("a file").len()
            }
        })
        .sum()
}

#[track_caller]
fn nothing_before_finish(case: &WriterCase<'_>, first: &str) {
    let folder = Folder::new();
    let target = folder.target(case);
    let created = (case.create)(&target, &info(case), Arc::new(Disk), false);
    let mut writer =
        created.unwrap_or_else(|error| panic!("creating {} fails: {error}", case.name));
    assert!(
        folder.names().is_empty(),
        "before the first frame there is {:?}",
        folder.names()
    );
    for frame in frames(case) {
        writer
            .write(&frame)
            .unwrap_or_else(|error| panic!("writing fails: {error}"));
        assert!(
            !folder.folder.path().join(first).exists(),
            "before `finish` something has the final name"
        );
    }
    drop(writer);
    assert!(
        folder.names().is_empty(),
        "a dropped writer leaves {:?}",
        folder.names()
    );
}

#[track_caller]
fn mismatch(case: &WriterCase<'_>) {
    let folder = Folder::new();
    let target = folder.target(case);
    let mut writer = (case.create)(&target, &info(case), Arc::new(Disk), false)
        .unwrap_or_else(|error| panic!("creating {} fails: {error}", case.name));
    for frame in frames(case).iter().take(1) {
        writer
            .write(frame)
            .unwrap_or_else(|error| panic!("writing fails: {error}"));
    }
    let mut other = case.format;
    other.width += 2;
    match writer.write(&counter_frame(1, other)) {
        Err(Error::FormatMismatch {
            frame,
            expected,
            found,
        }) => {
            assert!(
                (frame, expected, found) == (1, case.format, other),
                "the error names frame {frame}, {found}, {expected}"
            );
        }
        Err(error) => panic!("a frame of another size is another error: {error}"),
        Ok(()) => panic!("a frame of another size is no error"),
    }
    drop(writer);
    assert!(
        folder.names().is_empty(),
        "after a mismatch there is {:?}",
        folder.names()
    );
}

#[track_caller]
fn existing(case: &WriterCase<'_>) {
    let folder = Folder::new();
    let target = folder.target(case);
    fs::write(&target, b"mine").expect("the file of a test");
    match write_all(case, &target, Arc::new(Disk), false) {
        Err(Error::Exists { path }) => {
            assert!(path == target, "the error names `{}`", path.display());
        }
        Err(error) => panic!("an existing output is another error: {error}"),
        Ok(_) => panic!("an existing output is replaced without being asked"),
    }
    assert!(
        fs::read(&target).is_ok_and(|bytes| bytes == b"mine"),
        "a refused writer changes the file"
    );
    write_all(case, &target, Arc::new(Disk), true)
        .unwrap_or_else(|error| panic!("replacing the output fails: {error}"));
    expect_whole(case, &target, "after replacing");
    // Replacing it again, this time leaving the writer unfinished, keeps what is there.
    let writer = (case.create)(&target, &info(case), Arc::new(Disk), true);
    let mut writer = writer.unwrap_or_else(|error| panic!("creating fails: {error}"));
    for frame in frames(case).iter().take(2) {
        writer
            .write(frame)
            .unwrap_or_else(|error| panic!("writing fails: {error}"));
    }
    drop(writer);
    expect_whole(case, &target, "after an unfinished replacement");
}

/// What was written is kept by a second writer that may not replace it, and by one that does not finish.
#[track_caller]
fn existing_files(case: &WriterCase<'_>, first: &str) {
    let folder = Folder::new();
    let target = folder.target(case);
    write_all(case, &target, Arc::new(Disk), false)
        .unwrap_or_else(|error| panic!("writing {} fails: {error}", case.name));
    let first = folder.folder.path().join(first);
    match write_all(case, &target, Arc::new(Disk), false) {
        Err(Error::Exists { path }) => {
            assert!(path == first, "the error names `{}`", path.display());
        }
        Err(error) => panic!("an existing output is another error: {error}"),
        Ok(_) => panic!("an existing output is replaced without being asked"),
    }
    expect_whole(case, &target, "after a refusal");
    write_all(case, &target, Arc::new(Disk), true)
        .unwrap_or_else(|error| panic!("replacing the output fails: {error}"));
    expect_whole(case, &target, "after replacing");
    let writer = (case.create)(&target, &info(case), Arc::new(Disk), true);
    let mut writer = writer.unwrap_or_else(|error| panic!("creating fails: {error}"));
    for frame in frames(case).iter().take(2) {
        writer
            .write(frame)
            .unwrap_or_else(|error| panic!("writing fails: {error}"));
    }
    drop(writer);
    expect_whole(case, &target, "after an unfinished replacement");
}

/// A writer that gets no frame leaves nothing and says so: an error, or a note in the summary.
#[track_caller]
fn no_frames(case: &WriterCase<'_>) {
    let folder = Folder::new();
    let target = folder.target(case);
    let writer = (case.create)(&target, &info(case), Arc::new(Disk), false)
        .unwrap_or_else(|error| panic!("creating {} fails: {error}", case.name));
    if let Ok(summary) = writer.finish() {
        assert!(
            summary.frames == 0 && summary.bytes == 0,
            "no frames are summed up as {summary:?}"
        );
        assert!(
            !summary.notes.is_empty(),
            "no frames were written and nothing is said"
        );
    }
    assert!(
        folder.names().is_empty(),
        "without frames there is {:?}",
        folder.names()
    );
}

/// Fails the k-th operation, for k = 1, 2, 3 … until none fails.
#[track_caller]
fn failing_operations(case: &WriterCase<'_>, first: &str, fault: fn(u64) -> Fault) {
    for k in 1.. {
        let folder = Folder::new();
        let target = folder.target(case);
        let faulty = FaultStorage::new(fault(k));
        let result = write_all(case, &target, faulty.storage(), false);
        let Some(failed) = faulty.failed() else {
            result.unwrap_or_else(|error| panic!("without a fault, writing fails: {error}"));
            return;
        };
        let when = format!("after {:?} ({failed})", fault(k));
        // A file that cannot be removed is no reason to say that writing failed.
        assert!(
            failed == "remove" || result.is_err(),
            "{when}, writing says that all is well"
        );
        if folder.folder.path().join(first).exists() {
            expect_whole(case, &target, &when);
        } else {
            assert!(
                failed == "remove" || folder.names().is_empty(),
                "{when} there is {:?}",
                folder.names()
            );
        }
    }
}

/// Fails the k-th operation while an output is replaced, which stays or is replaced whole.
///
/// Where all operations fail from the k-th on, what cannot be moved back is let off, but never lost.
#[track_caller]
fn failing_replacement(case: &WriterCase<'_>, fault: fn(u64) -> Fault) {
    for k in 1.. {
        let folder = Folder::new();
        let target = folder.target(case);
        write_all(case, &target, Arc::new(Disk), false)
            .unwrap_or_else(|error| panic!("writing {} fails: {error}", case.name));
        let before = bytes_in(folder.folder.path());
        let faulty = FaultStorage::new(fault(k));
        let result = write_all(case, &target, faulty.storage(), true);
        let Some(failed) = faulty.failed() else {
            result.unwrap_or_else(|error| panic!("without a fault, replacing fails: {error}"));
            return;
        };
        let when = format!("after {:?} ({failed}) while replacing", fault(k));
        assert!(
            failed == "remove" || result.is_err(),
            "{when}, writing says that all is well"
        );
        if fault(k) == Fault::Once(k) || failed != "rename" {
            expect_whole(case, &target, &when);
        } else {
            assert!(
                bytes_in(folder.folder.path()) >= before,
                "{when}, something is lost"
            );
        }
    }
}

#[track_caller]
fn full_disk(case: &WriterCase<'_>) {
    let folder = Folder::new();
    let needed = write_all(case, &folder.target(case), Arc::new(Disk), false)
        .map_or(0, |summary| summary.bytes);
    for room in [0, 1, needed / 3, needed / 2, needed.saturating_sub(1)] {
        let folder = Folder::new();
        let target = folder.target(case);
        let faulty = FaultStorage::new(Fault::FullAfter(room));
        let result = write_all(case, &target, faulty.storage(), false);
        assert!(
            result.is_err(),
            "with room for {room} of {needed} bytes, writing says that all is well"
        );
        assert!(
            folder.names().is_empty(),
            "with room for {room} of {needed} bytes there is {:?}",
            folder.names()
        );
    }
}
