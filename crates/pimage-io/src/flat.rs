//! Frames of equal size, back to back in one or several files: the reader that HIRIS, npy and raw share.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fmt;
use std::path::{Path, PathBuf};

use pimage_core::{
    Damage, Error, Frame, FrameReader, Limits, OnDamage, SeekFrames, Stamp, StreamInfo,
};
use pimage_fs::MappedFile;

use crate::samples::Stored;

/// A file with frames.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Byte offset of its first frame.
    pub(crate) start: u64,
    /// Whole frames in it.
    pub(crate) count: u64,
    /// Bytes behind the last whole frame that are part of another; 0 when it ends where it should.
    pub(crate) cut_bytes: u64,
    /// Frames that should follow here and are missing, the one that is cut included.
    pub(crate) missing: u64,
}

/// Frames back to back, through a memory map: one copy a frame.
pub(crate) struct FlatReader {
    info: StreamInfo,
    path: PathBuf,
    limits: Limits,
    on_damage: OnDamage,
    stored: Stored,
    frame_bytes: usize,
    parts: Vec<Part>,
    /// Index of the first frame of each part, and the total.
    firsts: Vec<u64>,
    open: Option<(usize, MappedFile)>,
    next: u64,
    /// Whether the next frame was reached by reading on, so that a cut before it has to be told.
    reads_on: bool,
    /// Whether the last read told of a cut, so that a seek to the same frame passes over it.
    has_failed: bool,
    damage: Vec<Damage>,
    cuts: Vec<Cut>,
}

/// The end of a part that is not as it should be.
#[derive(Debug)]
struct Cut {
    /// Index of the frame that would come next.
    at: u64,
    part: Part,
    /// Whether it is in the list of damage.
    is_told: bool,
}

impl fmt::Debug for FlatReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlatReader")
            .field("path", &self.path)
            .field("parts", &self.parts.len())
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl FlatReader {
    /// A reader of `parts`, whose frames are `info.format` with samples stored as `stored`.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] when the format or the number of frames is over `limits`.
    pub(crate) fn new(
        path: &Path,
        info: StreamInfo,
        stored: Stored,
        parts: Vec<Part>,
        limits: Limits,
        on_damage: OnDamage,
    ) -> Result<Self, Error> {
        limits.check_format(&info.format)?;
        let frame_bytes = stored_frame_bytes(&info.format, stored).unwrap_or(usize::MAX);
        let mut firsts = vec![0u64];
        let mut cuts = Vec::new();
        for part in &parts {
            let last = firsts.last().copied().unwrap_or(0);
            let at = last.saturating_add(part.count);
            firsts.push(at);
            if part.cut_bytes > 0 || part.missing > 0 {
                let part = part.clone();
                let is_told = false;
                cuts.push(Cut { at, part, is_told });
            }
        }
        limits.check_frames(firsts.last().copied().unwrap_or(0))?;
        Ok(Self {
            info,
            path: path.to_path_buf(),
            limits,
            on_damage,
            stored,
            frame_bytes,
            parts,
            firsts,
            open: None,
            next: 0,
            reads_on: true,
            has_failed: false,
            damage: Vec::new(),
            cuts,
        })
    }

    fn total(&self) -> u64 {
        self.firsts.last().copied().unwrap_or(0)
    }

    /// The part that holds frame `index`, and the index of its first frame.
    fn part_of(&self, index: u64) -> Option<(usize, u64)> {
        let place = self.firsts.partition_point(|first| *first <= index);
        let place = place.checked_sub(1)?;
        let first = self.firsts.get(place).copied()?;
        (place < self.parts.len()).then_some((place, first))
    }

    /// Tells of the parts that are cut and end before frame `next`: an error, or an entry in the list.
    fn tell_cuts(&mut self) -> Result<(), Error> {
        // A frame that was sought is sound, whatever is missing before it.
        if !self.reads_on && self.next < self.total() {
            return Ok(());
        }
        let here = |cut: &&mut Cut| cut.at == self.next && !cut.is_told;
        for cut in self.cuts.iter_mut().filter(here) {
            let part = &cut.part;
            if self.on_damage == OnDamage::Fail {
                self.has_failed = true;
                return Err(Error::Truncated {
                    path: part.path.clone(),
                    frame: cut.at,
                    expected: self.frame_bytes as u64,
                    found: part.cut_bytes,
                });
            }
            let reason = format!(
                "`{}` ends after {} of {} bytes",
                part.path.file_name().unwrap_or_default().display(),
                part.cut_bytes,
                self.frame_bytes
            );
            let frames = cut.at..cut.at.saturating_add(part.missing);
            Damage { frames, reason }.add_to(&mut self.damage);
            cut.is_told = true;
        }
        Ok(())
    }

    fn fill(&mut self, frame: &mut Frame) -> Result<(), Error> {
        let index = self.next;
        let Some((place, first)) = self.part_of(index) else {
            return Err(self.out_of_range(index));
        };
        let Some(part) = self.parts.get(place) else {
            return Err(self.out_of_range(index));
        };
        let offset = (index - first)
            .saturating_mul(self.frame_bytes as u64)
            .saturating_add(part.start);
        let file = match self.open.take() {
            Some((open, file)) if open == place => file,
            _ => MappedFile::open(&part.path)?,
        };
        let (_, file) = self.open.insert((place, file));
        let bytes = file.slice(offset, self.frame_bytes)?;
        if bytes.len() < self.frame_bytes {
            return Err(Error::Truncated {
                path: part.path.clone(),
                frame: index,
                expected: self.frame_bytes as u64,
                found: bytes.len() as u64,
            });
        }
        frame.reset(&self.info.format, &self.limits)?;
        self.stored.unpack(bytes, frame);
        frame.stamp = Stamp::at(index);
        frame.stamp.time = self.info.rate.map(|rate| rate.time_of(index));
        Ok(())
    }

    fn out_of_range(&self, frame: u64) -> Error {
        Error::OutOfRange {
            path: self.path.clone(),
            frame,
            frame_count: self.total(),
        }
    }
}

/// Bytes of a frame in the file; `None` when it exceeds the address space.
pub(crate) fn stored_frame_bytes(
    format: &pimage_core::FrameFormat,
    stored: Stored,
) -> Option<usize> {
    (format.width as usize)
        .checked_mul(format.height as usize)?
        .checked_mul(format.color.channels())?
        .checked_mul(stored.bytes())
}

impl FrameReader for FlatReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.tell_cuts()?;
        if self.next >= self.total() {
            return Ok(false);
        }
        self.fill(frame)?;
        self.next += 1;
        self.reads_on = true;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for FlatReader {
    fn frame_count(&self) -> u64 {
        self.total()
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.total() {
            return Err(self.out_of_range(index));
        }
        self.reads_on = index == self.next && self.reads_on && !self.has_failed;
        self.has_failed = false;
        self.next = index;
        Ok(())
    }
}
