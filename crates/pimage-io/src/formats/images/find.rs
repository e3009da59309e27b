//! Which reader suits the files: one frame in each, or several.

use std::path::Path;

use pimage_core::{Error, FrameReader};

use super::files::Files;
use super::joined::JoinedReader;
use super::reader::ImagesReader;
use super::still;
use crate::open::{extension_of, row_of_extension};
use crate::{FORMATS, ReadOptions, foreign};

/// Opens what a folder, a pattern, a list or the name of one image stands for.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let files = Files::find(path, options)?;
    // A file by its own name is here because its content is a still image.
    let is_one = path.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_one || has_one_frame_each(&files, options) {
        foreign::refuse_parts_of_images(options)?;
        Ok(Box::new(ImagesReader::open(files, options)?))
    } else {
        Ok(Box::new(JoinedReader::open(files, options)?))
    }
}

/// What is to be believed of all files by looking at the first one.
fn has_one_frame_each(files: &Files, options: &ReadOptions) -> bool {
    if options.raw.is_some() {
        return false;
    }
    let named = options.format.as_deref().filter(|_| files.is_format_given);
    if let Some(name) = named {
        // A format that holds several frames was asked for by name: all of each file.
        return FORMATS.iter().all(|row| row.name != name);
    }
    let first = files.path(0);
    let Some(codec) = codec_of(&first) else {
        return false;
    };
    let may_have_several = FORMATS.iter().any(|row| row.name == codec.name);
    if !may_have_several {
        return true;
    }
    match crate::open(&first, &options_of_one(options)) {
        Ok(reader) => reader.info().frame_count.exact() == Some(1),
        // What is wrong with a part that is asked for is said by the format that has parts.
        Err(_) => options.variable.is_none() && options.axes.is_none(),
    }
}

/// The codec of a file, unless another format claims its name.
fn codec_of(path: &Path) -> Option<&'static pimage_codec::Codec> {
    let extension = extension_of(path);
    if let Some(codec) = pimage_codec::by_extension(&extension) {
        return Some(codec);
    }
    if row_of_extension(&extension).is_some() {
        return None;
    }
    let head = still::head(path).ok()?;
    pimage_codec::by_content(&head)
}

/// The options for one file of several.
pub(super) fn options_of_one(options: &ReadOptions) -> ReadOptions {
    ReadOptions {
        pattern: None,
        ..options.clone()
    }
}
