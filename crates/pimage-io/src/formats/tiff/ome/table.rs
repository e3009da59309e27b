//! Which page of which file holds which plane.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use pimage_core::{Error, Limits};

use super::Sizes;
use super::beside;
use super::xml::{Image, TiffData};
use crate::formats::tiff::file::TiffFile;

/// Most names that a message lists.
const MOST_NAMES: usize = 4;

/// The files of a recording, opened when they are named.
#[derive(Debug)]
pub(in crate::formats::tiff) struct Files {
    pub(in crate::formats::tiff) all: Vec<TiffFile>,
    /// Which of them a name stands for; `None` when it is not there.
    by_name: HashMap<String, Option<usize>>,
}

impl Files {
    pub(in crate::formats::tiff) fn new(first: TiffFile) -> Self {
        Self {
            all: vec![first],
            by_name: HashMap::new(),
        }
    }

    /// The path of the file that was opened.
    pub(super) fn first(&self) -> &Path {
        self.all.first().map_or(Path::new(""), |file| &file.path)
    }

    /// The file that pages are in; `None` when it is not there or no TIFF.
    fn find(&mut self, data: &TiffData, own_uuid: Option<&str>, limits: &Limits) -> Option<usize> {
        let Some(name) = &data.file else {
            return Some(0);
        };
        let first = self.first().to_path_buf();
        let is_first = first.file_name().is_some_and(|own| own == name.as_str())
            || own_uuid.is_some() && data.uuid.as_deref() == own_uuid;
        if is_first {
            return Some(0);
        }
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let file = beside(&first, name).and_then(|path| TiffFile::open(&path, limits).ok());
        let place = file.map(|file| {
            self.all.push(file);
            self.all.len() - 1
        });
        self.by_name.insert(name.clone(), place);
        place
    }
}

/// One plane of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats::tiff) struct Entry {
    /// Its place in the order of the frames.
    pub(in crate::formats::tiff) plane: u64,
    /// Which file.
    pub(in crate::formats::tiff) file: u32,
    /// Offset of the page's directory.
    pub(in crate::formats::tiff) offset: u64,
}

/// Where the planes are, by their place.
#[derive(Debug)]
pub(in crate::formats::tiff) struct Table {
    pub(in crate::formats::tiff) files: Files,
    pub(in crate::formats::tiff) entries: Vec<Entry>,
    /// Why planes that are in no page are missing.
    pub(in crate::formats::tiff) missing: String,
}

/// The place of a plane in the order of the frames; `None` when it is outside.
pub(super) fn plane_number(sizes: &Sizes, c: u64, z: u64, t: u64) -> Option<u64> {
    let (mut number, mut step) = (0u64, 1u64);
    for (letter, length) in sizes {
        let position = match letter {
            'C' => c,
            'Z' => z,
            _ => t,
        };
        if position >= *length {
            return None;
        }
        number = number.checked_add(position.checked_mul(step)?)?;
        step = step.checked_mul(*length)?;
    }
    Some(number)
}

impl Table {
    pub(super) fn of(
        image: &Image,
        sizes: &Sizes,
        own_uuid: Option<&str>,
        is_only_image: bool,
        mut files: Files,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let total: u64 = sizes.iter().map(|(_, length)| length).product();
        limits.check_frames(total)?;
        let mut planes = HashMap::new();
        let mut used = HashSet::new();
        let mut missing = BTreeSet::new();
        let whole_file = TiffData::default();
        let data: &[TiffData] = if image.data.is_empty() {
            std::slice::from_ref(&whole_file)
        } else {
            &image.data
        };
        let is_lone = data.len() == 1 && is_only_image;
        for data in data {
            let Some(file) = files.find(data, own_uuid, limits) else {
                missing.extend(data.file.clone());
                continue;
            };
            let Some(first) = plane_number(sizes, data.first_c, data.first_z, data.first_t) else {
                continue;
            };
            let start = data.ifd.unwrap_or(0);
            let count = match (data.count, data.ifd) {
                (Some(count), _) => count,
                (None, Some(_)) if !is_lone => 1,
                _ => total,
            };
            let Some(chain) = files.all.get(file).map(|file| &file.chain) else {
                continue;
            };
            let pages = chain
                .pages
                .iter()
                .skip(usize::try_from(start).unwrap_or(usize::MAX));
            let places = first..total.min(first.saturating_add(count));
            for (plane, page) in places.zip(pages) {
                // A page is one plane; descriptions that repeat themselves would never end.
                if !used.insert((file, page.offset)) {
                    break;
                }
                let file = u32::try_from(file).unwrap_or(u32::MAX);
                let entry = Entry {
                    plane,
                    file,
                    offset: page.offset,
                };
                planes.entry(plane).or_insert(entry);
            }
        }
        let mut entries: Vec<Entry> = planes.into_values().collect();
        entries.sort_unstable_by_key(|entry| entry.plane);
        Ok(Self {
            files,
            entries,
            missing: reason(&missing),
        })
    }
}

fn reason(missing: &BTreeSet<String>) -> String {
    if missing.is_empty() {
        return "no page holds it".to_owned();
    }
    let names: Vec<_> = missing
        .iter()
        .take(MOST_NAMES)
        .map(|name| format!("`{name}`"))
        .collect();
    let others = missing.len() - names.len();
    let others = if others > 0 {
        format!(" and {others} others")
    } else {
        String::new()
    };
    format!(
        "it is in a file that is not there: {}{others}",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_numbered_in_their_order() {
        let sizes = [('C', 2), ('Z', 3), ('T', 4)];
        assert_eq!(plane_number(&sizes, 1, 0, 0), Some(1));
        assert_eq!(plane_number(&sizes, 0, 1, 0), Some(2));
        assert_eq!(plane_number(&sizes, 1, 2, 3), Some(23));
        assert_eq!(plane_number(&sizes, 2, 0, 0), None);
    }
}
