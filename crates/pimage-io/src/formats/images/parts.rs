//! Files of several frames each, with a number in the name.

use std::path::{Path, PathBuf};

use pimage_core::{Axis, Error, Frame, FrameCount, FrameWriter, StreamInfo, WriteSummary};
use pimage_fs::StagedFolder;

use super::pattern::Pattern;
use super::place::{expect_all_free, expect_free_of_folders};
use crate::target::Sequence;
use crate::{WriteOptions, summary};

/// Writes `count` frames to each file.
pub(super) struct PartsWriter {
    /// Before the folder, in which it writes.
    current: Option<Box<dyn FrameWriter>>,
    staged: Option<StagedFolder>,
    path: PathBuf,
    folder: PathBuf,
    pattern: Pattern,
    count: u64,
    info: StreamInfo,
    options: WriteOptions,
    sequence: Sequence,
    /// The number of the file that is written.
    number: u64,
    /// The index of the next frame, at least.
    next: u64,
    bytes: u64,
    notes: Vec<String>,
    has_failed: bool,
}

impl PartsWriter {
    /// Creates nothing yet.
    pub(super) fn new(
        path: &Path,
        folder: &Path,
        pattern: &Pattern,
        count: u64,
        info: &StreamInfo,
        options: &WriteOptions,
    ) -> Result<Self, Error> {
        if count == 0 {
            let expected = "1 or more";
            return Err(Error::bad_option("--frames-per-file", "0", expected));
        }
        if !pattern.is_plain() {
            let expected = "one number, such as `part_%03d.tif`";
            let found = "one with axes";
            return Err(Error::bad_option("the output's name", found, expected));
        }
        let writer = Self {
            current: None,
            staged: None,
            path: path.to_path_buf(),
            folder: folder.to_path_buf(),
            pattern: pattern.clone(),
            count,
            info: info_of_part(info, count),
            options: options.clone(),
            sequence: Sequence::default(),
            number: 0,
            next: 0,
            bytes: 0,
            notes: Vec::new(),
            has_failed: false,
        };
        let parts = info.frame_count.exact().unwrap_or(0).div_ceil(count);
        expect_all_free(folder, pattern, parts, options)?;
        // Whether the format takes the options is known before the first frame.
        let name = writer.pattern.name(|_| 0);
        crate::create(
            folder.join(name),
            &writer.info,
            &writer.options_of_part(options.overwrite),
        )?;
        Ok(writer)
    }

    fn options_of_part(&self, overwrite: bool) -> WriteOptions {
        WriteOptions {
            overwrite,
            // All files are synced together.
            sync: false,
            frames_per_file: None,
            ..self.options.clone()
        }
    }

    fn put(&mut self, frame: &Frame) -> Result<(), Error> {
        self.sequence.check(frame)?;
        // Frames that a damaged recording lacks leave their places empty; frames that go back come after the others.
        let index = frame.stamp.index.max(self.next);
        self.next = index.saturating_add(1);
        let number = index / self.count;
        if self.current.is_none() || number != self.number {
            self.close()?;
            self.begin(number)?;
        }
        if let Some(writer) = &mut self.current {
            let mut moved = frame.clone();
            moved.stamp.index = index % self.count;
            writer.write(&moved)?;
        }
        self.sequence.count();
        Ok(())
    }

    fn begin(&mut self, number: u64) -> Result<(), Error> {
        let name = self.pattern.name(|_| number);
        expect_free_of_folders(&self.folder.join(&name), &self.options)?;
        self.number = number;
        let staged = match self.staged.take() {
            Some(staged) => self.staged.insert(staged),
            None => {
                let storage = &self.options.storage;
                let mut staged =
                    StagedFolder::create_in(storage, &self.folder, self.options.overwrite)?;
                staged.set_sync(self.options.sync);
                self.staged.insert(staged)
            }
        };
        let path = staged.staged_path().join(name);
        self.current = Some(crate::create(
            path,
            &self.info,
            &self.options_of_part(false),
        )?);
        Ok(())
    }

    /// Completes the file that is written.
    fn close(&mut self) -> Result<(), Error> {
        let Some(writer) = self.current.take() else {
            return Ok(());
        };
        let summary = writer.finish()?;
        self.bytes += summary.bytes;
        for note in summary.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(())
    }
}

/// What one file is told of its frames.
fn info_of_part(info: &StreamInfo, count: u64) -> StreamInfo {
    let mut info = info.clone();
    info.frame_count = match info.frame_count {
        FrameCount::Exact(all) if all < count => FrameCount::Exact(all),
        _ => FrameCount::Estimated(count),
    };
    // A file that holds whole rounds of the inner axes keeps them.
    let mut inner = 1u64;
    let mut axes: Vec<Axis> = Vec::new();
    for axis in info.axes.iter().rev() {
        if inner == count {
            break;
        }
        inner = inner.saturating_mul(axis.length);
        axes.insert(0, axis.clone());
    }
    info.axes = if inner == count { axes } else { Vec::new() };
    info
}

impl FrameWriter for PartsWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.has_failed {
            let source = std::io::Error::other("an earlier frame failed");
            return Err(Error::io("write", &self.path)(source));
        }
        let put = self.put(frame);
        self.has_failed = put.is_err();
        put
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        if self.has_failed {
            let source = std::io::Error::other("an earlier frame failed");
            return Err(Error::io("finish", &self.path)(source));
        }
        if self.sequence.frames() == 0 {
            return Ok(summary::of_no_frames());
        }
        self.close()?;
        if let Some(staged) = self.staged.take() {
            staged.commit()?;
        }
        let (frames, bytes) = (self.sequence.frames(), self.bytes);
        let notes = std::mem::take(&mut self.notes);
        Ok(summary::noted(frames, bytes, notes))
    }
}
