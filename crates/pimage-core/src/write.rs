//! What takes frames.

use crate::{Error, Frame};

/// A destination for frames.
///
/// Nothing is created before the first `write`, which fixes the format of all frames.
/// The output has its final name only after [`FrameWriter::finish`]; a writer dropped before leaves nothing under it.
pub trait FrameWriter: Send {
    /// Appends one frame.
    ///
    /// The frame may be kept for a while (its pixels are shared, not copied); the caller may refill its own at once.
    ///
    /// # Errors
    ///
    /// [`Error::FormatMismatch`] when the format differs from the first frame's; [`Error::CannotHold`] when the target cannot store it;
    /// [`Error::Io`] or [`Error::Codec`] when storing fails, possibly for an earlier frame.
    fn write(&mut self, frame: &Frame) -> Result<(), Error>;

    /// Hands to the system what was written so far, so that it outlives the end of this process, and says how many frames that is.
    ///
    /// Only what makes recordings can promise that before it is finished; everything else does nothing and says 0.
    ///
    /// # Errors
    ///
    /// As [`FrameWriter::write`].
    fn flush(&mut self) -> Result<u64, Error> {
        Ok(0)
    }

    /// Writes what is still held back and the trailer, syncs, and puts the output in its final place.
    ///
    /// # Errors
    ///
    /// The first that was not reported yet. There is no output then.
    fn finish(self: Box<Self>) -> Result<WriteSummary, Error>;
}

#[deny(clippy::missing_trait_methods)]
impl<W: FrameWriter + ?Sized> FrameWriter for Box<W> {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        (**self).write(frame)
    }

    fn flush(&mut self) -> Result<u64, Error> {
        (**self).flush()
    }

    fn finish(self: Box<Self>) -> Result<WriteSummary, Error> {
        (*self).finish()
    }
}

/// What a finished writer wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteSummary {
    /// Frames written.
    pub frames: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// What the user should know: a size that was padded, times that the target could not keep.
    pub notes: Vec<String>,
}

impl WriteSummary {
    /// So many frames in so many bytes, nothing to add.
    #[must_use]
    pub const fn new(frames: u64, bytes: u64) -> Self {
        Self {
            frames,
            bytes,
            notes: Vec::new(),
        }
    }
}
