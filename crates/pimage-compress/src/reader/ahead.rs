//! Groups unpacked before they are asked for, as long as they are asked for in order, and a few that were.

use pimage_core::Error;
use pimage_pool::OrderedPool;

use super::unpack::{Unpacked, Unpacker};

/// Bytes of values that are kept or wait, beyond one group each.
const KEPT_BYTES: usize = 48 << 20;

/// Most groups that are kept.
const MOST_KEPT: usize = 4;

/// Starts the threads when the first group is asked for.
type Start = Box<dyn FnMut() -> Result<OrderedPool<usize, Unpacked>, Error> + Send>;

/// Gives groups by their place in the index.
pub(crate) struct Groups {
    start: Start,
    pool: Option<OrderedPool<usize, Unpacked>>,
    /// Place of the next result, and of the next group to hand in.
    next: usize,
    submitted: usize,
    /// Groups that may be on their way now, and at most.
    depth: usize,
    most: usize,
    /// Those asked for last, the latest at the end.
    kept: Vec<(usize, Unpacked)>,
}

impl Groups {
    /// Prepares `threads` threads; none is started yet. Groups have up to `group_bytes` bytes of values.
    pub(crate) fn new(
        threads: usize,
        group_bytes: usize,
        mut make: impl FnMut() -> Unpacker + Send + 'static,
    ) -> Self {
        let start: Start = Box::new(move || {
            OrderedPool::start("unpacking", threads, || {
                let mut unpacker = make();
                move |place| unpacker.unpack(place)
            })
        });
        let waiting = KEPT_BYTES / group_bytes.max(1);
        Self {
            start,
            pool: None,
            next: 0,
            submitted: 0,
            depth: 1,
            most: (threads + waiting).min(threads * 2 + 1),
            kept: Vec::new(),
        }
    }

    /// The group at a place; those that follow, up to `end` (excluded), are begun with.
    ///
    /// # Errors
    ///
    /// Whatever unpacking answers for this group; a panic in it is [`Error::Internal`].
    pub(crate) fn get(&mut self, place: usize, end: usize) -> Result<&Unpacked, Error> {
        match self.kept.iter().position(|(kept, _)| *kept == place) {
            Some(found) => {
                let group = self.kept.remove(found);
                self.kept.push(group);
            }
            None => {
                let group = self.unpack(place, end)?;
                self.kept.push((place, group));
                let total = |kept: &[(usize, Unpacked)]| {
                    kept.iter().map(|(_, group)| group.bytes()).sum::<usize>()
                };
                while self.kept.len() > 1
                    && (self.kept.len() > MOST_KEPT || total(&self.kept) > KEPT_BYTES)
                {
                    self.kept.remove(0);
                }
            }
        }
        match self.kept.last() {
            Some((_, group)) => Ok(group),
            None => Err(internal("no group was kept")),
        }
    }

    fn unpack(&mut self, place: usize, end: usize) -> Result<Unpacked, Error> {
        let pool = match self.pool.take() {
            Some(pool) => self.pool.insert(pool),
            None => self.pool.insert((self.start)()?),
        };
        if place != self.next {
            pool.clear();
            self.submitted = place;
            self.depth = 1;
        }
        while self.submitted < end.max(place + 1) && pool.pending() < self.depth {
            pool.submit(self.submitted);
            self.submitted += 1;
        }
        self.next = place + 1;
        self.depth = (self.depth * 2).min(self.most);
        pool.next()
            .unwrap_or_else(|| Err(internal("no group was on its way")))
    }
}

fn internal(reason: &str) -> Error {
    Error::Internal {
        part: "unpacking ahead".to_owned(),
        reason: reason.to_owned(),
    }
}
