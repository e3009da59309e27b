//! Round moments along an axis of seconds since 1970, in UTC.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

use crate::scale::Scale;
use crate::ticks::{Tick, Ticks};

/// The distance of two marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Seconds(i64),
    Days(i64),
    Months(i64),
    Years(i64),
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Steps of whole seconds and more, with their length in seconds.
const STEPS: [(Step, i64); 27] = [
    (Step::Seconds(1), 1),
    (Step::Seconds(2), 2),
    (Step::Seconds(5), 5),
    (Step::Seconds(10), 10),
    (Step::Seconds(15), 15),
    (Step::Seconds(30), 30),
    (Step::Seconds(MINUTE), MINUTE),
    (Step::Seconds(2 * MINUTE), 2 * MINUTE),
    (Step::Seconds(5 * MINUTE), 5 * MINUTE),
    (Step::Seconds(10 * MINUTE), 10 * MINUTE),
    (Step::Seconds(15 * MINUTE), 15 * MINUTE),
    (Step::Seconds(30 * MINUTE), 30 * MINUTE),
    (Step::Seconds(HOUR), HOUR),
    (Step::Seconds(2 * HOUR), 2 * HOUR),
    (Step::Seconds(3 * HOUR), 3 * HOUR),
    (Step::Seconds(6 * HOUR), 6 * HOUR),
    (Step::Seconds(12 * HOUR), 12 * HOUR),
    (Step::Days(1), DAY),
    (Step::Days(2), 2 * DAY),
    (Step::Days(7), 7 * DAY),
    (Step::Days(14), 14 * DAY),
    (Step::Months(1), 31 * DAY),
    (Step::Months(2), 62 * DAY),
    (Step::Months(3), 92 * DAY),
    (Step::Months(6), 184 * DAY),
    (Step::Years(1), 366 * DAY),
    (Step::Years(2), 731 * DAY),
];

/// About `count` marks, not many more; `None` when the range is no range of dates, or has only fractions of a second between marks.
pub(crate) fn date_ticks(scale: &Scale, count: usize) -> Option<Ticks> {
    let (low, high) = (moment(scale.low)?, moment(scale.high)?);
    let least = (scale.high - scale.low) / count.max(1) as f64;
    if least < 0.5 {
        return fractions(scale, low, count);
    }
    let found = STEPS
        .iter()
        .find(|(_, secs)| *secs as f64 >= least * (1.0 - 1e-9));
    let step = found.map_or_else(
        || Step::Years(round_years(least / (366 * DAY) as f64)),
        |(step, _)| *step,
    );
    let mut major = Vec::new();
    let mut at = start_of(step, scale.low, low)?;
    while let Some(value) = seconds(at) {
        if value > scale.high || major.len() > 100 {
            break;
        }
        if scale.holds(value) {
            major.push(Tick {
                value,
                text: written(step, at),
            });
        }
        at = next(step, at)?;
    }
    Some(Ticks {
        major,
        minor: Vec::new(),
        corner: corner(step, low, high),
    })
}

/// Marks less than a second apart are those of the seconds of a minute.
fn fractions(scale: &Scale, low: DateTime, count: usize) -> Option<Ticks> {
    let minute = low.with().second(0).subsec_nanosecond(0).build().ok()?;
    let start = seconds(minute)?;
    let within = Scale {
        low: scale.low - start,
        high: scale.high - start,
        ..*scale
    };
    let mut ticks = crate::ticks::ticks(&within, count);
    for tick in &mut ticks.major {
        tick.value += start;
    }
    for value in &mut ticks.minor {
        *value += start;
    }
    ticks.corner = minute.strftime("s after %Y-%m-%d %H:%M UTC").to_string();
    Some(ticks)
}

fn moment(secs: f64) -> Option<DateTime> {
    let timestamp = Timestamp::from_second(secs.floor() as i64).ok()?;
    Some(timestamp.to_zoned(TimeZone::fixed(Offset::UTC)).datetime())
}

fn seconds(at: DateTime) -> Option<f64> {
    let zoned = at.to_zoned(TimeZone::fixed(Offset::UTC)).ok()?;
    Some(zoned.timestamp().as_second() as f64)
}

/// The last round moment that is not after the lower bound.
fn start_of(step: Step, low_secs: f64, low: DateTime) -> Option<DateTime> {
    let midnight = low.date().at(0, 0, 0, 0);
    match step {
        Step::Seconds(secs) => moment((low_secs / secs as f64).floor() * secs as f64),
        Step::Days(1) => Some(midnight),
        // Every second or seventh day of all that are counted.
        Step::Days(days) => {
            let length = (days * DAY) as f64;
            moment((low_secs / length).floor() * length)
        }
        Step::Months(months) => {
            let month = (i64::from(low.month()) - 1) / months * months + 1;
            midnight
                .with()
                .day(1)
                .month(i8::try_from(month).ok()?)
                .build()
                .ok()
        }
        Step::Years(years) => {
            let year = i64::from(low.year()).div_euclid(years) * years;
            midnight
                .with()
                .day(1)
                .month(1)
                .year(i16::try_from(year).ok()?)
                .build()
                .ok()
        }
    }
}

fn next(step: Step, at: DateTime) -> Option<DateTime> {
    let span = Span::new();
    let span = match step {
        Step::Seconds(secs) => span.try_seconds(secs),
        Step::Days(days) => span.try_days(days),
        Step::Months(months) => span.try_months(months),
        Step::Years(years) => span.try_years(years),
    };
    at.checked_add(span.ok()?).ok()
}

/// The least of 1, 2 or 5 times a power of ten that is at least so many.
fn round_years(years: f64) -> i64 {
    let power = 10f64.powf(years.max(1.0).log10().floor());
    let round = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|round| years <= round * power * (1.0 + 1e-9));
    (round.unwrap_or(10.0) * power) as i64
}

fn written(step: Step, at: DateTime) -> String {
    let is_midnight = (at.hour(), at.minute(), at.second()) == (0, 0, 0);
    let how = match step {
        Step::Seconds(secs) if secs < MINUTE => "%H:%M:%S",
        // The day is said where it begins, when there is more than one.
        Step::Seconds(secs) if secs >= HOUR && is_midnight => "%m-%d",
        Step::Seconds(_) => "%H:%M",
        Step::Days(_) => "%m-%d",
        Step::Months(_) => "%Y-%m",
        Step::Years(_) => "%Y",
    };
    at.strftime(how).to_string()
}

/// What the marks do not say.
fn corner(step: Step, low: DateTime, high: DateTime) -> String {
    let how = match step {
        Step::Seconds(_) if low.date() == high.date() => {
            return low.strftime("%Y-%m-%d UTC").to_string();
        }
        Step::Seconds(_) | Step::Days(_) => "%Y-%m-%d",
        Step::Months(_) | Step::Years(_) => return "UTC".to_owned(),
    };
    format!("{} to {} UTC", low.strftime(how), high.strftime(how))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axis::ScaleKind;

    fn texts(low: f64, high: f64) -> String {
        let scale = Scale {
            kind: ScaleKind::Linear,
            low,
            high,
        };
        let ticks = date_ticks(&scale, 5).expect("are dates");
        assert!(ticks.major.iter().all(|tick| scale.holds(tick.value)));
        assert!(
            ticks
                .major
                .windows(2)
                .all(|pair| pair[0].value < pair[1].value)
        );
        assert!(ticks.major.len() <= 6, "{ticks:?}");
        let texts: Vec<_> = ticks.major.into_iter().map(|tick| tick.text).collect();
        format!("{} | {}", texts.join(" "), ticks.corner)
    }

    #[test]
    fn marks_are_round_moments() {
        let start = 1_763_742_600.0;
        assert_eq!(
            texts(start, start + 2.0),
            "0.0 0.5 1.0 1.5 2.0 | s after 2025-11-21 16:30 UTC"
        );
        assert_eq!(
            texts(start, start + 0.0101),
            "0.000 0.005 0.010 | s after 2025-11-21 16:30 UTC"
        );
        assert_eq!(
            texts(start, start + 40.0),
            "16:30:00 16:30:10 16:30:20 16:30:30 16:30:40 | 2025-11-21 UTC"
        );
        assert_eq!(
            texts(start, start + 7000.0),
            "16:30 17:00 17:30 18:00 | 2025-11-21 UTC"
        );
        assert_eq!(
            texts(start, start + 60_000.0),
            "18:00 11-22 06:00 | 2025-11-21 to 2025-11-22 UTC"
        );
        assert_eq!(
            texts(start, start + 4e5),
            "11-22 11-23 11-24 11-25 11-26 | 2025-11-21 to 2025-11-26 UTC"
        );
        assert_eq!(
            texts(start, start + 3e7),
            "2026-01 2026-04 2026-07 2026-10 | UTC"
        );
        assert_eq!(texts(start, start + 3e9), "2040 2060 2080 2100 2120 | UTC");
    }

    #[test]
    fn what_is_no_date_has_no_marks() {
        let scale = Scale {
            kind: ScaleKind::Linear,
            low: -1e20,
            high: 1e20,
        };
        assert_eq!(date_ticks(&scale, 5), None);
    }
}
