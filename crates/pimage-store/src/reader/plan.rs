//! From what the chunks store to what the store's frames are.

use pimage_core::{Color, Error, Frame, FrameFormat, Limits};

#[cfg(feature = "ffmpeg")]
use super::videos;
use super::{Opened, StoreOptions, images};
use crate::StoreMetadata;
use crate::encoding::{Encoding, pick, swap_red_and_blue};

/// Frames that are tried before a store of damaged ones is given up.
const MOST_TRIED: u64 = 1000;

/// What is done to each stored frame.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Of every frame, as the decoder of its file gives it.
    pub(super) stored: FrameFormat,
    /// Of every frame of the store.
    pub(super) output: FrameFormat,
    /// The name of the codec.
    pub(super) codec: String,
    /// Blue comes first in the file, where the decoder expects red.
    is_swapped: bool,
    step: Step,
    limits: Limits,
}

/// How the channels become others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    Decode(Encoding),
    /// One gray channel of three or four, as OpenCV weighs them.
    Gray,
    /// These three channels.
    Pick([usize; 3]),
}

impl Plan {
    /// Looks at the first frame that can be read.
    pub(super) fn of(opened: &Opened, options: &StoreOptions) -> Result<Self, Error> {
        let count = opened.index.len();
        let mut first = None;
        for index in 0..count.min(MOST_TRIED) {
            match Self::at(opened, index, options) {
                Ok(plan) => return Ok(plan),
                Err(error @ (Error::NotBuilt { .. } | Error::BadOption { .. })) => {
                    return Err(error);
                }
                Err(error) => {
                    first.get_or_insert_with(|| error.at_path(opened.path_of(index), Some(index)));
                }
            }
        }
        Err(first.unwrap_or(Error::Stopped))
    }

    /// Looks at this frame.
    pub(super) fn at(opened: &Opened, index: u64, options: &StoreOptions) -> Result<Self, Error> {
        let metadata = &opened.metadata;
        let (stored, codec) = if metadata.class.is_video() {
            video_format(opened, index, options)?
        } else {
            images::format(opened, index)?
        };
        let mut plan = Self {
            stored,
            output: stored,
            // Arrays are as OpenCV has them in memory; the encoders of images know better.
            is_swapped: matches!(codec.as_str(), "npy" | "bpk") && stored.color.channels() > 2,
            step: Step::Nothing,
            codec,
            limits: opened.limits,
        };
        plan.set_step(metadata, options)?;
        if let Some((height, width)) = metadata.true_size {
            plan.output.height = plan.output.height.min(height);
            plan.output.width = plan.output.width.min(width);
        }
        if let Some(bits) = metadata.bit_depth {
            plan.output = plan.output.with_bit_depth(bits);
        }
        opened.limits.check_format(&plan.output)?;
        Ok(plan)
    }

    fn set_step(&mut self, metadata: &StoreMetadata, options: &StoreOptions) -> Result<(), Error> {
        let encoding = match &metadata.encoding {
            Some(name) if !options.raw => Some(Encoding::of(name)?),
            _ => None,
        };
        let is_array = matches!(self.codec.as_str(), "npy" | "bpk");
        let stored = self.stored.color;
        let is_color = metadata.shape.is_color();
        self.step = match encoding {
            Some(encoding) => {
                self.output = encoding.output(&self.stored)?;
                Step::Decode(encoding)
            }
            // The shape of an array is what it is; an image is what the store says.
            None if is_array => Step::Nothing,
            None if is_color && stored == Color::Gray => Step::Pick([0, 0, 0]),
            None if is_color && stored == Color::Rgba => Step::Pick([0, 1, 2]),
            None if !is_color && stored.channels() > 2 => Step::Gray,
            None => Step::Nothing,
        };
        self.output.color = match self.step {
            Step::Nothing => stored,
            Step::Decode(_) => self.output.color,
            Step::Gray => Color::Gray,
            Step::Pick(_) => Color::Rgb,
        };
        Ok(())
    }

    /// Makes a frame of the store of what the decoder gave; `spare` lends memory.
    ///
    /// # Errors
    ///
    /// [`Error::FormatMismatch`] when the stored frame is not like the others; [`Error::TooLarge`].
    pub(super) fn finish(
        &self,
        index: u64,
        frame: &mut Frame,
        spare: &mut Frame,
    ) -> Result<(), Error> {
        self.stored.expect_same(frame.format(), index)?;
        if self.is_swapped {
            swap_red_and_blue(frame);
        }
        let size = (frame.format().width, frame.format().height);
        match self.step {
            Step::Nothing => {}
            Step::Decode(encoding) => encoding.decode(frame, spare, &self.limits)?,
            Step::Gray | Step::Pick(_) => {
                let format = FrameFormat {
                    width: size.0,
                    height: size.1,
                    ..self.output
                };
                let format = format.with_bit_depth(self.stored.bit_depth);
                spare.reset(&format, &self.limits)?;
                match self.step {
                    Step::Pick(channels) => pick(frame, spare, channels),
                    _ => weigh(frame, spare),
                }
                std::mem::swap(frame, spare);
            }
        }
        self.crop(frame, spare)?;
        frame.set_bit_depth(self.output.bit_depth);
        Ok(())
    }

    /// Drops what was padded at right and bottom.
    fn crop(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let found = *frame.format();
        if (found.width, found.height) == (self.output.width, self.output.height) {
            return Ok(());
        }
        spare.reset(&self.output, &self.limits)?;
        let (from, to) = (found.row_bytes(), self.output.row_bytes());
        let (from, to) = (from.unwrap_or(1).max(1), to.unwrap_or(1).max(1));
        let rows = frame.bytes().chunks_exact(from);
        for (row, target) in rows.zip(spare.bytes_mut().chunks_exact_mut(to)) {
            if let Some(row) = row.get(..to) {
                target.copy_from_slice(row);
            }
        }
        std::mem::swap(frame, spare);
        Ok(())
    }

    /// What raw frames of a colour camera are that are left so.
    pub(super) fn bayer_pattern(&self, metadata: &StoreMetadata) -> Option<&'static str> {
        if matches!(self.step, Step::Decode(_)) {
            return None;
        }
        let name = metadata.encoding.as_deref()?;
        Encoding::of(name).ok()?.bayer_pattern()
    }
}

/// Gray as OpenCV makes it of red, green and blue, for integers of 8 and 16 bits exactly.
fn weigh(frame: &Frame, target: &mut Frame) {
    let channels = frame.format().color.channels();
    macro_rules! weigh {
        ($type:ty) => {
            if let (Some(samples), Some(targets)) =
                (frame.samples::<$type>(), target.samples_mut::<$type>())
            {
                for (pixel, target) in samples.chunks_exact(channels).zip(targets) {
                    if let [red, green, blue, ..] = pixel {
                        let sum = u64::from(*red) * 4899
                            + u64::from(*green) * 9617
                            + u64::from(*blue) * 1868;
                        *target = ((sum + 8192) >> 14) as $type;
                    }
                }
            }
        };
    }
    weigh!(u8);
    weigh!(u16);
    weigh!(u32);
}

#[cfg(feature = "ffmpeg")]
fn video_format(
    opened: &Opened,
    index: u64,
    options: &StoreOptions,
) -> Result<(FrameFormat, String), Error> {
    videos::format(opened, index, options)
}

#[cfg(not(feature = "ffmpeg"))]
fn video_format(
    opened: &Opened,
    _index: u64,
    _options: &StoreOptions,
) -> Result<(FrameFormat, String), Error> {
    Err(crate::video_not_built(&opened.metadata))
}
