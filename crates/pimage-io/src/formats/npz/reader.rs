//! Finding the array of frames in an archive.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_codec::npy::header::{Header, shape_text};
use pimage_core::{Error, FrameReader};

use super::archive::{self, Entry};
use super::columns::{self, FRAMES};
use crate::ReadOptions;
use crate::formats::npy::{open_array, read_header};

/// Most arrays that an error lists.
const MOST_LISTED: usize = 20;

/// Most arrays that are looked at to find the one of frames.
const MOST_LOOKED_AT: usize = 4096;

/// Opens the array that is asked for, or the only one that frames can be of.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let entries = archive::entries(path, &options.limits)?;
    let entry = match &options.variable {
        Some(name) => named(path, &entries, name, options)?,
        None => only(path, &entries, options)?,
    };
    let reader = open_array(path, entry.open(path)?, "npz", options)?;
    let count = reader.info().frame_count.get().unwrap_or(0);
    let stamps = match entry.name.as_str() {
        FRAMES => columns::find(path, &entries, count, options),
        _ => None,
    };
    Ok(match stamps {
        Some(stamps) => Box::new(reader.with_stamps(stamps)),
        None => Box::new(reader),
    })
}

fn named<'a>(
    path: &Path,
    entries: &'a [Entry],
    name: &str,
    options: &ReadOptions,
) -> Result<&'a Entry, Error> {
    let wanted = name.strip_suffix(".npy").unwrap_or(name);
    let found = entries.iter().find(|entry| entry.name == wanted);
    found.ok_or_else(|| {
        let there = listed(path, entries, options);
        Error::unsupported(path, format!("it has no array `{name}`; there are {there}"))
    })
}

/// The only array of two or more dimensions.
fn only<'a>(path: &Path, entries: &'a [Entry], options: &ReadOptions) -> Result<&'a Entry, Error> {
    let is_of_frames = |entry: &&Entry| {
        header_of(path, entry, options).is_ok_and(|header| header.shape.len() >= 2)
    };
    if entries.len() > MOST_LOOKED_AT {
        let name = path.file_name().unwrap_or_default().display();
        let reason = format!(
            "it has {} arrays, too many to look at all: one must be named, as `{name}:NAME`",
            entries.len()
        );
        return Err(Error::unsupported(path, reason));
    }
    let mut candidates = entries.iter().filter(is_of_frames);
    match (candidates.next(), candidates.next()) {
        (Some(only), None) => Ok(only),
        (first, _) => {
            let there = listed(path, entries, options);
            let name = path.file_name().unwrap_or_default().display();
            let reason = match (first, entries.is_empty()) {
                (Some(_), _) => {
                    format!(
                        "it has several arrays, of which one must be named, as `{name}:NAME`: {there}"
                    )
                }
                (None, false) => format!("none of its arrays has two dimensions or more: {there}"),
                (None, true) => "there is no array in it".to_owned(),
            };
            Err(Error::unsupported(path, reason))
        }
    }
}

fn header_of(path: &Path, entry: &Entry, options: &ReadOptions) -> Result<Header, Error> {
    read_header(path, &mut entry.open(path)?, options)
}

/// Names, shapes and types, for errors.
fn listed(path: &Path, entries: &[Entry], options: &ReadOptions) -> String {
    let shown = entries.iter().take(MOST_LISTED);
    let mut texts: Vec<_> = shown
        .map(|entry| match header_of(path, entry, options) {
            Ok(header) => {
                let (shape, descr) = (shape_text(&header.shape), &header.descr);
                format!("`{}` {shape} {descr}", entry.name)
            }
            Err(_) => format!("`{}`, which is no array that can be read", entry.name),
        })
        .collect();
    if entries.len() > MOST_LISTED {
        texts.push(format!("{} more", entries.len() - MOST_LISTED));
    }
    if texts.is_empty() {
        return "none".to_owned();
    }
    texts.join(", ").replace(char::is_control, " ")
}
