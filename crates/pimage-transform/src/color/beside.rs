//! A recording that is read beside another one, ahead, on a thread of its own.

use std::path::PathBuf;

use pimage_core::{Damage, Error, Frame, FrameReader, StreamInfo};
use pimage_pool::OrderedPool;

use crate::frames::seek;

/// What the thread is asked for.
enum Job {
    /// The next frame, into this memory.
    Read(Frame),
    /// To go on with the frame of this index.
    Seek(u64),
}

/// What it answers.
struct Reply {
    /// The frame; `None` at the end, and after seeking.
    frame: Option<Frame>,
    /// All damage found so far, when there is any.
    damage: Vec<Damage>,
}

/// Frames of a reader by their index; as long as they are asked for in order, those that follow are on their way.
pub(super) struct Beside {
    pool: OrderedPool<Job, Reply>,
    info: StreamInfo,
    files: Vec<PathBuf>,
    damage: Vec<Damage>,
    /// How many frames there are, when the reader seeks.
    seekable: Option<u64>,
    /// The frame that was read last.
    current: Option<Frame>,
    /// Index that the next frame has, unless it is missing.
    next: u64,
    /// From this index on there is no frame before the current one.
    since: u64,
    has_ended: bool,
    /// Frames that may be on their way now, and at most.
    depth: usize,
    most: usize,
    spare: Vec<Frame>,
}

impl Beside {
    /// Takes a reader that stands at its first frame; `most` frames of it may wait.
    pub(super) fn start(mut reader: Box<dyn FrameReader>, most: usize) -> Result<Self, Error> {
        let info = reader.info().clone();
        let files = reader.files();
        let seekable = reader.as_seek().map(|seek| seek.frame_count());
        let mut reader = Some(reader);
        let pool = OrderedPool::start("read beside", 1, || {
            let mut reader = reader.take();
            move |job| answer(reader.as_deref_mut(), job)
        })?;
        Ok(Self {
            pool,
            info,
            files,
            damage: Vec::new(),
            seekable,
            current: None,
            next: 0,
            since: 0,
            has_ended: false,
            depth: 1,
            most: most.max(1),
            spare: Vec::new(),
        })
    }

    pub(super) const fn info(&self) -> &StreamInfo {
        &self.info
    }

    pub(super) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    pub(super) fn damage(&self) -> &[Damage] {
        &self.damage
    }

    pub(super) const fn seekable(&self) -> Option<u64> {
        self.seekable
    }

    /// Whether the reader said that there are no more frames.
    pub(super) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The frame that was read last, if there was one.
    pub(super) const fn last(&self) -> Option<&Frame> {
        self.current.as_ref()
    }

    /// Takes the memory of a frame back that nobody needs any more.
    pub(super) fn recycle(&mut self, frame: Frame) {
        if self.spare.len() <= self.most {
            self.spare.push(frame);
        }
    }

    /// The frame of this index; `None` when it is missing or beyond the end.
    ///
    /// # Errors
    ///
    /// What the reader answers; a frame before the last one needs a reader that seeks.
    pub(super) fn frame(&mut self, index: u64) -> Result<Option<&Frame>, Error> {
        let newest = self.current.as_ref().map(|frame| frame.stamp.index);
        if newest != Some(index) {
            let is_behind = match newest {
                Some(newest) if index < newest => index < self.since,
                _ => self.has_ended && index < self.next,
            };
            let is_far = index > self.next.saturating_add(self.pool.pending() as u64);
            if is_behind || (is_far && self.seekable.is_some()) {
                self.go(index)?;
            }
            self.read_to(index)?;
        }
        Ok(self
            .current
            .as_ref()
            .filter(|frame| frame.stamp.index == index))
    }

    /// Makes `index` the next frame.
    fn go(&mut self, index: u64) -> Result<(), Error> {
        let index = self.seekable.map_or(index, |count| index.min(count));
        self.pool.clear();
        self.pool.submit(Job::Seek(index));
        self.take()?;
        self.current = None;
        self.next = index;
        self.since = index;
        self.has_ended = false;
        self.depth = 1;
        Ok(())
    }

    /// Reads until the frame of this index, a later one, or the end.
    fn read_to(&mut self, index: u64) -> Result<(), Error> {
        while !self.has_ended
            && self
                .current
                .as_ref()
                .is_none_or(|frame| frame.stamp.index < index)
        {
            while self.pool.pending() < self.depth && self.is_there_more() {
                let memory = self.spare.pop().unwrap_or_else(Frame::empty);
                self.pool.submit(Job::Read(memory));
            }
            self.depth = (self.depth + 1).min(self.most);
            match self.take()? {
                Some(frame) => {
                    self.since = self.next;
                    self.next = frame.stamp.index.saturating_add(1);
                    self.current = Some(frame);
                }
                None => self.has_ended = true,
            }
        }
        Ok(())
    }

    /// Whether a request beyond those that are under way can be answered by a frame.
    fn is_there_more(&self) -> bool {
        let pending = self.pool.pending() as u64;
        // One request must be made to learn of the end.
        pending == 0
            || self
                .seekable
                .is_none_or(|count| self.next + pending < count)
    }

    fn take(&mut self) -> Result<Option<Frame>, Error> {
        match self.pool.next() {
            Some(Ok(reply)) => {
                self.damage = reply.damage;
                Ok(reply.frame)
            }
            Some(Err(error)) => {
                // What comes next is to be sought.
                self.pool.clear();
                self.current = None;
                self.next = u64::MAX;
                self.has_ended = true;
                Err(error)
            }
            None => Ok(None),
        }
    }
}

/// Does a job on the thread.
fn answer(reader: Option<&mut (dyn FrameReader + 'static)>, job: Job) -> Result<Reply, Error> {
    let Some(reader) = reader else {
        return Err(Error::Internal {
            part: "reading beside".to_owned(),
            reason: "there is one reader and more than one thread".to_owned(),
        });
    };
    let frame = match job {
        Job::Read(mut frame) => reader.read_into(&mut frame)?.then_some(frame),
        Job::Seek(index) => {
            seek(reader, index)?;
            None
        }
    };
    Ok(Reply {
        frame,
        damage: reader.damage().to_vec(),
    })
}
