//! Frames that are computed from their index, so that a wrong one is recognised.

use pimage_core::{
    Clock, Color, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, Limits, Sample,
    SampleType, SeekFrames, Stamp, StreamInfo, Timestamp,
};

use crate::{Noise, behaviour_frame};

/// What the frames of a [`SyntheticReader`] show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// [`counter_frame`].
    Counter,
    /// [`noise_frame`] of this seed: nothing compresses it.
    Noise(u64),
    /// [`behaviour_frame`]; only for gray `U8`.
    Behaviour,
}

/// Every sample type in every colour, and some of the usual camera depths, at the given size.
#[must_use]
pub fn every_format(width: u32, height: u32) -> Vec<FrameFormat> {
    let mut formats: Vec<_> = SampleType::ALL
        .into_iter()
        .flat_map(|sample| {
            Color::ALL
                .into_iter()
                .map(move |color| FrameFormat::new(width, height, color, sample))
        })
        .collect();
    for bits in [10, 12, 14] {
        let gray = FrameFormat::new(width, height, Color::Gray, SampleType::U16);
        formats.push(gray.with_bit_depth(bits));
    }
    formats
}

/// Frame `index` of the recording of that format: each sample depends on (index, x, y, channel).
///
/// Integers use all `bit_depth` bits, signed ones both signs; floats are finite, of both signs and with a fraction.
#[must_use]
pub fn counter_frame(index: u64, format: FrameFormat) -> Frame {
    filled(index, format, |x, y, channel| {
        counter_value(index, x, y, channel)
    })
}

/// The first `count` frames of [`counter_frame`].
#[must_use]
pub fn counter_frames(format: FrameFormat, count: u64) -> Vec<Frame> {
    (0..count).map(|i| counter_frame(i, format)).collect()
}

/// Frame `index` of a recording of pure noise, fixed by `seed`.
#[must_use]
pub fn noise_frame(seed: u64, index: u64, format: FrameFormat) -> Frame {
    let mut noise = Noise::new(seed ^ index.wrapping_mul(0xD6E8_FEB8_6659_FD93));
    filled(index, format, |_, _, _| noise.next_u64())
}

/// 64 bits for one sample, of which the format takes the upper ones.
fn counter_value(index: u64, x: u64, y: u64, channel: u64) -> u64 {
    // Odd factors near fractions of 2^64: steps of 37, 3, 5 and 71 in the upper byte, and busy lower bytes.
    let step = |units: u64| (units << 56) | 0x0013_579B_DF02_4681;
    (index.wrapping_mul(step(37)))
        .wrapping_add(x.wrapping_mul(step(3)))
        .wrapping_add(y.wrapping_mul(step(5)))
        .wrapping_add(channel.wrapping_mul(step(71)))
}

fn filled(index: u64, format: FrameFormat, mut value: impl FnMut(u64, u64, u64) -> u64) -> Frame {
    let mut frame = Frame::zeroed(format);
    frame.set_bit_depth(format.bit_depth);
    frame.stamp = Stamp::at(index);
    let down = 64 - u32::from(format.bit_depth);
    let mut value = |x: usize, y: usize, c: usize| value(x as u64, y as u64, c as u64);
    match format.sample {
        SampleType::U8 => fill::<u8>(&mut frame, |x, y, c| (value(x, y, c) >> down) as u8),
        SampleType::U16 => fill::<u16>(&mut frame, |x, y, c| (value(x, y, c) >> down) as u16),
        SampleType::U32 => fill::<u32>(&mut frame, |x, y, c| (value(x, y, c) >> down) as u32),
        SampleType::I16 => fill::<i16>(&mut frame, |x, y, c| {
            (value(x, y, c).cast_signed() >> down) as i16
        }),
        SampleType::I32 => fill::<i32>(&mut frame, |x, y, c| {
            (value(x, y, c).cast_signed() >> down) as i32
        }),
        SampleType::F32 => fill::<f32>(&mut frame, |x, y, c| {
            (value(x, y, c).cast_signed() >> 40) as f32 / 1024.0
        }),
        SampleType::F64 => fill::<f64>(&mut frame, |x, y, c| {
            (value(x, y, c).cast_signed() >> 12) as f64 / 1024.0
        }),
    }
    frame
}

fn fill<T: Sample>(frame: &mut Frame, mut value: impl FnMut(usize, usize, usize) -> T) {
    let mut view = frame.view_mut::<T>().expect("the caller gave the type");
    for ((y, x, channel), sample) in view.indexed_iter_mut() {
        *sample = value(x, y, channel);
    }
}

/// A recording that is computed: seeks, and gives every frame its time.
#[derive(Debug, Clone)]
pub struct SyntheticReader {
    info: StreamInfo,
    pattern: Pattern,
    count: u64,
    times: Option<Vec<Timestamp>>,
    numbers: Option<Vec<i64>>,
    next: u64,
}

impl SyntheticReader {
    /// `count` frames of [`counter_frame`] at 25 frames a second.
    #[must_use]
    pub fn new(format: FrameFormat, count: u64) -> Self {
        let mut info = StreamInfo::new("synthetic", format, FrameCount::Exact(count));
        info.rate = FrameRate::new(25, 1);
        Self {
            info,
            pattern: Pattern::Counter,
            count,
            times: None,
            numbers: None,
            next: 0,
        }
    }

    /// Frames of another pattern.
    #[must_use]
    pub const fn with_pattern(mut self, pattern: Pattern) -> Self {
        self.pattern = pattern;
        self
    }

    /// Another constant rate; `None` leaves the frames without times.
    #[must_use]
    pub const fn with_rate(mut self, rate: Option<FrameRate>) -> Self {
        self.info.rate = rate;
        self
    }

    /// A time for each frame; those beyond the list have none.
    #[must_use]
    pub fn with_times(mut self, clock: Clock, times: Vec<Timestamp>) -> Self {
        self.info.clock = clock;
        self.times = Some(times);
        self
    }

    /// A recorder's number for each frame; those beyond the list have none.
    #[must_use]
    pub fn with_numbers(mut self, numbers: Vec<i64>) -> Self {
        self.numbers = Some(numbers);
        self
    }

    /// A frame count that is claimed, or unknown, instead of exact.
    #[must_use]
    pub const fn with_count(mut self, frame_count: FrameCount) -> Self {
        self.info.frame_count = frame_count;
        self
    }

    /// Another description of the stream; format and pattern stay.
    #[must_use]
    pub fn with_metadata(mut self, name: &str, value: impl Into<pimage_core::Value>) -> Self {
        self.info.metadata.insert(name.to_owned(), value.into());
        self
    }

    /// Frame `index`, as the reader delivers it.
    #[must_use]
    pub fn frame(&self, index: u64) -> Frame {
        let format = self.info.format;
        let mut frame = match self.pattern {
            Pattern::Counter => counter_frame(index, format),
            Pattern::Noise(seed) => noise_frame(seed, index, format),
            Pattern::Behaviour => behaviour_frame(index, format.width, format.height),
        };
        let place = usize::try_from(index).expect("an index of a test");
        frame.stamp.time = match &self.times {
            Some(times) => times.get(place).copied(),
            None => self.info.rate.map(|rate| rate.time_of(index)),
        };
        frame.stamp.number = self
            .numbers
            .as_ref()
            .and_then(|numbers| numbers.get(place).copied());
        frame
    }
}

impl FrameReader for SyntheticReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.next >= self.count {
            return Ok(false);
        }
        let made = self.frame(self.next);
        frame.reset(&self.info.format, &Limits::none())?;
        frame.bytes_mut().copy_from_slice(made.bytes());
        frame.stamp = made.stamp;
        self.next += 1;
        Ok(true)
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for SyntheticReader {
    fn frame_count(&self) -> u64 {
        self.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.count {
            return Err(Error::OutOfRange {
                path: "synthetic".into(),
                frame: index,
                frame_count: self.count,
            });
        }
        self.next = index;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_frames_differ_in_every_format() {
        for format in every_format(5, 3) {
            let frames = counter_frames(format, 300);
            for (first, pair) in frames.windows(2).enumerate() {
                assert_ne!(pair[0].bytes(), pair[1].bytes(), "{format} at {first}");
            }
            assert_eq!(frames[0].format(), &format);
        }
    }

    #[test]
    fn integers_stay_within_their_depth() {
        let format = FrameFormat::new(64, 64, Color::Gray, SampleType::U16).with_bit_depth(12);
        let frame = counter_frame(3, format);
        let samples = frame.samples::<u16>().expect("is u16");
        assert!(samples.iter().all(|&sample| sample < 4096));
        assert!(samples.iter().any(|&sample| sample > 4000));
        assert!(samples.iter().any(|&sample| sample % 16 != 0));
    }

    #[test]
    fn the_reader_conforms() {
        for format in every_format(6, 4) {
            crate::suite::reader(
                || Box::new(SyntheticReader::new(format, 4)),
                &counter_frames(format, 4),
            );
        }
    }
}
