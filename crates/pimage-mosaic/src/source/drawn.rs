//! Frames that a function draws.

use std::fmt;

use pimage_core::{Error, Frame, FrameCount, FrameReader, Limits, SeekFrames, Stamp, StreamInfo};

/// A reader whose frames a function draws, each from its index alone, so that it seeks.
///
/// Frames have a time when the stream has a rate.
///
/// ```
/// use pimage_core::{Color, Frame, FrameCount, FrameFormat, FrameReader, SampleType, StreamInfo};
/// use pimage_mosaic::FromFn;
///
/// let format = FrameFormat::new(2, 1, Color::Gray, SampleType::U8);
/// let info = StreamInfo::new("counter", format, FrameCount::Exact(10));
/// let mut reader = FromFn::new(info, |index, frame: &mut Frame| {
///     frame.bytes_mut().fill(index as u8);
///     Ok(())
/// });
/// let mut frame = Frame::empty();
/// reader.as_seek().expect("it seeks").seek(7)?;
/// assert!(reader.read_into(&mut frame)?);
/// assert_eq!(frame.bytes(), [7, 7]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
pub struct FromFn<F> {
    info: StreamInfo,
    draw: F,
    next: u64,
}

impl<F: FnMut(u64, &mut Frame) -> Result<(), Error> + Send> FromFn<F> {
    /// A reader of the stream that `info` describes; `draw` gets the index and a frame of that format, of unspecified content.
    ///
    /// Where the number of frames is unknown, they go on for ever.
    pub const fn new(info: StreamInfo, draw: F) -> Self {
        Self {
            info,
            draw,
            next: 0,
        }
    }

    fn count(&self) -> u64 {
        self.info.frame_count.get().unwrap_or(u64::MAX)
    }

    fn stamp(&self, index: u64) -> Stamp {
        Stamp {
            time: self.info.rate.map(|rate| rate.time_of(index)),
            ..Stamp::at(index)
        }
    }
}

impl<F: FnMut(u64, &mut Frame) -> Result<(), Error> + Send> FrameReader for FromFn<F> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.next >= self.count() {
            return Ok(false);
        }
        frame.reset(&self.info.format, &Limits::none())?;
        frame.stamp = self.stamp(self.next);
        (self.draw)(self.next, frame)?;
        self.info.format.expect_same(frame.format(), self.next)?;
        self.next += 1;
        Ok(true)
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        match self.info.frame_count {
            FrameCount::Exact(_) => Some(self),
            _ => None,
        }
    }
}

impl<F: FnMut(u64, &mut Frame) -> Result<(), Error> + Send> SeekFrames for FromFn<F> {
    fn frame_count(&self) -> u64 {
        self.count()
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.info.expect_within(index, self.count())?;
        self.next = index;
        Ok(())
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        Ok((index < self.count()).then(|| self.stamp(index)))
    }
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFn")
            .field("info", &self.info)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
