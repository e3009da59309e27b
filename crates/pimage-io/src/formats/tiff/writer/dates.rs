//! Days and times of day from seconds since 1970.

use pimage_core::{Timebase, Timestamp};

/// A moment of the calendar, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    year: i64,
    month: i64,
    day: i64,
    secs: i64,
    micros: i64,
}

const MICROS: i64 = 1_000_000;
const DAY_SECS: i64 = 86_400;

impl Moment {
    /// The moment of a time since 1970; `None` outside of the years 1 to 9999.
    pub(super) fn of(time: Timestamp) -> Option<Self> {
        let micros = time.ticks_in(Timebase::MICROSECONDS);
        let secs = micros.div_euclid(MICROS);
        let (year, month, day) = date_of(secs.div_euclid(DAY_SECS));
        (1..=9999).contains(&year).then_some(Self {
            year,
            month,
            day,
            secs: secs.rem_euclid(DAY_SECS),
            micros: micros.rem_euclid(MICROS),
        })
    }

    fn clock(self) -> String {
        let (hours, minutes, secs) = (self.secs / 3600, self.secs / 60 % 60, self.secs % 60);
        format!("{hours:02}:{minutes:02}:{secs:02}")
    }

    /// `2026:03:09 14:05:00`, as the tag `DateTime` has it.
    pub(super) fn tag(self) -> String {
        let clock = self.clock();
        format!("{:04}:{:02}:{:02} {clock}", self.year, self.month, self.day)
    }

    /// `2026-03-09T14:05:00.25`, as XML has it.
    pub(super) fn xml(self) -> String {
        let (clock, micros) = (self.clock(), self.micros);
        let fraction = format!(".{micros:06}");
        let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
        let date = format!("{:04}-{:02}-{:02}", self.year, self.month, self.day);
        format!("{date}T{clock}{fraction}")
    }
}

/// Year, month and day of the Gregorian calendar, `days` after 1970-01-01.
///
/// Years are counted from the first of March, so that the leap day is their last: 400 of them have 146,097 days.
const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + (month <= 2) as i64;
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(millis: i64) -> Moment {
        Moment::of(Timestamp::new(millis, Timebase::MILLISECONDS)).expect("is a usual year")
    }

    #[test]
    fn the_calendar_is_right() {
        assert_eq!(moment(0).tag(), "1970:01:01 00:00:00");
        assert_eq!(moment(-1).xml(), "1969-12-31T23:59:59.999");
        assert_eq!(moment(951_782_400_000).tag(), "2000:02:29 00:00:00");
        assert_eq!(moment(951_868_800_000).xml(), "2000-03-01T00:00:00");
        assert_eq!(moment(1_741_529_100_250).xml(), "2025-03-09T14:05:00.25");
        assert_eq!(moment(4_107_542_400_000).tag(), "2100:03:01 00:00:00");
        let far = Timestamp::new(i64::MAX, Timebase::MILLISECONDS);
        assert_eq!(Moment::of(far), None);
    }
}
