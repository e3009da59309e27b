//! Delays in whole hundredths of a second whose sum is never off by more than half of one.

use pimage_core::{FrameRate, Stamp, StreamInfo, Timebase, Timestamp, keys};

/// Below this, hundredths of a second, browsers show a frame for ten.
const SHORT: u16 = 2;

/// Seconds that are none: a promise of so much less than the time of the last frame says that it is shown for no time.
const NOTHING: f64 = 1e-6;

/// The names under which a block says how often a clip is shown.
pub(super) const NETSCAPE: [&[u8]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];

/// A hundredth of a second a tick.
pub(super) fn hundredths() -> Timebase {
    // Neither part is zero.
    Timebase::new(1, 100).unwrap_or(Timebase::MILLISECONDS)
}

/// Turns the times of frames into delays.
#[derive(Debug)]
pub(super) struct Delays {
    rate: Option<FrameRate>,
    /// Whether the frames' own times count.
    keeps_times: bool,
    /// How long the whole clip lasts and how many frames it has, if the source says.
    promised: Option<(u64, f64)>,
    first: Option<Timestamp>,
    /// The last frame: its time since the first, and when it is shown, in hundredths.
    since: Option<Timestamp>,
    shown_at: i64,
    frames: u64,
    last: u16,
    short: u64,
    clamped: u64,
    backwards: u64,
}

impl Delays {
    /// `asked` replaces the source's rate and times.
    pub(super) fn new(info: &StreamInfo, asked: Option<FrameRate>) -> Self {
        let varies = info
            .metadata
            .get(keys::VARIABLE_RATE)
            .is_some_and(|value| value.to_string() == "true");
        let count = info
            .frame_count
            .exact()
            .filter(|_| varies && asked.is_none());
        Self {
            rate: asked.or(info.rate),
            keeps_times: asked.is_none(),
            promised: count.zip(info.duration_secs()),
            first: None,
            since: None,
            shown_at: 0,
            frames: 0,
            last: 10,
            short: 0,
            clamped: 0,
            backwards: 0,
        }
    }

    /// Looks at the next frame; the delay of the one before it.
    pub(super) fn next(&mut self, stamp: &Stamp) -> Option<u16> {
        let position = self.frames;
        self.frames += 1;
        let by_rate = || self.rate.map(|rate| rate.time_of(position));
        let time = if self.keeps_times {
            stamp.time.map(|time| self.since_first(time))
        } else {
            None
        };
        self.since = time.or_else(by_rate);
        if self.first.is_none() {
            self.first = stamp.time;
        }
        if position == 0 {
            self.since = None;
            return None;
        }
        let shown_at = match self.since {
            Some(since) => since.ticks_in(hundredths()),
            None => self.shown_at.saturating_add(i64::from(self.last)),
        };
        Some(self.advance(shown_at))
    }

    /// The delay of the last frame.
    pub(super) fn end(&mut self) -> u16 {
        let since = self.since.map_or(0.0, Timestamp::secs);
        let promised = self
            .promised
            .filter(|(count, secs)| *count == self.frames && *secs > since - NOTHING);
        let end = match (promised, self.rate) {
            (Some((_, secs)), _) => {
                Timestamp::from_secs(secs).map(|end| end.ticks_in(hundredths()))
            }
            (None, Some(rate)) => {
                // The time of the last frame and one more frame, rounded once.
                let ends = since + 1.0 / rate.fps();
                Timestamp::from_secs(ends).map(|end| end.ticks_in(hundredths()))
            }
            (None, None) => None,
        };
        let end = end.unwrap_or_else(|| self.shown_at.saturating_add(i64::from(self.last)));
        self.advance(end)
    }

    fn since_first(&self, time: Timestamp) -> Timestamp {
        let Some(first) = self.first else {
            return Timestamp::new(0, time.base);
        };
        if first.base == time.base {
            return Timestamp::new(time.ticks.saturating_sub(first.ticks), time.base);
        }
        let nanos = |time: Timestamp| time.ticks_in(Timebase::NANOSECONDS);
        Timestamp::new(
            nanos(time).saturating_sub(nanos(first)),
            Timebase::NANOSECONDS,
        )
    }

    fn advance(&mut self, shown_at: i64) -> u16 {
        let delay = shown_at.saturating_sub(self.shown_at);
        self.backwards += u64::from(delay < 0);
        self.clamped += u64::from(delay > i64::from(u16::MAX));
        let delay = u16::try_from(delay.max(0)).unwrap_or(u16::MAX);
        self.short += u64::from(delay < SHORT);
        self.shown_at = self.shown_at.max(shown_at);
        self.last = delay;
        delay
    }

    /// What the user should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.rate.is_none() && self.first.is_none() {
            notes.push("no rate is known: the file says 10 frames a second".to_owned());
        }
        for (count, what) in [
            (
                self.short,
                "are shown for less than 2 hundredths of a second, which browsers slow down to 10",
            ),
            (
                self.clamped,
                "are shown for 655.35 s, the longest that GIF can say, instead of longer",
            ),
            (
                self.backwards,
                "have times before the frame that they follow: they are shown for no time",
            ),
        ] {
            if count > 0 {
                notes.push(format!("{count} frame(s) {what}"));
            }
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, FrameCount, FrameFormat, SampleType};

    use super::*;

    fn info(rate: Option<FrameRate>) -> StreamInfo {
        let format = FrameFormat::new(1, 1, Color::Gray, SampleType::U8);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        info.rate = rate;
        info
    }

    /// The delays of frames at these times.
    fn delays(delays: &mut Delays, times: impl IntoIterator<Item = Option<Timestamp>>) -> Vec<u16> {
        let mut found = Vec::new();
        for (index, time) in times.into_iter().enumerate() {
            let stamp = Stamp {
                time,
                ..Stamp::at(index as u64)
            };
            found.extend(delays.next(&stamp));
        }
        found.push(delays.end());
        found
    }

    #[test]
    fn the_sum_is_exact_to_half_a_hundredth() {
        for (rate, count) in [
            ((30, 1), 1000),
            ((30_000, 1001), 999),
            ((7, 3), 50),
            ((60, 1), 601),
            ((100, 1), 3),
        ] {
            let rate = FrameRate::new(rate.0, rate.1).expect("is positive");
            for times in [None, Some(rate)] {
                let times =
                    (0..count).map(|index| times.map(|rate: FrameRate| rate.time_of(index + 17)));
                let found = delays(&mut Delays::new(&info(Some(rate)), None), times);
                assert_eq!(found.len() as u64, count);
                let mut sum = 0.0;
                for (index, delay) in found.iter().enumerate() {
                    sum += f64::from(*delay);
                    let exact = (index + 1) as f64 * 100.0 / rate.fps();
                    assert!(
                        (sum - exact).abs() <= 0.5 + 1e-6,
                        "{rate}: {sum} instead of {exact}"
                    );
                }
            }
        }
    }

    #[test]
    fn irregular_times_are_kept() {
        let times = [0, 70, 400, 410, 390, 1000]
            .map(|ms| Some(Timestamp::new(ms + 5000, Timebase::MILLISECONDS)));
        let mut clock = Delays::new(&info(FrameRate::new(10, 1)), None);
        assert_eq!(delays(&mut clock, times), [7, 33, 1, 0, 59, 10]);
        assert_eq!(
            clock.notes(),
            [
                "2 frame(s) are shown for less than 2 hundredths of a second, which browsers slow down to 10",
                "1 frame(s) have times before the frame that they follow: they are shown for no time",
            ]
        );
        // A rate of the caller's own replaces them.
        let mut clock = Delays::new(&info(None), FrameRate::new(25, 1));
        assert_eq!(delays(&mut clock, times), [4; 6]);
        let mut clock = Delays::new(&info(None), None);
        assert_eq!(delays(&mut clock, [None, None]), [10, 10]);
        assert_eq!(
            clock.notes(),
            ["no rate is known: the file says 10 frames a second"]
        );
    }
}
