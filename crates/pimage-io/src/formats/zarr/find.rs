//! Finding the array of frames in a folder: itself, a level of an image, or one in a group.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::{Path, PathBuf};

use pimage_core::{Error, Limits};
use serde_json::{Map, Value};

use super::document::{
    Document, bad_json, inside, malformed, read_json, read_object, refused_type,
};
use super::ome::OmeImage;

/// Groups in groups that are looked through.
const MOST_DEPTH: usize = 8;

/// Entries of a folder that are looked at.
const MOST_ENTRIES: usize = 10_000;

/// The array whose frames are to be read, and what is around it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) document: Document,
    /// The folder of the group that it is in, and what that says of itself.
    pub(super) group: Option<(PathBuf, Map<String, Value>)>,
    /// The image of which it is this level.
    pub(super) image: Option<(OmeImage, usize)>,
}

/// What a group says of itself; `None` when the folder is no group.
fn group_attributes(path: &Path, limits: &Limits) -> Result<Option<Map<String, Value>>, Error> {
    let v3 = path.join("zarr.json");
    if let Some(bytes) = read_json(&v3, limits)? {
        let mut document: Map<String, Value> =
            serde_json::from_slice(&bytes).map_err(bad_json(&v3))?;
        if document.get("node_type").and_then(Value::as_str) != Some("group") {
            return Ok(None);
        }
        return Ok(Some(match document.remove("attributes") {
            Some(Value::Object(attributes)) => attributes,
            _ => Map::new(),
        }));
    }
    if read_json(&path.join(".zgroup"), limits)?.is_none() {
        return Ok(None);
    }
    read_object(&path.join(".zattrs"), limits).map(Some)
}

/// Finds the array that `variable` names in `path`, or the only one.
///
/// # Errors
///
/// [`Error::Unsupported`], which lists the names, when there are several; whatever reading answers.
pub(super) fn find(path: &Path, variable: Option<&str>, limits: &Limits) -> Result<Found, Error> {
    find_at(path, variable, limits, 0)
}

fn find_at(
    path: &Path,
    variable: Option<&str>,
    limits: &Limits,
    depth: usize,
) -> Result<Found, Error> {
    if let Some(document) = Document::read(path, limits)? {
        if let Some(name) = variable {
            let reason = format!("it is an array, which has no `{name}` in it");
            return Err(Error::unsupported(path, reason));
        }
        return Ok(Found {
            document,
            group: None,
            image: None,
        });
    }
    let Some(attributes) = group_attributes(path, limits)? else {
        let reason =
            "it has neither `zarr.json` nor `.zarray` nor `.zgroup` of an array or a group";
        return Err(malformed(path, reason));
    };
    if let Some(mut found) = find_level(path, variable, &attributes, limits)? {
        found.group = Some((path.to_path_buf(), attributes));
        return Ok(found);
    }
    let listing = Listing::of(path, limits)?;
    match variable {
        Some(name) => find_named(path, name, &listing, limits, depth),
        None => find_only(path, attributes, &listing, limits, depth),
    }
}

/// The level of an image that `variable` counts, or the first; `None` when the group is no image or has no such level.
///
/// The group is left to the caller.
fn find_level(
    path: &Path,
    variable: Option<&str>,
    attributes: &Map<String, Value>,
    limits: &Limits,
) -> Result<Option<Found>, Error> {
    let Some(image) = OmeImage::of(attributes) else {
        return Ok(None);
    };
    let level = match variable {
        None => Some(0),
        Some(name) => name.parse().ok(),
    };
    let array = level.and_then(|level| Some((level, image.levels.get(level)?.path.clone())));
    let Some((level, array)) = array else {
        return Ok(None);
    };
    let folder = inside(path, &array)?;
    let document = Document::read(&folder, limits)?
        .ok_or_else(|| malformed(path, format!("its level `{array}` is no array")))?;
    Ok(Some(Found {
        document,
        group: None,
        image: Some((image, level)),
    }))
}

/// What is found in the array or group of a name.
fn find_named(
    path: &Path,
    name: &str,
    listing: &Listing,
    limits: &Limits,
    depth: usize,
) -> Result<Found, Error> {
    let folder = inside(path, name)?;
    if !folder.is_dir() {
        return Err(Error::unsupported(
            path,
            format!("it has no `{name}`; {}", listing.title()),
        ));
    }
    let mut found = find_at(&folder, None, limits, depth + 1)?;
    if found.group.is_none() {
        let parent = folder.parent().unwrap_or(path).to_path_buf();
        let attributes = group_attributes(&parent, limits)?.unwrap_or_default();
        found.group = Some((parent, attributes));
    }
    Ok(found)
}

/// The only array of a group, or what is found in its only group.
fn find_only(
    path: &Path,
    attributes: Map<String, Value>,
    listing: &Listing,
    limits: &Limits,
    depth: usize,
) -> Result<Found, Error> {
    match (listing.frames(), listing.groups.as_slice()) {
        ([only], _) => {
            let document = Document::read(&inside(path, only)?, limits)?;
            let document =
                document.ok_or_else(|| malformed(path, format!("`{only}` is no array")))?;
            Ok(Found {
                document,
                group: Some((path.to_path_buf(), attributes)),
                image: None,
            })
        }
        ([], [only]) if depth < MOST_DEPTH => {
            find_at(&inside(path, only)?, None, limits, depth + 1)
        }
        ([], []) => match listing.others.first() {
            Some(name) => {
                let document = Document::read(&inside(path, name)?, limits)?;
                Err(document.map_or_else(
                    || malformed(path, "it is empty"),
                    |document| refused_type(&document),
                ))
            }
            None => Err(Error::unsupported(path, "it is a group without arrays")),
        },
        _ => {
            let reason = format!("{}; name one: `{}:NAME`", listing.title(), path.display());
            Err(Error::unsupported(path, reason))
        }
    }
}

/// What is in a group.
#[derive(Debug, Default)]
struct Listing {
    /// Arrays that can hold frames.
    arrays: Vec<String>,
    /// Arrays that cannot.
    others: Vec<String>,
    groups: Vec<String>,
}

impl Listing {
    fn of(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let mut listing = Self::default();
        let entries = std::fs::read_dir(path).map_err(Error::io("read", path))?;
        for entry in entries.take(MOST_ENTRIES) {
            let entry = entry.map_err(Error::io("read", path))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let folder = entry.path();
            if name.starts_with('.') || !folder.is_dir() {
                continue;
            }
            match Document::read(&folder, limits) {
                Ok(Some(document)) => {
                    let is_frames = document.shape.len() >= 2 && document.number.stored().is_some();
                    if is_frames {
                        listing.arrays.push(name);
                    } else {
                        listing.others.push(name);
                    }
                }
                // What is broken is named, and reading it says how.
                Err(_) => listing.arrays.push(name),
                Ok(None) => {
                    if group_attributes(&folder, limits)?.is_some() {
                        listing.groups.push(name);
                    }
                }
            }
        }
        for names in [
            &mut listing.arrays,
            &mut listing.others,
            &mut listing.groups,
        ] {
            names.sort_by(|left, right| natord::compare(left, right));
        }
        Ok(listing)
    }

    fn frames(&self) -> &[String] {
        &self.arrays
    }

    fn title(&self) -> String {
        let all = self.arrays.iter().chain(&self.groups).chain(&self.others);
        let names: Vec<_> = all
            .map(|name| name.escape_default().to_string())
            .take(50)
            .collect();
        if names.is_empty() {
            "it is empty".to_owned()
        } else {
            format!("it has {}", names.join(", "))
        }
    }
}
