//! The date of an image: a moment of the calendar as XML has it.

use pimage_core::{Clock, Timebase, Timestamp};

const NANOS: i64 = 1_000_000_000;
const DAY_SECS: i64 = 86_400;

/// Nanoseconds since 1970, and whose: `2026-03-09T14:05:00.25`, perhaps with `Z` or `+01:00`. `None` for anything else.
pub(super) fn moment(text: &str) -> Option<(i64, Clock)> {
    let (date, rest) = text.split_once('T')?;
    let at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at_checked(at)?;
    let [year, month, day] = numbers(date, '-')?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [hours, minutes, secs] = numbers(whole, ':')?;
    let is_moment = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hours < 24
        && minutes < 60
        && secs <= 60;
    if !is_moment || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: i64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let days = days_from(year, month, day);
    let all_secs = days * DAY_SECS + hours * 3600 + minutes * 60 + secs;
    let (offset, clock) = match zone {
        "" => (0, Clock::LocalEpoch),
        "Z" => (0, Clock::Epoch),
        _ => {
            let [hours, minutes] = numbers(zone.get(1..)?, ':')?;
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            (sign * (hours * 3600 + minutes * 60), Clock::Epoch)
        }
    };
    let nanos = (all_secs - offset).checked_mul(NANOS)?.checked_add(nanos)?;
    Some((nanos, clock))
}

/// Times from a moment on as times since 1970; `None` when there are none, or far too late ones.
pub(super) fn counted_from(moment: i64, times: &[Timestamp]) -> Option<Vec<Timestamp>> {
    let times = times.iter().map(|time| {
        let ticks = time.ticks_in(Timebase::NANOSECONDS).checked_add(moment)?;
        Some(Timestamp::new(ticks, Timebase::NANOSECONDS))
    });
    let times: Vec<_> = times.collect::<Option<_>>()?;
    (!times.is_empty()).then_some(times)
}

/// Unsigned numbers of at most four digits with a separator between them.
fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let parts = text.split(separator).map(|part| {
        let is_number = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse().ok()).flatten()
    });
    let parts: Vec<i64> = parts.collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// Days of the Gregorian calendar after 1970-01-01; years begin in March, so that the leap day is their last.
const fn days_from(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_others_left() {
        for (text, nanos, clock) in [
            ("1970-01-01T00:00:00", 0, Clock::LocalEpoch),
            ("1970-01-01T00:00:00.25Z", NANOS / 4, Clock::Epoch),
            ("1970-01-01T01:00:00+01:00", 0, Clock::Epoch),
            (
                "2000-02-29T00:00:00",
                951_782_400 * NANOS,
                Clock::LocalEpoch,
            ),
            (
                "2025-03-09T14:05:00",
                1_741_529_100 * NANOS,
                Clock::LocalEpoch,
            ),
        ] {
            assert_eq!(moment(text), Some((nanos, clock)), "{text}");
        }
        for text in [
            "",
            "2026-03-09",
            "2026-13-09T00:00:00",
            "2026-03-09T1:2",
            "x-1-1T0:0:0",
            "99999-01-01T00:00:00",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_counted_from_a_moment() {
        let times = [Timestamp::new(5, Timebase::MILLISECONDS)];
        let found = counted_from(NANOS, &times).expect("fits");
        assert_eq!(found[0].ticks, 1_005_000_000);
        assert_eq!(counted_from(NANOS, &[]), None);
        assert_eq!(counted_from(i64::MAX, &times), None);
    }
}
