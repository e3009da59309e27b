//! Chosen frames of a store, by index, number and time, as a reader of their own.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use pimage_core::{Damage, Error, Frame, FrameCount, FrameReader, SeekFrames, Stamp, StreamInfo};

use crate::{FrameIndex, UNKNOWN_NUMBER};

/// Values from one (included) to another (excluded); an end that is not given is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span<T> {
    /// The least value that belongs to it.
    pub start: Option<T>,
    /// The least value above it.
    pub end: Option<T>,
}

impl<T> Default for Span<T> {
    fn default() -> Self {
        Self {
            start: None,
            end: None,
        }
    }
}

impl<T: PartialOrd + Copy> Span<T> {
    /// Whether a value is inside.
    pub fn has(&self, value: T) -> bool {
        self.start.is_none_or(|start| value >= start) && self.end.is_none_or(|end| value < end)
    }

    /// Whether both ends are open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.start.is_none() && self.end.is_none()
    }
}

/// Which frames of a store are wanted: those for which all of this is true.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    /// By their index.
    pub indices: Span<u64>,
    /// By the recorder's number; frames without one belong to no span that has an end.
    pub numbers: Span<i64>,
    /// By their time, seconds; frames without one belong to no span that has an end.
    pub times: Span<f64>,
}

impl FrameIndex {
    /// The frames that are chosen, as runs of indices in ascending order.
    ///
    /// ```
    /// use pimage_store::{Choice, ChunkIndex, FrameIndex, Span};
    ///
    /// let chunk = ChunkIndex::new(vec![5, 6, 9, 5], vec![0.0, 0.1, 0.4, 0.5])?;
    /// let index = FrameIndex::from_chunks([(0, chunk)])?;
    /// let numbers = Span { start: None, end: Some(7) };
    /// let chosen = index.chosen(&Choice { numbers, ..Choice::default() });
    /// assert_eq!(chosen, [0..2, 3..4]);
    /// # Ok::<(), pimage_core::Error>(())
    /// ```
    #[must_use]
    pub fn chosen(&self, choice: &Choice) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        for (index, (number, time)) in (0u64..).zip(self.numbers().iter().zip(self.times())) {
            let is_numbered = choice.numbers.is_open()
                || (*number != UNKNOWN_NUMBER && choice.numbers.has(*number));
            let is_timed = choice.times.is_open() || choice.times.has(*time);
            if !(is_numbered && is_timed && choice.indices.has(index)) {
                continue;
            }
            match runs.last_mut().filter(|run| run.end == index) {
                Some(run) => run.end = index + 1,
                None => runs.push(index..index + 1),
            }
        }
        runs
    }
}

/// The frames of a seeking reader that are in these runs, counted anew from 0; numbers and times stay.
pub struct Runs<R> {
    reader: R,
    info: StreamInfo,
    runs: Vec<Range<u64>>,
    /// How many frames there are before each run.
    before: Vec<u64>,
    count: u64,
    next: u64,
    /// The frame of the source that comes next without seeking.
    at: Option<u64>,
}

impl<R> fmt::Debug for Runs<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs")
            .field("runs", &self.runs.len())
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl<R: FrameReader> Runs<R> {
    /// These runs, which are in ascending order and do not touch.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when the reader cannot seek.
    pub fn new(mut reader: R, runs: Vec<Range<u64>>) -> Result<Self, Error> {
        let mut info = reader.info().clone();
        if reader.as_seek().is_none() {
            let reason = "frames come in order only";
            return Err(Error::unsupported(&info.container, reason));
        }
        let mut before = Vec::with_capacity(runs.len());
        let mut count = 0u64;
        for run in &runs {
            before.push(count);
            count += run.end.saturating_sub(run.start);
        }
        info.set_frame_count(FrameCount::Exact(count));
        Ok(Self {
            reader,
            info,
            runs,
            before,
            count,
            next: 0,
            at: None,
        })
    }

    /// The frame of the source that is frame `index` here.
    fn source_of(&self, index: u64) -> Option<u64> {
        let run = self.before.partition_point(|before| *before <= index);
        let run = run.checked_sub(1)?;
        let (run, before) = (self.runs.get(run)?, self.before.get(run)?);
        Some(run.start + (index - before)).filter(|source| *source < run.end)
    }

    /// The first frame here whose source is not before `source`, and whether it is just that.
    fn place_of(&self, source: u64) -> (u64, bool) {
        let run = self.runs.partition_point(|run| run.end <= source);
        match (self.runs.get(run), self.before.get(run)) {
            (Some(run), Some(before)) => (
                before + source.saturating_sub(run.start),
                run.contains(&source),
            ),
            _ => (self.count, false),
        }
    }
}

impl<R: FrameReader> FrameReader for Runs<R> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while let Some(source) = self.source_of(self.next) {
            if self.at != Some(source)
                && let Some(seek) = self.reader.as_seek()
            {
                seek.seek(source)?;
            }
            self.at = None;
            if !self.reader.read_into(frame)? {
                self.next = self.count;
                break;
            }
            let found = frame.stamp.index;
            self.at = Some(found.saturating_add(1));
            // A later one than was asked for, where frames are damaged and left out.
            let (place, is_chosen) = self.place_of(found);
            self.next = place;
            if is_chosen {
                self.next += 1;
                frame.stamp.index = place;
                return Ok(true);
            }
        }
        Ok(false)
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

impl<R: FrameReader> SeekFrames for Runs<R> {
    fn frame_count(&self) -> u64 {
        self.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.info.expect_within(index, self.count)?;
        self.next = index;
        Ok(())
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        self.seek(index)?;
        self.at = None;
        let mut next = index;
        while let Some(source) = self.source_of(next)
            && let Some(seek) = self.reader.as_seek()
            && let Some(mut stamp) = seek.stamp_of(source)?
        {
            let (place, is_chosen) = self.place_of(stamp.index);
            if is_chosen {
                stamp.index = place;
                return Ok(Some(stamp));
            }
            next = place;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameFormat, SampleType};
    use pimage_testkit::{SyntheticReader, counter_frame};

    use super::*;

    const FORMAT: FrameFormat = FrameFormat::new(6, 4, Color::Gray, SampleType::U8);

    #[test]
    fn runs_are_frames_like_any_others() {
        let mut runs =
            Runs::new(SyntheticReader::new(FORMAT, 20), vec![2..4, 7..8, 10..13]).expect("seeks");
        let sources = [2, 3, 7, 10, 11, 12];
        let mut frame = Frame::empty();
        for index in [0u64, 1, 2, 3, 4, 5, 3, 2, 5, 0] {
            runs.seek(index).expect("is within");
            assert!(runs.read_into(&mut frame).expect("reads"));
            assert_eq!(frame.stamp.index, index);
            let stamp = runs.stamp_of(index).expect("looks").expect("is there");
            assert_eq!(stamp, frame.stamp);
            let source = sources[usize::try_from(index).expect("is small")];
            assert_eq!(frame.bytes(), counter_frame(source, FORMAT).bytes());
        }
        runs.seek(6).expect("is the end");
        assert!(!runs.read_into(&mut frame).expect("ends"));
        assert!(runs.seek(7).is_err());
    }

    #[test]
    fn spans_are_half_open() {
        let span = Span {
            start: Some(-2),
            end: Some(3),
        };
        let inside: Vec<i64> = (-5..5).filter(|value| span.has(*value)).collect();
        assert_eq!(inside, [-2, -1, 0, 1, 2]);
        assert!(Span::<f64>::default().has(f64::NAN));
        let timed = Span {
            start: Some(0.0),
            end: None,
        };
        assert!(!timed.has(f64::NAN));
    }
}
