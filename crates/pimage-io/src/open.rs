//! Finding the reader for a file.

use std::io::Read;
use std::path::Path;

use pimage_core::{Error, FrameReader};

use crate::ReadOptions;

/// Opens a recording of any format: by its content first, by its extension second.
///
/// # Errors
///
/// [`Error::Unrecognized`] when no format fits; [`Error::NotBuilt`] when the one that fits is not compiled in; whatever the format answers.
pub fn open(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let _ = options;
    Err(Error::Unrecognized {
        path: path.as_ref().to_path_buf(),
        hint: String::new(),
    })
}

/// Reads frames from a stream that cannot seek, such as standard input: y4m, or raw when `options.raw` says the layout.
///
/// `name` stands for the path in errors.
///
/// # Errors
///
/// Whatever the format answers.
pub fn open_stream(
    name: &str,
    source: Box<dyn Read + Send>,
    options: &ReadOptions,
) -> Result<Box<dyn FrameReader>, Error> {
    let _ = (source, options);
    Err(Error::Unrecognized {
        path: name.into(),
        hint: String::new(),
    })
}
