//! A frame's time in words: seconds, or `%H:%M:%S` of the day or since the start.

use std::fmt::Write as _;

use jiff::Timestamp as Instant;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use pimage_core::{Clock, Error, Timebase, Timestamp};

/// Digits after the point unless said otherwise.
const DECIMALS: u8 = 3;

/// How a time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// Seconds, rounded to the nearest, at least `width` characters, filled with zeros or blanks.
    Seconds {
        width: usize,
        zeros: bool,
        decimals: u8,
    },
    /// Parts of a duration or a date, cut off and not rounded, as clocks do.
    Parts(String),
}

impl TimeFormat {
    /// What stands behind `time:`: nothing, `%…`, or as in `08.2` zeros, width and decimals.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.contains('%') {
            let utc = Instant::UNIX_EPOCH.to_zoned(TimeZone::UTC);
            // What a duration can say is a part of what a date can.
            check_date(text, BrokenDownTime::from(&utc))?;
            return Ok(Self::Parts(text.to_owned()));
        }
        let (width, decimals) = match text.split_once('.') {
            Some((width, decimals)) => (width, decimals.parse().ok()),
            None => (text, Some(DECIMALS)),
        };
        let digits = match width {
            "" => Some(0),
            width => width.parse().ok(),
        };
        let numbers = digits.zip(decimals);
        numbers
            .filter(|(digits, decimals)| *digits <= 64 && *decimals <= 9)
            .map(|(digits, decimals)| Self::Seconds {
                width: digits,
                zeros: width.starts_with('0'),
                decimals,
            })
            .ok_or_else(|| "%H:%M:%S, or a width and up to 9 decimals such as 8.3".to_owned())
    }

    /// An error in words when a clock does not say what is asked for.
    pub(super) fn check(&self, clock: Clock) -> Result<(), String> {
        let Self::Parts(format) = self else {
            return Ok(());
        };
        match clock {
            Clock::Epoch => Ok(()),
            Clock::LocalEpoch => {
                let local = Instant::UNIX_EPOCH.to_zoned(TimeZone::UTC).datetime();
                check_date(format, BrokenDownTime::from(local))
            }
            Clock::Start => write_duration(format, 0, &mut String::new()),
        }
    }

    /// Writes a time behind `output`.
    pub(super) fn write(&self, time: Timestamp, clock: Clock, output: &mut String) {
        match self {
            Self::Seconds {
                width,
                zeros,
                decimals,
            } => write_seconds(time, *width, *zeros, *decimals, output),
            Self::Parts(format) => {
                let nanoseconds = time.ticks_in(Timebase::NANOSECONDS);
                let start = output.len();
                let written = match clock {
                    Clock::Start => write_duration(format, nanoseconds, output),
                    Clock::Epoch | Clock::LocalEpoch => {
                        write_date(format, nanoseconds, clock == Clock::Epoch, output)
                    }
                };
                if written.is_err() {
                    // Refused before the first frame, but for what was never checked.
                    output.truncate(start);
                    output.push('-');
                }
            }
        }
    }
}

fn check_date(format: &str, time: BrokenDownTime) -> Result<(), String> {
    let mut written = String::new();
    time.format(format, &mut written)
        .map_err(|error| format!("what strftime knows ({error})"))
}

fn write_date(
    format: &str,
    nanoseconds: i64,
    is_utc: bool,
    output: &mut String,
) -> Result<(), String> {
    let instant =
        Instant::from_nanosecond(nanoseconds.into()).map_err(|error| error.to_string())?;
    let utc = instant.to_zoned(TimeZone::UTC);
    let time = match is_utc {
        true => BrokenDownTime::from(&utc),
        false => BrokenDownTime::from(utc.datetime()),
    };
    time.format(format, output)
        .map_err(|error| error.to_string())
}

fn write_seconds(time: Timestamp, width: usize, zeros: bool, decimals: u8, output: &mut String) {
    let scale = 10u64.pow(u32::from(decimals));
    let base = Timebase::new(1, scale as u32).unwrap_or(Timebase::NANOSECONDS);
    let ticks = time.ticks_in(base);
    let (whole, rest) = (ticks.unsigned_abs() / scale, ticks.unsigned_abs() % scale);
    let sign = if ticks < 0 { "-" } else { "" };
    let point = if decimals == 0 {
        0
    } else {
        usize::from(decimals) + 1
    };
    let digits = width.saturating_sub(point);
    let _ = match zeros {
        true => {
            let digits = digits.saturating_sub(sign.len());
            write!(output, "{sign}{whole:0digits$}")
        }
        false => write!(
            output,
            "{:>digits$}",
            format_args!("{sign}{whole}").to_string()
        ),
    };
    if decimals > 0 {
        let _ = write!(output, ".{rest:0count$}", count = usize::from(decimals));
    }
}

const SECOND: u64 = 1_000_000_000;

/// A part of a duration, its length in nanoseconds, and the one that it is cut at.
const PARTS: [(char, u64, usize); 4] = [
    ('j', 86_400 * SECOND, 1),
    ('H', 3_600 * SECOND, 2),
    ('M', 60 * SECOND, 2),
    ('S', SECOND, 2),
];

/// Writes a duration; the largest part that `format` names is not cut at the next larger one: 90 minutes are `90` by `%M`.
fn write_duration(format: &str, nanoseconds: i64, output: &mut String) -> Result<(), String> {
    if nanoseconds < 0 {
        output.push('-');
    }
    let nanoseconds = nanoseconds.unsigned_abs();
    let format = format.replace("%T", "%H:%M:%S");
    let largest = PARTS
        .iter()
        .position(|(letter, ..)| format.contains(&format!("%{letter}")));
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            output.push(character);
            continue;
        }
        let mut letter = characters.next();
        if letter == Some('.') {
            output.push('.');
            letter = characters.next();
        }
        if letter == Some('%') {
            output.push('%');
            continue;
        }
        if let Some(decimals @ 1..=9) = letter.and_then(|letter| letter.to_digit(10)) {
            letter = characters.next();
            if letter == Some('f') {
                let cut = nanoseconds % SECOND / 10u64.pow(9 - decimals);
                let _ = write!(output, "{cut:0count$}", count = decimals as usize);
                continue;
            }
        }
        let part = PARTS.iter().position(|(known, ..)| Some(*known) == letter);
        let Some((place, (_, length, digits))) =
            part.and_then(|place| Some((place, PARTS.get(place)?)))
        else {
            let letter = letter.map_or_else(String::new, String::from);
            return Err(format!(
                "%H, %M, %S, %j (days), %3f or another number of decimals, and no %{letter}: the times are those since the start"
            ));
        };
        let whole = match place.checked_sub(1).and_then(|larger| PARTS.get(larger)) {
            Some((_, larger, _)) if largest.is_some_and(|largest| largest < place) => {
                nanoseconds % larger
            }
            _ => nanoseconds,
        };
        let _ = write!(output, "{:0digits$}", whole / length);
    }
    Ok(())
}

/// The error of a field that a stream cannot fill.
pub(super) fn refused(name: &str, format: &TimeFormat, expected: String) -> Error {
    let found = match format {
        TimeFormat::Parts(format) => format!("`{{time:{format}}}`"),
        TimeFormat::Seconds { .. } => "`{time}`".to_owned(),
    };
    Error::bad_option(name, found, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, clock: Clock, (ticks, base): (i64, u32), expected: &str) {
        let format = TimeFormat::parse(format).expect(format);
        format.check(clock).expect(expected);
        let base = Timebase::new(1, base).expect("is not zero");
        let mut written = String::new();
        format.write(Timestamp::new(ticks, base), clock, &mut written);
        assert_eq!(written, expected);
    }

    #[test]
    fn seconds_are_rounded() {
        let start = Clock::Start;
        check("", start, (1, 30), "0.033");
        check("", start, (2, 30), "0.067");
        check("", start, (-5, 4), "-1.250");
        check(".0", start, (3, 2), "2");
        check(".6", start, (1, 3), "0.333333");
        check("08.2", start, (-123, 10), "-0012.30");
        check("8.2", start, (-123, 10), "  -12.30");
        check("8.2", start, (999_999, 1000), " 1000.00");
        check(
            "",
            Clock::Epoch,
            (1_700_000_000_250, 1000),
            "1700000000.250",
        );
    }

    #[test]
    fn a_duration_is_cut_into_parts() {
        let start = Clock::Start;
        let time = (3_723_456, 1000);
        check("%H:%M:%S.%3f", start, time, "01:02:03.456");
        check("%T.%1f", start, time, "01:02:03.4");
        check("%M:%S%.6f", start, time, "62:03.456000");
        check("%S s", start, time, "3723 s");
        check("%j d %H h", start, (90_000, 1), "1 d 01 h");
        check("%H:%M", start, (90_000, 1), "25:00");
        check("%M:%S.%3f", start, (-1250, 1000), "-00:01.250");
        check("100%%: %S", start, (59_999_999, 1_000_000), "100%: 59");
    }

    #[test]
    fn a_date_is_that_of_the_clock() {
        let time = (1_709_210_096_789, 1000);
        check(
            "%Y-%m-%d %H:%M:%S.%3f",
            Clock::Epoch,
            time,
            "2024-02-29 12:34:56.789",
        );
        check(
            "%d %b %Y, day %j, %z",
            Clock::Epoch,
            time,
            "29 Feb 2024, day 060, +0000",
        );
        check(
            "%Y-%m-%d %T",
            Clock::LocalEpoch,
            time,
            "2024-02-29 12:34:56",
        );
        check(
            "%Y-%m-%d %T.%6f",
            Clock::Epoch,
            (-1, 1_000_000),
            "1969-12-31 23:59:59.999999",
        );
    }

    #[test]
    fn what_a_clock_does_not_say_is_refused() {
        let date = TimeFormat::parse("%Y-%m-%d").expect("is a format");
        let error = date.check(Clock::Start).expect_err("no date");
        assert!(
            error.contains("no %Y: the times are those since the start"),
            "{error}"
        );
        let zone = TimeFormat::parse("%H %z").expect("is a format");
        assert!(zone.check(Clock::LocalEpoch).is_err());
        assert!(zone.check(Clock::Epoch).is_ok());
        for format in ["%", "%!", "x", "3.12", "99999.1", "-3", "%5"] {
            assert!(TimeFormat::parse(format).is_err(), "{format}");
        }
    }
}
