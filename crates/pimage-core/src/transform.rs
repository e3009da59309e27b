//! What is done to each frame on its own.

use crate::{Error, Frame, FrameFormat, StreamInfo, Table};

/// Something done to each frame on its own, on any thread.
///
/// A closure `Fn(&mut Frame) -> Result<(), Error>` is one that keeps the format.
/// What depends on other frames belongs to the read side: see [`FrameReaderExt::map`](crate::FrameReaderExt::map),
/// whose closure sees the frames one by one in order, and the windows of `pimage-transform`.
pub trait Transform: Send + Sync {
    /// Changes `frame`; its stamp is left alone.
    ///
    /// `spare` is a frame of unspecified format and content, in which a result of another format is built and then swapped:
    /// its memory comes back with a later frame.
    ///
    /// # Errors
    ///
    /// Whatever makes the result impossible; it ends the work.
    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error>;

    /// The format that becomes of frames of `input`; the same, unless said otherwise.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] or [`Error::CannotHold`] when such frames cannot be transformed so:
    /// it is asked before the first frame is read.
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(*input)
    }

    /// What a stream says of itself afterwards: its new format, and no planes in a bundle once the size is another.
    ///
    /// # Errors
    ///
    /// As [`Transform::output_format`].
    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        Ok(input.reformatted(self.output_format(&input.format)?))
    }

    /// Whether it looks at so few of the pixels that handing a frame to another thread would cost more.
    fn is_light(&self) -> bool {
        false
    }

    /// The same as a table, for what looks at one sample at a time and gets samples of 8 or 16 bits.
    ///
    /// Tables that follow each other become one (see [`Table::then`]), so that a chain of them costs one look-up a sample.
    fn table(&self, _input: &FrameFormat) -> Option<Table> {
        None
    }
}

impl<F: Fn(&mut Frame) -> Result<(), Error> + Send + Sync> Transform for F {
    fn apply(&self, frame: &mut Frame, _spare: &mut Frame) -> Result<(), Error> {
        self(frame)
    }
}
