//! Finding the writer for a name.

use std::io::Write;
use std::path::Path;

use pimage_core::{Error, FrameWriter, StreamInfo};

use crate::WriteOptions;

/// Prepares a recording by the extension of `path` (or `options.format`); `info` is what the source says of its frames.
///
/// The path, the codec and its options are checked here; the file is created at the first frame.
///
/// # Errors
///
/// [`Error::Unsupported`] when no writer has that extension; [`Error::Exists`]; whatever the format answers.
pub fn create(
    path: impl AsRef<Path>,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    let _ = (info, options);
    Err(Error::unsupported(path, "no writer"))
}

/// Writes frames to a stream that cannot seek, such as standard output: y4m, or raw when `options.format` is `raw`.
///
/// # Errors
///
/// Whatever the format answers.
pub fn create_stream(
    name: &str,
    target: Box<dyn Write + Send>,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    let _ = (target, info, options);
    Err(Error::unsupported(name, "no writer"))
}
