//! Times as CF writes them, `hours since 1900-01-01`, and the moments that they are.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Clock, Timebase, Timestamp};

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;
/// Seconds in a day.
const DAY_SECS: i64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01 in the Gregorian calendar.
const EPOCH_DAYS: i64 = 719_468;
/// Days that the Julian calendar's 0000-03-01 is before the Gregorian one's.
const JULIAN_LAG_DAYS: i64 = 2;

/// One value of a time coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Count {
    /// A whole number of units.
    Whole(i64),
    /// Any number of units.
    Real(f64),
}

/// What the values of a time coordinate are counted in, and from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeUnits {
    /// Nanoseconds in a unit.
    unit: i64,
    /// The reference, nanoseconds since 1970; 0 where the zero is the start.
    reference: i128,
    /// What the zero of the moments is.
    pub(super) clock: Clock,
}

impl TimeUnits {
    /// Understands units, with or without a reference; `None` when they are no time, or one whose length varies (months, years).
    ///
    /// In a calendar in which not every day is one of the real world (`noleap`, `360_day` …), times are those since the reference.
    pub(super) fn parse(units: &str, calendar: Option<&str>) -> Option<Self> {
        let Some((unit, date)) = units.split_once(" since ") else {
            return Some(Self {
                unit: nanoseconds_in(units.trim())?,
                reference: 0,
                clock: Clock::Start,
            });
        };
        let unit = nanoseconds_in(unit.trim())?;
        let reference = match Calendar::named(calendar.unwrap_or("standard"))? {
            Calendar::Invented => None,
            calendar => Some(moment_of(date.trim(), calendar)?),
        };
        Some(Self {
            unit,
            reference: reference.unwrap_or(0),
            clock: reference.map_or(Clock::Start, |_| Clock::Epoch),
        })
    }

    /// The moment of a value; `None` when it is not finite or out of range.
    pub(super) fn moment(&self, count: Count) -> Option<Timestamp> {
        let since = match count {
            Count::Whole(count) => i128::from(count).checked_mul(i128::from(self.unit))?,
            Count::Real(count) => self.nanoseconds_of(count)?,
        };
        let total = since.checked_add(self.reference)?;
        let bases = [
            (1, Timebase::NANOSECONDS),
            (1_000, Timebase::MICROSECONDS),
            (1_000_000, Timebase::MILLISECONDS),
            (i128::from(SECOND), Timebase::new(1, 1)?),
        ];
        bases.into_iter().find_map(|(length, base)| {
            let ticks = i64::try_from(total / length).ok()?;
            Some(Timestamp::new(ticks, base))
        })
    }

    /// The value of a moment: a whole number of units where it is one.
    pub(super) fn count(&self, moment: Timestamp) -> Option<Count> {
        let since = nanoseconds(moment).checked_sub(self.reference)?;
        let unit = i128::from(self.unit);
        if since % unit == 0 {
            return i64::try_from(since / unit).ok().map(Count::Whole);
        }
        Some(Count::Real(self.real(since)))
    }

    /// Nanoseconds since the reference as a number of units.
    fn real(&self, since: i128) -> f64 {
        let unit = i128::from(self.unit);
        (since / unit) as f64 + (since % unit) as f64 / self.unit as f64
    }

    /// The roundest number of nanoseconds that a number of units stands for, since one such as 1/24 of a day is not exact.
    fn nanoseconds_of(&self, count: f64) -> Option<i128> {
        // The comparison also refuses NaN.
        let whole = (count.trunc().abs() < 1e18).then_some(count.trunc())?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "its magnitude was compared with one far within the range"
        )]
        let (whole, rest) = (
            whole as i128,
            ((count - whole) * self.unit as f64).round() as i128,
        );
        let since = whole
            .checked_mul(i128::from(self.unit))?
            .checked_add(rest)?;
        let rounded = |step: i128| {
            let half = if since < 0 { -step / 2 } else { step / 2 };
            (since + half) / step * step
        };
        let steps = [SECOND, 1_000_000, 1_000, 100, 10].map(i128::from);
        let same = |since: &i128| self.real(*since).to_bits() == count.to_bits();
        Some(steps.into_iter().map(rounded).find(same).unwrap_or(since))
    }
}

/// A moment in nanoseconds, rounded to the nearest.
pub(super) fn nanoseconds(moment: Timestamp) -> i128 {
    let numerator =
        i128::from(moment.ticks) * i128::from(moment.base.numerator()) * i128::from(SECOND);
    let denominator = i128::from(moment.base.denominator());
    let half = denominator / 2;
    let half = if numerator < 0 { -half } else { half };
    (numerator + half) / denominator
}

/// Nanoseconds in a unit of fixed length.
fn nanoseconds_in(unit: &str) -> Option<i64> {
    let minute = 60 * SECOND;
    Some(match unit.to_lowercase().as_str() {
        "d" | "day" | "days" => DAY_SECS * SECOND,
        "h" | "hr" | "hrs" | "hour" | "hours" => 60 * minute,
        "min" | "mins" | "minute" | "minutes" => minute,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => 1_000_000,
        "us" | "µs" | "μs" | "microsec" | "microsecond" | "microseconds" => 1_000,
        "ns" | "nanosec" | "nanosecond" | "nanoseconds" => 1,
        _ => return None,
    })
}

/// Which days there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Calendar {
    /// Julian to 1582-10-04, Gregorian from 1582-10-15.
    Mixed,
    Gregorian,
    Julian,
    /// Years that no calendar of the world has.
    Invented,
}

impl Calendar {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().as_str() {
            "standard" | "gregorian" => Self::Mixed,
            "proleptic_gregorian" => Self::Gregorian,
            "julian" => Self::Julian,
            "noleap" | "365_day" | "all_leap" | "366_day" | "360_day" | "none" => Self::Invented,
            _ => return None,
        })
    }

    /// Days since 1970-01-01.
    fn days(self, year: i64, month: i64, day: i64) -> i64 {
        let is_julian = match self {
            Self::Julian => true,
            Self::Mixed => (year, month, day) < (1582, 10, 15),
            Self::Gregorian | Self::Invented => false,
        };
        // Years that begin in March end with the leap day.
        let year = if month <= 2 { year - 1 } else { year };
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let leap_days = if is_julian {
            year.div_euclid(4) - JULIAN_LAG_DAYS
        } else {
            year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
        };
        year * 365 + leap_days + day_of_year - EPOCH_DAYS
    }
}

/// Nanoseconds since 1970 of `YYYY-MM-DD[ HH[:MM[:SS[.fff]]]][ zone]`.
fn moment_of(text: &str, calendar: Calendar) -> Option<i128> {
    let text = text.trim();
    // The first sign may be that of the year.
    let end_of_date = text.find([' ', 'T', 't']).unwrap_or(text.len());
    let (date, rest) = text.split_at(end_of_date);
    let (sign, digits) = match date.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, date),
    };
    let mut parts = digits.split('-').map(|part| part.parse::<i64>().ok());
    let year = sign * parts.next()??;
    let month = parts.next().unwrap_or(Some(1))?;
    let day = parts.next().unwrap_or(Some(1))?;
    let is_date = parts.next().is_none()
        && year.abs() < 1_000_000
        && (1..=12).contains(&month)
        && (1..=31).contains(&day);
    if !is_date {
        return None;
    }
    let days = calendar.days(year, month, day);
    let within = time_of_day(rest.trim_start_matches(['T', 't', ' ']))?;
    Some(i128::from(days * DAY_SECS) * i128::from(SECOND) + i128::from(within))
}

/// Nanoseconds since midnight UTC of `HH[:MM[:SS[.fff]]][zone]`; 0 of nothing.
fn time_of_day(text: &str) -> Option<i64> {
    let text = text
        .trim_end_matches("UTC")
        .trim_end_matches("GMT")
        .trim_end_matches(['Z', 'z'])
        .trim();
    let (clock, zone) = match text.find(['+', '-']) {
        Some(at) => {
            let (clock, zone) = text.split_at(at);
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            (clock.trim(), sign * clock_time(zone.get(1..)?.trim())?)
        }
        None => (text, 0),
    };
    Some(clock_time(clock)? - zone)
}

/// Nanoseconds of `HH[:MM[:SS[.fff]]]` or `HHMM`.
fn clock_time(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return Some((number / 100 * 3600 + number % 100 * 60) * SECOND);
    }
    let mut parts = text.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next().map_or(Ok(0), str::parse).ok()?;
    let seconds = parts.next().unwrap_or("0");
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let whole: i64 = whole.parse().ok()?;
    let is_plain = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = parts.next().is_none()
        && (0..=24).contains(&hours)
        && (0..60).contains(&minutes)
        && (0..=60).contains(&whole)
        && is_plain;
    if !is_time {
        return None;
    }
    let digits: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let nanoseconds: i64 = digits.parse().ok()?;
    Some((hours * 3600 + minutes * 60 + whole) * SECOND + nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(units: &str, calendar: &str, count: Count) -> Option<f64> {
        let units = TimeUnits::parse(units, Some(calendar))?;
        Some(units.moment(count)?.secs())
    }

    #[test]
    fn references_are_moments() {
        let at_zero = |date: &str| secs(&format!("days since {date}"), "standard", Count::Whole(0));
        assert_eq!(at_zero("1970-01-01"), Some(0.0));
        assert_eq!(at_zero("1970-1-2 00:00:00"), Some(86_400.0));
        assert_eq!(at_zero("2000-03-01T06:30:00.25Z"), Some(951_892_200.25));
        assert_eq!(at_zero("1900-01-01 00:00:0.0"), Some(-2_208_988_800.0));
        assert_eq!(at_zero("1970-01-01 02:00:00 +02:00"), Some(0.0));
        assert_eq!(at_zero("1970-01-01 00:00:00 -6:00"), Some(21_600.0));
        assert_eq!(at_zero("1970-13-01"), None);
        assert_eq!(at_zero("yesterday"), None);
        // The day before 1582-10-15 was 1582-10-04.
        let gap = at_zero("1582-10-15").expect("is a date") - at_zero("1582-10-04").expect("too");
        assert!((gap - 86_400.0).abs() < 1e-6, "{gap}");
        let proleptic = secs(
            "days since 1582-10-04",
            "proleptic_gregorian",
            Count::Whole(11),
        );
        assert_eq!(proleptic, at_zero("1582-10-15"));
        // The zero of Julian day numbers, at noon.
        let julian = secs(
            "days since -4712-01-01 12:00",
            "julian",
            Count::Real(2_440_587.5),
        );
        assert_eq!(julian, Some(0.0));
    }

    #[test]
    fn days_that_never_were_are_counted_from_the_reference() {
        for calendar in ["noleap", "360_day", "all_leap"] {
            let units = TimeUnits::parse("days since 1850-02-30", Some(calendar)).expect("is one");
            assert_eq!(units.clock, Clock::Start);
            let moment = units.moment(Count::Real(1.5)).expect("is in range");
            assert_eq!(moment.secs().to_bits(), 129_600.0f64.to_bits());
        }
        assert_eq!(TimeUnits::parse("months since 1850-01-01", None), None);
        assert_eq!(TimeUnits::parse("K", None), None);
        let plain = TimeUnits::parse("s", None).expect("is a time");
        assert_eq!(plain.clock, Clock::Start);
    }

    #[test]
    fn values_come_back_to_the_bit() {
        let units = TimeUnits::parse("days since 1900-01-01", None).expect("is one");
        for hours in 0..5_000_i64 {
            let value = 40_000.0 + hours as f64 / 24.0;
            let moment = units.moment(Count::Real(value)).expect("is in range");
            // Whole seconds, although no float is a third of a day.
            assert_eq!(moment.ticks % SECOND, 0, "{value}");
            let back = match units.count(moment).expect("is in range") {
                Count::Whole(count) => count as f64,
                Count::Real(count) => count,
            };
            assert_eq!(back.to_bits(), value.to_bits());
        }
        let odd = Count::Real(0.123_456_789_012_3);
        let moment = units.moment(odd).expect("is in range");
        assert_eq!(moment.base, Timebase::NANOSECONDS);
        assert_eq!(units.moment(Count::Real(f64::NAN)), None);
        assert_eq!(units.moment(Count::Real(1e300)), None);
        // Beyond the range of nanoseconds.
        let old = TimeUnits::parse("days since 0001-01-01", Some("proleptic_gregorian"));
        let moment = old.and_then(|units| units.moment(Count::Whole(0)));
        assert_eq!(moment.map(|moment| moment.secs()), Some(-62_135_596_800.0));
    }
}
