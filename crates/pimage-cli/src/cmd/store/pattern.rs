//! A test pattern that is a source like a camera: frames come when they are due, and are lost when nobody takes them.

use std::str::FromStr;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pimage_core::{
    Cancel, Clock, Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, Limits,
    SampleType, StreamInfo, Timestamp,
};

/// What the name of a pattern begins with.
pub(super) const PREFIX: &str = "test:";

/// How long one wait for the next frame lasts.
const WAIT: Duration = Duration::from_millis(20);

/// A pattern as it is named: `test:640x512@30`; without a rate frames come as fast as they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PatternSpec {
    width: u32,
    height: u32,
    rate: Option<FrameRate>,
}

impl FromStr for PatternSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || {
            let expected = "a size and perhaps a rate, such as test:640x512@30";
            Error::bad_option("the test pattern", format!("`{text}`"), expected)
        };
        let rest = text.strip_prefix(PREFIX).ok_or_else(refused)?;
        let (size, rate) = match rest.split_once('@') {
            Some((size, rate)) => (size, Some(rate.parse().ok().ok_or_else(refused)?)),
            None => (rest, None),
        };
        let (width, height) = size.split_once('x').ok_or_else(refused)?;
        let side = |text: &str| text.parse().ok().filter(|side: &u32| *side > 0);
        Ok(Self {
            width: side(width).ok_or_else(refused)?,
            height: side(height).ok_or_else(refused)?,
            rate,
        })
    }
}

/// The frames of a pattern: a gradient that moves by one level a frame, without an end.
#[derive(Debug)]
pub(super) struct Pattern {
    info: StreamInfo,
    limits: Limits,
    cancel: Cancel,
    /// Whether frames come at their rate.
    is_paced: bool,
    rate: FrameRate,
    begun: Option<(Instant, f64)>,
    /// Frames that were due so far, whether or not they were taken.
    tick: u64,
    next: u64,
}

impl Pattern {
    pub(super) fn new(spec: PatternSpec, limits: Limits, cancel: Cancel) -> Result<Self, Error> {
        let format = FrameFormat::new(spec.width, spec.height, Color::Gray, SampleType::U8);
        limits.check_format(&format)?;
        let usual = FrameRate::new(25, 1);
        let Some(rate) = spec.rate.or(usual) else {
            return Err(Error::Stopped);
        };
        let mut info = StreamInfo::new("test pattern", format, FrameCount::Unknown);
        info.rate = Some(rate);
        info.clock = Clock::Epoch;
        Ok(Self {
            info,
            limits,
            cancel,
            is_paced: spec.rate.is_some(),
            rate,
            begun: None,
            tick: 0,
            next: 0,
        })
    }

    /// Waits for the next frame and passes over those that are overdue; `false` when stopped.
    fn wait(&mut self, begun: Instant) -> bool {
        let secs = |tick: u64| tick as f64 / self.rate.fps();
        let late = begun.elapsed().as_secs_f64() - secs(self.tick + 1);
        if late > 0.0 {
            // Truncated: the one that is due just now is still in time.
            self.tick += (late * self.rate.fps()) as u64 + 1;
        }
        let due = Duration::from_secs_f64(secs(self.tick));
        while let Some(rest) = due.checked_sub(begun.elapsed()) {
            if self.cancel.is_cancelled() {
                return false;
            }
            sleep(rest.min(WAIT));
        }
        true
    }
}

impl FrameReader for Pattern {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let (begun, epoch) = *self.begun.get_or_insert_with(|| {
            let epoch = SystemTime::now().duration_since(UNIX_EPOCH);
            (Instant::now(), epoch.unwrap_or_default().as_secs_f64())
        });
        if self.cancel.is_cancelled() || (self.is_paced && !self.wait(begun)) {
            return Ok(false);
        }
        frame.reset(&self.info.format, &self.limits)?;
        let width = usize::try_from(self.info.format.width).unwrap_or(1);
        let shift = self.tick.to_le_bytes()[0];
        let rows = frame.bytes_mut().chunks_exact_mut(width);
        for (y, row) in rows.enumerate() {
            let start = (y / 2).to_le_bytes()[0].wrapping_add(shift);
            let levels = (0..=u8::MAX).cycle().skip(usize::from(start));
            for (sample, level) in row.iter_mut().zip(levels) {
                *sample = level;
            }
        }
        frame.stamp.index = self.next;
        frame.stamp.number = i64::try_from(self.tick).ok();
        frame.stamp.time = Timestamp::from_secs(epoch + self.tick as f64 / self.rate.fps());
        frame.stamp.name = None;
        self.tick += 1;
        self.next += 1;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_size_and_perhaps_a_rate() {
        let spec: PatternSpec = "test:640x512@29.97".parse().expect("parses");
        assert_eq!((spec.width, spec.height), (640, 512));
        assert_eq!(
            spec.rate.map(|rate| rate.to_string()).as_deref(),
            Some("2997/100")
        );
        let free: PatternSpec = "test:4x3".parse().expect("parses");
        assert_eq!(free.rate, None);
        for text in [
            "test:",
            "test:4",
            "test:4x0",
            "test:4x3@",
            "test:4x3@0",
            "640x512",
        ] {
            let error = text.parse::<PatternSpec>().expect_err("is refused");
            assert!(error.to_string().contains("test:640x512@30"), "{error}");
        }
    }

    #[test]
    fn frames_that_nobody_takes_in_time_are_lost_and_numbered() {
        let spec = "test:8x4@100".parse().expect("parses");
        let mut pattern = Pattern::new(spec, Limits::default(), Cancel::new()).expect("is small");
        let mut frame = Frame::empty();
        assert!(pattern.read_into(&mut frame).expect("is the first"));
        assert_eq!(frame.stamp.number, Some(0));
        sleep(Duration::from_millis(60));
        assert!(pattern.read_into(&mut frame).expect("is a later one"));
        assert_eq!(frame.stamp.index, 1);
        let number = frame.stamp.number.expect("has one");
        assert!(number >= 5, "{number}");
    }
}
