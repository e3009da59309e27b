//! The frames of a reader by their indices, in whatever order they come cheapest.

use pimage_core::{Damage, Error, Frame, FrameCount, FrameReader, Stamp};

/// The frames of a reader by their indices.
pub(crate) struct Positions {
    reader: Box<dyn FrameReader>,
    is_seekable: bool,
    /// How many frames there are, once that is certain.
    count: Option<u64>,
    /// Index that the next frame has, unless it is missing.
    next: u64,
    /// A frame that was read where another one was looked for: frames before it, from `since` on, are missing.
    ahead: Option<Frame>,
    since: u64,
    /// The only frame of a still image.
    still: Option<Frame>,
    /// Entries of the reader's damage that were told.
    told: usize,
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
            ahead: None,
            since: 0,
            still: None,
            told: 0,
        }
    }

    pub(crate) const fn count(&self) -> Option<u64> {
        self.count
    }

    /// Whether frames can be reached again.
    pub(crate) const fn is_seekable(&self) -> bool {
        self.is_seekable || matches!(self.count, Some(0 | 1))
    }

    /// Damage of the reader, when there is more than was told before.
    pub(crate) fn new_damage(&mut self) -> Option<Vec<Damage>> {
        let damage = self.reader.damage();
        if damage.len() == self.told {
            return None;
        }
        self.told = damage.len();
        Some(damage.to_vec())
    }

    /// The frame of this index, in `memory` where that fits.
    pub(crate) fn fetch(&mut self, index: u64, memory: Frame) -> Result<Fetched, Error> {
        let fetched = self.look_for(index, memory);
        if fetched.is_err() {
            // Where the reader stands now, nobody knows.
            self.ahead = None;
            self.next = u64::MAX;
        }
        fetched
    }

    fn look_for(&mut self, index: u64, mut memory: Frame) -> Result<Fetched, Error> {
        if let Some(still) = &self.still {
            return Ok(Fetched::Frame(still.clone()));
        }
        if let Some(ahead) = self.ahead.take() {
            if ahead.stamp.index == index {
                return Ok(Fetched::Frame(ahead));
            }
            let is_missing = (self.since..ahead.stamp.index).contains(&index);
            if is_missing {
                let next = ahead.stamp.clone();
                self.ahead = Some(ahead);
                return Ok(Fetched::Missing(Some(next)));
            }
        }
        self.approach(index)?;
        loop {
            let since = self.next;
            if !self.reader.read_into(&mut memory)? {
                // What was promised and is not there is missing; what nobody knew of is not.
                return Ok(match self.count {
                    Some(count) if index < count => Fetched::Missing(None),
                    _ => {
                        self.count = Some(since);
                        Fetched::End
                    }
                });
            }
            // A reader that counts wrongly must not keep this from ending.
            let found = memory.stamp.index.max(since);
            self.next = found.saturating_add(1);
            if found > index {
                let next = memory.stamp.clone();
                self.since = since;
                self.ahead = Some(memory);
                return Ok(Fetched::Missing(Some(next)));
            }
            if found == index {
                if self.count == Some(1) {
                    self.still = Some(memory.clone());
                }
                return Ok(Fetched::Frame(memory));
            }
        }
    }

    /// Makes frame `index` the next one, or brings it nearer.
    fn approach(&mut self, index: u64) -> Result<(), Error> {
        if index == self.next {
            return Ok(());
        }
        match self.reader.as_seek() {
            Some(seek) => seek.seek(index)?,
            None if index > self.next => return Ok(()),
            None => {
                return Err(Error::unsupported(
                    &self.reader.info().container,
                    "its frames come only once, in order: buffer them (`--buffer`)",
                ));
            }
        }
        self.next = index;
        Ok(())
    }

    /// The stamp of the frame of this index, or of the next one that is there; `None` after the last.
    pub(crate) fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        if let Some(still) = &self.still {
            return Ok((index == 0).then(|| still.stamp.clone()));
        }
        let container = self.reader.info().container.clone();
        let Some(seek) = self.reader.as_seek() else {
            return Err(Error::unsupported(
                container,
                "its frames come only once, in order",
            ));
        };
        let stamp = seek.stamp_of(index)?;
        // Where the reader stands now, it does not say.
        self.ahead = None;
        self.next = u64::MAX;
        Ok(stamp)
    }
}
