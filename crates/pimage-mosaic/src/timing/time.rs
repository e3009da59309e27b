//! Which times of a source are shown when.

use pimage_core::{FrameRate, Stamp, Timebase, Timestamp};

use super::moment::{Moment, moment_of};
use super::{Align, AtEnd, Speed};

/// How far a time may be from that of a frame that is shown exactly then: half a millisecond, for there are files that count those.
pub(crate) const TOLERANCE: Timestamp = Timestamp::new(500, Timebase::MICROSECONDS);

/// When frames are shown that have times.
#[derive(Debug, Clone)]
pub(crate) struct TimeSchedule {
    pub(crate) align: Align,
    pub(crate) offset: Moment,
    pub(crate) speed: Speed,
    pub(crate) at_end: AtEnd,
    /// The time of the first frame.
    pub(crate) first: Moment,
    /// The rate, which stands for the times of frames that have none.
    pub(crate) rate: Option<FrameRate>,
}

/// What is to be looked for in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sought {
    /// Nothing: it has not begun, or is over and leaves nothing.
    Nothing,
    /// The frame of this time.
    Time(Moment),
    /// The last frame.
    Last,
}

impl TimeSchedule {
    /// The time of a frame, in the source.
    pub(crate) fn stamp_time(&self, stamp: &Stamp) -> Option<Moment> {
        let constant = || self.rate.map(|rate| rate.time_of(stamp.index));
        stamp.time.or_else(constant).map(moment_of)
    }

    /// How long a frame lasts, when the source says so.
    pub(crate) fn duration(&self) -> Option<Moment> {
        let rate = self.rate?;
        let (up, down) = (rate.denominator(), rate.numerator());
        Some(Moment::new(i128::from(up), i128::from(down)))
    }

    /// Whether times of the mosaic are those of the source.
    pub(crate) fn is_plain(&self) -> bool {
        self.speed.is_one() && self.offset == Moment::default()
    }

    /// The time in the source at a time of the mosaic, before anything is made of its end.
    pub(crate) fn source_time(&self, moment: Moment) -> Moment {
        if self.speed.is_one() {
            return moment - self.offset;
        }
        let speed = Moment::new(
            i128::from(self.speed.numerator()),
            i128::from(self.speed.denominator()),
        );
        self.first + (moment - self.offset - self.first) * speed
    }

    /// The time in the mosaic of a time of the source.
    pub(crate) fn mosaic_time(&self, time: Moment) -> Moment {
        let speed = Moment::new(
            i128::from(self.speed.denominator()),
            i128::from(self.speed.numerator()),
        );
        self.first + (time - self.first) * speed + self.offset
    }

    /// What is looked for at a time in the source that ends at `end`, as far as that is known; and whether it is over then.
    pub(crate) fn sought(&self, time: Moment, end: Option<Moment>) -> (Sought, bool) {
        if time < self.first - self.early() {
            return (Sought::Nothing, false);
        }
        let Some(end) = end.filter(|end| time >= *end) else {
            return (Sought::Time(time), false);
        };
        let length = end - self.first;
        let sought = match self.at_end {
            AtEnd::Background | AtEnd::Stop => Sought::Nothing,
            AtEnd::Hold => Sought::Last,
            AtEnd::Loop if length <= Moment::default() => Sought::Last,
            AtEnd::Loop => {
                let passed = time - self.first;
                Sought::Time(self.first + passed - (passed / length).floor() * length)
            }
        };
        (sought, true)
    }

    /// How long before its time the first frame is shown.
    fn early(&self) -> Moment {
        match self.align {
            Align::Nearest => self.duration().unwrap_or_default() / 2,
            Align::Exact => moment_of(TOLERANCE),
            Align::Index | Align::Previous => Moment::default(),
        }
    }

    /// Which of the frames around a time is shown, if any: the last that is not later, and the first that is.
    pub(crate) fn choose<T>(
        &self,
        time: Moment,
        low: Option<(T, Moment)>,
        high: Option<(T, Moment)>,
    ) -> Option<T> {
        if self.align == Align::Previous {
            return low.map(|(index, _)| index);
        }
        let below = low.map(|(index, at)| (index, time - at));
        let above = high.map(|(index, at)| (index, at - time));
        let nearest = match (below, above) {
            (Some(below), Some(above)) if above.1 < below.1 => above,
            (Some(below), _) => below,
            (None, above) => above?,
        };
        let is_near = self.align != Align::Exact || nearest.1 <= moment_of(TOLERANCE);
        is_near.then_some(nearest.0)
    }
}
