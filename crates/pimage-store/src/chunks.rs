//! The chunks of a store, by the names in its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pimage_core::Error;

use crate::{METADATA_FILE, StoreMetadata};

/// Names of ignored files that a note repeats.
const NAMED: usize = 5;

/// Digits that the name of a chunk has at least.
const DIGITS: usize = 6;

/// Where the frames of a chunk are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// A folder of images, `000003`.
    Images,
    /// A video under its own name, `000003.mp4`.
    Video,
    /// A video that was not finished, `.000003.mp4`.
    OpenVideo,
}

/// A chunk that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkFiles {
    pub(crate) number: u64,
    pub(crate) content: Content,
    /// Whether there is a journal beside it, as of a chunk that was not closed.
    pub(crate) has_journal: bool,
}

impl ChunkFiles {
    /// The six digits or more by which its files are called.
    pub(crate) fn stem(&self) -> String {
        stem(self.number)
    }

    /// The folder or the video, relative to the store.
    pub(crate) fn name(&self, extension: &str) -> String {
        match self.content {
            Content::Images => self.stem(),
            Content::Video => format!("{}.{extension}", self.stem()),
            Content::OpenVideo => format!(".{}.{extension}", self.stem()),
        }
    }

    /// The names that its index may have, relative to the store.
    pub(crate) fn index_names(&self) -> [String; 2] {
        let stem = self.stem();
        match self.content {
            Content::Images => ["npz", "yaml"].map(|kind| format!("{stem}/index.{kind}")),
            _ => ["npz", "yaml"].map(|kind| format!("{stem}.{kind}")),
        }
    }
}

/// The digits of a chunk's number.
pub(crate) fn stem(number: u64) -> String {
    format!("{number:0DIGITS$}")
}

/// The number that a name of digits is.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    let is_number = name.len() >= DIGITS && name.bytes().all(|byte| byte.is_ascii_digit());
    let number = name.parse().ok().filter(|_| is_number)?;
    (stem(number) == name).then_some(number)
}

/// What is in the folder of a store.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// By their numbers.
    pub(crate) chunks: Vec<ChunkFiles>,
    /// Numbers between the first and the last, and before the first, that no chunk has.
    pub(crate) missing: Vec<u64>,
    /// What is odd but stops nothing.
    pub(crate) notes: Vec<String>,
}

/// Looks at the names in the folder; no file is opened.
///
/// # Errors
///
/// [`Error::Io`].
pub(crate) fn scan(folder: &Path, metadata: &StoreMetadata) -> Result<Scan, Error> {
    let mut found: BTreeMap<u64, Content> = BTreeMap::new();
    let mut journals = BTreeSet::new();
    let mut indexed = BTreeSet::new();
    let mut ignored = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            ignored.push(name.to_string_lossy().into_owned());
            continue;
        };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        match Name::of(name, is_folder, metadata) {
            Name::Chunk(number, content) => {
                // A finished video is better than one that is not.
                let is_better = content != Content::OpenVideo || !found.contains_key(&number);
                if is_better {
                    found.insert(number, content);
                }
            }
            Name::Journal(number) => {
                journals.insert(number);
            }
            Name::Index(number) => {
                indexed.insert(number);
            }
            Name::Known => {}
            Name::Foreign => ignored.push(name.to_owned()),
        }
    }
    let mut scan = Scan {
        missing: missing_between(&found),
        ..Scan::default()
    };
    ignored.sort();
    if !ignored.is_empty() {
        scan.notes.push(ignored_note(&ignored));
    }
    scan.missing.extend(
        indexed
            .into_iter()
            .filter(|number| !found.contains_key(number)),
    );
    scan.missing.sort_unstable();
    scan.missing.dedup();
    scan.chunks = found
        .into_iter()
        .map(|(number, content)| ChunkFiles {
            number,
            content,
            has_journal: journals.contains(&number),
        })
        .collect();
    Ok(scan)
}

/// The greatest number of missing chunks that are listed one by one.
const MOST_MISSING: u64 = 10_000;

fn missing_between(found: &BTreeMap<u64, Content>) -> Vec<u64> {
    let mut missing = Vec::new();
    let mut next = 0u64;
    for number in found.keys() {
        missing.extend((next..*number).take(MOST_MISSING as usize));
        next = number.saturating_add(1);
    }
    missing.truncate(MOST_MISSING as usize);
    missing
}

fn ignored_note(ignored: &[String]) -> String {
    let named: Vec<_> = ignored
        .iter()
        .take(NAMED)
        .map(|name| format!("`{}`", name.escape_debug()))
        .collect();
    let more = match ignored.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("not of the store: {}{more}", named.join(", "))
}

/// What a name in the folder means.
enum Name {
    Chunk(u64, Content),
    Journal(u64),
    Index(u64),
    Known,
    Foreign,
}

impl Name {
    fn of(name: &str, is_folder: bool, metadata: &StoreMetadata) -> Self {
        if let Some(hidden) = name.strip_prefix('.') {
            // Hidden files are nobody's business, but for those of an open chunk.
            return match hidden.split_once('.') {
                Some((stem, kind)) if !is_folder => match number_of(stem) {
                    Some(number) if kind == "journal" => Self::Journal(number),
                    Some(number) if metadata.class.is_video() && kind == metadata.extension => {
                        Self::Chunk(number, Content::OpenVideo)
                    }
                    _ => Self::Known,
                },
                _ => Self::Known,
            };
        }
        if is_folder {
            return match number_of(name) {
                Some(number) if !metadata.class.is_video() => Self::Chunk(number, Content::Images),
                _ => Self::Foreign,
            };
        }
        if name == METADATA_FILE || name == "index.db" {
            return Self::Known;
        }
        let Some((stem, kind)) = name.split_once('.') else {
            return Self::Foreign;
        };
        match (number_of(stem), kind) {
            (Some(_), "extra.json" | "extra_data.json" | "extra_data.h5") => Self::Known,
            (Some(number), _) if metadata.class.is_video() && kind == metadata.extension => {
                Self::Chunk(number, Content::Video)
            }
            (Some(number), "npz" | "yaml") if metadata.class.is_video() => Self::Index(number),
            _ => Self::Foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageShape, format_by_name};

    fn metadata(format: &str) -> StoreMetadata {
        let shape = ImageShape {
            height: 2,
            width: 2,
            channels: None,
        };
        let format = format_by_name(format).expect("is in the table");
        StoreMetadata::new(format, shape, "uint8", 10)
    }

    #[test]
    fn only_canonical_names_are_chunks() {
        for (name, expected) in [
            ("000000", Some(0)),
            ("000123", Some(123)),
            ("1234567", Some(1_234_567)),
            ("0001234", None),
            ("00012", None),
            ("notes", None),
            ("+00012", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(number_of(name), expected, "{name}");
        }
    }

    #[test]
    fn foreign_names_are_noted_and_gaps_are_found() {
        let folder = tempfile::tempdir().expect("is made");
        for name in [
            "metadata.yaml",
            "000001.avi",
            "000001.npz",
            "000003.avi",
            "000004.npz",
            ".000005.avi",
            ".000005.journal",
            ".lock",
            "notes.avi",
            "000006.mp4",
        ] {
            std::fs::write(folder.path().join(name), b"").expect("is written");
        }
        std::fs::create_dir(folder.path().join("000009")).expect("is made");
        let scan = scan(folder.path(), &metadata("mjpeg/avi")).expect("is listed");
        let numbers: Vec<_> = scan.chunks.iter().map(|chunk| chunk.number).collect();
        assert_eq!(numbers, [1, 3, 5]);
        assert_eq!(scan.missing, [0, 2, 4]);
        let open = scan.chunks.last().expect("there are three");
        assert_eq!(open.name("avi"), ".000005.avi");
        assert!(open.has_journal);
        assert_eq!(
            scan.notes,
            ["not of the store: `000006.mp4`, `000009`, `notes.avi`"]
        );
    }
}
