//! Frames in memory as a reader.

use crate::{Error, Frame, FrameCount, FrameReader, SeekFrames, Stamp, StreamInfo};

/// Delivers frames that are in memory already, with the indices of their order.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, FrameReader, MemoryReader, SampleType};
///
/// let frame = Frame::zeroed(FrameFormat::new(4, 2, Color::Gray, SampleType::U8));
/// let reader = MemoryReader::new(vec![frame.clone(), frame])?;
/// assert_eq!(reader.info().frame_count.exact(), Some(2));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryReader {
    info: StreamInfo,
    frames: Vec<Frame>,
    next: usize,
}

impl MemoryReader {
    /// A reader of `frames`, which stay where they are: what is delivered shares their pixels.
    ///
    /// # Errors
    ///
    /// [`Error::FormatMismatch`] when they are not all of one format.
    pub fn new(frames: Vec<Frame>) -> Result<Self, Error> {
        let first = frames.first().map(|frame| *frame.format());
        let format = first.unwrap_or_else(|| *Frame::empty().format());
        let count = FrameCount::Exact(frames.len() as u64);
        Self::with_info(StreamInfo::new("memory", format, count), frames)
    }

    /// The same with more said of the stream; its format and frame count are those of `frames`.
    ///
    /// # Errors
    ///
    /// [`Error::FormatMismatch`] when they are not all of one format.
    pub fn with_info(mut info: StreamInfo, mut frames: Vec<Frame>) -> Result<Self, Error> {
        if let Some(first) = frames.first() {
            info.format = *first.format();
        }
        info.set_frame_count(FrameCount::Exact(frames.len() as u64));
        for (index, frame) in (0..).zip(&mut frames) {
            info.format.expect_same(frame.format(), index)?;
            frame.stamp.index = index;
        }
        Ok(Self {
            info,
            frames,
            next: 0,
        })
    }
}

impl FrameReader for MemoryReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let Some(next) = self.frames.get(self.next) else {
            return Ok(false);
        };
        frame.clone_from(next);
        self.next += 1;
        Ok(true)
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for MemoryReader {
    fn frame_count(&self) -> u64 {
        self.frames.len() as u64
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        self.info.expect_within(index, self.frame_count())?;
        // No more than there are frames.
        self.next = index as usize;
        Ok(())
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        Ok(self.frames.get(place).map(|frame| frame.stamp.clone()))
    }
}
