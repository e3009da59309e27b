//! The files that a folder, a pattern or a list stands for, in their order.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use pimage_core::{Error, Limits};

use super::names;
use super::pattern::Pattern;
use super::{file_pattern, is_glob, is_pattern, is_slashed, list_of};
use crate::open::{extension_of, row_of_extension};
use crate::{FORMATS, ReadOptions};

/// Files of one kind.
#[derive(Debug)]
pub(super) struct Files {
    /// What was opened, for errors.
    pub(super) source: PathBuf,
    /// The folder that the names are relative to.
    base: PathBuf,
    names: Vec<PathBuf>,
    /// How the names tell positions.
    pub(super) pattern: Option<Pattern>,
    /// What was left out, in words; empty when nothing was.
    pub(super) ignored: String,
    /// Whether the caller said which format they are.
    pub(super) is_format_given: bool,
}

/// Names that the file managers of Windows and macOS leave behind.
const LITTER: [&str; 2] = ["thumbs.db", "desktop.ini"];

impl Files {
    /// What `path` stands for.
    ///
    /// # Errors
    ///
    /// [`Error::Unrecognized`] when there is nothing to read; [`Error::Unsupported`] when it is not clear what; [`Error::Io`]; [`Error::TooLarge`].
    pub(super) fn find(path: &Path, options: &ReadOptions) -> Result<Self, Error> {
        if let Ok(metadata) = path.metadata() {
            if metadata.is_dir() {
                return Self::of_folder(path, given_pattern(options)?, options);
            }
            if let Some(pattern) = &options.pattern {
                let expected = "none for one file";
                return Err(Error::bad_option(
                    "--pattern",
                    format!("`{pattern}`"),
                    expected,
                ));
            }
            return Ok(Self::of_one(path));
        }
        if let Some(list) = list_of(path) {
            return Self::of_list(path, &list, options);
        }
        if let Some(pattern) = file_pattern(path) {
            if options.pattern.is_some() {
                let expected = "none, because the input's name is a pattern itself";
                return Err(Error::bad_option("--pattern", "given", expected));
            }
            pattern.axes("the input")?;
            return Self::of_folder(folder_of(path), Some(pattern), options)
                .map_err(|error| Self::renamed(error, path));
        }
        if is_glob(path) && !is_slashed(path) {
            return Self::of_glob(path, options);
        }
        // It vanished, or never was.
        path.metadata().map_err(Error::io("open", path))?;
        Ok(Self::of_one(path))
    }

    /// Errors about what a pattern fits name the pattern instead of the folder.
    fn renamed(error: Error, pattern: &Path) -> Error {
        match error {
            Error::Unrecognized { hint, .. } => Error::Unrecognized {
                path: pattern.to_path_buf(),
                hint,
            },
            other => other,
        }
    }

    fn of_one(path: &Path) -> Self {
        Self {
            source: path.to_path_buf(),
            base: path.parent().map(Path::to_path_buf).unwrap_or_default(),
            names: path.file_name().map(PathBuf::from).into_iter().collect(),
            pattern: None,
            ignored: String::new(),
            is_format_given: false,
        }
    }

    fn of_folder(
        folder: &Path,
        pattern: Option<Pattern>,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        let mut found = Found::new(options);
        for entry in fs::read_dir(folder).map_err(Error::io("open", folder))? {
            let entry = entry.map_err(Error::io("read", folder))?;
            let name = PathBuf::from(entry.file_name());
            let text = name.to_string_lossy();
            if text.starts_with('.') || LITTER.contains(&text.to_lowercase().as_str()) {
                continue;
            }
            let kind = entry.file_type().map_err(Error::io("read", folder))?;
            // What a link leads to is not asked of each of many files: reading it tells.
            let fits = pattern
                .as_ref()
                .is_none_or(|pattern| pattern.keys(&text).is_some());
            if kind.is_dir() && !(fits && is_of_folders(&extension_of(&name))) {
                found.folders += 1;
            } else if fits {
                found.add(name, &options.limits)?;
            } else {
                found.others += 1;
            }
        }
        let what = if pattern.is_some() {
            "no file fits it"
        } else {
            "an empty folder"
        };
        let mut files = found.choose(folder, folder, what, pattern.is_some())?;
        files.pattern = pattern;
        Ok(files)
    }

    fn of_glob(path: &Path, options: &ReadOptions) -> Result<Self, Error> {
        let text = path.to_str().ok_or_else(|| {
            Error::unsupported(
                path,
                "a pattern that is not UTF-8; a list can name such files",
            )
        })?;
        let matching = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let matches = glob::glob_with(text, matching)
            .map_err(|error| Error::unsupported(path, format!("as a pattern: {error}")))?;
        let pattern = given_pattern(options)?;
        let base = fixed_part(path);
        let mut found = Found::new(options);
        for matched in matches {
            let matched = matched.map_err(|error| {
                let folder = error.path().to_path_buf();
                Error::io("read", folder)(error.into())
            })?;
            let name = matched.strip_prefix(&base).unwrap_or(&matched);
            let fits = pattern.as_ref().is_none_or(|pattern| {
                let file = name.file_name().unwrap_or_default().to_string_lossy();
                pattern.keys(&file).is_some()
            });
            if !fits {
                found.others += 1;
            } else if extension_of(name).is_empty() && matched.is_dir() {
                found.folders += 1;
            } else {
                found.add(name.to_path_buf(), &options.limits)?;
            }
        }
        let mut files = found.choose(path, &base, "no file fits it", true)?;
        files.pattern = pattern;
        Ok(files)
    }

    /// The names in a list, in their order, whatever they are.
    fn of_list(path: &Path, list: &Path, options: &ReadOptions) -> Result<Self, Error> {
        let file = fs::File::open(list).map_err(Error::io("open", list))?;
        let mut lines = BufReader::new(file);
        let mut names = Vec::new();
        let mut line = Vec::new();
        let bound = options.limits.max_header_bytes;
        loop {
            line.clear();
            let mut limited = (&mut lines).take(bound.saturating_add(1));
            let length = limited
                .read_until(b'\n', &mut line)
                .map_err(Error::io("read", list))?;
            options.limits.check_header(length as u64)?;
            if length == 0 {
                break;
            }
            let number = names.len() + 1;
            let name = std::str::from_utf8(&line)
                .map_err(|error| {
                    let reason = format!("name {number} is not UTF-8: {error}");
                    Error::malformed("list of files", list, reason)
                })?
                .trim_end_matches(['\r', '\n']);
            if name.contains('\0') {
                let reason = format!("name {number} has a zero in it");
                return Err(Error::malformed("list of files", list, reason));
            }
            if !name.trim().is_empty() {
                let name = PathBuf::from(name);
                if is_pattern(&name) && folder_of(list).join(&name).symlink_metadata().is_err() {
                    let reason = format!(
                        "its name {number}, `{}`, is a list or a pattern itself, or a file that is not there",
                        name.display()
                    );
                    return Err(Error::unsupported(list, reason));
                }
                names.push(name);
                options.limits.check_frames(names.len() as u64)?;
            }
        }
        if names.is_empty() {
            return Err(Error::Unrecognized {
                path: path.to_path_buf(),
                hint: "a list without a name".to_owned(),
            });
        }
        Ok(Self {
            source: path.to_path_buf(),
            base: folder_of(list).to_path_buf(),
            names,
            pattern: given_pattern(options)?,
            ignored: String::new(),
            is_format_given: options.format.as_deref().is_some_and(is_kind),
        })
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.names.len()
    }

    /// Where a file is.
    pub(super) fn path(&self, place: usize) -> PathBuf {
        match self.names.get(place) {
            Some(name) => self.base.join(name),
            None => self.source.clone(),
        }
    }

    /// The name of a file, relative to the folder.
    pub(super) fn name(&self, place: usize) -> String {
        self.names
            .get(place)
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// All of them.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        (0..self.len()).map(|place| self.path(place)).collect()
    }
}

fn given_pattern(options: &ReadOptions) -> Result<Option<Pattern>, Error> {
    let Some(text) = &options.pattern else {
        return Ok(None);
    };
    let pattern = Pattern::parse(text).ok_or_else(|| {
        let expected = "a name with axes in it, such as `img_T%t_Z%z_C%c.png`";
        Error::bad_option("--pattern", format!("`{text}`"), expected)
    })?;
    pattern.axes("--pattern")?;
    Ok(Some(pattern))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The folders of a shell's pattern before the first that is one.
fn fixed_part(pattern: &Path) -> PathBuf {
    folder_of(pattern)
        .components()
        .take_while(|part| !is_glob(Path::new(part)))
        .collect()
}

/// Whether `--format NAME` says what the files are: a codec, or a format of recordings.
fn is_kind(name: &str) -> bool {
    pimage_codec::file_by_name(name).is_some()
        || FORMATS
            .iter()
            .any(|row| row.name == name && row.name != "images")
}

/// What files with this extension are; `None` for what is not read by itself.
fn kind_of(extension: &str) -> Option<&'static str> {
    if let Some(codec) = pimage_codec::by_extension(extension) {
        return Some(codec.name);
    }
    let row = row_of_extension(extension)?;
    // Samples without a header are side files more often than recordings.
    (row.name != "raw").then_some(row.name)
}

/// Whether recordings with this extension are folders.
pub(super) fn is_of_folders(extension: &str) -> bool {
    row_of_extension(extension).is_some_and(|row| row.name == "zarr")
}

/// Names by their extension.
struct Found {
    by_extension: BTreeMap<String, Vec<PathBuf>>,
    count: u64,
    folders: u64,
    /// What a pattern does not fit.
    others: u64,
    wanted: Option<String>,
    is_raw: bool,
}

impl Found {
    fn new(options: &ReadOptions) -> Self {
        Self {
            by_extension: BTreeMap::new(),
            count: 0,
            folders: 0,
            others: 0,
            wanted: options.format.clone().filter(|name| is_kind(name)),
            is_raw: options.raw.is_some(),
        }
    }

    fn add(&mut self, name: PathBuf, limits: &Limits) -> Result<(), Error> {
        self.count += 1;
        limits.check_frames(self.count)?;
        let extension = extension_of(&name);
        match self.by_extension.get_mut(&extension) {
            Some(names) => names.push(name),
            None => {
                self.by_extension.insert(extension, vec![name]);
            }
        }
        Ok(())
    }

    /// The kind of most files, when that is beyond doubt: more than all others that can be read together.
    ///
    /// With `any`, files of unknown extensions are taken when there are no others.
    fn choose(
        mut self,
        source: &Path,
        base: &Path,
        empty: &str,
        any: bool,
    ) -> Result<Files, Error> {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for (extension, names) in &self.by_extension {
            let kind = match (&self.wanted, self.is_raw) {
                (_, true) => Some("raw"),
                (Some(wanted), false) => kind_of(extension).filter(|kind| kind == wanted),
                (None, false) => kind_of(extension),
            };
            if let Some(kind) = kind {
                *counts.entry(kind).or_default() += names.len();
            }
        }
        let readable: usize = counts.values().sum();
        let most = counts.iter().max_by_key(|(_, count)| **count);
        let kind = match most {
            Some((kind, count)) if *count * 2 > readable => Some(*kind),
            Some(_) => return Err(self.ambiguous(source)),
            None if any && self.count > 0 => None,
            None => return Err(self.unreadable(source, empty)),
        };
        let is_chosen =
            |extension: &str| self.is_raw || kind.is_none() || kind_of(extension) == kind;
        let mut names = Vec::new();
        let mut ignored = BTreeMap::new();
        for (extension, of_it) in std::mem::take(&mut self.by_extension) {
            if is_chosen(&extension) {
                names.extend(of_it);
            } else {
                ignored.insert(extension, of_it.len());
            }
        }
        sort_naturally(&mut names);
        Ok(Files {
            source: source.to_path_buf(),
            base: base.to_path_buf(),
            names,
            pattern: None,
            ignored: self.summary(
                ignored
                    .iter()
                    .map(|(extension, count)| (extension.as_str(), *count)),
            ),
            is_format_given: self.wanted.is_some() || self.is_raw,
        })
    }

    /// `12 .txt, 3 without extension, 2 folders`.
    fn summary<'a>(&self, counts: impl Iterator<Item = (&'a str, usize)>) -> String {
        /// Extensions that are named.
        const MOST: usize = 8;
        let mut counts: Vec<_> = counts.collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let rest: usize = counts.iter().skip(MOST).map(|(_, count)| count).sum();
        let mut parts: Vec<_> = counts
            .iter()
            .take(MOST)
            .map(|(extension, count)| match *extension {
                "" => format!("{count} without extension"),
                _ => format!("{count} .{extension}"),
            })
            .collect();
        for (count, what) in [
            (rest as u64, "of other extensions"),
            (self.others, "of other names"),
            (self.folders, "folder(s)"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        parts.join(", ")
    }

    fn listing(&self) -> String {
        self.summary(
            self.by_extension
                .iter()
                .map(|(extension, names)| (extension.as_str(), names.len())),
        )
    }

    fn ambiguous(&self, source: &Path) -> Error {
        let reason = format!(
            "it holds {}, so that it is not clear which to read: give a pattern such as `{}`",
            self.listing(),
            source.join("*.png").display()
        );
        Error::unsupported(source, reason)
    }

    fn unreadable(&self, source: &Path, empty: &str) -> Error {
        let listing = self.listing();
        let has_none = listing.is_empty() || (self.count == 0 && self.others > 0);
        let hint = match (&self.wanted, has_none) {
            (_, true) => empty.to_owned(),
            (Some(wanted), false) => format!("it holds {listing}, none of which is {wanted}"),
            (None, false) => format!("it holds {listing}, none of which pimage reads"),
        };
        Error::Unrecognized {
            path: source.to_path_buf(),
            hint,
        }
    }
}

/// `img_9` before `img_10`; the order does not depend on that in which they came.
fn sort_naturally(names: &mut [PathBuf]) {
    // Names whose numbers are padded are in natural order then, of which a stable sort takes notice.
    names.sort_unstable();
    names.sort_by(|left, right| {
        names::compare(
            left.as_os_str().as_encoded_bytes(),
            right.as_os_str().as_encoded_bytes(),
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(names: &[&str]) -> Vec<String> {
        let mut names: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
        sort_naturally(&mut names);
        names
            .iter()
            .map(|name| name.display().to_string())
            .collect()
    }

    #[test]
    fn numbers_sort_by_value() {
        assert_eq!(
            sorted(&["img_10.png", "img_9.png", "IMG_1.png", "img_009.png"]),
            ["IMG_1.png", "img_009.png", "img_9.png", "img_10.png"]
        );
        assert_eq!(
            sorted(&["run10/a.png", "run9/b.png", "run9/a.png"]),
            ["run9/a.png", "run9/b.png", "run10/a.png"]
        );
    }

    #[test]
    fn the_fixed_part_of_a_pattern() {
        assert_eq!(fixed_part(Path::new("/a/run*/img_*.png")), Path::new("/a"));
        assert_eq!(fixed_part(Path::new("a/b/*.png")), Path::new("a/b"));
        assert_eq!(fixed_part(Path::new("*.png")), Path::new("."));
    }
}
