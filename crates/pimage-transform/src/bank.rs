//! Memory of frames that comes back to where it fits.

use pimage_core::{Frame, FrameFormat};

/// Frames whose content nobody needs any more.
#[derive(Debug, Default)]
pub(crate) struct Bank {
    frames: Vec<Frame>,
}

/// Frames that a bank keeps: those between the steps of a chain that is longer than most.
const CAPACITY: usize = 16;

impl Bank {
    /// A frame, of this format if there is one.
    pub(crate) fn take(&mut self, format: &FrameFormat) -> Frame {
        let fits = self
            .frames
            .iter()
            .rposition(|frame| frame.format() == format);
        match fits {
            Some(place) => self.frames.swap_remove(place),
            None => Frame::empty(),
        }
    }

    /// Keeps the memory of a frame, unless another shares it; the oldest goes when there are too many.
    pub(crate) fn put(&mut self, mut frame: Frame) {
        if frame.bytes().is_empty() || frame.is_shared() {
            return;
        }
        if self.frames.len() == CAPACITY {
            self.frames.remove(0);
        }
        self.frames.push(frame);
    }
}
