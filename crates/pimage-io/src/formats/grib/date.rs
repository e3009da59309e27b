//! Dates of sections as seconds since 1970, and back.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::octets::{u8_at, u16_at};

/// Bytes of a date in a section: year, month, day, hour, minute, second.
pub(super) const DATE_BYTES: usize = 7;

/// The date at offset `at`, seconds since 1970-01-01 UTC; `None` when it is no date.
pub(super) fn date_at(section: &[u8], at: usize) -> Option<i64> {
    let part = |place: usize| u8_at(section, at + place).and_then(|value| i8::try_from(value).ok());
    let year = i16::try_from(u16_at(section, at)?).ok()?;
    let date = DateTime::new(year, part(2)?, part(3)?, part(4)?, part(5)?, part(6)?, 0).ok()?;
    secs_of(date)
}

fn secs_of(date: DateTime) -> Option<i64> {
    let moment = date.to_zoned(TimeZone::UTC).ok()?;
    Some(moment.timestamp().as_second())
}

/// The bytes of a date; `None` before the year 0 and behind 9999.
pub(super) fn date_bytes(secs: i64) -> Option<[u8; DATE_BYTES]> {
    let date = civil(secs)?;
    let [high, low] = u16::try_from(date.year()).ok()?.to_be_bytes();
    let parts = [
        date.month(),
        date.day(),
        date.hour(),
        date.minute(),
        date.second(),
    ];
    let [month, day, hour, minute, second] = parts.map(i8::unsigned_abs);
    Some([high, low, month, day, hour, minute, second])
}

/// `2024-01-31T18:00:00Z`.
pub(super) fn date_text(secs: i64) -> Option<String> {
    Some(format!("{}Z", civil(secs)?))
}

/// Seconds since 1970 of [`date_text`].
pub(super) fn parse_date(text: &str) -> Option<i64> {
    Some(text.parse::<Timestamp>().ok()?.as_second())
}

fn civil(secs: i64) -> Option<DateTime> {
    let moment = Timestamp::from_second(secs).ok()?;
    Some(TimeZone::UTC.to_datetime(moment))
}

/// `count` units of code table 4.4 after `secs`; `None` for a unit that is not in it.
pub(super) fn later(secs: i64, unit: u8, count: i32) -> Option<i64> {
    let count = i64::from(count);
    let seconds = |length: i64| secs.checked_add(length.checked_mul(count)?);
    let months = |length: i64| {
        let span = Span::new().try_months(length.checked_mul(count)?).ok()?;
        secs_of(civil(secs)?.checked_add(span).ok()?)
    };
    match unit {
        0 => seconds(60),
        1 => seconds(3_600),
        2 => seconds(86_400),
        3 => months(1),
        4 => months(12),
        5 => months(120),
        6 => months(360),
        7 => months(1_200),
        10 => seconds(3 * 3_600),
        11 => seconds(6 * 3_600),
        12 => seconds(12 * 3_600),
        13 => seconds(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_back() {
        for secs in [0, 951_782_400, -86_400, 4_102_444_799] {
            let bytes = date_bytes(secs).expect("is a year of four digits");
            assert_eq!(date_at(&bytes, 0), Some(secs));
            let text = date_text(secs).expect("is a date");
            assert_eq!(parse_date(&text), Some(secs), "{text}");
        }
        assert_eq!(
            date_text(951_782_400).as_deref(),
            Some("2000-02-29T00:00:00Z")
        );
        assert_eq!(date_at(&[7, 207, 2, 29, 0, 0, 0], 0), None);
        assert_eq!(date_at(&[0; 6], 0), None);
    }

    #[test]
    fn steps_are_those_of_the_calendar() {
        let start = parse_date("2023-11-30T06:00:00Z").expect("is a date");
        let after = |unit, count| later(start, unit, count).and_then(date_text);
        assert_eq!(after(1, -7).as_deref(), Some("2023-11-29T23:00:00Z"));
        assert_eq!(after(11, 2).as_deref(), Some("2023-11-30T18:00:00Z"));
        assert_eq!(after(3, 3).as_deref(), Some("2024-02-29T06:00:00Z"));
        assert_eq!(after(4, 1).as_deref(), Some("2024-11-30T06:00:00Z"));
        assert_eq!(after(255, 1), None);
        assert_eq!(later(i64::MAX, 1, 1), None);
    }
}
