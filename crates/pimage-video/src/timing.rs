//! When each frame is shown in a video that is written.

use pimage_core::{Clock, FrameRate, Stamp, StreamInfo, Timebase, Timestamp, Value, keys};

use crate::codecs::Container;

/// The rate of frames of which nobody knows it.
const UNKNOWN_RATE: u32 = 25;

/// Seconds beyond which nobody waits for the next frame.
const LONG_SECS: f64 = 10.0;

/// Ticks and rate of an output, and how stamps become ticks.
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    pub(crate) base: Timebase,
    /// Frames a second, as far as the container wants one.
    pub(crate) rate: FrameRate,
    /// The frames' own rate, when the container cannot have it and they are stored slower.
    pub(crate) true_rate: Option<FrameRate>,
    pub(crate) is_variable: bool,
    /// Only the order counts: `--fps`, or a container without times.
    counts: bool,
    /// The time of the first frame is noted.
    keeps_start: bool,
    origin: Option<Timestamp>,
    last: Option<i64>,
    pub(crate) notes: Vec<String>,
}

impl Timing {
    /// What to do with the times of `info`'s frames, of which `first` is the first, in a container.
    pub(crate) fn new(
        info: &StreamInfo,
        first: &Stamp,
        asked: Option<FrameRate>,
        container: &Container,
    ) -> Self {
        let has_times = first.time.is_some();
        let varies = info.metadata.get(keys::VARIABLE_RATE) == Some(&Value::Bool(true));
        let is_variable = asked.is_none() && has_times && (varies || info.rate.is_none());
        let keeps_own = is_variable && container.keeps_times;
        let mut notes = Vec::new();
        let known = asked.or(info.rate);
        if known.is_none() && !keeps_own {
            notes.push(format!(
                "no frame rate is known: {UNKNOWN_RATE} frames/s were taken"
            ));
        }
        if is_variable && !container.keeps_times {
            notes.push(
                "the container has one frame rate: the frames' own times are not kept".to_owned(),
            );
        }
        if keeps_own && container.in_milliseconds {
            notes.push("the container rounds the frames' times to milliseconds".to_owned());
        }
        let rate = known.unwrap_or_else(|| whole(UNKNOWN_RATE));
        if !keeps_own && rate.fps() * LONG_SECS < 1.0 {
            notes.push(format!(
                "players show each frame for {:.0} s: `--fps 10` makes a film to look at",
                1.0 / rate.fps()
            ));
        }
        let is_too_fast = !keeps_own && rate.fps() > f64::from(container.max_rate);
        let stored = if is_too_fast {
            notes.push(format!(
                "the container has at most {} frames/s: players see {rate} frames/s that slowly, pimage reads the true rate back",
                container.max_rate
            ));
            whole(container.max_rate)
        } else {
            rate
        };
        let base = match (keeps_own, container.in_milliseconds) {
            (true, true) => Timebase::MILLISECONDS,
            (true, false) => own_base(first),
            (false, _) => stored.timebase(),
        };
        let counts = is_too_fast
            || asked.is_some()
            || !container.keeps_times
            || !has_times
            || (known.is_none() && !keeps_own);
        Self {
            base,
            rate: stored,
            true_rate: is_too_fast.then_some(rate),
            is_variable: keeps_own,
            keeps_start: !counts || (is_too_fast && asked.is_none()),
            counts,
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
        let time = first.time.filter(|_| self.keeps_start)?;
        (time.ticks != 0 || info.clock != Clock::Start).then_some((time, info.clock))
    }
}

/// A whole number of frames a second.
fn whole(fps: u32) -> FrameRate {
    #[expect(clippy::expect_used, reason = "no container has a rate of 0")]
    FrameRate::new(fps, 1).expect("the rate is not zero")
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
    use crate::codecs::container_by_extension;
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
        let extension = if keeps { "mp4" } else { "avi" };
        let container = container_by_extension(extension).expect("is in the table");
        let mut timing = Timing::new(info, &stamps[0], rate, container);
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
