//! Times and numbers of the frames that are written.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Clock, FrameRate, SampleType, Stamp, StreamInfo, Timebase, Timestamp, Value};

use super::calendar::{Count, TimeUnits, nanoseconds};
use super::numbers::NONE;
use super::object::Type;

/// The metadata names of what the source's times are counted in.
pub(super) const TIMES: [&str; 2] = ["time_units", "calendar"];

/// Times and numbers as they come, eight bytes each.
#[derive(Debug)]
pub(super) struct Times {
    /// In units of `unit` nanoseconds.
    values: Vec<i64>,
    unit: i64,
    has_any: bool,
    is_complete: bool,
    numbers: Vec<i64>,
}

/// A time coordinate as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    /// The type of the values.
    pub(super) kind: Type,
    /// The bytes of the values, little-endian.
    pub(super) bytes: Vec<u8>,
    /// What they are counted in and from.
    pub(super) units: String,
    /// The calendar, where the source has one.
    pub(super) calendar: Option<String>,
    /// The value of a frame without a time, where there is one such.
    pub(super) fill: Option<Vec<u8>>,
}

impl Times {
    /// None yet.
    pub(super) const fn new() -> Self {
        Self {
            values: Vec::new(),
            unit: 1,
            has_any: false,
            is_complete: true,
            numbers: Vec::new(),
        }
    }

    /// So many times at a rate.
    pub(super) fn at_rate(rate: FrameRate, count: u64) -> Self {
        let mut times = Self::new();
        for index in 0..count {
            let mut stamp = Stamp::at(index);
            stamp.time = Some(rate.time_of(index));
            times.push(&stamp);
        }
        times
    }

    /// Takes time and number of the next frame.
    pub(super) fn push(&mut self, stamp: &Stamp) {
        match stamp.time {
            None => {
                self.is_complete = false;
                self.values.push(NONE);
            }
            Some(time) => {
                self.has_any = true;
                let time = nanoseconds(time);
                // Centuries away from the zero, nanoseconds do not fit.
                while i64::try_from(time / i128::from(self.unit)).is_err()
                    && self.unit < 1_000_000_000
                {
                    self.unit = self.unit.saturating_mul(1000);
                    for value in self.values.iter_mut().filter(|value| **value != NONE) {
                        *value /= 1000;
                    }
                }
                let value = i64::try_from(time / i128::from(self.unit));
                self.values.push(value.unwrap_or(NONE));
            }
        }
        if let Some(number) = stamp.number {
            self.numbers.push(number);
        }
    }

    fn moment(&self, value: i64) -> Option<Timestamp> {
        let base = match self.unit {
            1 => Timebase::NANOSECONDS,
            1_000 => Timebase::MICROSECONDS,
            1_000_000 => Timebase::MILLISECONDS,
            _ => Timebase::new(1, 1)?,
        };
        (value != NONE).then_some(Timestamp::new(value, base))
    }

    /// Whether any frame has a time.
    pub(super) const fn has_any(&self) -> bool {
        self.has_any
    }

    /// The recorder's numbers, when every frame has one.
    pub(super) fn numbers(&self) -> Option<&[i64]> {
        let is_complete = !self.numbers.is_empty() && self.numbers.len() == self.values.len();
        is_complete.then_some(&self.numbers)
    }

    /// What the user should know of numbers that are not written.
    pub(super) fn note(&self, is_plain: bool) -> Option<String> {
        let count = self.numbers.len();
        if count == 0 || (is_plain && count == self.values.len()) {
            return None;
        }
        let when = if is_plain {
            "when all frames have one"
        } else {
            "of plain sequences only"
        };
        Some(format!(
            "netcdf keeps numbers {when}: those of {count} frame(s) are lost"
        ))
    }

    /// The time of each position of an axis of `length` whose positions last `stride` frames; how many frames have another time.
    pub(super) fn along(&self, length: u64, stride: u64) -> (Self, u64) {
        let mut along = Self::new();
        along.unit = self.unit;
        let (length, stride) = (length.max(1), stride.max(1));
        let position = |index: u64| index / stride % length;
        let mut lost = 0;
        for (index, value) in (0u64..).zip(&self.values) {
            let known = usize::try_from(position(index)).unwrap_or(usize::MAX);
            match along.values.get(known) {
                Some(first) => lost += u64::from(first != value),
                None => along.values.push(*value),
            }
        }
        along.has_any = self.has_any;
        along.is_complete = along.values.iter().all(|value| *value != NONE);
        (along, lost)
    }

    /// The coordinate: in the units of the source where these hold every time exactly, else in nanoseconds; `None` without times.
    pub(super) fn written(&self, info: &StreamInfo) -> Option<Written> {
        if !self.has_any {
            return None;
        }
        self.in_units_of(info).or_else(|| Some(self.plain(info)))
    }

    fn in_units_of(&self, info: &StreamInfo) -> Option<Written> {
        let text = |name: &str| info.metadata.get(name).and_then(Value::as_text);
        let (units, calendar) = (text("time_units")?, text("calendar"));
        let parsed = TimeUnits::parse(units, calendar)?;
        if parsed.clock != info.clock || !self.is_complete {
            return None;
        }
        let count = |value: &i64| {
            let moment = self.moment(*value)?;
            let count = parsed.count(moment)?;
            let back = nanoseconds(parsed.moment(count)?);
            (back == nanoseconds(moment)).then_some(count)
        };
        let counts: Vec<Count> = self.values.iter().map(count).collect::<Option<_>>()?;
        let is_whole = counts.iter().all(|count| matches!(count, Count::Whole(_)));
        let bytes = counts.iter().flat_map(|count| match *count {
            Count::Whole(count) if is_whole => count.to_le_bytes(),
            Count::Whole(count) => (count as f64).to_le_bytes(),
            Count::Real(count) => count.to_le_bytes(),
        });
        Some(Written {
            kind: if is_whole {
                Type::I64
            } else {
                Type::Number(SampleType::F64)
            },
            bytes: bytes.collect(),
            units: units.to_owned(),
            calendar: calendar.map(str::to_owned),
            fill: None,
        })
    }

    fn plain(&self, info: &StreamInfo) -> Written {
        let unit = match self.unit {
            1 => "nanoseconds",
            1_000 => "microseconds",
            1_000_000 => "milliseconds",
            _ => "seconds",
        };
        let (units, calendar) = match info.clock {
            Clock::Start => (unit.to_owned(), None),
            Clock::Epoch | Clock::LocalEpoch => (
                format!("{unit} since 1970-01-01"),
                Some("proleptic_gregorian".to_owned()),
            ),
        };
        let bytes = self.values.iter().flat_map(|value| value.to_le_bytes());
        Written {
            kind: Type::I64,
            bytes: bytes.collect(),
            units,
            calendar,
            fill: (!self.is_complete).then(|| NONE.to_le_bytes().to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameCount, FrameFormat};

    use super::*;

    fn stamps(secs: &[Option<f64>]) -> Times {
        let mut times = Times::new();
        for (index, secs) in (0u64..).zip(secs) {
            let mut stamp = Stamp::at(index);
            stamp.time = secs.and_then(Timestamp::from_secs);
            times.push(&stamp);
        }
        times
    }

    fn info(units: Option<&str>) -> StreamInfo {
        let format = FrameFormat::new(1, 1, Color::Gray, SampleType::U8);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        info.clock = Clock::Epoch;
        if let Some(units) = units {
            info.metadata.insert("time_units".to_owned(), units.into());
        }
        info
    }

    #[test]
    fn units_of_the_source_are_kept_where_they_are_exact() {
        let times = stamps(&[Some(0.0), Some(3_600.0)]);
        let hours = times.written(&info(Some("hours since 1970-01-01")));
        let hours = hours.expect("has times");
        assert_eq!(
            (hours.kind, &*hours.units),
            (Type::I64, "hours since 1970-01-01")
        );
        assert_eq!(hours.bytes.get(8), Some(&1));
        let days = times.written(&info(Some("days since 1970-01-01")));
        assert_eq!(
            days.map(|days| days.kind),
            Some(Type::Number(SampleType::F64))
        );
        let plain = times.written(&info(None)).expect("has times");
        assert_eq!(plain.units, "nanoseconds since 1970-01-01");
    }

    #[test]
    fn times_at_a_rate_are_even() {
        let rate = FrameRate::new(25, 1).expect("is one");
        assert_eq!(Times::at_rate(rate, 3).values, [0, 40_000_000, 80_000_000]);
    }

    #[test]
    fn frames_without_a_time_are_told_apart() {
        let written = stamps(&[Some(1.0), None])
            .written(&info(None))
            .expect("has one");
        assert_eq!(written.fill, Some(i64::MIN.to_le_bytes().to_vec()));
        assert_eq!(stamps(&[None, None]).written(&info(None)), None);
    }

    #[test]
    fn times_along_an_axis_are_those_of_its_first_frames() {
        let times = stamps(&[Some(0.0), Some(0.0), Some(1.0), Some(1.5)]);
        let (along, lost) = times.along(2, 2);
        assert_eq!(along.values, [0, 1_000_000_000]);
        assert_eq!(lost, 1);
    }

    #[test]
    fn far_times_are_kept_in_longer_units() {
        let mut times = stamps(&[Some(1.0)]);
        let mut stamp = Stamp::at(1);
        stamp.time = Some(Timestamp::new(
            -62_135_596_800,
            Timebase::new(1, 1).expect("is one"),
        ));
        times.push(&stamp);
        let written = times.written(&info(None)).expect("has times");
        assert_eq!(written.units, "microseconds since 1970-01-01");
    }
}
