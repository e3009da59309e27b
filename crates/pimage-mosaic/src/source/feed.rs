//! A source on the thread of a worker: which frames it gives for a stretch of the mosaic.

use pimage_core::{Cancel, Damage, Error, Frame, Stamp};

use super::Track;
use super::position::{Fetched, Positions};
use crate::timing::{Due, IndexSchedule, Moment};

/// A source with what is needed to go on with it; only one thread has it at a time.
pub(crate) struct Feed {
    positions: Positions,
    by: By,
    /// The frame of the mosaic at which the source is over, once that is certain.
    end: Option<u64>,
    /// Index of the frame that was handed out last, as long as the mosaic still has it.
    last: Option<u64>,
}

/// What says which frame is due.
pub(crate) enum By {
    /// How many frames of the mosaic there were.
    Index(IndexSchedule),
    /// The time.
    Time(Box<Track>),
}

/// What is to be done for a source, and what became of it; its memory goes to and fro.
#[derive(Default)]
pub(crate) struct Order {
    /// The first frame of the mosaic that is asked for.
    pub(crate) from: u64,
    /// Frames that may be handed out.
    pub(crate) frames: usize,
    /// The times of the frames of the mosaic from `from` on, for a source that goes by time; `None` where nobody knows it.
    pub(crate) moments: Vec<Option<Moment>>,
    /// Whether what was handed out before is no longer there.
    pub(crate) is_fresh: bool,
    /// Memory for frames.
    pub(crate) spare: Vec<Frame>,
    /// What is in the place of the source, from `from` on.
    pub(crate) entries: Vec<Entry>,
    /// Damage of the source, if there is more of it than before.
    pub(crate) damage: Option<Vec<Damage>>,
}

/// What is in the place of a source for some frames of the mosaic.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The first frame of the mosaic at which there is something else.
    pub(crate) until: u64,
    pub(crate) picture: Picture,
}

/// What is in the place of a source.
#[derive(Debug)]
pub(crate) enum Picture {
    /// Background.
    Nothing,
    /// A frame, with its index in the source.
    Frame(Frame, u64),
    /// The same as before.
    Same,
    /// A frame that the source should have and does not: its index there, and the stamp of the frame that follows.
    Missing(u64, Option<Stamp>),
    /// Nothing any more: the source failed.
    Failed(Error),
}

impl Feed {
    pub(crate) fn new(positions: Positions, by: By) -> Self {
        let mut feed = Self {
            positions,
            by,
            end: None,
            last: None,
        };
        feed.look_at_end();
        feed
    }

    /// How many frames the source has, once that is certain.
    pub(crate) const fn count(&self) -> Option<u64> {
        self.positions.count()
    }

    /// Where its frames come from.
    pub(crate) const fn positions(&mut self) -> &mut Positions {
        &mut self.positions
    }

    /// What says which frame is due.
    pub(crate) const fn by(&self) -> &By {
        &self.by
    }

    /// The frame of the mosaic at which the source is over, once that is certain.
    pub(crate) const fn end(&self) -> Option<u64> {
        self.end
    }

    fn look_at_end(&mut self) {
        if let (By::Index(schedule), Some(count)) = (&self.by, self.positions.count()) {
            self.end = Some(schedule.end(count));
        }
    }

    /// Carries out an order; a source that fails says so in the last entry.
    pub(crate) fn carry_out(&mut self, order: &mut Order, cancel: &Cancel) -> Result<(), Error> {
        if order.is_fresh {
            self.last = None;
        }
        let (mut at, mut given) = (order.from, 0);
        while given < order.frames && at < u64::MAX {
            if cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            let entry = match self.entry(at, order) {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(error) => Entry {
                    until: u64::MAX,
                    picture: Picture::Failed(error),
                },
            };
            given += usize::from(match entry.picture {
                Picture::Nothing => false,
                // Without an end where a loop always meets the same frame; moments are told by the stretch.
                Picture::Same => matches!(self.by, By::Index(_)),
                _ => true,
            });
            at = entry.until;
            order.entries.push(entry);
        }
        order.damage = self.positions.new_damage();
        Ok(())
    }

    /// What is shown at frame `at` of the mosaic; `None` when its time was not told.
    fn entry(&mut self, at: u64, order: &mut Order) -> Result<Option<Entry>, Error> {
        loop {
            let Some((due, until)) = self.due(at, order)? else {
                return Ok(None);
            };
            let picture = match due {
                Due::Nothing => {
                    self.last = None;
                    Picture::Nothing
                }
                Due::Frame(index) if self.last == Some(index) => Picture::Same,
                Due::Frame(index) => match self.positions.fetch(index, &mut order.spare)? {
                    Fetched::Frame(frame) => {
                        self.last = Some(index);
                        Picture::Frame(frame, index)
                    }
                    Fetched::Missing(next) => {
                        self.last = None;
                        Picture::Missing(index, next)
                    }
                    // The length is known now.
                    Fetched::End => {
                        self.look_at_end();
                        continue;
                    }
                },
            };
            let until = until.max(at.saturating_add(1));
            return Ok(Some(Entry { until, picture }));
        }
    }

    fn due(&mut self, at: u64, order: &mut Order) -> Result<Option<(Due, u64)>, Error> {
        let track = match &mut self.by {
            By::Index(schedule) => return Ok(Some(schedule.at(at, self.positions.count()))),
            By::Time(track) => track,
        };
        let place = usize::try_from(at.saturating_sub(order.from)).unwrap_or(usize::MAX);
        let due = match order.moments.get(place) {
            None => return Ok(None),
            Some(None) => Due::Nothing,
            Some(Some(moment)) => {
                let due = track.due(*moment, &mut self.positions, &mut order.spare)?;
                if track.is_over() {
                    self.end = Some(self.end.map_or(at, |end| end.min(at)));
                }
                due
            }
        };
        Ok(Some((due, at.saturating_add(1))))
    }
}
