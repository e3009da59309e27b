//! Numbers and times of frames that come by a clock of their own.

use crate::ffi::NO_TIME;

/// Intervals of which the usual one is the median.
const RHYTHM: usize = 31;

/// Numbers and times of frames by the clock of the stream.
#[derive(Debug)]
pub(super) struct LiveClock {
    /// Seconds a tick.
    tick: f64,
    /// The first frame: its ticks, and when it came.
    first: Option<(i64, f64)>,
    last: Option<i64>,
    number: i64,
    /// The last intervals, in ticks.
    intervals: Vec<i64>,
    at: usize,
}

impl LiveClock {
    pub(super) fn new((numerator, denominator): (i32, i32)) -> Self {
        Self {
            tick: f64::from(numerator.max(1)) / f64::from(denominator.max(1)),
            first: None,
            last: None,
            number: -1,
            intervals: Vec::new(),
            at: 0,
        }
    }

    /// The number and the time of a frame of these ticks, which came `now`.
    pub(super) fn stamp(&mut self, pts: i64, now: f64) -> (i64, f64) {
        if pts == NO_TIME {
            self.number += 1;
            return (self.number, now);
        }
        let interval = self.last.map(|last| pts.saturating_sub(last));
        self.number += 1;
        match interval {
            // A clock that goes back begins anew.
            Some(interval) if interval <= 0 => self.first = None,
            Some(interval) => {
                let usual = self.usual().unwrap_or(interval);
                // As many as fit between, where clearly one would.
                let passed = (interval as f64 / usual as f64).round() as i64 - 1;
                if interval.saturating_mul(2) > usual.saturating_mul(3) {
                    self.number = self.number.saturating_add(passed);
                }
                self.note(interval);
            }
            None => {}
        }
        self.last = Some(pts);
        let (ticks, came) = *self.first.get_or_insert((pts, now));
        (
            self.number,
            came + pts.saturating_sub(ticks) as f64 * self.tick,
        )
    }

    /// The median of the last intervals, once there are a few.
    fn usual(&self) -> Option<i64> {
        let mut sorted = self.intervals.clone();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() / 2).copied();
        usual.filter(|_| sorted.len() >= RHYTHM / 4)
    }

    fn note(&mut self, interval: i64) {
        if self.intervals.len() < RHYTHM {
            self.intervals.push(interval);
            return;
        }
        self.at = (self.at + 1) % RHYTHM;
        if let Some(oldest) = self.intervals.get_mut(self.at) {
            *oldest = interval;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_in_the_times_are_gaps_in_the_numbers() {
        let mut clock = LiveClock::new((1, 1000));
        let times: Vec<i64> = (0..20).map(|frame| frame * 33 + frame % 2).collect();
        let numbers: Vec<_> = times.iter().map(|pts| clock.stamp(*pts, 5.0).0).collect();
        assert_eq!(numbers, (0..20).collect::<Vec<_>>());
        // Three frames are missing.
        let (number, time) = clock.stamp(19 * 33 + 4 * 33, 9.0);
        assert_eq!(number, 23);
        assert!((time - (5.0 + 0.759)).abs() < 1e-9, "{time}");
        assert_eq!(clock.stamp(NO_TIME, 7.5), (24, 7.5));
        assert_eq!(clock.stamp(0, 8.0), (25, 8.0));
    }
}
