//! Noticing when the times of frames do not fit a constant rate, for formats that have nothing else.

use pimage_core::{FrameRate, Stamp};

/// Compares the times of frames with a constant rate from the first one.
#[derive(Debug)]
pub(crate) struct ConstantRate {
    rate: Option<FrameRate>,
    first_secs: Option<f64>,
    lost: u64,
}

impl ConstantRate {
    /// Frames at `rate`; without one, no time fits.
    pub(crate) const fn new(rate: Option<FrameRate>) -> Self {
        Self {
            rate,
            first_secs: None,
            lost: 0,
        }
    }

    /// Looks at the stamp of the frame that is written at `position`.
    pub(crate) fn add(&mut self, stamp: &Stamp, position: u64) {
        let Some(secs) = stamp.secs() else { return };
        let period = self.rate.map(|rate| 1.0 / rate.fps());
        let first = *self
            .first_secs
            .get_or_insert_with(|| secs - period.unwrap_or(0.0) * position as f64);
        // A hundredth of a frame is more than any rounding of a recorder's clock to its own units.
        let fits = period.is_some_and(|period| {
            (secs - first - period * position as f64).abs() <= period / 100.0
        });
        self.lost += u64::from(!fits);
    }

    /// What the user should know, if a time is lost.
    pub(crate) fn note(&self, target: &str) -> Option<String> {
        let lost = self.lost;
        (lost > 0).then(|| {
            format!("{target} keeps a constant rate only: the times of {lost} frame(s) are lost")
        })
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Timebase, Timestamp};

    use super::*;

    fn note(rate: Option<FrameRate>, times: &[i64]) -> Option<String> {
        let mut times_seen = ConstantRate::new(rate);
        for (position, ticks) in times.iter().enumerate() {
            let mut stamp = Stamp::at(position as u64);
            stamp.time = Some(Timestamp::new(*ticks, Timebase::MILLISECONDS));
            times_seen.add(&stamp, position as u64);
        }
        times_seen.note("y4m")
    }

    #[test]
    fn only_irregular_times_are_worth_a_note() {
        let rate = FrameRate::new(25, 1);
        assert_eq!(note(rate, &[1000, 1040, 1080]), None);
        assert_eq!(
            note(rate, &[0, 40, 90, 120]).as_deref(),
            Some("y4m keeps a constant rate only: the times of 1 frame(s) are lost")
        );
        assert!(note(None, &[0, 40]).is_some());
    }
}
