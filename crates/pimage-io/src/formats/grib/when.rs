//! The times of frames as reference times and steps.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Clock, FrameRate, Stamp, StreamInfo, Timebase, Timestamp, Value};

use super::date::{date_bytes, parse_date};
use super::describe::names;
use super::header::Moment;

/// Units of steps, the longest first: seconds, and the code of table 4.4.
const UNITS: [(i64, u8); 3] = [(3_600, 1), (60, 0), (1, 13)];

/// Turns stamps into what messages have.
#[derive(Debug)]
pub(super) struct Times {
    clock: Clock,
    /// The reference time of all frames, seconds since 1970.
    reference: Option<i64>,
    /// The caller's own rate, which counts instead of the stamps.
    rate: Option<FrameRate>,
    rounded: u64,
    missing: u64,
}

impl Times {
    /// The times of a source; with a rate of the caller's own, frames are that far apart.
    pub(super) fn new(info: &StreamInfo, rate: Option<FrameRate>) -> Self {
        let clock = if rate.is_some() {
            Clock::Start
        } else {
            info.clock
        };
        let said = info.metadata.get(names::REFERENCE).and_then(Value::as_text);
        let reference = match clock {
            Clock::Start => Some(0),
            _ => said.and_then(parse_date),
        };
        Self {
            clock,
            reference,
            rate,
            rounded: 0,
            missing: 0,
        }
    }

    /// The time of the frame at `position`; `None` when GRIB has no such date.
    pub(super) fn moment(&mut self, stamp: &Stamp, position: u64) -> Option<Moment> {
        let time = match self.rate {
            Some(rate) => Some(rate.time_of(position)),
            None => stamp.time,
        };
        let secs = match time {
            Some(time) => self.whole(time),
            None => {
                self.missing += 1;
                i64::try_from(position).ok()?
            }
        };
        let reference = match time {
            Some(_) => self.reference.unwrap_or(secs),
            None => 0,
        };
        let distance = secs.checked_sub(reference)?;
        let (seconds, unit) = UNITS
            .into_iter()
            .find(|(seconds, _)| distance % seconds == 0)?;
        match i32::try_from(distance / seconds) {
            Ok(step) if step != i32::MIN => Some(Moment {
                date: date_bytes(reference)?,
                unit,
                step,
            }),
            _ => Some(Moment {
                date: date_bytes(secs)?,
                unit: 1,
                step: 0,
            }),
        }
    }

    /// The nearest whole second.
    fn whole(&mut self, time: Timestamp) -> i64 {
        let secs = Timebase::new(1, 1).map_or(0, |base| time.ticks_in(base));
        let ticks = i128::from(time.ticks) * i128::from(time.base.numerator());
        let is_whole = ticks == i128::from(secs) * i128::from(time.base.denominator());
        self.rounded += u64::from(!is_whole);
        secs
    }

    /// What the user should know.
    pub(super) fn notes(&self, frames: u64) -> Vec<String> {
        let mut notes = Vec::new();
        if self.rounded > 0 {
            let rounded = self.rounded;
            notes.push(format!(
                "GRIB has whole seconds: the times of {rounded} frame(s) are rounded"
            ));
        }
        if self.missing > 0 {
            let missing = self.missing;
            notes.push(format!(
                "GRIB has no fields without a time: {missing} frame(s) are a second apart from 1970 on"
            ));
        }
        match self.clock {
            Clock::Start if self.missing < frames => notes.push(
                "GRIB has dates only: times since the start are counted from 1970 on".to_owned(),
            ),
            Clock::LocalEpoch => notes.push(
                "GRIB has no time zones: the local times are written as if they were UTC"
                    .to_owned(),
            ),
            _ => {}
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_core::{Color, FrameCount, FrameFormat, SampleType};

    fn times(clock: Clock, reference: Option<&str>) -> Times {
        let format = FrameFormat::new(2, 2, Color::Gray, SampleType::F32);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        info.clock = clock;
        let value = reference.map(Value::from);
        info.metadata
            .extend(value.map(|value| (names::REFERENCE.to_owned(), value)));
        Times::new(&info, None)
    }

    fn stamp(ticks: i64, base: Timebase) -> Stamp {
        let mut stamp = Stamp::at(0);
        stamp.time = Some(Timestamp::new(ticks, base));
        stamp
    }

    #[test]
    fn steps_are_in_the_longest_unit_that_is_exact() {
        let mut times = times(Clock::Epoch, Some("1970-01-02T00:00:00Z"));
        let seconds = Timebase::new(1, 1).expect("is not zero");
        for (secs, expected) in [
            (97_200, (1, 3)),
            (86_460, (0, 1)),
            (86_401, (13, 1)),
            (0, (1, -24)),
        ] {
            let moment = times.moment(&stamp(secs, seconds), 0).expect("is a date");
            assert_eq!((moment.unit, moment.step), expected, "{secs}");
            assert_eq!(moment.date, [7, 178, 1, 2, 0, 0, 0]);
        }
        assert!(times.notes(4).is_empty());
    }

    #[test]
    fn what_is_lost_is_told() {
        let mut times = times(Clock::Start, None);
        let moment = times
            .moment(&stamp(2_500, Timebase::MILLISECONDS), 0)
            .expect("is a date");
        assert_eq!((moment.unit, moment.step), (13, 3));
        times.moment(&Stamp::at(7), 7).expect("is a date");
        assert_eq!(
            times.notes(2),
            [
                "GRIB has whole seconds: the times of 1 frame(s) are rounded",
                "GRIB has no fields without a time: 1 frame(s) are a second apart from 1970 on",
                "GRIB has dates only: times since the start are counted from 1970 on",
            ]
        );
    }
}
