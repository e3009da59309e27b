//! Video through FFmpeg.

use std::path::Path;

use pimage_core::{Error, FrameReader, FrameWriter, StreamInfo};

use crate::{ReadOptions, WriteOptions};

/// Opens a video.
pub(crate) fn open(path: &Path, _options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    Err(Error::unsupported(path, "video is not read"))
}

/// Prepares a video.
pub(crate) fn create(
    path: &Path,
    _info: &StreamInfo,
    _options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    Err(Error::unsupported(path, "video is not written"))
}
