//! Where images are written: one file, a folder, or names with numbers.

use std::fs;
use std::path::{Path, PathBuf};

use pimage_codec::Codec;
use pimage_core::{Error, FrameWriter, StreamInfo};

use super::parts::PartsWriter;
use super::pattern::{Key, Pattern};
use super::writer::ImagesWriter;
use super::{file_pattern, is_slashed};
use crate::WriteOptions;
use crate::open::extension_of;

/// Digits of the numbers in a folder, when fewer would do.
const LEAST_DIGITS: usize = 5;

/// The codec of a folder that nothing else is said of.
const USUAL_CODEC: &str = "png";

/// Where the files of an output are.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// One image.
    One(PathBuf),
    /// A folder that is made, or that is empty, or that may be replaced.
    Folder(PathBuf, Pattern),
    /// Files in a folder that exists.
    Files(PathBuf, Pattern),
}

impl Place {
    /// What an output of this name is, and the extension that tells its codec.
    pub(super) fn of(
        path: &Path,
        info: Option<&StreamInfo>,
        options: &WriteOptions,
    ) -> (Self, String) {
        let extension = extension_of(path);
        if is_slashed(path)
            || (options.format.is_some() && extension.is_empty() && file_pattern(path).is_none())
        {
            let codec = options
                .format
                .as_deref()
                .and_then(pimage_codec::file_by_name)
                .or_else(|| pimage_codec::by_extension(&extension))
                .or_else(|| pimage_codec::file_by_name(USUAL_CODEC));
            let extension = codec
                .and_then(|codec| codec.extensions.first())
                .map_or(USUAL_CODEC, |extension| extension);
            let count = info.and_then(|info| info.frame_count.get()).unwrap_or(0);
            let digits = count.saturating_sub(1).to_string().len().max(LEAST_DIGITS);
            let pattern = Pattern::numbered(digits, extension);
            return (
                Self::Folder(path.components().collect(), pattern),
                extension.to_owned(),
            );
        }
        match file_pattern(path) {
            Some(pattern) => {
                let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
                (Self::Files(folder, pattern), extension)
            }
            None => (Self::One(path.to_path_buf()), extension),
        }
    }

    /// Complains early about what would stop the writer at its first or last frame.
    pub(super) fn check(&self, options: &WriteOptions) -> Result<(), Error> {
        match self {
            Self::One(path) => crate::create::check_place(path, options),
            Self::Files(folder, pattern) => {
                let metadata = or_here(folder)
                    .metadata()
                    .map_err(Error::io("create", folder))?;
                if !metadata.is_dir() {
                    let source = std::io::Error::from(std::io::ErrorKind::NotADirectory);
                    return Err(Error::io("create", folder)(source));
                }
                expect_free(&folder.join(pattern.name(|_| 0)), options)
            }
            Self::Folder(folder, _) => check_folder(folder, options),
        }
    }
}

/// The folder itself, where it has a name.
pub(super) fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// An error when a name is taken that may not be replaced.
pub(super) fn expect_free(path: &Path, options: &WriteOptions) -> Result<(), Error> {
    if !options.overwrite && path.symlink_metadata().is_ok() {
        return Err(Error::Exists {
            path: path.to_path_buf(),
        });
    }
    Ok(())
}

/// What a folder has under names with one number.
fn numbered(folder: &Path, pattern: &Pattern) -> impl Iterator<Item = (u64, PathBuf)> {
    let entries = fs::read_dir(or_here(folder))
        .into_iter()
        .flatten()
        .flatten();
    entries.filter_map(move |entry| {
        let keys = pattern.keys(&entry.file_name().to_string_lossy());
        match keys.unwrap_or_default().as_slice() {
            [Key::Number(number)] => Some((*number, entry.path())),
            _ => None,
        }
    })
}

/// How many files in a folder have a name with one number, from `next` on.
pub(super) fn count_beyond(folder: &Path, pattern: &Pattern, next: u64) -> u64 {
    let numbers = numbered(folder, pattern);
    numbers.filter(|(number, _)| *number >= next).count() as u64
}

/// An error when one of the first `count` names is taken.
pub(super) fn expect_all_free(
    folder: &Path,
    pattern: &Pattern,
    count: u64,
    options: &WriteOptions,
) -> Result<(), Error> {
    let mut taken = numbered(folder, pattern).filter(|(number, _)| *number < count);
    taken.try_for_each(|(_, path)| expect_free_of_folders(&path, options))
}

/// An error when a name is taken that may not be replaced, or by a folder, which is never replaced by one of several files.
pub(super) fn expect_free_of_folders(path: &Path, options: &WriteOptions) -> Result<(), Error> {
    expect_free(path, options)?;
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {
            let reason = "it is a folder, which is not replaced by one of several outputs";
            Err(Error::unsupported(path, reason))
        }
        _ => Ok(()),
    }
}

/// Whether there is a folder without anything in it.
pub(super) fn is_empty_folder(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// A folder may be new, empty, or hold numbered images alone and be overwritten.
fn check_folder(folder: &Path, options: &WriteOptions) -> Result<(), Error> {
    let Ok(metadata) = folder.symlink_metadata() else {
        let parent = or_here(folder.parent().unwrap_or(Path::new("")));
        parent.metadata().map_err(Error::io("create", folder))?;
        return Ok(());
    };
    if metadata.is_dir() && is_empty_folder(folder) {
        return Ok(());
    }
    if !options.overwrite {
        return Err(Error::Exists {
            path: folder.to_path_buf(),
        });
    }
    if !metadata.is_dir() {
        let source = std::io::Error::from(std::io::ErrorKind::NotADirectory);
        return Err(Error::io("replace", folder)(source));
    }
    expect_numbered_images(folder).map_err(|error| error.at_path(folder, None))
}

/// An error when there is something else in a folder that is to be replaced.
///
/// Errors have an empty path.
pub(super) fn expect_numbered_images(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::io("read", ""))? {
        let name = PathBuf::from(entry.map_err(Error::io("read", ""))?.file_name());
        if !is_numbered_image(&name) {
            let reason = format!(
                "it holds `{}`, and only folders of numbered images are replaced",
                name.display()
            );
            return Err(Error::unsupported("", reason));
        }
    }
    Ok(())
}

/// `00012.png`, as a writer of folders names its files.
fn is_numbered_image(name: &Path) -> bool {
    let stem = name.file_stem().unwrap_or_default().as_encoded_bytes();
    !stem.is_empty()
        && stem.iter().all(u8::is_ascii_digit)
        && pimage_codec::by_extension(&extension_of(name)).is_some()
}

/// Whether an output of this name would write over `file`: what comes of a name with numbers, or into a folder.
pub(crate) fn writes_over(path: &Path, options: &WriteOptions, file: &Path) -> bool {
    let is_in = |folder: &Path| {
        let parent = or_here(file.parent().unwrap_or(Path::new("")));
        pimage_fs::same_file(or_here(folder), parent)
    };
    match Place::of(path, None, options).0 {
        Place::One(path) => pimage_fs::same_file(path, file),
        Place::Folder(folder, _) => is_in(&folder),
        Place::Files(folder, pattern) => {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            pattern.keys(&name).is_some() && is_in(&folder)
        }
    }
}

/// The codec of an output: the one named, else that of the extension.
pub(super) fn codec_of(
    path: &Path,
    extension: &str,
    options: &WriteOptions,
) -> Result<&'static Codec, Error> {
    let named = options
        .format
        .as_deref()
        .and_then(pimage_codec::file_by_name);
    named
        .or_else(|| pimage_codec::by_extension(extension))
        .ok_or_else(|| {
            let names: Vec<_> = pimage_codec::files().map(|codec| codec.name).collect();
            let reason = format!(
                "no still image has that extension; there are {}",
                names.join(", ")
            );
            Error::unsupported(path, reason)
        })
}

/// Prepares an output of images.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    let (place, extension) = Place::of(path, Some(info), options);
    place.check(options)?;
    if let (Place::Files(folder, pattern), Some(count)) = (&place, options.frames_per_file) {
        let writer = PartsWriter::new(path, folder, pattern, count, info, options)?;
        return Ok(Box::new(writer));
    }
    let codec = codec_of(path, &extension, options)?;
    codec.expect_held(&info.format)?;
    Ok(Box::new(ImagesWriter::new(
        path, place, codec, info, options,
    )?))
}
