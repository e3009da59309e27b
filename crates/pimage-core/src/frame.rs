//! The frame: pixels and where they stand in their recording.

use std::sync::Arc;

use ndarray::{Array3, ArrayView3, ArrayViewMut3};

use crate::{Color, Error, FrameFormat, Limits, Pixels, Sample, Timestamp};

/// Where a frame stands in its sequence, what the recorder called it, and when it was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Position in the sequence, from 0. A damaged frame that was skipped leaves a gap.
    pub index: u64,
    /// What the recorder counted: may start anywhere, jump, repeat or be negative. `None` when it did not count.
    pub number: Option<i64>,
    /// When the frame was taken or is to be shown; the zero is the stream's [`Clock`](crate::Clock).
    pub time: Option<Timestamp>,
    /// What the frame was called where it came from: the name of its file in a folder of images. `None` when it had no name.
    pub name: Option<Arc<str>>,
}

impl Stamp {
    /// A stamp that only says the index.
    #[must_use]
    pub const fn at(index: u64) -> Self {
        Self {
            index,
            number: None,
            time: None,
            name: None,
        }
    }

    /// The time in seconds, if the frame has one.
    #[must_use]
    pub fn secs(&self) -> Option<f64> {
        self.time.map(Timestamp::secs)
    }
}

/// One image of a sequence: an array (height, width, channels) and its [`Stamp`].
///
/// Cloning is cheap: the clone shares the pixels until one of the two is changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pixels: Pixels,
    format: FrameFormat,
    /// Where the frame stands in its sequence.
    pub stamp: Stamp,
}

impl Frame {
    /// A black frame.
    ///
    /// # Panics
    ///
    /// When the format needs more memory than the machine can address; check sizes that come from a file with [`Limits`].
    #[must_use]
    pub fn zeroed(format: FrameFormat) -> Self {
        Self {
            pixels: Pixels::zeroed(format.shape(), format.sample),
            format,
            stamp: Stamp::default(),
        }
    }

    /// A frame of no pixels, to be shaped by the first reader that fills it.
    #[must_use]
    pub fn empty() -> Self {
        Self::zeroed(FrameFormat::new(0, 0, Color::Gray, crate::SampleType::U8))
    }

    /// A frame from an array of shape (height, width, channels).
    ///
    /// # Errors
    ///
    /// [`Error::BadShape`] when `color` does not have that many channels.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use pimage_core::{Color, Frame};
    ///
    /// let frame = Frame::from_array(Array3::<f32>::zeros((512, 640, 1)), Color::Gray)?;
    /// assert_eq!(frame.format().to_string(), "640x512 gray float32");
    /// # Ok::<(), pimage_core::Error>(())
    /// ```
    pub fn from_array<T: Sample>(array: Array3<T>, color: Color) -> Result<Self, Error> {
        let pixels = Pixels::from_array(array);
        let format = pixels.format(color, T::TYPE.bits())?;
        Ok(Self {
            pixels,
            format,
            stamp: Stamp::default(),
        })
    }

    /// Size, colour, sample type and depth.
    #[must_use]
    pub const fn format(&self) -> &FrameFormat {
        &self.format
    }

    /// The pixels.
    #[must_use]
    pub const fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// The samples in order, row after row, channels together; `None` when they are not of type `T`.
    #[must_use]
    pub fn samples<T: Sample>(&self) -> Option<&[T]> {
        self.pixels.samples()
    }

    /// The samples to change; copies them first when the frame is shared.
    pub fn samples_mut<T: Sample>(&mut self) -> Option<&mut [T]> {
        self.pixels.samples_mut()
    }

    /// The array (height, width, channels); `None` when the samples are not of type `T`.
    #[must_use]
    pub fn view<T: Sample>(&self) -> Option<ArrayView3<'_, T>> {
        self.pixels.view()
    }

    /// The array to change; copies it first when the frame is shared.
    pub fn view_mut<T: Sample>(&mut self) -> Option<ArrayViewMut3<'_, T>> {
        self.pixels.view_mut()
    }

    /// The samples as bytes in the machine's byte order, rows without padding.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.pixels.bytes()
    }

    /// The bytes to change; copies them first when the frame is shared.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.pixels.bytes_mut()
    }

    /// Gives the frame another format, keeping its memory when size and type allow and no clone shares it.
    ///
    /// The pixels are unspecified afterwards; the stamp is kept.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] when the format is over `limits`.
    pub fn reset(&mut self, format: &FrameFormat, limits: &Limits) -> Result<(), Error> {
        limits.check_format(format)?;
        self.pixels.reset(format.shape(), format.sample);
        self.format = *format;
        Ok(())
    }

    /// Whether a clone shares the pixels, so that changing one copies all of them first.
    pub fn is_shared(&mut self) -> bool {
        self.pixels.is_shared()
    }

    /// Makes the pixels this frame's own before some of them are changed in place: pixels that a clone shares
    /// are copied into the memory of `spare`, which is left with the shared ones.
    ///
    /// ```
    /// use pimage_core::{Color, Frame, FrameFormat, SampleType};
    ///
    /// let kept = Frame::zeroed(FrameFormat::new(4, 2, Color::Gray, SampleType::U8));
    /// let (mut frame, mut spare) = (kept.clone(), kept.clone());
    /// spare.bytes_mut()[0] = 7;
    /// let memory = spare.bytes().as_ptr();
    /// frame.detach(&mut spare);
    /// assert_eq!(frame, kept);
    /// assert_eq!(frame.bytes().as_ptr(), memory);
    /// ```
    pub fn detach(&mut self, spare: &mut Self) {
        if !self.is_shared() {
            return;
        }
        spare.pixels.reset(self.format.shape(), self.format.sample);
        spare.bytes_mut().copy_from_slice(self.bytes());
        spare.format = self.format;
        std::mem::swap(&mut self.pixels, &mut spare.pixels);
    }

    /// Says how many bits of each sample are significant.
    pub fn set_bit_depth(&mut self, bits: u8) {
        self.format = self.format.with_bit_depth(bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleType;

    #[test]
    fn a_clone_keeps_its_pixels_when_the_frame_is_refilled() {
        let format = FrameFormat::new(2, 1, Color::Gray, SampleType::U8);
        let mut frame = Frame::zeroed(format);
        frame.bytes_mut().copy_from_slice(&[1, 2]);
        let kept = frame.clone();
        frame.reset(&format, &Limits::default()).expect("is small");
        frame.bytes_mut().copy_from_slice(&[3, 4]);
        assert_eq!(kept.bytes(), [1, 2]);
        assert_eq!(frame.bytes(), [3, 4]);
    }

    #[test]
    fn channels_must_match_the_color() {
        let error = Frame::from_array(Array3::<u8>::zeros((2, 2, 3)), Color::Gray);
        assert_eq!(
            error.expect_err("three channels are not gray").to_string(),
            "an array of shape (2, 2, 3) is not a gray frame, which has 1 channel(s)"
        );
    }
}
