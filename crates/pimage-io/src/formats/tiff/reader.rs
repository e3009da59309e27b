//! Frames by their index, decoded on all cores where they are packed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_codec::tiff::ifd::{Ifd, Source};
use pimage_codec::tiff::page::{Meaning, Packed, Page};
use pimage_codec::tiff::{Flaw, PageDecoder, copy_samples};
use pimage_core::{
    Damage, Error, Frame, FrameReader, Limits, OnDamage, SeekFrames, Stamp, StreamInfo,
};
use pimage_fs::MappedFile;
use pimage_pool::Ahead;

use super::file::Mapped;
use super::sequence::{self, Missing, Place, Sequence};
use crate::ReadOptions;

/// Opens a stack.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let (sequence, info, missing) = sequence::open(path, options)?;
    let sequence = Arc::new(sequence);
    let make = {
        let (sequence, limits) = (Arc::clone(&sequence), options.limits);
        let keeps = options.on_damage == OnDamage::Keep;
        move || FrameDecoder::new(Arc::clone(&sequence), limits, keeps)
    };
    let threads = pimage_pool::threads(options.threads);
    let frame_bytes = sequence.format.frame_bytes().unwrap_or(usize::MAX);
    // What is kept of a damaged frame is told beside it, for which the threads have no way; copying is faster than passing on.
    let is_ahead =
        sequence.page.packed != Packed::None && options.on_damage != OnDamage::Keep && threads > 1;
    let direct = make();
    let ahead = is_ahead.then(|| {
        Ahead::new("the TIFF decoder", threads, frame_bytes, move || {
            let mut decoder = make();
            move |index: u64, frame: &mut Frame| decoder.fill(index, frame).map(|_kept| ())
        })
    });
    Ok(Box::new(TiffReader {
        info,
        path: path.to_path_buf(),
        sequence,
        on_damage: options.on_damage,
        direct,
        ahead,
        missing,
        next: 0,
        damage: Vec::new(),
        told: BTreeMap::new(),
    }))
}

/// Decodes frames by their index, on one thread.
struct FrameDecoder {
    sequence: Arc<Sequence>,
    limits: Limits,
    keeps: bool,
    open: Option<(usize, Mapped)>,
    ifd: Ifd,
    decoder: PageDecoder,
}

impl FrameDecoder {
    fn new(sequence: Arc<Sequence>, limits: Limits, keeps: bool) -> Self {
        Self {
            sequence,
            limits,
            keeps,
            open: None,
            ifd: Ifd::default(),
            decoder: PageDecoder::default(),
        }
    }

    /// Fills `frame` with frame `index`; what is wrong with it when it is kept all the same.
    fn fill(&mut self, index: u64, frame: &mut Frame) -> Result<Option<String>, Error> {
        let sequence = Arc::clone(&self.sequence);
        let (file, decoded) = match sequence.place(index) {
            Some(Place::Page {
                file,
                offset,
                plane,
                wrapped_base,
                shift,
            }) => {
                let change = |page: &mut Page| {
                    page.wrapped_base = wrapped_base;
                    page.shift = shift;
                };
                let decoded = self.page(&sequence, file, offset, plane, change, frame);
                (file, decoded)
            }
            Some(Place::Flat { offset }) => (0, self.flat(&sequence, offset, frame)),
            Some(Place::Nowhere { .. }) | None => (0, Err(Flaw::Damaged(sequence.hole.clone()))),
        };
        let path = sequence
            .parts
            .get(file)
            .map_or(Path::new(""), |part| &part.path);
        let kept = decoded.map_err(|flaw| flaw.into_frame_error(path, index))?;
        frame.set_bit_depth(sequence.format.bit_depth);
        frame.stamp = Stamp::at(index);
        frame.stamp.time = sequence.time(index);
        Ok(kept.map(|flaw| reason_of(&flaw.into_frame_error(path, index))))
    }

    fn mapped(&mut self, sequence: &Sequence, file: usize) -> Result<&mut Mapped, Flaw> {
        let mapped = match self.open.take() {
            Some((open, mapped)) if open == file => mapped,
            _ => {
                let Some(part) = sequence.parts.get(file) else {
                    return Err(Flaw::Damaged(format!("there is no file {file}")));
                };
                self.decoder.forget();
                Mapped(MappedFile::open(&part.path)?)
            }
        };
        Ok(&mut self.open.insert((file, mapped)).1)
    }

    fn page(
        &mut self,
        sequence: &Sequence,
        file: usize,
        offset: u64,
        plane: usize,
        change: impl FnOnce(&mut Page),
        frame: &mut Frame,
    ) -> Result<Option<Flaw>, Flaw> {
        let Some(header) = sequence.parts.get(file).map(|part| part.header) else {
            return Err(Flaw::Damaged(format!("there is no file {file}")));
        };
        self.mapped(sequence, file)?;
        let Some((_, source)) = &mut self.open else {
            return Err(Flaw::Damaged("its file is not open".to_owned()));
        };
        self.ifd.refill(header, source, offset)?;
        let mut page = Page::parse(&self.ifd, header, source)?;
        if sequence.is_split {
            page.split();
        }
        change(&mut page);
        if let (Meaning::Palette(first), Meaning::Palette(map)) =
            (&sequence.page.meaning, &mut page.meaning)
            && first.is_wide
        {
            map.widen();
        }
        let (found, expected) = (page.format(), sequence.format);
        if found.with_bit_depth(0) != expected.with_bit_depth(0) || plane >= page.frames() {
            return Err(Flaw::Damaged(format!(
                "its page is {found}, the sequence is {expected}"
            )));
        }
        let (limits, keeps) = (&self.limits, self.keeps);
        self.decoder
            .decode(&page, plane, header, source, limits, keeps, frame)
    }

    fn flat(
        &mut self,
        sequence: &Sequence,
        offset: u64,
        frame: &mut Frame,
    ) -> Result<Option<Flaw>, Flaw> {
        let order = sequence.parts.first().map(|part| part.header.order);
        frame.reset(&sequence.format, &self.limits)?;
        let target = frame.bytes_mut();
        let bytes = self.mapped(sequence, 0)?.slice(offset, target.len())?;
        if bytes.len() < target.len() {
            return Err(Flaw::Cut {
                expected: target.len() as u64,
                found: bytes.len() as u64,
            });
        }
        if let Some(order) = order {
            copy_samples(bytes, target, order, sequence.format.sample.bytes());
        }
        Ok(None)
    }
}

/// What is wrong with a frame, in words without its name.
fn reason_of(error: &Error) -> String {
    match error {
        Error::Damaged { reason, .. } => reason.clone(),
        Error::Truncated {
            expected, found, ..
        } => format!("the file ends after {found} of {expected} bytes"),
        other => other.to_string(),
    }
}

/// A TIFF stack.
struct TiffReader {
    info: StreamInfo,
    path: PathBuf,
    sequence: Arc<Sequence>,
    on_damage: OnDamage,
    direct: FrameDecoder,
    ahead: Option<Ahead>,
    missing: Option<Missing>,
    next: u64,
    damage: Vec<Damage>,
    /// Where the frames of `damage` begin and end.
    told: BTreeMap<u64, u64>,
}

impl fmt::Debug for TiffReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TiffReader")
            .field("path", &self.path)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl TiffReader {
    fn fill(&mut self, index: u64, frame: &mut Frame) -> Result<Option<String>, Error> {
        match &mut self.ahead {
            Some(ahead) => {
                ahead.read(index, self.sequence.count, frame)?;
                Ok(None)
            }
            None => self.direct.fill(index, frame),
        }
    }

    /// Adds to the list of damage what is not in it.
    fn tell(&mut self, damage: Damage) {
        let frames = &damage.frames;
        let is_known = if frames.is_empty() {
            self.damage.contains(&damage)
        } else {
            let before = self.told.range(..=frames.start).next_back();
            before.is_some_and(|(_, end)| frames.end <= *end)
        };
        if !is_known {
            self.told.insert(frames.start, frames.end);
            damage.add_to(&mut self.damage);
        }
    }

    fn at_end(&mut self) -> Result<bool, Error> {
        let Some(missing) = self.missing.clone() else {
            return Ok(false);
        };
        let frame = self.sequence.count;
        if self.on_damage == OnDamage::Fail {
            return Err(Error::Damaged {
                path: self.path.clone(),
                frame,
                reason: missing.reason,
            });
        }
        self.tell(Damage {
            frames: frame..frame.saturating_add(missing.count),
            reason: missing.reason,
        });
        Ok(false)
    }
}

impl FrameReader for TiffReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.next < self.sequence.count {
            let index = self.next;
            if let (Some(Place::Nowhere { end }), false) =
                (self.sequence.place(index), self.on_damage == OnDamage::Fail)
            {
                let reason = self.sequence.hole.clone();
                self.tell(Damage {
                    frames: index..end,
                    reason,
                });
                self.next = end;
                continue;
            }
            match self.fill(index, frame) {
                Ok(kept) => {
                    if let Some(reason) = kept {
                        self.tell(Damage::frame(index, reason));
                    }
                    self.next = index + 1;
                    return Ok(true);
                }
                Err(error @ (Error::Damaged { .. } | Error::Truncated { .. }))
                    if self.on_damage != OnDamage::Fail =>
                {
                    self.tell(Damage::frame(index, reason_of(&error)));
                    self.next = index + 1;
                }
                Err(error) => return Err(error),
            }
        }
        self.at_end()
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn files(&self) -> Vec<PathBuf> {
        let parts = self.sequence.parts.iter().map(|part| &part.path);
        parts.filter(|path| **path != self.path).cloned().collect()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for TiffReader {
    fn frame_count(&self) -> u64 {
        self.sequence.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.sequence.count {
            return Err(Error::OutOfRange {
                path: self.path.clone(),
                frame: index,
                frame_count: self.sequence.count,
            });
        }
        self.next = index;
        Ok(())
    }
}
