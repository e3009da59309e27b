//! When the pictures of a file are shown.

use pimage_core::{Stamp, StreamInfo, Timebase, Timestamp};

/// Ticks from one frame to the next, unless a group would be too long for the 16 bits of a picture's time.
const TICKS_A_FRAME: u64 = 64;

/// Ticks that a group takes at most at a regular rate: half of what 16 bits hold, for times vary.
const TICKS_A_GROUP: u64 = 1 << 14;

/// Nanoseconds from one frame to the next where nobody says.
const USUAL_PERIOD: u64 = 40_000_000;

/// Nanoseconds from one frame to the next up to which pictures are shown at the times of their frames:
/// hours of weather are no film, and are shown at the usual pace.
const LONGEST_PERIOD: u64 = 10_000_000_000;

/// Longest tick, nanoseconds: FFmpeg opens no file whose ticks do not fit 32 bits.
const LONGEST_TICK: u64 = 1_000_000_000;

/// Longest time that is counted, ticks.
const LATEST: i128 = 1 << 61;

/// When pictures are shown: at the times of their frames, from the first on, as far as these grow and are those of a film.
#[derive(Debug)]
pub(crate) struct Timing {
    /// Nanoseconds of a tick.
    pub(crate) tick: u64,
    period: u64,
    /// Whether the times of the first group are those of its rate.
    is_regular: bool,
    /// The first frame's time, nanoseconds; none where the times of frames are not those of pictures.
    zero: Option<i64>,
    last: Option<u64>,
}

fn nanoseconds(time: Timestamp) -> i64 {
    time.ticks_in(Timebase::NANOSECONDS)
}

impl Timing {
    /// For a stream whose first group has these stamps, and no group more than `frames`.
    pub(crate) fn new(info: &StreamInfo, stamps: &[Stamp], frames: usize) -> Self {
        let period = match info.rate {
            Some(rate) => 1e9 / rate.fps(),
            None => mean_period(stamps).unwrap_or(USUAL_PERIOD as f64),
        };
        let found = (period.round() as u64).max(1);
        let is_film = found <= LONGEST_PERIOD;
        let period = if is_film { found } else { USUAL_PERIOD };
        let by_group = (period as f64 * frames as f64 / TICKS_A_GROUP as f64).ceil();
        let tick = (period / TICKS_A_FRAME).max(by_group as u64);
        let zero = stamps.first().and_then(|stamp| stamp.time);
        Self {
            tick: tick.clamp(1, LONGEST_TICK),
            period,
            is_regular: !is_film || info.rate.is_some() && is_regular(stamps, period),
            zero: zero.filter(|_| is_film).map(nanoseconds),
            last: None,
        }
    }

    /// The tick at which frame `index` is shown: later than any before.
    pub(crate) fn show(&mut self, index: u64, stamp: &Stamp) -> u64 {
        let time = match (stamp.time, self.zero) {
            (Some(time), Some(zero)) => i128::from(nanoseconds(time)) - i128::from(zero),
            _ => i128::from(index) * i128::from(self.period),
        };
        let ticks = (time + i128::from(self.tick / 2)) / i128::from(self.tick);
        let ticks = ticks.clamp(0, LATEST) as u64;
        let shown = self.last.map_or(ticks, |last| ticks.max(last + 1));
        self.last = Some(shown);
        shown
    }

    /// Nanoseconds from one frame to the next, where the rate is known and kept.
    pub(crate) fn regular(&self) -> Option<u64> {
        self.is_regular.then_some(self.period)
    }

    /// The end of the last frame that is shown, ticks.
    pub(crate) fn end(&self) -> u64 {
        let frame = (self.period / self.tick).max(1);
        self.last.map_or(0, |last| last + frame)
    }
}

/// Whether no time is further from that of a constant rate than half a frame.
fn is_regular(stamps: &[Stamp], period: u64) -> bool {
    let mut times = stamps.iter().map(|stamp| stamp.time.map(nanoseconds));
    let zero = times.next().flatten();
    let mut expected = i128::from(zero.unwrap_or(0));
    times.all(|time| {
        expected += i128::from(period);
        let off = time.map_or(0, |time| (i128::from(time) - expected).abs());
        zero.is_none() || off <= i128::from(period / 2)
    })
}

fn mean_period(stamps: &[Stamp]) -> Option<f64> {
    let mut times = stamps
        .iter()
        .filter_map(|stamp| stamp.time)
        .map(nanoseconds);
    let first = times.next()?;
    let (count, last) = times.fold((0_u32, first), |(count, _), time| (count + 1, time));
    let span = last as f64 - first as f64;
    (count > 0 && span > 0.0).then(|| span / f64::from(count))
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameCount, FrameFormat, FrameRate, SampleType};

    use super::*;

    fn info(rate: Option<FrameRate>) -> StreamInfo {
        let format = FrameFormat::new(1, 1, Color::Gray, SampleType::U8);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        info.rate = rate;
        info
    }

    fn at(index: u64, nanoseconds: i64) -> Stamp {
        Stamp {
            time: Some(Timestamp::new(nanoseconds, Timebase::NANOSECONDS)),
            ..Stamp::at(index)
        }
    }

    #[test]
    fn a_rate_is_shown_exactly() {
        let mut timing = Timing::new(&info(FrameRate::new(25, 1)), &[], 256);
        assert_eq!(timing.tick, 625_000);
        let shown: Vec<_> = (0..4).map(|i| timing.show(i, &Stamp::at(i))).collect();
        assert_eq!(shown, [0, 64, 128, 192]);
        assert_eq!((timing.end(), timing.regular()), (256, Some(40_000_000)));
    }

    #[test]
    fn times_are_shown_from_the_first_on_and_never_go_back() {
        let stamps = [at(0, 5_000), at(1, 6_000), at(2, 7_000)];
        let mut timing = Timing::new(&info(None), &stamps, 10);
        assert_eq!(timing.tick, 15);
        assert_eq!(timing.show(0, &stamps[0]), 0);
        assert_eq!(timing.show(1, &stamps[1]), 67);
        assert_eq!(timing.show(2, &at(2, 0)), 68);
        assert_eq!(timing.show(3, &at(3, i64::MAX)), 614_891_469_123_651_387);
    }

    #[test]
    fn hours_between_frames_are_shown_at_the_usual_pace() {
        let hours = |index: u64| at(index, index as i64 * 6 * 3_600_000_000_000);
        let stamps = [hours(0), hours(1), hours(2)];
        for rate in [None, FrameRate::new(1, 21_600)] {
            let mut timing = Timing::new(&info(rate), &stamps, 256);
            assert_eq!(timing.regular(), Some(USUAL_PERIOD));
            let shown: Vec<_> = (0..3).map(|i| timing.show(i, &hours(i))).collect();
            assert_eq!(shown, [0, 64, 128]);
        }
    }

    #[test]
    fn ticks_fit_into_32_bits() {
        let slow = |index: u64| at(index, index as i64 * 9_000_000_000);
        let timing = Timing::new(&info(None), &[slow(0), slow(1)], 10_000_000);
        assert_eq!((timing.tick, timing.period), (LONGEST_TICK, 9_000_000_000));
    }

    #[test]
    fn a_long_group_fits_into_the_times_of_its_pictures() {
        let timing = Timing::new(&info(FrameRate::new(1000, 1)), &[], 8192);
        assert!(8192 * 1_000_000 / timing.tick <= 1 << 14, "{}", timing.tick);
    }
}
