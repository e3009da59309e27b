//! Finding the reader for a file.

use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use pimage_core::{Error, FrameReader};

use crate::formats::{images, norpix, raw, video_row, y4m};
use crate::wrap::{self, Wrapped};
use crate::{FORMATS, Format, Probe, ReadOptions, foreign};

/// Bytes from the start of a file that detection looks at.
const HEAD_BYTES: u64 = 4096;

/// Metadata name of the note that content and extension disagree.
const DISAGREEMENT: &str = "extension_disagrees";

/// Opens a recording of any format: by its content first, by its extension second.
///
/// When both name a format and disagree, the content wins and the metadata have a note, `extension_disagrees`.
///
/// # Errors
///
/// [`Error::Unrecognized`] when no format fits; [`Error::NotBuilt`] when the one that fits is not compiled in; whatever the format answers.
pub fn open(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let path = path.as_ref();
    foreign::refuse_two_layouts(options)?;
    if path.symlink_metadata().is_err() {
        if images::is_pattern(path) {
            if let Some(name) = &options.format {
                row_or_codec("--format", name)?;
            }
            return open_as(&images::FORMAT, &Probe::of_name(path), options);
        }
        if let Some((container, variable)) = split_variable(path) {
            let variable = Some(variable);
            let options = ReadOptions {
                variable,
                ..options.clone()
            };
            return open(container, &options);
        }
    }
    let (head, is_folder) = head_of(path)?;
    let extension = extension_of(path);
    let probe = Probe {
        path,
        head: &head,
        extension: &extension,
        is_folder,
    };
    if let Some(name) = &options.format {
        let row = row_or_codec("--format", name)?;
        // A folder of files of that format, where the format is not one of folders.
        let is_of_files = is_folder && !matches!(row.name, "imgstore" | "zarr");
        let row = if is_of_files { &images::FORMAT } else { row };
        return open_as(row, &probe, options);
    }
    if options.raw.is_some() {
        let row = if is_folder {
            &images::FORMAT
        } else {
            &raw::FORMAT
        };
        return open_as(row, &probe, options);
    }
    let by_extension = row_of_extension(&extension);
    let by_content = FORMATS
        .iter()
        .copied()
        .find(|row| row.detect.is_some_and(|detect| detect(&probe)));
    match (by_content, by_extension) {
        (Some(row), Some(other)) if !std::ptr::eq(row, other) && !shares(row, &extension) => {
            let note = format!(
                "the content is {}, the extension `{extension}` is that of {}",
                row.name, other.name
            );
            let inner = open_as(row, &probe, options)?;
            Ok(Box::new(Wrapped::noted(inner, DISAGREEMENT, note)))
        }
        (Some(row), _) => open_as(row, &probe, options),
        (None, _) => open_unknown(&probe, by_extension, options),
    }
}

/// Reads frames from a stream that cannot seek, such as standard input: y4m, or raw when `options.raw` says the layout.
///
/// `name` stands for the path in errors.
///
/// # Errors
///
/// [`Error::Unrecognized`] when it is not y4m and no layout was given; whatever the format answers.
pub fn open_stream(
    name: &str,
    source: Box<dyn Read + Send>,
    options: &ReadOptions,
) -> Result<Box<dyn FrameReader>, Error> {
    foreign::refuse_two_layouts(options)?;
    let is_raw = options.raw.is_some() || options.format.as_deref() == Some("raw");
    let row = if is_raw { &raw::FORMAT } else { &y4m::FORMAT };
    foreign::refuse_reading(row, options)?;
    match (options.format.as_deref(), &options.raw) {
        (None, Some(_)) | (Some("raw"), _) => {
            let reader = raw::open_stream(name, source, options)?;
            Ok(gray_if_asked(reader, options))
        }
        (None | Some("y4m"), _) => y4m::open_stream(name, source, options),
        (Some(other), _) => {
            row_named("--format", other)?;
            Err(Error::unsupported(
                name,
                format!("{other} cannot be read from a stream, only y4m and raw can"),
            ))
        }
    }
}

/// The file and the name in `file:name`, when there is such a file and none of the whole name; the name may be a path itself, `file:/group/name`.
#[must_use]
pub fn split_variable(path: &Path) -> Option<(PathBuf, String)> {
    if path.symlink_metadata().is_ok() {
        return None;
    }
    path.ancestors().find_map(|part| {
        let (file, name) = part.file_name()?.to_str()?.rsplit_once(':')?;
        let inner = path.strip_prefix(part).ok()?.to_str()?;
        let variable = match inner {
            "" => name.to_owned(),
            inner => format!("{name}/{inner}"),
        };
        let file = part.with_file_name(file);
        (!variable.is_empty() && file.exists()).then_some((file, variable))
    })
}

/// The first bytes of a file, and whether it is a folder, which has none.
fn head_of(path: &Path) -> Result<(Vec<u8>, bool), Error> {
    // Asked before opening, because to open a pipe waits for someone to write.
    let metadata = path.metadata().map_err(Error::io("open", path))?;
    if metadata.is_dir() {
        return Ok((Vec::new(), true));
    }
    if !metadata.is_file() {
        let reason = "it is not a regular file; a stream is read as standard input, `-`";
        return Err(Error::unsupported(path, reason));
    }
    let mut head = Vec::new();
    let file = File::open(path).map_err(Error::io("open", path))?;
    file.take(HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(Error::io("read", path))?;
    Ok((head, false))
}

fn unrecognized(path: &Path, hint: impl Into<String>) -> Error {
    Error::Unrecognized {
        path: path.to_path_buf(),
        hint: hint.into(),
    }
}

/// Lower-case extension without the dot; empty when there is none.
pub(crate) fn extension_of(path: &Path) -> String {
    path.extension()
        .map(|extension| extension.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

fn shares(row: &Format, extension: &str) -> bool {
    row.extensions.contains(&extension)
}

/// The first row that has this extension.
pub(crate) fn row_of_extension(extension: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|row| shares(row, extension))
}

/// The row of this name, or an error that lists the names.
pub(crate) fn row_named(option: &str, name: &str) -> Result<&'static Format, Error> {
    let row = FORMATS.iter().copied().find(|row| row.name == name);
    row.ok_or_else(|| {
        let names: Vec<_> = FORMATS.iter().map(|row| row.name).collect();
        let expected = format!("one of {}", names.join(", "));
        Error::bad_option(option, format!("`{name}`"), expected)
    })
}

/// The row of this name, or that of images for the name of a still-image codec.
pub(crate) fn row_or_codec(option: &str, name: &str) -> Result<&'static Format, Error> {
    match row_named(option, name) {
        Err(_) if pimage_codec::file_by_name(name).is_some() => Ok(&images::FORMAT),
        found => found,
    }
}

/// Opens a file whose content no row claims.
fn open_unknown(
    probe: &Probe<'_>,
    by_extension: Option<&'static Format>,
    options: &ReadOptions,
) -> Result<Box<dyn FrameReader>, Error> {
    if probe.is_folder {
        return Err(unrecognized(probe.path, "it is a folder"));
    }
    if probe.head.is_empty() {
        return Err(unrecognized(probe.path, "it is empty"));
    }
    if probe.extension == "seq" {
        return Err(unrecognized(probe.path, what_seq(probe.head)));
    }
    match by_extension {
        Some(row) => open_as(row, probe, options),
        None if looks_like_text(probe.head) => Err(unrecognized(probe.path, "it looks like text")),
        None => match open_as(&video_row::FORMAT, probe, options) {
            // Not worth mentioning for a file that nothing says is a video.
            Err(Error::NotBuilt { .. }) if !video_row::looks_like_video(probe.head) => {
                Err(unrecognized(probe.path, ""))
            }
            other => other,
        },
    }
}

/// What a `.seq` file is that is neither HIRIS nor NorPix nor FLIR.
fn what_seq(head: &[u8]) -> &'static str {
    if norpix::is_empty_header(head) {
        "a `.seq` whose header is empty: a NorPix recording that was never closed; \
         its frames can be read as raw when their size is known"
    } else {
        "a `.seq` that is none of those that pimage knows, HIRIS, NorPix and FLIR"
    }
}

fn looks_like_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut at the end of what was looked at.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default())
                .unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty()
        && text
            .chars()
            .all(|c| !c.is_control() || "\t\r\n\u{c}".contains(c))
}

/// Opens with one row, guarding against panics of the libraries behind it.
fn open_as(
    row: &Format,
    probe: &Probe<'_>,
    options: &ReadOptions,
) -> Result<Box<dyn FrameReader>, Error> {
    let path = probe.path;
    let Some(open) = row.open else {
        if row.feature.is_empty() {
            let reason = format!("pimage writes {} but does not read it", row.name);
            return Err(Error::unsupported(path, reason));
        }
        let known = shares(row, probe.extension);
        let format = if known { probe.extension } else { row.name };
        return Err(Error::NotBuilt {
            format: format.to_owned(),
            feature: row.feature,
        });
    };
    foreign::refuse_reading(row, options)?;
    let opened = catch_unwind(AssertUnwindSafe(|| open(path, options)));
    let reader = opened.unwrap_or_else(|panic| {
        let part = format!("the {} reader, on `{}`,", row.name, path.display());
        Err(Error::from_panic(part, &*panic))
    })?;
    Ok(gray_if_asked(reader, options))
}

/// Luma instead of colour, when it is asked for and the format has not seen to it.
fn gray_if_asked(reader: Box<dyn FrameReader>, options: &ReadOptions) -> Box<dyn FrameReader> {
    if options.gray && wrap::has_color(reader.info().format.color) {
        Box::new(Wrapped::luma(reader))
    } else {
        reader
    }
}

/// Reads exactly `bytes.len()` bytes unless the source ends; says how many.
pub(crate) fn read_full(source: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_data() {
        assert!(looks_like_text(b"#EXTM3U\nfile.ts\n"));
        assert!(looks_like_text("frames of 3 µm\r\n".as_bytes()));
        assert!(!looks_like_text(b"RIFF\0\0\0\0AVI "));
        assert!(!looks_like_text(b""));
        // A character that is cut at the end.
        assert!(looks_like_text(&"aµ".as_bytes()[..2]));
    }

    #[test]
    fn names_of_formats_are_listed() {
        let error = row_named("--format", "xyz").expect_err("there is none");
        let text = error.to_string();
        assert!(
            text.starts_with("--format is `xyz`: expected one of hiris, norpix, "),
            "{text}"
        );
    }
}
