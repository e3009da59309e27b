//! Still images: one, a folder, a pattern of names, a list.
//!
//! # What it stores
//!
//! One frame a file, coded by one of [`pimage_codec::CODECS`]; the order, and perhaps the position on several axes, are in the names.
//!
//! # What pimage reads
//!
//! One file; a folder; a shell's pattern (`run*/img_*.png`); a number as C prints it (`img_%05d.tif`); a list (`@names.txt`, one name a line,
//! relative to the list, in its order). All but lists are in natural order: `img_9` before `img_10`. The first file fixes the format of the frames.
//! What else is in a folder is left out, with a note. The frame's name is that of its file, its number the one that varies between the names.
//!
//! Names with several numbers span axes: by `ReadOptions::pattern`, such as `img_T%t_Z%z_C%c.png`, or where each number follows
//! a letter that is usual for an axis (`t001z02c1`, `_ch00_`). Frames go through the axes as a row-major array would; a position without a file is damage.
//!
//! Files that hold several frames each (stacks, videos, recordings, folders of Zarr) follow one another. Times later than the last of the first file are kept;
//! those that begin anew are shifted by the frames before, with the rate, and lost without one, which the metadata note as `times`.
//! A list names files, never other lists or patterns.
//!
//! # What it writes
//!
//! One file a frame, `out_%05d.png`, numbered by the index of the frame; a folder, `OUT/`; names with axes, `img_T%t_Z%z.png`; one image;
//! files of several frames each, `part_%03d.tif` with `WriteOptions::frames_per_file`. All files appear at the end, or none.
//!
//! # What is lost
//!
//! Times, rate and metadata, and what the codec loses; the numbers of the frames.
//!
//! # Specification
//!
//! That of each codec: see `pimage_codec`.

#[cfg(feature = "images")]
mod files;
#[cfg(feature = "images")]
mod find;
#[cfg(feature = "images")]
mod grid;
#[cfg(feature = "images")]
mod joined;
#[cfg(feature = "images")]
mod names;
#[cfg(feature = "images")]
mod parts;
#[cfg_attr(
    not(feature = "images"),
    expect(dead_code, reason = "only whether a name is a pattern is asked then")
)]
mod pattern;
#[cfg(feature = "images")]
mod place;
#[cfg(feature = "images")]
mod reader;
#[cfg(feature = "images")]
mod still;
#[cfg(feature = "images")]
mod writer;

pub use pattern::numbered_name;

use std::path::{Path, PathBuf};

use pimage_core::Error;

use self::pattern::Pattern;
use crate::open::{extension_of, row_of_extension};
use crate::{Format, Probe, WriteOptions};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "images",
    title: "still images, one or a folder of them",
    extensions: &[
        "png", "jpg", "jpeg", "bmp", "webp", "qoi", "jp2", "j2k", "jxl", "avif", "bpg", "pgm",
        "ppm", "pbm", "pnm", "pam", "pfm",
    ],
    reads: "one, a folder, a pattern (`img_*.png`, `img_%05d.tif`), a list (`@names.txt`); axes in the names; folders of stacks and videos",
    writes: "the same",
    detect: Some(detect),
    feature: "images",
    #[cfg(feature = "images")]
    open: Some(find::open),
    #[cfg(not(feature = "images"))]
    open: None,
    #[cfg(feature = "images")]
    create: Some(place::create),
    #[cfg(not(feature = "images"))]
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.is_folder || pimage_codec::by_content(probe.head).is_some()
}

/// Whether a name stands for several files: `*`, `?` and `[` of a shell, or a number as in `img_%05d.png`; or a list, `@names.txt`.
pub(crate) fn is_pattern(path: &Path) -> bool {
    is_list(path) || is_glob(path) || file_pattern(path).is_some()
}

fn is_list(path: &Path) -> bool {
    list_of(path).is_some()
}

/// The file of names that `@FOLDER/NAMES` or `FOLDER/@NAMES` stands for.
fn list_of(path: &Path) -> Option<PathBuf> {
    let text = path.to_str()?;
    if let Some(list) = text.strip_prefix('@') {
        return Some(PathBuf::from(list));
    }
    let name = path.file_name()?.to_str()?.strip_prefix('@')?;
    Some(path.with_file_name(name))
}

fn is_glob(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.iter().any(|byte| b"*?[".contains(byte))
}

/// The file name as a pattern with numbers; `None` when it has none.
fn file_pattern(path: &Path) -> Option<Pattern> {
    Pattern::parse(&path.file_name()?.to_string_lossy())
}

fn is_slashed(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|byte| std::path::is_separator(char::from(*byte)))
}

/// Whether an output of this name is one image or a folder of them, or several files with a number in the name.
///
/// # Errors
///
/// [`Error::BadOption`] when a number of frames a file is missing, or given for a name without a number.
pub(crate) fn is_output(path: &Path, options: &WriteOptions) -> Result<bool, Error> {
    let extension = extension_of(path);
    let is_codec_only = |name: &str| {
        pimage_codec::file_by_name(name).is_some()
            && crate::FORMATS.iter().all(|row| row.name != name)
    };
    let named = options.format.as_deref();
    let is_image = named.map_or_else(
        || pimage_codec::by_extension(&extension).is_some(),
        |name| name == FORMAT.name || pimage_codec::file_by_name(name).is_some(),
    );
    let row = row_of_extension(&extension);
    if file_pattern(path).is_some() && (named.is_some() || row.is_some() || is_image) {
        if !is_image && options.frames_per_file.is_none() {
            return Err(Error::bad_option(
                "--frames-per-file",
                "missing",
                "how many frames each file has, for a name with a number",
            ));
        }
        return Ok(true);
    }
    if let Some(count) = options.frames_per_file {
        let expected = "a name with a number, such as `part_%03d.tif`";
        return Err(Error::bad_option(
            "--frames-per-file",
            format!("{count} for `{}`", path.display()),
            expected,
        ));
    }
    let is_images_row = row.is_some_and(|row| std::ptr::eq(row, &FORMAT));
    let is_image_folder = is_slashed(path) && (is_image || (named.is_none() && row.is_none()));
    Ok(is_image_folder
        || named.map_or(is_images_row, |name| {
            name == FORMAT.name || is_codec_only(name)
        }))
}

/// Whether an output of images of this name would write over `file`.
#[cfg(feature = "images")]
pub(crate) use place::writes_over;

/// Whether an output of images of this name would write over `file`: none is written.
#[cfg(not(feature = "images"))]
pub(crate) fn writes_over(_path: &Path, _options: &WriteOptions, _file: &Path) -> bool {
    false
}
