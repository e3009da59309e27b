//! A source on the thread of a worker: which frames it gives for a stretch of the mosaic.

use pimage_core::{Cancel, Damage, Error, Frame, FrameReader, Stamp};

use super::position::{Fetched, Positions};
use crate::timing::{Due, Schedule};

/// A source with what is needed to go on with it; only one thread has it at a time.
pub(crate) struct Feed {
    positions: Positions,
    schedule: Schedule,
    /// Index of the frame that was handed out last, as long as the mosaic still has it.
    last: Option<u64>,
}

/// What is to be done for a source, and what became of it; its memory goes to and fro.
#[derive(Default)]
pub(crate) struct Order {
    /// The first frame of the mosaic that is asked for.
    pub(crate) from: u64,
    /// Frames that may be handed out.
    pub(crate) frames: usize,
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
    pub(crate) fn new(reader: Box<dyn FrameReader>, schedule: Schedule) -> Self {
        Self {
            positions: Positions::new(reader),
            schedule,
            last: None,
        }
    }

    /// How many frames the source has, once that is certain.
    pub(crate) const fn count(&self) -> Option<u64> {
        self.positions.count()
    }

    /// Where its frames come from.
    pub(crate) const fn positions(&mut self) -> &mut Positions {
        &mut self.positions
    }

    /// The frame of the mosaic at which the source is over, once that is certain.
    pub(crate) fn end(&self) -> Option<u64> {
        Some(self.schedule.end(self.count()?))
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
            let (due, until) = self.schedule.at(at, self.count());
            let picture = match due {
                Due::Nothing => {
                    self.last = None;
                    Ok(Some(Picture::Nothing))
                }
                Due::Frame(index) if self.last == Some(index) => Ok(Some(Picture::Same)),
                Due::Frame(index) => self.picture(index, order),
            };
            let (picture, until) = match picture {
                Ok(Some(picture)) => (picture, until.max(at.saturating_add(1))),
                // The length is known now.
                Ok(None) => continue,
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(error) => (Picture::Failed(error), u64::MAX),
            };
            given += usize::from(!matches!(picture, Picture::Nothing | Picture::Same));
            at = until;
            order.entries.push(Entry { until, picture });
        }
        order.damage = self.positions.new_damage();
        Ok(())
    }

    /// The frame of this index; `None` when it turns out that the source has ended before it.
    fn picture(&mut self, index: u64, order: &mut Order) -> Result<Option<Picture>, Error> {
        let memory = order.spare.pop().unwrap_or_else(Frame::empty);
        Ok(match self.positions.fetch(index, memory)? {
            Fetched::Frame(frame) => {
                self.last = Some(index);
                Some(Picture::Frame(frame, index))
            }
            Fetched::Missing(next) => {
                self.last = None;
                Some(Picture::Missing(index, next))
            }
            Fetched::End => None,
        })
    }
}
