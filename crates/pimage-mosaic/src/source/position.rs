//! The frames of a reader by their indices, in whatever order they come cheapest.

use std::collections::VecDeque;

use pimage_core::{Damage, Error, Frame, FrameCount, FrameReader, Stamp};

use crate::buffer::{BufferPool, Buffered};

/// The frames of a reader by their indices.
pub(crate) struct Positions {
    reader: Box<dyn FrameReader>,
    is_seekable: bool,
    /// How many frames there are, once that is certain.
    count: Option<u64>,
    /// Index that the reader's next frame has, unless it is missing; `u64::MAX` when nobody knows.
    next: u64,
    /// Frames that were read and not yet asked for: those from `since` up to `next`, but for what is missing.
    held: VecDeque<Frame>,
    since: u64,
    /// The last frame that was passed, asked for or not, of a reader that does not go back.
    passed: Option<Frame>,
    /// The only frame of a still image.
    still: Option<Frame>,
    /// Entries of the reader's damage that were told, and where the last of them ended, for it may have grown.
    told: (usize, u64),
}

/// What became of looking for a frame.
pub(crate) enum Fetched {
    /// Here it is.
    Frame(Frame),
    /// The source should have it and does not; the stamp of the frame that follows.
    Missing(Option<Stamp>),
    /// The source ends before it, as is known only now.
    End,
}

impl Positions {
    pub(crate) fn new(mut reader: Box<dyn FrameReader>) -> Self {
        let seekable = reader.as_seek().map(|seek| seek.frame_count());
        let count = match reader.info().frame_count {
            FrameCount::Exact(count) => Some(count),
            _ => seekable,
        };
        Self {
            reader,
            is_seekable: seekable.is_some(),
            count,
            next: 0,
            held: VecDeque::new(),
            since: 0,
            passed: None,
            still: None,
            told: (0, 0),
        }
    }

    /// Keeps what is read from now on, so that it is read only once.
    pub(crate) fn buffer(&mut self, pool: &BufferPool) -> Result<(), Error> {
        let none: Box<dyn FrameReader> = Box::new(pimage_core::MemoryReader::new(Vec::new())?);
        let mut reader = std::mem::replace(&mut self.reader, none);
        if self.next > 0
            && let Some(seek) = reader.as_seek()
        {
            seek.seek(0)?;
        }
        let mut reader = Buffered::new(reader, pool)?;
        self.is_seekable = reader.as_seek().is_some();
        self.reader = Box::new(reader);
        self.forget();
        self.next = 0;
        self.since = 0;
        Ok(())
    }

    /// How many frames there are, once that is certain.
    pub(crate) const fn count(&self) -> Option<u64> {
        self.count
    }

    /// Whether frames can be reached in any order.
    pub(crate) const fn is_seekable(&self) -> bool {
        self.is_seekable
    }

    /// Whether frames can be reached again: an only one is kept.
    pub(crate) const fn is_repeatable(&self) -> bool {
        self.is_seekable || matches!(self.count, Some(0 | 1))
    }

    /// Damage of the reader, when there is more than was told before.
    pub(crate) fn new_damage(&mut self) -> Option<Vec<Damage>> {
        let damage = self.reader.damage();
        let now = (
            damage.len(),
            damage.last().map_or(0, |last| last.frames.end),
        );
        if now == self.told {
            return None;
        }
        self.told = now;
        Some(damage.to_vec())
    }

    /// The frame of this index, in memory that comes from `spare`.
    pub(crate) fn fetch(&mut self, index: u64, spare: &mut Vec<Frame>) -> Result<Fetched, Error> {
        if let Some(still) = &self.still {
            return Ok(Fetched::Frame(still.clone()));
        }
        if let Some(passed) = &self.passed
            && passed.stamp.index == index
        {
            return Ok(Fetched::Frame(passed.clone()));
        }
        let known = self.look_from(index, spare)?;
        if known == Some(index)
            && let Some(frame) = self.held.pop_front()
        {
            self.since = index.saturating_add(1);
            if self.count == Some(1) {
                self.still = Some(frame.clone());
            }
            // It may be shown again after something else was, when the source is over.
            if !self.is_seekable {
                self.passed = Some(frame.clone());
            }
            // Whether a recording is cut shows only behind its last frame.
            if self.held.is_empty() && self.count == Some(self.next) {
                self.read(spare)?;
            }
            return Ok(Fetched::Frame(frame));
        }
        // What was promised and is not there is missing; what nobody knew of is not.
        let is_promised = self.count.is_some_and(|count| index < count);
        Ok(match known.is_some() || is_promised {
            true => Fetched::Missing(self.held.front().map(|frame| frame.stamp.clone())),
            false => Fetched::End,
        })
    }

    /// The stamp of the first frame from `index` on, which is read and held; `None` at the end.
    ///
    /// Frames before `index` are given up; `index` must not be before what was asked for last unless the reader seeks.
    pub(crate) fn peek(
        &mut self,
        index: u64,
        spare: &mut Vec<Frame>,
    ) -> Result<Option<Stamp>, Error> {
        if let Some(still) = &self.still {
            return Ok((index == 0).then(|| still.stamp.clone()));
        }
        self.look_from(index, spare)?;
        Ok(self.held.front().map(|frame| frame.stamp.clone()))
    }

    /// The stamp of the first frame behind frame `index`; both are held, unless the one was fetched before.
    pub(crate) fn peek_behind(
        &mut self,
        index: u64,
        spare: &mut Vec<Frame>,
    ) -> Result<Option<Stamp>, Error> {
        if self.still.is_some() {
            return Ok(None);
        }
        if self.since != index.saturating_add(1) {
            self.look_from(index, spare)?;
        }
        loop {
            let found = self.held.iter().find(|frame| frame.stamp.index > index);
            if let Some(frame) = found {
                return Ok(Some(frame.stamp.clone()));
            }
            if !self.read(spare)? {
                return Ok(None);
            }
        }
    }

    /// Makes the first frame from `index` on the first that is held; its index, or `None` at the end.
    fn look_from(&mut self, index: u64, spare: &mut Vec<Frame>) -> Result<Option<u64>, Error> {
        if !(self.since..=self.next).contains(&index) || self.next == u64::MAX {
            self.approach(index)?;
        }
        loop {
            while self
                .held
                .front()
                .is_some_and(|frame| frame.stamp.index < index)
            {
                let mut passed = self.held.pop_front();
                if !self.is_seekable {
                    std::mem::swap(&mut self.passed, &mut passed);
                }
                spare.extend(passed);
            }
            self.since = self.since.max(index);
            if let Some(frame) = self.held.front() {
                return Ok(Some(frame.stamp.index));
            }
            if !self.read(spare)? {
                return Ok(None);
            }
        }
    }

    /// Reads one more frame; `false` at the end.
    fn read(&mut self, spare: &mut Vec<Frame>) -> Result<bool, Error> {
        let mut memory = spare.pop().unwrap_or_else(Frame::empty);
        match self.reader.read_into(&mut memory) {
            Ok(true) => {
                // A reader that counts wrongly must not keep this from ending.
                memory.stamp.index = memory.stamp.index.max(self.next);
                self.next = memory.stamp.index.saturating_add(1);
                self.held.push_back(memory);
                Ok(true)
            }
            Ok(false) => {
                spare.push(memory);
                self.count = self.count.or(Some(self.next));
                // A buffer knows now what it has.
                self.is_seekable = self.reader.as_seek().is_some();
                Ok(false)
            }
            Err(error) => {
                self.forget();
                Err(error)
            }
        }
    }

    /// Gives up what is held: where the reader stands, nobody knows.
    fn forget(&mut self) {
        self.held.clear();
        self.next = u64::MAX;
        self.since = u64::MAX;
    }

    /// Makes frame `index` the next one, or brings it nearer.
    fn approach(&mut self, index: u64) -> Result<(), Error> {
        match self.reader.as_seek() {
            Some(seek) => {
                if let Err(error) = seek.seek(index) {
                    self.forget();
                    return Err(error);
                }
                self.held.clear();
                self.next = index;
                self.since = index;
                Ok(())
            }
            None if index > self.next => Ok(()),
            None => Err(Error::unsupported(
                &self.reader.info().container,
                "its frames come only once, in order: buffer them (`--buffer`)",
            )),
        }
    }

    /// The stamp of the frame of this index, or of the next one that is there; `None` after the last.
    pub(crate) fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        if let Some(still) = &self.still {
            return Ok((index == 0).then(|| still.stamp.clone()));
        }
        let Some(seek) = self.reader.as_seek() else {
            return Err(Error::unsupported(
                &self.reader.info().container,
                "its frames come only once, in order",
            ));
        };
        let stamp = seek.stamp_of(index);
        self.forget();
        stamp
    }
}
