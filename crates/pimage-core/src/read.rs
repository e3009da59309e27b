//! What delivers frames.

use std::path::PathBuf;

use crate::adapt::{Channel, Frames, Map, Range, Step};
use crate::{Damage, Error, Frame, Select, Slicing, Stamp, StreamInfo};

/// Frames, front to back.
///
/// The caller owns the memory: a reader fills the frame that it is given.
///
/// ```
/// use pimage_core::{Error, Frame, FrameReader, FrameWriter, WriteSummary};
///
/// fn copy(
///     reader: &mut dyn FrameReader,
///     mut writer: Box<dyn FrameWriter>,
/// ) -> Result<WriteSummary, Error> {
///     let mut frame = Frame::empty();
///     while reader.read_into(&mut frame)? {
///         writer.write(&frame)?;
///     }
///     writer.finish()
/// }
/// ```
pub trait FrameReader: Send {
    /// What the stream promises; constant for the life of the reader.
    fn info(&self) -> &StreamInfo;

    /// Fills `frame` with the next frame, pixels and stamp; `false` at the end of the stream.
    ///
    /// `frame` is given the stream's format, keeping its memory when that fits.
    /// After `false`, every later call is `false`.
    ///
    /// # Errors
    ///
    /// A stream that is cut short or damaged is an error that names the frame, never a silent end,
    /// unless the reader was opened to go on (see [`OnDamage`](crate::OnDamage)).
    /// After an error the pixels of `frame` are unspecified.
    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error>;

    /// Frames found missing or damaged so far, in the order in which they were met.
    fn damage(&self) -> &[Damage] {
        &[]
    }

    /// Every file that is read, beside the one that was opened: an output must not replace them.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// This reader as one that seeks, if it can.
    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        None
    }
}

/// Frames by index.
///
/// Frame *i* has the same pixels and the same stamp whether it is reached in order, at random or backwards.
pub trait SeekFrames: FrameReader {
    /// Number of frames; exact.
    fn frame_count(&self) -> u64;

    /// Makes frame `index` the next one read: exactly that one, never a nearby key frame.
    ///
    /// `index` may be the frame count, after which the next read is the end.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] beyond that; whatever the source answers.
    fn seek(&mut self, index: u64) -> Result<(), Error>;

    /// The stamp of the frame that comes next after [`seek`](Self::seek) to `index`: a later one where frames are missing;
    /// `None` when there is no more.
    ///
    /// Which frame is read next afterwards is unspecified: seek.
    /// This reads the frame; readers that have a table of stamps look there, without knowing whether the frame can be read.
    ///
    /// # Errors
    ///
    /// As [`seek`](Self::seek) and [`read_into`](FrameReader::read_into).
    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        self.seek(index)?;
        let mut frame = Frame::empty();
        let is_read = self.read_into(&mut frame)?;
        Ok(is_read.then_some(frame.stamp))
    }
}

macro_rules! forward_reader {
    () => {
        fn info(&self) -> &StreamInfo {
            (**self).info()
        }

        fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
            (**self).read_into(frame)
        }

        fn damage(&self) -> &[Damage] {
            (**self).damage()
        }

        fn files(&self) -> Vec<PathBuf> {
            (**self).files()
        }

        fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
            (**self).as_seek()
        }
    };
}

#[deny(clippy::missing_trait_methods)]
impl<R: FrameReader + ?Sized> FrameReader for Box<R> {
    forward_reader!();
}

#[deny(clippy::missing_trait_methods)]
impl<R: FrameReader + ?Sized> FrameReader for &mut R {
    forward_reader!();
}

#[deny(clippy::missing_trait_methods)]
impl<R: SeekFrames + ?Sized> SeekFrames for Box<R> {
    fn frame_count(&self) -> u64 {
        (**self).frame_count()
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        (**self).seek(index)
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        (**self).stamp_of(index)
    }
}

#[deny(clippy::missing_trait_methods)]
impl<R: SeekFrames + ?Sized> SeekFrames for &mut R {
    fn frame_count(&self) -> u64 {
        (**self).frame_count()
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        (**self).seek(index)
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        (**self).stamp_of(index)
    }
}

/// Comfortable forms of reading, for every reader.
pub trait FrameReaderExt: FrameReader {
    /// The frames one by one. Ends by itself: after the last frame, and after an error.
    ///
    /// Each frame has memory of its own; a loop over [`FrameReader::read_into`] reuses one.
    fn frames(&mut self) -> Frames<'_, Self> {
        Frames::new(self)
    }

    /// Frames `range.start..range.end` only; seeks to the start when it can, else reads up to it.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] when the range starts beyond the last frame; whatever seeking answers.
    fn range(self, range: std::ops::Range<u64>) -> Result<Range<Self>, Error>
    where
        Self: Sized,
    {
        Range::new(self, range)
    }

    /// Every `step`-th frame, beginning with the next.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when `step` is 0.
    fn step_by(self, step: u64) -> Result<Step<Self>, Error>
    where
        Self: Sized,
    {
        Step::new(self, step)
    }

    /// One channel of colour frames, from 0, as gray frames.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when the frames have no such channel.
    fn channel(self, channel: usize) -> Result<Channel<Self>, Error>
    where
        Self: Sized,
    {
        Channel::new(self, channel)
    }

    /// A part of the frames by positions on named axes, in another order or with planes bundled, without reading any.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for an axis or a position that the stream does not have, and for axes of which nothing says what becomes of them;
    /// [`Error::Unsupported`] when the reader cannot seek.
    fn slice(self, slicing: &Slicing) -> Result<Select<Self>, Error>
    where
        Self: Sized,
    {
        Select::new(self, slicing)
    }

    /// Each frame changed in place by `function`, which keeps its format.
    ///
    /// ```
    /// # use pimage_core::{Error, FrameReader, FrameReaderExt};
    /// # fn inverted(reader: impl FrameReader) -> impl FrameReader {
    /// reader.map(|frame| {
    ///     for sample in frame.samples_mut::<u8>().into_iter().flatten() {
    ///         *sample = 255 - *sample;
    ///     }
    ///     Ok(())
    /// })
    /// # }
    /// ```
    fn map<F>(self, function: F) -> Map<Self, F>
    where
        Self: Sized,
        F: FnMut(&mut Frame) -> Result<(), Error> + Send,
    {
        Map::new(self, function)
    }
}

impl<R: FrameReader + ?Sized> FrameReaderExt for R {}
