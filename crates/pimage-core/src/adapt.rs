//! Readers made of other readers.

use std::fmt;
use std::path::PathBuf;

use crate::{Damage, Error, Frame, FrameCount, FrameReader, SeekFrames, Stamp, StreamInfo};

/// The frames of a reader, one by one; see [`FrameReaderExt::frames`](crate::FrameReaderExt::frames).
#[derive(Debug)]
pub struct Frames<'a, R: ?Sized> {
    reader: &'a mut R,
    ended: bool,
}

impl<'a, R: FrameReader + ?Sized> Frames<'a, R> {
    pub(crate) fn new(reader: &'a mut R) -> Self {
        Self {
            reader,
            ended: false,
        }
    }
}

impl<R: FrameReader + ?Sized> Iterator for Frames<'_, R> {
    type Item = Result<Frame, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut frame = Frame::empty();
        let item = match self.reader.read_into(&mut frame) {
            Ok(true) => Some(Ok(frame)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        };
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

/// Some consecutive frames of a reader; see [`FrameReaderExt::range`](crate::FrameReaderExt::range).
///
/// Indices count from the start of the range; the numbers and times are the source's.
#[derive(Debug)]
pub struct Range<R> {
    reader: R,
    info: StreamInfo,
    start: u64,
    end: u64,
    /// Index in the source of the next frame to deliver, as far as this adaptor asked.
    next: u64,
}

impl<R: FrameReader> Range<R> {
    pub(crate) fn new(mut reader: R, range: std::ops::Range<u64>) -> Result<Self, Error> {
        let mut info = reader.info().clone();
        let total = info.frame_count;
        let end = total
            .exact()
            .map_or(range.end, |total| range.end.min(total));
        if let Some(total) = total.exact()
            && (range.start > total || (range.start == total && range.end > total && total > 0))
        {
            return Err(Error::OutOfRange {
                path: info.container.clone().into(),
                frame: range.start,
                frame_count: total,
            });
        }
        let count = end.saturating_sub(range.start);
        info.set_frame_count(match total {
            FrameCount::Exact(_) => FrameCount::Exact(count),
            FrameCount::Estimated(total) => {
                FrameCount::Estimated(total.min(range.end).saturating_sub(range.start))
            }
            FrameCount::Unknown => FrameCount::Unknown,
        });
        let mut next = 0;
        if range.start > 0
            && let Some(seek) = reader.as_seek()
        {
            seek.seek(range.start)?;
            next = range.start;
        }
        Ok(Self {
            reader,
            info,
            start: range.start,
            end,
            next,
        })
    }
}

impl<R: FrameReader> FrameReader for Range<R> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.next < self.end {
            if !self.reader.read_into(frame)? {
                self.next = self.end;
                return Ok(false);
            }
            let index = frame.stamp.index;
            self.next = index.saturating_add(1);
            if index >= self.end {
                return Ok(false);
            }
            if index >= self.start {
                frame.stamp.index = index - self.start;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        if self.reader.as_seek().is_some() {
            Some(self)
        } else {
            None
        }
    }
}

impl<R: FrameReader> SeekFrames for Range<R> {
    fn frame_count(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        let frame_count = self.frame_count();
        if index > frame_count {
            return Err(Error::OutOfRange {
                path: self.info.container.clone().into(),
                frame: index,
                frame_count,
            });
        }
        seek_inner(&mut self.reader, self.start + index)?;
        self.next = self.start + index;
        Ok(())
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        let stamp = stamp_inner(&mut self.reader, self.start.saturating_add(index))?;
        let own = stamp.filter(|stamp| (self.start..self.end).contains(&stamp.index));
        Ok(own.map(|stamp| Stamp {
            index: stamp.index - self.start,
            ..stamp
        }))
    }
}

pub(crate) fn seek_inner<R: FrameReader>(reader: &mut R, index: u64) -> Result<(), Error> {
    match reader.as_seek() {
        Some(seek) => seek.seek(index),
        None => Err(Error::Unsupported {
            path: reader.info().container.clone().into(),
            reason: "frames come in order only".to_owned(),
        }),
    }
}

pub(crate) fn stamp_inner<R: FrameReader>(
    reader: &mut R,
    index: u64,
) -> Result<Option<Stamp>, Error> {
    match reader.as_seek() {
        Some(seek) => seek.stamp_of(index),
        None => seek_inner(reader, index).map(|()| None),
    }
}

/// Every n-th frame of a reader; see [`FrameReaderExt::step_by`](crate::FrameReaderExt::step_by).
pub struct Step<R> {
    reader: R,
    info: StreamInfo,
    step: u64,
    next: u64,
}

impl<R> fmt::Debug for Step<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("step", &self.step)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl<R: FrameReader> Step<R> {
    pub(crate) fn new(reader: R, step: u64) -> Result<Self, Error> {
        if step == 0 {
            return Err(Error::bad_option("step", "0", "at least 1"));
        }
        let mut info = reader.info().clone();
        info.set_frame_count(match info.frame_count {
            FrameCount::Exact(count) => FrameCount::Exact(count.div_ceil(step)),
            FrameCount::Estimated(count) => FrameCount::Estimated(count.div_ceil(step)),
            FrameCount::Unknown => FrameCount::Unknown,
        });
        // The frames keep their times, so that fewer of them come in a second.
        info.rate = info.rate.and_then(|rate| rate.slowed(step));
        if let [only] = info.axes.as_mut_slice() {
            only.spacing = only.spacing.map(|spacing| spacing * step as f64);
        }
        Ok(Self {
            reader,
            info,
            step,
            next: 0,
        })
    }

    /// Moves the source to the frame that is due, by seeking when reading on would waste more than a frame.
    fn approach(&mut self) -> Result<(), Error> {
        if self.step > 1
            && let Some(seek) = self.reader.as_seek()
        {
            let target = self.next.min(seek.frame_count());
            seek.seek(target)?;
        }
        Ok(())
    }
}

impl<R: FrameReader> FrameReader for Step<R> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        loop {
            self.approach()?;
            if !self.reader.read_into(frame)? {
                return Ok(false);
            }
            let index = frame.stamp.index;
            // A damaged frame that the source left out leaves its place empty.
            if index > self.next {
                self.next = index.div_ceil(self.step) * self.step;
            }
            if index == self.next {
                self.next = index + self.step;
                frame.stamp.index = index / self.step;
                return Ok(true);
            }
        }
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        if self.reader.as_seek().is_some() {
            Some(self)
        } else {
            None
        }
    }
}

impl<R: FrameReader> SeekFrames for Step<R> {
    fn frame_count(&self) -> u64 {
        self.info.frame_count.get().unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        let frame_count = self.frame_count();
        if index > frame_count {
            return Err(Error::OutOfRange {
                path: self.info.container.clone().into(),
                frame: index,
                frame_count,
            });
        }
        self.next = index.saturating_mul(self.step);
        // With a step of one nothing seeks before the next read.
        if self.step == 1 {
            seek_inner(&mut self.reader, index)?;
        }
        Ok(())
    }
}

/// One channel of a colour reader, as gray; see [`FrameReaderExt::channel`](crate::FrameReaderExt::channel).
#[derive(Debug)]
pub struct Channel<R> {
    reader: R,
    info: StreamInfo,
    channel: usize,
    color: Frame,
}

impl<R: FrameReader> Channel<R> {
    pub(crate) fn new(reader: R, channel: usize) -> Result<Self, Error> {
        let mut info = reader.info().clone();
        let channels = info.format.color.channels();
        if channel >= channels {
            let expected = format!("0 to {}, for the frames are {}", channels - 1, info.format);
            return Err(Error::bad_option(
                "--channel",
                channel.to_string(),
                expected,
            ));
        }
        info.format.color = crate::Color::Gray;
        Ok(Self {
            reader,
            info,
            channel,
            color: Frame::empty(),
        })
    }
}

impl<R: FrameReader> FrameReader for Channel<R> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if !self.reader.read_into(&mut self.color)? {
            return Ok(false);
        }
        let mut format = *self.color.format();
        let sample_bytes = format.sample.bytes();
        let pixel_bytes = format.color.channels() * sample_bytes;
        format.color = crate::Color::Gray;
        // The colour frame was within the limits and is no smaller.
        frame.reset(&format, &crate::Limits::none())?;
        frame.stamp = self.color.stamp.clone();
        let from = self.channel * sample_bytes;
        let pixels = self.color.bytes().chunks_exact(pixel_bytes);
        let targets = frame.bytes_mut().chunks_exact_mut(sample_bytes);
        for (target, pixel) in targets.zip(pixels) {
            if let Some(sample) = pixel.get(from..from + sample_bytes) {
                target.copy_from_slice(sample);
            }
        }
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        if self.reader.as_seek().is_some() {
            Some(self)
        } else {
            None
        }
    }
}

impl<R: FrameReader> SeekFrames for Channel<R> {
    fn frame_count(&self) -> u64 {
        self.info.frame_count.get().unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        seek_inner(&mut self.reader, index)
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        stamp_inner(&mut self.reader, index)
    }
}

/// A reader whose frames a function changes in place; see [`FrameReaderExt::map`](crate::FrameReaderExt::map).
pub struct Map<R, F> {
    reader: R,
    function: F,
}

impl<R: fmt::Debug, F> fmt::Debug for Map<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("reader", &self.reader)
            .finish_non_exhaustive()
    }
}

impl<R: FrameReader, F: FnMut(&mut Frame) -> Result<(), Error> + Send> Map<R, F> {
    pub(crate) const fn new(reader: R, function: F) -> Self {
        Self { reader, function }
    }
}

impl<R: FrameReader, F: FnMut(&mut Frame) -> Result<(), Error> + Send> FrameReader for Map<R, F> {
    fn info(&self) -> &StreamInfo {
        self.reader.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if !self.reader.read_into(frame)? {
            return Ok(false);
        }
        let index = frame.stamp.index;
        (self.function)(frame)?;
        self.reader
            .info()
            .format
            .expect_same(frame.format(), index)?;
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        if self.reader.as_seek().is_some() {
            Some(self)
        } else {
            None
        }
    }
}

impl<R: FrameReader, F: FnMut(&mut Frame) -> Result<(), Error> + Send> SeekFrames for Map<R, F> {
    fn frame_count(&self) -> u64 {
        self.reader.info().frame_count.get().unwrap_or(0)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        seek_inner(&mut self.reader, index)
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        stamp_inner(&mut self.reader, index)
    }
}
