//! Writing arrays, in order or in any order.

use std::path::{Path, PathBuf};

use pimage_core::{Error, Frame, FrameFormat, FrameWriter, StreamInfo, WriteSummary};

use super::shape::ArrayShape;
use crate::create::refuse_codec_options;
use crate::samples::little_endian;
use crate::target::{Output, Sequence};
use crate::{WriteOptions, foreign, summary};

/// Prepares an array that grows with each frame.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    refuse_codec_options("npy", options)?;
    Ok(Box::new(SequenceWriter {
        output: Output::new(path, options),
        sequence: Sequence::default(),
        info: info.clone(),
        shape: None,
    }))
}

/// Appends frames; the header gets its count at the end.
struct SequenceWriter {
    output: Output,
    sequence: Sequence,
    info: StreamInfo,
    shape: Option<ArrayShape>,
}

impl FrameWriter for SequenceWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.sequence.check(frame)? {
            let shape = ArrayShape::new(&self.info, *frame.format());
            self.output.write_all(&shape.header(0))?;
            self.shape = Some(shape);
        }
        self.output.write_all(&little_endian(frame))?;
        self.sequence.count();
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        let Some(shape) = &self.shape else {
            return Ok(summary::of_no_frames());
        };
        let frames = self.sequence.frames();
        self.output.write_at(0, &shape.header(frames))?;
        let notes = shape.notes("npy", frames);
        let bytes = self.output.commit()?;
        Ok(summary::noted(frames, bytes, notes))
    }
}

/// An array file of known length whose frames are written in any order.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, SampleType};
/// use pimage_io::{NpyWriter, WriteOptions};
///
/// let folder = std::env::temp_dir().join(format!("pimage-doc-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let path = folder.join("picked.npy");
/// let format = FrameFormat::new(4, 3, Color::Gray, SampleType::U8);
/// let mut writer = NpyWriter::create(&path, 2, format, &WriteOptions::default())?;
/// writer.write_at(1, &Frame::zeroed(format))?;
/// writer.write_at(0, &Frame::zeroed(format))?;
/// assert_eq!(writer.finish()?.frames, 2);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct NpyWriter {
    path: PathBuf,
    output: Output,
    format: FrameFormat,
    shape: ArrayShape,
    written: Vec<bool>,
}

impl NpyWriter {
    /// Prepares an array of `count` frames; the file is created at the first one.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] when `path` is taken; [`Error::BadOption`] for options that only codecs have.
    pub fn create(
        path: impl AsRef<Path>,
        count: u64,
        format: FrameFormat,
        options: &WriteOptions,
    ) -> Result<Self, Error> {
        let path = path.as_ref();
        refuse_codec_options("npy", options)?;
        foreign::refuse(&super::FORMAT, options)?;
        if path.symlink_metadata().is_ok() && !options.overwrite {
            return Err(Error::Exists {
                path: path.to_path_buf(),
            });
        }
        let length = usize::try_from(count).unwrap_or(usize::MAX);
        let mut written = Vec::new();
        if written.try_reserve_exact(length).is_err() {
            return Err(Error::bad_option(
                "count",
                count.to_string(),
                "fewer frames",
            ));
        }
        written.resize(length, false);
        Ok(Self {
            path: path.to_path_buf(),
            output: Output::new(path, options),
            format,
            shape: ArrayShape::plain(format),
            written,
        })
    }

    /// Writes the frame at `position`, from 0; a position may be written again.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] beyond the count; [`Error::FormatMismatch`]; [`Error::Io`].
    pub fn write_at(&mut self, position: u64, frame: &Frame) -> Result<(), Error> {
        let place = usize::try_from(position).ok();
        let Some(is_written) = place.and_then(|place| self.written.get_mut(place)) else {
            return Err(Error::OutOfRange {
                path: self.path.clone(),
                frame: position,
                frame_count: self.written.len() as u64,
            });
        };
        self.format.expect_same(frame.format(), position)?;
        let bytes = little_endian(frame);
        let offset = (bytes.len() as u64)
            .saturating_mul(position)
            .saturating_add(self.shape.header(0).len() as u64);
        self.output.write_at(offset, &bytes)?;
        *is_written = true;
        Ok(())
    }

    /// Writes the header and puts the file in its place.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] naming the first position that was never written; [`Error::Io`].
    pub fn finish(mut self) -> Result<WriteSummary, Error> {
        let frames = self.written.len() as u64;
        if let Some(missing) = self.written.iter().position(|is_written| !is_written) {
            return Err(Error::Malformed {
                format: "npy",
                path: self.path,
                frame: Some(missing as u64),
                reason: format!("frame {missing} of {frames} was not written"),
            });
        }
        if frames == 0 {
            return Ok(summary::of_no_frames());
        }
        self.output.write_at(0, &self.shape.header(frames))?;
        let bytes = self.output.commit()?;
        Ok(summary::noted(
            frames,
            bytes,
            self.shape.notes("npy", frames),
        ))
    }
}
