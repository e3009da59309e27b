//! Opening: from a folder to its frames.

use std::path::Path;

use pimage_core::{Error, FrameReader};
use serde_json::Value;

use super::columns::Columns;
use super::describe::{info_of, names_of, own};
use super::find::{Found, find};
use super::layout::{COLOR_DIMENSION, Layout};
use super::reader::ZarrReader;
use super::source::Source;
use crate::ReadOptions;

/// Opens the array that `options.variable` names, or the only one.
///
/// # Errors
///
/// Whatever the array is that pimage does not read; see [`find`].
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let found = find(path, options.variable.as_deref(), &options.limits)?;
    let (reader, _) = open_array(path, found, options)?;
    Ok(Box::new(reader))
}

/// The frames of the array that was found, and what its dimensions are.
///
/// # Errors
///
/// [`Error::Unsupported`], [`Error::TooLarge`], [`Error::BadOption`], [`Error::Malformed`].
pub(super) fn open_array(
    path: &Path,
    found: Found,
    options: &ReadOptions,
) -> Result<(ZarrReader, Layout), Error> {
    let limits = &options.limits;
    let shape = &found.document.shape;
    let own = own(&found);
    let (layout, names) = match &options.axes {
        Some(letters) => {
            let (layout, names) = Layout::of_letters(letters, shape)?;
            (layout, names.into_iter().map(Some).collect())
        }
        None => {
            let names = names_of(&found);
            let color = own.get(COLOR_DIMENSION).and_then(Value::as_str);
            let layout = Layout::find(&found.document.path, shape, &names, color)?;
            (layout, names)
        }
    };
    let lengths: Vec<u64> = layout
        .outer
        .iter()
        .filter_map(|at| shape.get(*at).copied())
        .collect();
    let mut source = Source::new(found.document.clone(), &layout, limits)?;
    let columns = match &found.group {
        Some((group, _)) => Columns::open(group, &lengths, limits),
        None => Columns::default(),
    };
    let info = info_of(&found, &source, &layout, &names, &columns);
    source.format = info.format;
    let coarser = match found.image {
        Some((image, level)) => {
            let behind = image.levels.into_iter().skip(level + 1);
            behind.map(|level| level.path).collect()
        }
        None => Vec::new(),
    };
    let reader =
        ZarrReader::new(path.to_path_buf(), source, info, columns, options).with_coarser(coarser);
    Ok((reader, layout))
}
