//! The frames of a source by their times.

use pimage_core::{Error, Frame, Stamp};

use super::position::Positions;
use crate::timing::{Due, Moment, Sought, TimeSchedule};

/// Where in a source the time is, between two of its frames.
pub(crate) struct Track {
    schedule: TimeSchedule,
    /// The last frame that is not later, and the one before it.
    low: Option<Mark>,
    before: Option<Mark>,
    /// The first frame that is later.
    high: Option<Mark>,
    /// The last frame of all, and when its time is over.
    last: Option<(Mark, Moment)>,
    /// Whether the source was over at the last time that was asked for.
    is_over: bool,
}

/// A frame and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    index: u64,
    time: Moment,
}

/// Durations of a frame beyond which frames are sought instead of read on to.
const FAR: i128 = 16;

impl Track {
    /// The frames of `positions`, of which the first has the time that `schedule` gets; the end is looked up where it can be.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for frames without times.
    pub(crate) fn new(
        schedule: TimeSchedule,
        positions: &mut Positions,
        spare: &mut Vec<Frame>,
    ) -> Result<Self, Error> {
        let first = match positions.is_seekable() {
            true => positions.stamp_of(0)?,
            false => positions.peek(0, spare)?,
        };
        let mut track = Self {
            schedule,
            low: None,
            before: None,
            high: None,
            last: None,
            is_over: false,
        };
        if let Some(first) = first {
            track.schedule.first = track.mark(&first)?.time;
        }
        if positions.is_seekable() {
            track.look_up_last(positions)?;
        }
        Ok(track)
    }

    pub(crate) const fn schedule(&self) -> &TimeSchedule {
        &self.schedule
    }

    /// When the source is over, in its own time, once that is known.
    pub(crate) fn end(&self) -> Option<Moment> {
        self.last.map(|(_, end)| end)
    }

    /// Whether the source was over at the last time that was asked for.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// What is due at a time of the mosaic.
    pub(crate) fn due(
        &mut self,
        moment: Moment,
        positions: &mut Positions,
        spare: &mut Vec<Frame>,
    ) -> Result<Due, Error> {
        let time = self.schedule.source_time(moment);
        loop {
            let (sought, is_over) = self.schedule.sought(time, self.end());
            self.is_over = is_over || positions.count() == Some(0);
            let time = match sought {
                _ if positions.count() == Some(0) => return Ok(Due::Nothing),
                Sought::Nothing => return Ok(Due::Nothing),
                Sought::Last => {
                    let last = self.last.map(|(mark, _)| mark.index);
                    return Ok(last.map_or(Due::Nothing, Due::Frame));
                }
                Sought::Time(time) => time,
            };
            let was_known = self.last.is_some();
            self.move_to(time, positions, spare)?;
            // That the source is over is known only now.
            if was_known || self.last.is_none() {
                let pair = |mark: Mark| (mark.index, mark.time);
                let chosen = self
                    .schedule
                    .choose(time, self.low.map(pair), self.high.map(pair));
                return Ok(chosen.map_or(Due::Nothing, Due::Frame));
            }
        }
    }

    /// Brings the time between `low` and `high`.
    fn move_to(
        &mut self,
        time: Moment,
        positions: &mut Positions,
        spare: &mut Vec<Frame>,
    ) -> Result<(), Error> {
        let is_behind = self.low.is_some_and(|low| time < low.time)
            || (self.low.is_none() && self.high.is_none());
        if is_behind && positions.is_seekable() {
            return self.search(time, positions);
        }
        if is_behind {
            (self.low, self.before, self.high) = (None, None, None);
        }
        if self.low.is_none() && self.high.is_none() {
            let first = positions.peek(0, spare)?;
            self.high = first.map(|stamp| self.mark(&stamp)).transpose()?;
        }
        while let Some(high) = self.high.filter(|high| high.time <= time) {
            let far = self.schedule.duration().map(|duration| duration * FAR);
            if positions.is_seekable() && far.is_some_and(|far| time - high.time > far) {
                return self.search(time, positions);
            }
            self.before = self.low;
            self.low = Some(high);
            let next = match self.last {
                Some((last, _)) if last.index == high.index => None,
                _ => positions.peek_behind(high.index, spare)?,
            };
            self.high = next.map(|stamp| self.mark(&stamp)).transpose()?;
            match self.high {
                Some(next) if next.time < high.time => return Err(self.backwards(next.index)),
                Some(_) => {}
                None => self.set_last(high),
            }
        }
        Ok(())
    }

    /// The same by halving; what is looked at on the way must not go back.
    fn search(&mut self, time: Moment, positions: &mut Positions) -> Result<(), Error> {
        let (mut from, mut to) = (0, positions.count().unwrap_or(0));
        (self.low, self.before, self.high) = (None, None, None);
        while from < to {
            let middle = from + (to - from) / 2;
            match positions.stamp_of(middle)? {
                None => to = middle,
                Some(stamp) => {
                    let mark = self.mark(&stamp)?;
                    if self.low.is_some_and(|low| mark.time < low.time) {
                        return Err(self.backwards(mark.index));
                    }
                    if let Some(high) = self.high.filter(|high| high.time < mark.time) {
                        return Err(self.backwards(high.index));
                    }
                    if mark.time <= time {
                        self.low = Some(mark);
                        from = mark.index.saturating_add(1);
                    } else {
                        self.high = Some(mark);
                        to = middle;
                    }
                }
            }
        }
        // Halving ends where times go back as readily as where they go on.
        if let Some(low) = self.low
            && let Some(before) = last_before(low.index, positions)?
            && self.mark(&before)?.time > low.time
        {
            return Err(self.backwards(low.index));
        }
        Ok(())
    }

    /// An error when the last frame comes before the first, which only times that go back explain.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`].
    pub(crate) fn expect_order(&self) -> Result<(), Error> {
        match &self.last {
            Some((last, _)) if last.time < self.schedule.first => Err(self.backwards(last.index)),
            _ => Ok(()),
        }
    }

    /// Finds the last frame, which may come before others that are missing.
    fn look_up_last(&mut self, positions: &mut Positions) -> Result<(), Error> {
        let last = last_before(positions.count().unwrap_or(0), positions)?;
        let Some(last) = last else {
            return Ok(());
        };
        let mark = self.mark(&last)?;
        if self.schedule.duration().is_none()
            && let Some(before) = last_before(mark.index, positions)?
        {
            self.before = Some(self.mark(&before)?);
        }
        self.set_last(mark);
        self.before = None;
        Ok(())
    }

    fn set_last(&mut self, last: Mark) {
        let interval = self.before.map(|before| last.time - before.time);
        let duration = self.schedule.duration().or(interval).unwrap_or_default();
        self.last = Some((last, last.time + duration));
    }

    fn mark(&self, stamp: &Stamp) -> Result<Mark, Error> {
        let index = stamp.index;
        match self.schedule.stamp_time(stamp) {
            Some(time) => Ok(Mark { index, time }),
            None => Err(Error::bad_option(
                "--align",
                "by time",
                format!("frames with times: frame {index} has none (`index` aligns without them)"),
            )),
        }
    }

    fn backwards(&self, index: u64) -> Error {
        Error::bad_option(
            "--align",
            "by time",
            format!(
                "times that do not go back, as they do at frame {index} (`index` aligns without them)"
            ),
        )
    }
}

/// The stamp of the last frame before `index`.
fn last_before(index: u64, positions: &mut Positions) -> Result<Option<Stamp>, Error> {
    // Nearly always it is the one right before.
    if let Some(before) = index.checked_sub(1)
        && let Some(stamp) = positions
            .stamp_of(before)?
            .filter(|stamp| stamp.index < index)
    {
        return Ok(Some(stamp));
    }
    let (mut from, mut to, mut found) = (0, index, None);
    while from < to {
        let middle = from + (to - from) / 2;
        match positions
            .stamp_of(middle)?
            .filter(|stamp| stamp.index < index)
        {
            Some(stamp) => {
                from = stamp.index + 1;
                found = Some(stamp);
            }
            None => to = middle,
        }
    }
    Ok(found)
}
