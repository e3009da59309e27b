//! Frames of equal size, at equal distances in one or several files: the reader that HIRIS, arrays and raw share.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fmt;
use std::path::{Path, PathBuf};

use pimage_core::{
    Damage, Error, Frame, FrameReader, Limits, OnDamage, SeekFrames, Stamp, StreamInfo, keys,
};
use pimage_fs::MappedFile;

use crate::gather::Gather;
use crate::samples::Stored;
use crate::source::Source;

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
    /// Frames that should follow the last part and are missing, the one that is cut included.
    pub(crate) missing: u64,
    /// Frames that are missing here and keep their indices, since others follow.
    pub(crate) hole: u64,
    /// What is wrong with the end, unless the bytes that are cut say it.
    pub(crate) reason: Option<String>,
}

impl Part {
    /// Indices that it takes: its frames, and those that are missing before the next part.
    pub(crate) const fn slots(&self) -> u64 {
        self.count.saturating_add(self.hole)
    }

    fn is_sound(&self) -> bool {
        self.cut_bytes == 0 && self.missing == 0 && self.hole == 0 && self.reason.is_none()
    }
}

/// Gives a frame what is known of it beside its pixels.
pub(crate) type Stamps = Box<dyn FnMut(u64, &mut Stamp) -> Result<(), Error> + Send>;

/// Frames at equal distances, through a memory map: one copy a frame.
pub(crate) struct FlatReader {
    info: StreamInfo,
    path: PathBuf,
    limits: Limits,
    on_damage: OnDamage,
    stored: Stored,
    frame_bytes: usize,
    /// Bytes from one frame to the next.
    step: u64,
    /// For frames that are not in one piece, in the order of their samples.
    gather: Option<Gather>,
    stamps: Option<Stamps>,
    parts: Vec<Part>,
    /// Index of the first frame of each part, and the total.
    firsts: Vec<u64>,
    open: Option<(usize, Source)>,
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
    /// Whether an error told of it.
    has_failed: bool,
}

impl Cut {
    /// Whether it is in the way of frame `next`: before it, or what it lacks.
    fn concerns(&self, next: u64, reads_on: bool, total: u64) -> bool {
        if self.part.hole > 0 {
            return (self.at..self.at.saturating_add(self.part.hole)).contains(&next);
        }
        let is_last = self.at >= total;
        if reads_on || is_last {
            return self.at == next;
        }
        // Nobody knows how many frames are missing, so that those behind are not what their indices say.
        self.at <= next && !self.has_failed
    }

    fn reason(&self, frame_bytes: usize) -> String {
        self.part.reason.clone().unwrap_or_else(|| {
            format!(
                "`{}` ends after {} of {frame_bytes} bytes",
                self.part.path.file_name().unwrap_or_default().display(),
                self.part.cut_bytes,
            )
        })
    }

    /// The error in place of frame `next`.
    fn error(&self, next: u64, frame_bytes: usize) -> Error {
        let path = self.part.path.clone();
        if self.part.reason.is_some() && self.part.cut_bytes == 0 {
            let (frame, reason) = (next, self.reason(frame_bytes));
            return Error::Damaged {
                path,
                frame,
                reason,
            };
        }
        Error::Truncated {
            path,
            frame: self.at,
            expected: frame_bytes as u64,
            found: self.part.cut_bytes,
        }
    }
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
        mut info: StreamInfo,
        stored: Stored,
        parts: Vec<Part>,
        limits: Limits,
        on_damage: OnDamage,
    ) -> Result<Self, Error> {
        limits.check_format(&info.format)?;
        let frame_bytes = stored.frame_bytes(&info.format).unwrap_or(usize::MAX);
        let mut firsts = vec![0u64];
        let mut cuts = Vec::new();
        for part in &parts {
            let last = firsts.last().copied().unwrap_or(0);
            let at = last.saturating_add(part.count);
            firsts.push(last.saturating_add(part.slots()));
            if !part.is_sound() {
                cuts.push(Cut {
                    at,
                    part: part.clone(),
                    is_told: false,
                    has_failed: false,
                });
            }
        }
        if !cuts.is_empty() {
            let reasons: Vec<_> = cuts.iter().map(|cut| cut.reason(frame_bytes)).collect();
            info.metadata
                .insert(keys::CUT.to_owned(), reasons.join("; ").into());
        }
        limits.check_frames(firsts.last().copied().unwrap_or(0))?;
        Ok(Self {
            info,
            path: path.to_path_buf(),
            limits,
            on_damage,
            stored,
            frame_bytes,
            step: frame_bytes as u64,
            gather: None,
            stamps: None,
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

    /// The same with bytes between the frames that belong to none.
    pub(crate) const fn with_gap(mut self, gap: u64) -> Self {
        self.step = self.step.saturating_add(gap);
        self
    }

    /// The same of frames whose samples have another order or lie scattered.
    pub(crate) fn with_gather(mut self, gather: Option<Gather>) -> Self {
        self.gather = gather;
        self
    }

    /// The same with an only part that is open already.
    pub(crate) fn with_source(mut self, source: Source) -> Self {
        self.open = Some((0, source));
        self
    }

    /// The same with stamps that the file has.
    #[cfg(feature = "npz")]
    pub(crate) fn with_stamps(mut self, stamps: Stamps) -> Self {
        self.stamps = Some(stamps);
        self
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

    /// Tells of the parts that are cut or missing before frame `next`: an error, or an entry in the list.
    fn tell_cuts(&mut self) -> Result<(), Error> {
        let total = self.total();
        let (next, reads_on) = (self.next, self.reads_on);
        let here = |cut: &&mut Cut| !cut.is_told && cut.concerns(next, reads_on, total);
        for cut in self.cuts.iter_mut().filter(here) {
            if self.on_damage == OnDamage::Fail {
                self.has_failed = true;
                cut.has_failed = true;
                return Err(cut.error(next, self.frame_bytes));
            }
            let missing = cut.part.hole.saturating_add(cut.part.missing);
            let frames = cut.at..cut.at.saturating_add(missing);
            let reason = cut.reason(self.frame_bytes);
            Damage { frames, reason }.add_to(&mut self.damage);
            cut.is_told = true;
        }
        Ok(())
    }

    /// Where the next frame is that is there, when `next` is missing.
    fn pass_over(&mut self) -> bool {
        let Some((place, first)) = self.part_of(self.next) else {
            return false;
        };
        let is_missing = self
            .parts
            .get(place)
            .is_some_and(|part| self.next - first >= part.count);
        if let (true, Some(behind)) = (is_missing, self.firsts.get(place + 1)) {
            self.next = *behind;
            self.reads_on = true;
        }
        is_missing
    }

    /// Fills the frame; `false` when the part ends before and that is damage to live with.
    fn fill(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let index = self.next;
        let found = self
            .part_of(index)
            .and_then(|(place, first)| Some((place, first, self.parts.get(place)?)));
        let Some((place, first, part)) = found else {
            return Err(self.out_of_range(index));
        };
        let source = match self.open.take() {
            Some((open, source)) if open == place => source,
            _ => Source::Map(MappedFile::open(&part.path)?),
        };
        let (_, source) = self.open.insert((place, source));
        let bytes = match &mut self.gather {
            None => {
                let offset = (index - first).saturating_mul(self.step);
                source.slice(part.start.saturating_add(offset), self.frame_bytes)?
            }
            // Scattered over the whole part, or alone in its place of the part.
            Some(gather) if gather.is_of_many() => {
                gather.frame(source, part.start, index - first, part.count)?
            }
            Some(gather) => {
                let offset = (index - first).saturating_mul(self.step);
                gather.single(source, part.start.saturating_add(offset))?
            }
        };
        let found = bytes.len();
        if found == self.frame_bytes {
            let exact = self.stored.expect_exact(bytes);
            exact.map_err(|error| error.at_path(&part.path, Some(index)))?;
            frame.reset(&self.info.format, &self.limits)?;
            self.stored.unpack(bytes, frame);
            frame.stamp = Stamp::at(index);
            frame.stamp.time = self.info.rate.map(|rate| rate.time_of(index));
            if let Some(stamps) = &mut self.stamps {
                stamps(index, &mut frame.stamp)?;
            }
            return self.check_source().map(|()| true);
        }
        self.tell_end(found).map(|()| false)
    }

    /// Tells that the part ends before frame `next` is whole.
    fn tell_end(&mut self, found: usize) -> Result<(), Error> {
        let (frame, expected) = (self.next, self.frame_bytes);
        let path = self.path.clone();
        let fault = self.open.as_ref().and_then(|(_, source)| source.fault());
        let fault = fault.map(str::to_owned);
        if self.on_damage == OnDamage::Fail {
            return Err(match fault {
                Some(reason) => Error::Damaged {
                    path,
                    frame,
                    reason,
                },
                None => Error::Truncated {
                    path,
                    frame,
                    expected: expected as u64,
                    found: found as u64,
                },
            });
        }
        let reason = fault.unwrap_or_else(|| format!("it ends after {found} of {expected} bytes"));
        let frames = frame..self.total();
        Damage { frames, reason }.add_to(&mut self.damage);
        Ok(())
    }

    /// Tells of bytes that were read in full and are not what they were when they were written.
    fn check_source(&mut self) -> Result<(), Error> {
        let mismatch = match &mut self.open {
            Some((_, source)) => source.take_mismatch(),
            None => None,
        };
        let Some(reason) = mismatch else {
            return Ok(());
        };
        if self.on_damage == OnDamage::Fail {
            return Err(Error::Damaged {
                path: self.path.clone(),
                frame: self.next,
                reason,
            });
        }
        let frames = 0..self.total();
        Damage { frames, reason }.add_to(&mut self.damage);
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

impl FrameReader for FlatReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        loop {
            self.tell_cuts()?;
            if self.next >= self.total() {
                return Ok(false);
            }
            if !self.pass_over() {
                break;
            }
        }
        if !self.fill(frame)? {
            // Nothing behind the end can be read either.
            self.next = self.total();
            return Ok(false);
        }
        self.next += 1;
        self.reads_on = true;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn files(&self) -> Vec<PathBuf> {
        let paths = self.parts.iter().map(|part| &part.path);
        paths.filter(|path| **path != self.path).cloned().collect()
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
