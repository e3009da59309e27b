//! One chunk made whole from its journal, its container, or its folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{Cancel, Error, Limits};
use pimage_fs::Storage;

use super::content::{ImageTrial, left_of};
use super::{RepairOptions, index_of};
use crate::chunks::stem;
use crate::journal::HEADER_BYTES;
use crate::writer::extra::close_lines;
use crate::writer::paths::{ChunkPaths, LEADS_ELSEWHERE, aside_of};
use crate::writer::{Durability, RecordOptions, clear_away};
use crate::{Journal, StoreMetadata, extra_lines_path, journal_path};

/// What is needed to repair the chunks of a store.
#[derive(Debug)]
pub(crate) struct Mender<'a> {
    pub(super) folder: &'a Path,
    pub(super) metadata: &'a StoreMetadata,
    pub(super) limits: Limits,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) syncs: bool,
    /// Whether closed chunks are decoded too.
    is_thorough: bool,
    pub(super) cancel: Cancel,
}

/// What was done to a chunk.
#[derive(Debug, Default)]
pub(crate) struct Mended {
    /// Frames that it has.
    pub(crate) frames: u64,
    /// Rows of the journal that they reach to, when some before are lost.
    pub(super) rows: Option<u64>,
    pub(super) done: Vec<String>,
    pub(super) left: Vec<String>,
}

/// What stands beside a chunk.
pub(super) struct Found {
    pub(super) paths: ChunkPaths,
    pub(super) journal: Option<Journal>,
    has_journal: bool,
    has_lines: bool,
}

impl<'a> Mender<'a> {
    pub(crate) fn new(
        folder: &'a Path,
        metadata: &'a StoreMetadata,
        options: &RecordOptions,
    ) -> Self {
        Self {
            folder,
            metadata,
            limits: options.limits,
            storage: Arc::clone(&options.storage),
            syncs: options.durability != Durability::None,
            is_thorough: false,
            cancel: Cancel::new(),
        }
    }

    pub(super) fn with(
        folder: &'a Path,
        metadata: &'a StoreMetadata,
        options: &RepairOptions,
    ) -> Self {
        Self {
            folder,
            metadata,
            limits: options.limits,
            storage: Arc::clone(&options.storage),
            syncs: options.syncs,
            is_thorough: options.thorough,
            cancel: options.cancel.clone(),
        }
    }

    fn found(&self, number: u64) -> Result<Found, Error> {
        let path = journal_path(self.folder, number);
        let has_journal = is_there(&path);
        let journal = match Journal::read(&path, &self.limits) {
            Ok(journal) => Some(journal),
            Err(Error::Malformed { .. }) => None,
            Err(Error::Io { .. }) if !has_journal => None,
            Err(error) => return Err(error),
        };
        Ok(Found {
            paths: ChunkPaths::new(self.folder, number, self.metadata),
            journal,
            has_journal,
            has_lines: is_there(&extra_lines_path(self.folder, number)),
        })
    }

    /// Why nothing of a chunk is to be touched, if that is so.
    fn refusal(&self, number: u64) -> Option<String> {
        let name = stem(number);
        let paths = ChunkPaths::new(self.folder, number, self.metadata);
        if let Some(part) = paths.foreign_part() {
            let part = name_of(&part);
            return Some(format!(
                "chunk {name}: nothing is done, for `{part}`: {LEADS_ELSEWHERE}"
            ));
        }
        let journal = Journal::read(&journal_path(self.folder, number), &self.limits).ok()?;
        let uuid = self.metadata.uuid.as_deref().unwrap_or_default();
        let is_its = journal.header.chunk == number && journal.header.is_of(uuid);
        (!is_its).then(|| {
            format!(
                "chunk {name}: nothing is done, for its journal is of chunk {} of the store {}",
                journal.header.chunk, journal.header.uuid
            )
        })
    }

    /// Frames of a chunk that could be read from what is there, whole or not.
    pub(crate) fn readable(&self, number: u64) -> u64 {
        let Ok(found) = self.found(number) else {
            return 0;
        };
        let stored = if found.paths.is_video() {
            let (open, closed) = (found.paths.open_video(), found.paths.content());
            let path = if is_there(&closed) { closed } else { open };
            match left_of(&path, &self.limits, &self.cancel) {
                Ok(Ok(left)) => left.whole.len() as u64,
                _ => 0,
            }
        } else {
            self.images(&found.paths, &mut Mended::default())
                .map_or(0, |images| images.whole)
        };
        let known = found
            .journal
            .map_or(u64::MAX, |journal| journal.index.len() as u64);
        stored.min(known)
    }

    /// Makes a chunk whole, or finds that it is.
    pub(crate) fn mend(&self, number: u64) -> Result<Mended, Error> {
        let mut mended = Mended::default();
        if let Some(refusal) = self.refusal(number) {
            mended.left.push(refusal);
            return Ok(mended);
        }
        let found = self.found(number)?;
        self.finish_rebuilt(&found, &mut mended)?;
        let index = index_of(&found.paths, &self.limits)?;
        let is_closed = is_there(&found.paths.content()) && index.is_some();
        let frames = match index {
            Some(index) if is_closed && self.is_thorough => {
                Some(self.mend_damaged(&found, &index, &mut mended)?)
            }
            Some(index) if is_closed => Some(index.len() as u64),
            _ if found.paths.is_video() => self.mend_video(&found, &mut mended)?,
            _ => self.mend_images(&found, &mut mended)?,
        };
        let Some(frames) = frames else {
            return Ok(mended);
        };
        mended.frames = frames;
        self.close_extra(&found, &mut mended)?;
        if found.has_journal
            || found.has_lines
            || (found.paths.is_video() && is_there(&found.paths.open_video()))
        {
            clear_away(self.storage.as_ref(), &found.paths, self.syncs)?;
            if mended.done.is_empty() {
                mended.done.push(format!("chunk {}: closed", stem(number)));
            }
        }
        Ok(mended)
    }

    /// The frames of the video, finished if it was not; `None` when there is none to be had.
    fn mend_video(&self, found: &Found, mended: &mut Mended) -> Result<Option<u64>, Error> {
        let (open, target) = (found.paths.open_video(), found.paths.content());
        let is_finished = is_there(&target);
        let video = if is_finished { &target } else { &open };
        if !is_there(video) {
            return self.without_content(found, mended);
        }
        let left = match left_of(video, &self.limits, &self.cancel)? {
            Ok(left) if !left.whole.is_empty() => left,
            Ok(_) => return self.unreadable(found, video, None, mended),
            Err(error) => return self.unreadable(found, video, Some(&error), mended),
        };
        let journal = found.journal.as_ref();
        let flushed = journal.map(|journal| journal.flushed);
        let flushed = flushed.filter(|_| !is_finished);
        let Some(first) = left.first_whole(flushed, self.recorded_rate()) else {
            return self.mend_torn(found, video, &left, mended);
        };
        let mut frames = first;
        if !is_finished {
            frames = self.finish_video(&open, &target, frames)?;
            mended.done.push(format!(
                "chunk {}: the video that was being recorded is finished, {frames} frames",
                stem(found.paths.number)
            ));
        }
        // Beyond what can be read there may be more that was flushed than a cut frame.
        let flushed = flushed.unwrap_or(0);
        let is_less = frames < first || (frames < flushed && is_less(&target, &open));
        if is_less && is_there(&open) {
            let aside = self.move_aside(&open)?;
            mended.left.push(format!(
                "chunk {}: what could not be read of the recording is in `{}`, numbers and times in the journal beside it",
                stem(found.paths.number),
                name_of(&aside)
            ));
        }
        self.rebuild_index(found, frames, mended)?;
        let journal = journal_path(self.folder, found.paths.number);
        if is_less && is_there(&journal) {
            self.move_aside(&journal)?;
        }
        Ok(Some(frames))
    }

    /// Frames a second of the videos that are recorded, whatever times the frames have.
    pub(super) fn recorded_rate(&self) -> f64 {
        self.metadata
            .rate
            .map_or(UNKNOWN_RATE, pimage_core::FrameRate::fps)
    }

    /// A video of which no frame can be read, and why it cannot even be opened.
    fn unreadable(
        &self,
        found: &Found,
        video: &Path,
        error: Option<&Error>,
        mended: &mut Mended,
    ) -> Result<Option<u64>, Error> {
        let name = stem(found.paths.number);
        let is_perhaps_good =
            matches!(error, Some(Error::Unsupported { .. } | Error::Codec { .. }));
        if *video == found.paths.content() || (is_perhaps_good && is_long(video)) {
            let why = error.map_or_else(String::new, |error| format!(": {error}"));
            mended.left.push(format!(
                "chunk {name}: its video holds no readable frame and stays as it is{why}"
            ));
            return Ok(None);
        }
        self.without_frames(found, video, mended)
    }

    #[cfg(feature = "ffmpeg")]
    fn finish_video(&self, open: &Path, target: &Path, frames: u64) -> Result<u64, Error> {
        let options = pimage_video::Remux {
            sync: self.syncs,
            storage: Arc::clone(&self.storage),
            most: frames,
            limits: self.limits,
            cancel: self.cancel.clone(),
            ..pimage_video::Remux::default()
        };
        Ok(pimage_video::remux(&[open], target, &options)?.frames)
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn finish_video(&self, open: &Path, _target: &Path, _frames: u64) -> Result<u64, Error> {
        Err(Error::NotBuilt {
            format: open.display().to_string(),
            feature: "ffmpeg",
        })
    }

    /// A chunk of which only the journal or the index is there.
    fn without_content(&self, found: &Found, mended: &mut Mended) -> Result<Option<u64>, Error> {
        let name = stem(found.paths.number);
        let lost = found.journal.as_ref().map_or(0, |journal| journal.flushed);
        let is_begun = found.has_journal && lost == 0;
        if is_begun && !is_there(&found.paths.index()) {
            mended
                .done
                .push(format!("chunk {name}: was begun and had no frame, removed"));
            return Ok(Some(0));
        }
        if found.has_journal && !is_there(&found.paths.index()) {
            // Only what was never synced goes so, with the power.
            self.move_notes_aside(found)?;
            mended.done.push(format!(
                "chunk {name}: its frames are gone, its journal is moved aside"
            ));
            return Ok(None);
        }
        mended.left.push(format!(
            "chunk {name}: its frames are gone, what is beside them stays as it is"
        ));
        Ok(None)
    }

    /// Moves journal and extra data of a chunk without frames aside.
    fn move_notes_aside(&self, found: &Found) -> Result<(), Error> {
        let number = found.paths.number;
        for beside in [
            journal_path(self.folder, number),
            extra_lines_path(self.folder, number),
        ] {
            if is_there(&beside) {
                self.move_aside(&beside)?;
            }
        }
        Ok(())
    }

    /// A video or a folder that was begun: ours and empty, or moved aside.
    fn without_frames(
        &self,
        found: &Found,
        content: &Path,
        mended: &mut Mended,
    ) -> Result<Option<u64>, Error> {
        let name = stem(found.paths.number);
        let flushed = found.journal.as_ref().map(|journal| journal.flushed);
        let journal = journal_path(self.folder, found.paths.number);
        let is_torn = found.has_journal
            && journal
                .metadata()
                .is_ok_and(|metadata| metadata.len() < HEADER_BYTES as u64);
        // A decoder's word is not enough to remove what may be more than a header.
        let is_little = !found.paths.is_video() || !is_long(content);
        if (flushed == Some(0) || is_torn) && is_little {
            if !found.paths.is_video() {
                let removed = self.storage.remove_tree(content);
                removed.map_err(Error::io("remove", content))?;
            }
            mended
                .done
                .push(format!("chunk {name}: was begun and had no frame, removed"));
            return Ok(Some(0));
        }
        let aside = self.move_aside(content)?;
        if let Some(flushed) = flushed.filter(|flushed| *flushed > 0) {
            mended.left.push(format!(
                "chunk {name}: {flushed} frames were flushed, none of them can be read"
            ));
        }
        mended.done.push(format!(
            "chunk {name}: `{}` holds no readable frame and is moved to `{}`",
            name_of(content),
            name_of(&aside)
        ));
        self.move_notes_aside(found)?;
        Ok(None)
    }

    /// The frames of the folder; `None` when there is none to be had.
    fn mend_images(&self, found: &Found, mended: &mut Mended) -> Result<Option<u64>, Error> {
        let name = stem(found.paths.number);
        if !is_there(&found.paths.content()) {
            return self.without_content(found, mended);
        }
        let images = self.images(&found.paths, mended)?;
        if images.whole == 0 && images.others == 0 && images.orphans.is_empty() && found.has_journal
        {
            return self.without_frames(found, &found.paths.content(), mended);
        }
        if images.whole == 0 && !found.has_journal {
            mended.left.push(format!(
                "chunk {name}: its folder holds no readable frame and stays as it is"
            ));
            return Ok(None);
        }
        for path in &images.orphans {
            let aside = self.move_aside(path)?;
            mended.done.push(format!(
                "chunk {name}: `{}` comes after an image that is missing or cut, it is moved to `{}`",
                name_of(path),
                name_of(&aside)
            ));
        }
        self.rebuild_index(found, images.whole, mended)?;
        Ok(Some(images.whole))
    }

    /// The images of a folder, as far as they are whole and follow one another.
    fn images(&self, paths: &ChunkPaths, mended: &mut Mended) -> Result<Images, Error> {
        let folder = paths.content();
        let mut numbered = Vec::new();
        let mut images = Images::default();
        for entry in std::fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
            let entry = entry.map_err(Error::io("list", &folder))?;
            let name = entry.file_name();
            match name.to_str().and_then(|name| paths.frame_of(name)) {
                Some(frame) => numbered.push(frame),
                None if name.to_string_lossy().ends_with(".part") => {}
                None => images.others += 1,
            }
        }
        numbered.sort_unstable();
        let row = self.metadata.row().ok_or_else(|| {
            let reason = format!("`{}` is no format that pimage knows", self.metadata.format);
            Error::unsupported(self.folder, reason)
        })?;
        let mut trial = ImageTrial::new(row, &self.limits);
        for frame in numbered {
            if self.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            let path = paths.image(frame);
            if frame != images.whole || !images.orphans.is_empty() {
                images.orphans.push(path);
                continue;
            }
            match trial.decode(&path) {
                Ok(()) => images.whole += 1,
                Err(error @ Error::NotBuilt { .. }) => return Err(error),
                Err(error) => {
                    mended.left.push(error.to_string());
                    images.orphans.push(path);
                }
            }
        }
        Ok(images)
    }

    /// Makes the array of extra data from the lines of a chunk.
    fn close_extra(&self, found: &Found, mended: &mut Mended) -> Result<(), Error> {
        let target = found.paths.extra();
        if !found.has_lines || is_there(&target) {
            return Ok(());
        }
        let lines = extra_lines_path(self.folder, found.paths.number);
        if mended.frames == 0 {
            // There is no chunk to which they could belong.
            self.move_aside(&lines)?;
            return Ok(());
        }
        let reach = mended.rows.unwrap_or(mended.frames);
        let journal = found.journal.as_ref();
        let most = journal.and_then(|journal| journal.extra_bytes(reach));
        let closed = close_lines(&self.storage, &lines, &target, most, self.syncs)?;
        let name = stem(found.paths.number);
        mended.done.push(format!(
            "chunk {name}: {} records of extra data are kept",
            closed.records
        ));
        if closed.left_out > 0 {
            mended.left.push(format!(
                "chunk {name}: {} lines of extra data are of frames that are lost, or no records; all lines are kept aside",
                closed.left_out
            ));
        }
        Ok(())
    }

    /// Gives what is not understood a hidden name that nothing has.
    pub(super) fn move_aside(&self, path: &Path) -> Result<PathBuf, Error> {
        let aside = aside_of(path);
        self.storage
            .rename(path, &aside, false)
            .map_err(Error::io("rename", path))?;
        Ok(aside)
    }
}

/// The rate of recordings of which nobody knows it.
const UNKNOWN_RATE: f64 = 25.0;

/// Bytes that a video without frames has at most.
const HEAD_BYTES: u64 = 64 << 10;

/// Whether a copy lacks more of a recording than its last frame and what the container needs.
fn is_less(copy: &Path, recording: &Path) -> bool {
    let length = |path: &Path| path.metadata().map_or(0, |found| found.len());
    let (copy, recording) = (length(copy), length(recording));
    recording.saturating_sub(copy) > HEAD_BYTES.min(recording / 10)
}

/// Whether a video may hold more than its header.
fn is_long(video: &Path) -> bool {
    video
        .metadata()
        .map_or(true, |found| found.len() > HEAD_BYTES)
}

/// The images of a chunk.
#[derive(Debug, Default)]
struct Images {
    /// From 0, without a hole, each decoded.
    whole: u64,
    /// Those that come after.
    orphans: Vec<PathBuf>,
    /// Files that are no images of the chunk.
    others: u64,
}

pub(super) fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
