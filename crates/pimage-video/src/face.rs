//! The two calls that the rest of pimage makes.

use std::path::Path;

use pimage_core::{Error, FrameWriter, SeekFrames, StreamInfo};

use crate::{EncodeOptions, VideoOptions, mjpeg, reader, source, writer};

/// Opens a video by its content.
///
/// # Errors
///
/// [`Error::Unrecognized`] when FFmpeg knows no such container; [`Error::Unsupported`] for containers that would open other files,
/// that hold no video, or when FFmpeg's libraries are not installed; [`Error::Damaged`], [`Error::TooLarge`], [`Error::Io`].
pub fn open(path: impl AsRef<Path>, options: &VideoOptions) -> Result<Box<dyn SeekFrames>, Error> {
    let packets = source::PacketSource::open(path.as_ref(), &options.limits)?;
    match mjpeg::MjpegReader::take(packets, options)? {
        Ok(reader) => Ok(Box::new(reader)),
        Err(packets) => Ok(Box::new(reader::VideoReader::new(packets, options)?)),
    }
}

/// Prepares a video by the extension of `path`; `info` is what the source says of its frames.
///
/// The codec and its options are checked here; the file is created at the first frame.
///
/// # Errors
///
/// [`Error::Unsupported`] for an extension in which no video is written; [`Error::BadOption`]; [`Error::CannotHold`] when the codec
/// cannot store such frames; [`Error::Exists`].
pub fn create(
    path: impl AsRef<Path>,
    info: &StreamInfo,
    options: &EncodeOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    Ok(Box::new(writer::VideoWriter::new(
        path.as_ref(),
        info,
        options,
    )?))
}
