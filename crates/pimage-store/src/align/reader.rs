//! The frames of one of several aligned stores.

use std::fmt;
use std::path::PathBuf;

use pimage_core::{
    Damage, Error, Frame, FrameCount, FrameReader, Limits, SeekFrames, Stamp, StreamInfo, Timestamp,
};

/// The frames of one of several aligned stores, a row each.
pub struct Aligned<R> {
    reader: R,
    info: StreamInfo,
    rows: Vec<Option<u64>>,
    stamps: Vec<(Option<i64>, Option<f64>)>,
    limits: Limits,
    next: u64,
    /// The frame of the source that comes next without seeking.
    at: Option<u64>,
    /// A frame that the next row shows again.
    kept: Option<(u64, Frame)>,
}

impl<R> fmt::Debug for Aligned<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aligned")
            .field("rows", &self.rows.len())
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl<R: FrameReader> Aligned<R> {
    pub(super) fn new(
        mut reader: R,
        rows: Vec<Option<u64>>,
        stamps: Vec<(Option<i64>, Option<f64>)>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let mut info = reader.info().clone();
        if reader.as_seek().is_none() {
            let reason = "frames come in order only";
            return Err(Error::unsupported(&info.container, reason));
        }
        info.set_frame_count(FrameCount::Exact(rows.len() as u64));
        Ok(Self {
            reader,
            info,
            rows,
            stamps,
            limits: *limits,
            next: 0,
            at: None,
            kept: None,
        })
    }

    /// The frame that a row shows; `None` beyond the last.
    fn row(&self, row: u64) -> Option<Option<u64>> {
        self.rows.get(usize::try_from(row).ok()?).copied()
    }

    fn stamp(&self, row: u64) -> Stamp {
        let place = usize::try_from(row).unwrap_or(usize::MAX);
        let (number, time) = self.stamps.get(place).copied().unwrap_or_default();
        Stamp {
            number,
            time: time.and_then(Timestamp::from_secs),
            ..Stamp::at(row)
        }
    }

    /// Fills the frame of the source; `false` when that is damaged and left out.
    fn fill(&mut self, source: u64, frame: &mut Frame) -> Result<bool, Error> {
        if let Some((_, kept)) = self.kept.take_if(|(index, _)| *index == source) {
            *frame = kept;
        } else {
            if self.at != Some(source)
                && let Some(seek) = self.reader.as_seek()
            {
                seek.seek(source)?;
            }
            self.at = None;
            if !self.reader.read_into(frame)? {
                return Ok(false);
            }
            let found = frame.stamp.index;
            self.at = Some(found.saturating_add(1));
            if found != source {
                return Ok(false);
            }
        }
        if self.row(self.next + 1).flatten() == Some(source) {
            self.kept = Some((source, frame.clone()));
        }
        Ok(true)
    }
}

impl<R: FrameReader> FrameReader for Aligned<R> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let Some(row) = self.row(self.next) else {
            return Ok(false);
        };
        let is_there = match row {
            Some(source) => self.fill(source, frame)?,
            None => false,
        };
        if !is_there {
            frame.reset(&self.info.format, &self.limits)?;
            frame.bytes_mut().fill(0);
        }
        frame.stamp = self.stamp(self.next);
        self.next += 1;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl<R: FrameReader> SeekFrames for Aligned<R> {
    fn frame_count(&self) -> u64 {
        self.rows.len() as u64
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.info.expect_within(index, self.rows.len() as u64)?;
        self.next = index;
        Ok(())
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        self.seek(index)?;
        Ok(self.row(index).map(|_| self.stamp(index)))
    }
}
