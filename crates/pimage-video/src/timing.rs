//! When each frame is shown in a video that is written.

use pimage_core::{Clock, FrameRate, Stamp, StreamInfo, Timebase, Timestamp, Value, keys};

/// The rate of frames of which nobody knows it.
const UNKNOWN_RATE: u32 = 25;

/// Ticks and rate of an output, and how stamps become ticks.
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    pub(crate) base: Timebase,
    /// Frames a second, as far as the container wants one.
    pub(crate) rate: FrameRate,
    pub(crate) is_variable: bool,
    /// Only the order counts: `--fps`, or a container without times.
    counts: bool,
    origin: Option<Timestamp>,
    last: Option<i64>,
    pub(crate) notes: Vec<String>,
}

impl Timing {
    /// What to do with the times of `info`'s frames, of which `first` is the first.
    pub(crate) fn new(
        info: &StreamInfo,
        first: &Stamp,
        rate: Option<FrameRate>,
        keeps_times: bool,
    ) -> Self {
        let is_variable =
            rate.is_none() && info.metadata.get(keys::VARIABLE_RATE) == Some(&Value::Bool(true));
        let mut notes = Vec::new();
        let known = rate.or(info.rate);
        let rate_used = known.or_else(|| FrameRate::new(UNKNOWN_RATE, 1));
        let has_times = first.time.is_some();
        if known.is_none() {
            notes.push(format!(
                "no frame rate is known: {UNKNOWN_RATE} frames/s were taken"
            ));
        }
        if is_variable && !keeps_times {
            notes.push(
                "the container has one frame rate: the frames' own times are not kept".to_owned(),
            );
        }
        let constant = rate_used.map_or(Timebase::MILLISECONDS, FrameRate::timebase);
        let keeps_own = is_variable && keeps_times && has_times;
        Self {
            base: if keeps_own { own_base(first) } else { constant },
            rate: rate_used.unwrap_or_else(|| {
                FrameRate::from_fps(f64::from(UNKNOWN_RATE)).unwrap_or_else(one)
            }),
            is_variable: keeps_own,
            counts: rate.is_some() || !keeps_times || !has_times || (known.is_none() && !keeps_own),
            origin: None,
            last: None,
            notes,
        }
    }

    /// The ticks at which a frame is shown, from 0, always later than the frame before.
    pub(crate) fn ticks_of(&mut self, stamp: &Stamp) -> i64 {
        let least = self.last.map_or(0, |last| last.saturating_add(1));
        let ticks = match stamp.time {
            Some(time) if !self.counts => {
                let origin = *self.origin.get_or_insert(time);
                // In the frame's own unit first, so that a long way from the origin costs no precision.
                let since = time
                    .ticks_in(time.base)
                    .saturating_sub(origin.ticks_in(time.base));
                Timestamp::new(since, time.base)
                    .ticks_in(self.base)
                    .max(least)
            }
            _ => least,
        };
        self.last = Some(ticks);
        ticks
    }

    /// What the times counted from, when that is not simply 0: the first frame's time and its clock.
    pub(crate) fn start_of(&self, info: &StreamInfo, first: &Stamp) -> Option<(Timestamp, Clock)> {
        let time = first.time.filter(|_| !self.counts)?;
        (time.ticks != 0 || info.clock != Clock::Start).then_some((time, info.clock))
    }
}

fn one() -> FrameRate {
    #[expect(clippy::expect_used, reason = "one is a rate")]
    FrameRate::new(1, 1).expect("one is not zero")
}

/// Ticks fine enough for frames with times of their own: the source's, or microseconds.
fn own_base(first: &Stamp) -> Timebase {
    match first.time {
        Some(time)
            if time.base.numerator() == 1
                && (1_000..=1_000_000).contains(&time.base.denominator()) =>
        {
            time.base
        }
        _ => Timebase::MICROSECONDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_core::{Color, FrameCount, FrameFormat, SampleType};

    fn info(rate: Option<FrameRate>, is_variable: bool) -> StreamInfo {
        let format = FrameFormat::new(4, 4, Color::Gray, SampleType::U8);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        info.rate = rate;
        if is_variable {
            info.metadata
                .insert(keys::VARIABLE_RATE.to_owned(), true.into());
        }
        info
    }

    fn stamps(times: &[i64], base: Timebase) -> Vec<Stamp> {
        times
            .iter()
            .enumerate()
            .map(|(index, &ticks)| Stamp {
                time: Some(Timestamp::new(ticks, base)),
                ..Stamp::at(index as u64)
            })
            .collect()
    }

    #[track_caller]
    fn check(
        info: &StreamInfo,
        stamps: &[Stamp],
        rate: Option<FrameRate>,
        keeps: bool,
        expected: &[i64],
    ) -> Timing {
        let mut timing = Timing::new(info, &stamps[0], rate, keeps);
        let ticks: Vec<_> = stamps.iter().map(|stamp| timing.ticks_of(stamp)).collect();
        assert_eq!(ticks, expected);
        timing
    }

    #[test]
    fn a_constant_rate_counts_frames_and_keeps_gaps() {
        let rate = FrameRate::new(30, 1);
        let rounded = stamps(&[1000, 1033, 1067, 1133], Timebase::MILLISECONDS);
        check(&info(rate, false), &rounded, None, true, &[0, 1, 2, 4]);
        check(&info(rate, false), &rounded, None, false, &[0, 1, 2, 3]);
        check(
            &info(rate, false),
            &rounded,
            FrameRate::new(10, 1),
            true,
            &[0, 1, 2, 3],
        );
    }

    #[test]
    fn variable_times_are_kept_to_the_tick() {
        let times = stamps(&[-5, 0, 7, 7, 100], Timebase::MILLISECONDS);
        let timing = check(&info(None, true), &times, None, true, &[0, 5, 12, 13, 105]);
        assert_eq!(timing.base, Timebase::MILLISECONDS);
        let timing = check(&info(None, true), &times, None, false, &[0, 1, 2, 3, 4]);
        assert!(
            timing.notes.iter().any(|note| note.contains("not kept")),
            "{:?}",
            timing.notes
        );
    }
}
