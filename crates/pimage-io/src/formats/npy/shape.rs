//! The shape of the array that frames make.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_codec::npy::header::{room_for, written};
use pimage_core::{Axis, Color, FrameFormat, StreamInfo, frames_of};

/// What is known of an array before its frames are counted.
#[derive(Debug)]
pub(crate) struct ArrayShape {
    /// Promised lengths of the dimensions that the frames run through; one or none is a plain sequence.
    axes: Vec<u64>,
    /// Lengths of the dimensions inside a frame.
    bundle: Vec<u64>,
    /// Names of all of these.
    names: Vec<String>,
    format: FrameFormat,
}

impl ArrayShape {
    /// The shape for frames of `format` of a stream that promises `axes` with `bundle` in each frame.
    pub(crate) fn new(info: &StreamInfo, format: FrameFormat) -> Self {
        let lengths = |axes: &[Axis]| axes.iter().map(|axis| axis.length).collect::<Vec<_>>();
        let planes = frames_of(&info.bundle).filter(|planes| *planes > 0);
        let is_whole = planes.is_some_and(|planes| u64::from(format.height) % planes == 0);
        Self {
            axes: lengths(&info.axes),
            names: info
                .axes
                .iter()
                .chain(&info.bundle)
                .map(|axis| axis.name.clone())
                .collect(),
            // Frames that were cropped or turned are no stack of planes any more.
            bundle: if is_whole && info.format.height == format.height {
                lengths(&info.bundle)
            } else {
                Vec::new()
            },
            format,
        }
    }

    /// The shape of frames of which nothing else is known.
    pub(crate) const fn plain(format: FrameFormat) -> Self {
        Self {
            axes: Vec::new(),
            bundle: Vec::new(),
            names: Vec::new(),
            format,
        }
    }

    /// The lengths of all dimensions of an array of `frames` frames.
    pub(crate) fn lengths(&self, frames: u64) -> Vec<u64> {
        let mut shape = match self.axes.as_slice() {
            axes if axes.len() > 1 && self.is_kept(frames) => axes.to_vec(),
            _ => vec![frames],
        };
        shape.extend(self.of_frame());
        shape
    }

    /// The header of an array of `frames` frames, of a length that does not depend on their number.
    pub(crate) fn header(&self, frames: u64) -> Vec<u8> {
        let sample = self.format.sample;
        let mut longest = vec![0];
        longest.extend(&self.axes);
        longest.extend(self.of_frame());
        written(sample, &self.lengths(frames), room_for(sample, &longest))
    }

    /// What the user should know of an array of `frames` frames in a `target`.
    pub(crate) fn notes(&self, target: &str, frames: u64) -> Vec<String> {
        let mut notes = Vec::new();
        let format = &self.format;
        if format.bit_depth != format.sample.bits() {
            notes.push(format!(
                "{target} does not say that {} of {} bits are used",
                format.bit_depth,
                format.sample.bits()
            ));
        }
        if self.axes.len() > 1 && !self.is_kept(frames) {
            let axes: Vec<_> = self.axes.iter().map(u64::to_string).collect();
            notes.push(format!(
                "{frames} frames do not fill the axes of {}: the array has one axis of frames",
                axes.join(" x ")
            ));
        }
        let is_stack = match self.axes.len() {
            0 => false,
            1 => !self.bundle.is_empty(),
            _ => self.is_kept(frames),
        };
        let letters: String = self.names.concat();
        if is_stack && letters.chars().count() == self.names.len() {
            let color = if format.color == Color::Gray { "" } else { "C" };
            notes.push(format!(
                "{target} does not name its axes: `--axes {letters}yx{color}` reads them back"
            ));
        }
        notes
    }

    fn is_kept(&self, frames: u64) -> bool {
        let product = self
            .axes
            .iter()
            .try_fold(1u64, |product, length| product.checked_mul(*length));
        product == Some(frames)
    }

    /// Planes, rows, columns, and channels unless gray.
    fn of_frame(&self) -> Vec<u64> {
        let planes: u64 = self.bundle.iter().product();
        let mut shape = self.bundle.clone();
        shape.push(u64::from(self.format.height) / planes.max(1));
        shape.push(u64::from(self.format.width));
        if self.format.color != Color::Gray {
            shape.push(self.format.color.channels() as u64);
        }
        shape
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{FrameCount, SampleType};

    use super::*;

    fn shape(axes: &[u64], bundle: &[u64], color: Color) -> ArrayShape {
        let format = FrameFormat::new(4, 12, color, SampleType::U8);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        let named = |lengths: &[u64]| -> Vec<Axis> {
            lengths
                .iter()
                .map(|length| Axis::new("a", *length))
                .collect()
        };
        info.axes = named(axes);
        info.bundle = named(bundle);
        ArrayShape::new(&info, format)
    }

    #[test]
    fn axes_and_bundles_have_dimensions() {
        for (axes, bundle, color, frames, expected) in [
            (&[][..], &[][..], Color::Gray, 6, &[6, 12, 4][..]),
            (&[6], &[], Color::Rgb, 5, &[5, 12, 4, 3]),
            (&[2, 3], &[], Color::Gray, 6, &[2, 3, 12, 4]),
            (&[2, 3], &[], Color::Gray, 5, &[5, 12, 4]),
            (&[2], &[3, 2], Color::Rgba, 2, &[2, 3, 2, 2, 4, 4]),
            (&[2, 3], &[2], Color::Gray, 6, &[2, 3, 2, 6, 4]),
            (&[2, 3], &[5], Color::Gray, 6, &[2, 3, 12, 4]),
        ] {
            let shape = shape(axes, bundle, color);
            assert_eq!(shape.lengths(frames), expected);
            assert_eq!(shape.header(frames).len(), shape.header(0).len());
            // What is not one sequence of frames is told: which axes there are, or that they are gone.
            let is_told = axes.len() > 1 || !bundle.is_empty();
            assert_eq!(shape.notes("npy", frames).len(), usize::from(is_told));
        }
    }
}
