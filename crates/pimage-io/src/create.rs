//! Finding the writer for a name.

use std::io::Write;
use std::path::Path;

use pimage_core::{Error, FrameWriter, StreamInfo};

use crate::formats::{images, raw, store, y4m};
use crate::noted::noted;
use crate::open::{extension_of, row_named, row_of_extension};
use crate::{FORMATS, WriteOptions, foreign};

/// Prepares a recording by the extension of `path` (or `options.format`); `info` is what the source says of its frames.
///
/// The path, the codec and its options are checked here; the file is created at the first frame.
/// A writer that is finished without a frame leaves no file and says so in the summary.
///
/// # Errors
///
/// [`Error::Unsupported`] when no writer has that extension; [`Error::NotBuilt`] when it is not compiled in; [`Error::Exists`]; whatever the format answers.
pub fn create(
    path: impl AsRef<Path>,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    let path = path.as_ref();
    let extension = extension_of(path);
    let row = match &options.format {
        _ if images::is_output(path, options)? => &images::FORMAT,
        Some(name) => row_named("--format", name)?,
        // A store is gone on with whatever its folder is called.
        None if options.append && store::is_store(path) => &store::FORMAT,
        None => row_of_extension(&extension).ok_or_else(|| unknown(path, &extension))?,
    };
    let Some(create) = row.create else {
        if row.feature.is_empty() && options.format.is_none() {
            return Err(unknown(path, &extension));
        }
        if row.feature.is_empty() {
            let reason = format!("pimage reads {} but does not write it", row.name);
            return Err(Error::unsupported(path, reason));
        }
        let format = if extension.is_empty() {
            row.name
        } else {
            &extension
        };
        return Err(Error::NotBuilt {
            format: format.to_owned(),
            feature: row.feature,
        });
    };
    foreign::refuse(row, options)?;
    if !std::ptr::eq(row, &images::FORMAT) {
        check_place(path, options)?;
    }
    let writer = create(path, info, options)?;
    Ok(noted(writer, row, info, options))
}

/// Writes frames to a stream that cannot seek, such as standard output: y4m, or raw when `options.format` is `raw`.
///
/// # Errors
///
/// [`Error::Unsupported`] for other formats; whatever the format answers.
pub fn create_stream(
    name: &str,
    target: Box<dyn Write + Send>,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    let row = match options.format.as_deref() {
        None => &y4m::FORMAT,
        Some(name) => row_named("--format", name)?,
    };
    foreign::refuse(row, options)?;
    match options.format.as_deref() {
        None | Some("y4m") => y4m::create_stream(name, target, info, options),
        Some("raw") => raw::create_stream(name, target, options),
        Some(other) => {
            let reason = format!("{other} cannot be written to a stream, only y4m and raw can");
            Err(Error::unsupported(name, reason))
        }
    }
}

/// Whether an output of this name would write over `file`: because it is the same file, because it lies in the folder that `path` is,
/// or because it is in the folder and fits the name, where `path` stands for several files.
#[must_use]
pub fn writes_over(path: impl AsRef<Path>, options: &WriteOptions, file: impl AsRef<Path>) -> bool {
    let (path, file) = (path.as_ref(), file.as_ref());
    let is_over = match images::is_output(path, options) {
        Ok(true) => images::writes_over(path, options, file),
        // What is wrong with the name is said when the writer is made.
        _ => pimage_fs::same_file(path, file),
    };
    is_over || lies_in(path, file)
}

/// Whether `folder` is one and `file` is somewhere in it.
fn lies_in(folder: &Path, file: &Path) -> bool {
    match (folder.canonicalize(), file.canonicalize()) {
        (Ok(folder), Ok(file)) => folder.is_dir() && file.starts_with(&folder),
        _ => false,
    }
}

fn unknown(path: &Path, extension: &str) -> Error {
    let known: Vec<_> = FORMATS
        .iter()
        .filter(|row| row.create.is_some() || !row.feature.is_empty())
        .flat_map(|row| row.extensions)
        .map(|extension| format!(".{extension}"))
        .collect();
    let found = if extension.is_empty() {
        "a name without extension".to_owned()
    } else {
        format!("`.{extension}`")
    };
    let known = known.join(" ");
    Error::unsupported(path, format!("no writer for {found}; there are {known}"))
}

/// Complains early about what would stop the writer at its first frame.
pub(crate) fn check_place(path: &Path, options: &WriteOptions) -> Result<(), Error> {
    if path.symlink_metadata().is_ok() && !options.overwrite && !options.append {
        return Err(Error::Exists {
            path: path.to_path_buf(),
        });
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        folder.metadata().map_err(Error::io("create", path))?;
    }
    Ok(())
}

/// An error when options were given that only codecs have.
pub(crate) fn refuse_codec_options(format: &str, options: &WriteOptions) -> Result<(), Error> {
    let given = [
        ("--codec", options.codec.as_ref()),
        ("--quality", options.quality.as_ref()),
        ("--preset", options.preset.as_ref()),
    ];
    for (option, value) in given {
        if let Some(value) = value {
            let expected = format!("no value, because {format} stores frames as they are");
            return Err(Error::bad_option(option, format!("`{value}`"), expected));
        }
    }
    Ok(())
}
