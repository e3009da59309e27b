//! A source as the mosaic sees it: frames that wait for being shown.

use std::collections::VecDeque;

use pimage_core::{Damage, Error, Frame};

use crate::buffer::BufferPool;
use crate::source::{By, Entry, Feed, Order, Picture};
use crate::span::Source;
use crate::timing::Moment;

/// Frames of one source that wait, and the source while no worker has it.
pub(crate) struct Lane {
    /// What errors call it.
    pub(crate) name: String,
    /// Whether what is due depends on the time.
    pub(crate) is_timed: bool,
    /// Where its frames are to be kept from the next order on.
    pool: Option<BufferPool>,
    /// `None` while a worker has it.
    task: Option<Box<Task>>,
    /// What is in its place from the current frame of the mosaic on.
    queue: VecDeque<Entry>,
    spare: Vec<Frame>,
    /// Frames that may wait.
    most: usize,
    /// The frame of the mosaic at which it is over, once that is certain.
    pub(crate) end: Option<u64>,
    /// How many frames it has, once that is certain.
    pub(crate) count: Option<u64>,
    /// Its damage, as far as it was met.
    pub(crate) damage: Vec<Damage>,
    /// Counts the seeks: what was ordered before the last one is of no use.
    generation: u64,
    is_fresh: bool,
}

/// A source and an order for it.
pub(crate) struct Task {
    /// Which source.
    pub(crate) lane: usize,
    generation: u64,
    pub(crate) feed: Feed,
    pub(crate) order: Order,
}

impl Lane {
    pub(crate) fn new(index: usize, source: Source, most: usize) -> Self {
        let Source { name, mut feed, .. } = source;
        Self {
            is_timed: matches!(feed.by(), By::Time(_)),
            pool: None,
            name,
            queue: VecDeque::new(),
            spare: Vec::new(),
            most,
            end: feed.end(),
            count: feed.count(),
            damage: feed.positions().new_damage().unwrap_or_default(),
            generation: 0,
            is_fresh: true,
            task: Some(Box::new(Task {
                lane: index,
                generation: 0,
                feed,
                order: Order::default(),
            })),
        }
    }

    /// Keeps its frames from the next order on, where they can be read again.
    pub(crate) fn buffer(&mut self, pool: &BufferPool) {
        if self.count != Some(1) {
            self.pool = Some(pool.clone());
        }
    }

    /// What is in its place at a frame of the mosaic, as far as that is known.
    pub(crate) fn picture_at(&self, index: u64) -> Option<&Picture> {
        let mut entries = self.queue.iter();
        let entry = entries.find(|entry| entry.until > index)?;
        Some(&entry.picture)
    }

    /// Whether it is known what is in its place at this frame of the mosaic.
    pub(crate) fn is_ready(&self, index: u64) -> bool {
        self.queue.back().is_some_and(|entry| entry.until > index)
    }

    /// What is in its place at this frame of the mosaic.
    pub(crate) fn picture(&self) -> &Picture {
        self.queue
            .front()
            .map_or(&Picture::Nothing, |entry| &entry.picture)
    }

    /// The error of a source that failed, once.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        let front = self.queue.front_mut()?;
        if !matches!(front.picture, Picture::Failed(_)) {
            return None;
        }
        match std::mem::replace(&mut front.picture, Picture::Nothing) {
            Picture::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Makes what is in its place at frame `index` of the mosaic the first in the queue.
    pub(crate) fn advance(&mut self, index: u64) {
        // The last one stays: the next order may prolong it.
        while self.queue.len() > 1 && self.queue.front().is_some_and(|entry| entry.until <= index) {
            let entry = self.queue.pop_front();
            self.recycle(entry);
        }
    }

    fn recycle(&mut self, entry: Option<Entry>) {
        if let Some(Entry {
            picture: Picture::Frame(frame, _),
            ..
        }) = entry
            && self.spare.len() <= self.most
        {
            self.spare.push(frame);
        }
    }

    /// The first frame of the mosaic that is to be ordered, and how many frames of the source, when there is room; `pace` may wait.
    pub(crate) fn room(&self, index: u64, pace: usize) -> Option<(u64, usize)> {
        self.task.as_ref()?;
        let from = self
            .queue
            .back()
            .map_or(index, |entry| entry.until.max(index));
        if from == u64::MAX {
            return None;
        }
        let pace = pace.clamp(1, self.most);
        let waiting = self
            .queue
            .iter()
            .filter(|entry| entry.until > index)
            .count();
        let room = pace.saturating_sub(waiting);
        if waiting > 0 && room < pace.div_ceil(2) {
            return None;
        }
        Some((from, room.max(1)))
    }

    /// The source with an order for `frames` of its frames from frame `from` of the mosaic on, at these times.
    pub(crate) fn order(
        &mut self,
        from: u64,
        frames: usize,
        moments: &[Option<Moment>],
    ) -> Result<Option<Box<Task>>, Error> {
        let Some(mut task) = self.task.take() else {
            return Ok(None);
        };
        if let Some(pool) = self.pool.take()
            && let Err(error) = task.feed.positions().buffer(&pool)
        {
            self.task = Some(task);
            return Err(error);
        }
        task.generation = self.generation;
        task.order.from = from;
        task.order.frames = frames;
        task.order.moments.clear();
        task.order.moments.extend_from_slice(moments);
        task.order.is_fresh = std::mem::take(&mut self.is_fresh);
        task.order.spare.append(&mut self.spare);
        Ok(Some(task))
    }

    /// Takes the source back, and what it gave.
    pub(crate) fn take(&mut self, mut task: Box<Task>, result: Result<(), Error>) {
        self.spare.append(&mut task.order.spare);
        if let Some(damage) = task.order.damage.take() {
            self.damage = damage;
        }
        self.count = task.feed.count();
        self.end = task.feed.end();
        for entry in task.order.entries.drain(..) {
            if task.generation != self.generation {
                self.recycle(Some(entry));
                continue;
            }
            match (entry.picture, self.queue.back_mut()) {
                (Picture::Same, Some(last)) => last.until = entry.until,
                (picture, _) => self.queue.push_back(Entry { picture, ..entry }),
            }
        }
        if let Err(error) = result
            && task.generation == self.generation
        {
            self.queue.push_back(Entry {
                until: u64::MAX,
                picture: Picture::Failed(error),
            });
        }
        self.task = Some(task);
    }

    /// Forgets what waits: another frame of the mosaic comes next.
    pub(crate) fn forget(&mut self) {
        while let Some(entry) = self.queue.pop_front() {
            self.recycle(Some(entry));
        }
        self.generation += 1;
        self.is_fresh = true;
    }
}
