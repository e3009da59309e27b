//! At which x each frame of a plot that moves is, and when it is shown.

use std::ops::RangeInclusive;

use pimage_core::{Error, Frame, FrameRate, FrameReader, SeekFrames, StreamInfo, Timestamp, keys};
use pimage_plot::{Figure, Motion, Pace, PlotReader};

use super::Horizontal;

/// Frames a second where nothing says another rate.
const USUAL_RATE: u32 = 25;
/// The most frames a second that are taken from the data.
const MOST_RATE: f64 = 60.0;

/// The moments of all frames.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    pace: Pace,
    rate: Option<FrameRate>,
}

impl Moments {
    /// The moments of a plot on its own: in real time where its x is a time, else a frame for each row.
    ///
    /// Only those `within` this part of the x axis, where one is given.
    pub(crate) fn alone(
        horizontal: &Horizontal,
        within: Option<RangeInclusive<f64>>,
        fps: Option<FrameRate>,
    ) -> Result<Self, Error> {
        let usual = FrameRate::new(USUAL_RATE, 1);
        let own = horizontal
            .seconds
            .zip(horizontal.step())
            .and_then(|(seconds, step)| {
                let rate = 1.0 / (step * seconds);
                (rate <= MOST_RATE)
                    .then(|| FrameRate::from_fps(rate))
                    .flatten()
            });
        let rate = fps.or(own).or(usual);
        let ends = horizontal.values.first().zip(horizontal.values.last());
        let real_time = horizontal.seconds.zip(rate).zip(ends);
        let is_own = fps.is_none() && own.is_some();
        let x: Vec<f64> = match real_time {
            Some(((seconds, rate), (first, last))) if !is_own => {
                let step = 1.0 / (rate.fps() * seconds);
                let count = ((last - first) / step).floor().clamp(0.0, 1e9) as u64 + 1;
                (0..count)
                    .map(|frame| first + frame as f64 * step)
                    .collect()
            }
            _ => horizontal.values.to_vec(),
        };
        let x = match within {
            Some(within) => shown(x, &within)?,
            None => x,
        };
        Ok(Self {
            pace: Pace::times(x)?,
            rate,
        })
    }

    /// The moments of the frames of a recording, in what stands along the x axis: its times, or its indices.
    ///
    /// Frames are read through when nothing else tells their times.
    pub(crate) fn of(reader: &mut dyn FrameReader, horizontal: &Horizontal) -> Result<Self, Error> {
        let rate = reader.info().rate;
        let times = times(reader)?;
        let has_times = times.iter().all(|time| time.is_some());
        let x = times
            .iter()
            .zip(0u64..)
            .map(|(time, index)| match (horizontal.seconds, time) {
                (Some(seconds), Some(time)) if has_times => time / seconds,
                _ => index as f64,
            });
        Ok(Self {
            pace: Pace::times(x.collect::<Vec<_>>())?,
            rate,
        })
    }

    /// The plot that moves so.
    pub(crate) fn reader(
        &self,
        figure: Figure,
        motion: Motion,
        window: Option<f64>,
    ) -> Result<PlotReader, Error> {
        let pace = match self.rate {
            Some(rate) => self.pace.clone().with_rate(rate),
            None => self.pace.clone(),
        };
        let reader = PlotReader::animated(figure, motion, pace)?;
        match window {
            Some(window) => reader.with_window(window),
            None => Ok(reader),
        }
    }

    /// Frames a second.
    pub(crate) const fn rate(&self) -> Option<FrameRate> {
        self.rate
    }
}

/// Those moments that the range of the x axis shows.
fn shown(mut x: Vec<f64>, within: &RangeInclusive<f64>) -> Result<Vec<f64>, Error> {
    x.retain(|x| within.contains(x));
    if x.is_empty() {
        let found = format!("{},{}", within.start(), within.end());
        let expected = "a range in which there is a moment of the data";
        return Err(Error::bad_option("--xlim", found, expected));
    }
    Ok(x)
}

/// The time of each frame, seconds.
fn times(reader: &mut dyn FrameReader) -> Result<Vec<Option<f64>>, Error> {
    let info = reader.info().clone();
    let mut frame = Frame::empty();
    let mut times = Vec::new();
    let is_even = !info.metadata.contains_key(keys::VARIABLE_RATE);
    if let (Some(rate), Some(count), true) = (info.rate, info.frame_count.exact(), is_even) {
        // All is known from the first one.
        if reader.read_into(&mut frame)? {
            let first = frame.stamp.secs().unwrap_or(0.0);
            times.extend((0..count).map(|index| Some(first + rate.time_of(index).secs())));
        }
        return Ok(times);
    }
    while reader.read_into(&mut frame)? {
        times.push(frame.stamp.secs());
    }
    Ok(times)
}

/// A plot whose frames are shown from 0 on at an even rate, whatever its x is.
pub(crate) struct InStep {
    reader: PlotReader,
    rate: Option<FrameRate>,
    info: StreamInfo,
}

impl InStep {
    pub(crate) fn new(reader: PlotReader, rate: Option<FrameRate>) -> Self {
        let mut info = reader.info().clone();
        info.rate = rate;
        info.clock = pimage_core::Clock::Start;
        Self { reader, rate, info }
    }
}

impl FrameReader for InStep {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let is_read = self.reader.read_into(frame)?;
        let index = frame.stamp.index;
        frame.stamp.time = self
            .rate
            .map(|rate: FrameRate| -> Timestamp { rate.time_of(index) });
        Ok(is_read)
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for InStep {
    fn frame_count(&self) -> u64 {
        self.reader.frame_count()
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.reader.seek(index)
    }
}
