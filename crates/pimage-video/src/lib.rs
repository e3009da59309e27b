//! Video through the FFmpeg libraries, frame exact: the only crate of pimage that calls them.

mod codecs;
mod options;

#[cfg(feature = "ffmpeg")]
mod decode;
#[cfg(feature = "ffmpeg")]
mod describe;
#[cfg(feature = "ffmpeg")]
mod ffv1;
#[cfg(feature = "ffmpeg")]
mod h264;
#[cfg(feature = "ffmpeg")]
mod jpeg;
#[cfg(feature = "ffmpeg")]
mod mjpeg;
#[cfg(feature = "ffmpeg")]
mod names;
#[cfg(feature = "ffmpeg")]
mod pack;
#[cfg(feature = "ffmpeg")]
mod plan;
#[cfg(feature = "ffmpeg")]
mod planes;
#[cfg(feature = "ffmpeg")]
mod pool;
#[cfg(feature = "ffmpeg")]
mod reader;
#[cfg(feature = "ffmpeg")]
mod source;
#[cfg(feature = "ffmpeg")]
mod table;
#[cfg(feature = "ffmpeg")]
mod tag;
#[cfg(feature = "ffmpeg")]
mod timing;
#[cfg(feature = "ffmpeg")]
mod unpack;
#[cfg(feature = "ffmpeg")]
mod writer;

#[cfg(feature = "ffmpeg")]
#[expect(
    unsafe_code,
    reason = "the one module that calls C; each block says why it is sound"
)]
mod ffi;

pub use codecs::{
    CODECS, CONTAINERS, Codec, Container, Quality, Way, codec_by_name, container_by_extension,
};
pub use options::{EncodeOptions, VideoOptions, extension_of};
#[cfg(feature = "ffmpeg")]
pub use planes::{PlaneReader, Planes};

use std::path::Path;

use pimage_core::{Error, FrameWriter, SeekFrames, StreamInfo};

/// Opens a video by its content.
///
/// # Errors
///
/// [`Error::Unrecognized`] when FFmpeg knows no such container; [`Error::Unsupported`] for containers that would open other files,
/// that hold no video, or when FFmpeg's libraries are not installed; [`Error::Damaged`], [`Error::TooLarge`], [`Error::Io`].
#[cfg(feature = "ffmpeg")]
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
#[cfg(feature = "ffmpeg")]
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
