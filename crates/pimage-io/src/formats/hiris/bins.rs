//! Finding the files of pixels that belong to a header.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};

use pimage_core::Error;

use super::header::Header;
use crate::flat::Part;

/// The bins of the recording `seq`, in natural order, with their whole frames counted.
///
/// # Errors
///
/// [`Error::Malformed`] when there is none, naming the folders that were searched.
pub(super) fn find(seq: &Path, header: &Header, frame_bytes: u64) -> Result<Vec<Part>, Error> {
    let stem = name_of(seq.file_stem());
    let named = header.get("Bin File").map(last_component);
    let other_stem = named.map(|name| name_of(Path::new(name).file_stem()));
    let folders = folders(seq, header);
    for stem in [Some(&stem), other_stem.as_ref()].into_iter().flatten() {
        for folder in &folders {
            let bins = bins_of(seq, folder, stem);
            if !bins.is_empty() {
                return parts(bins, frame_bytes);
            }
        }
    }
    let searched: Vec<_> = folders
        .iter()
        .map(|folder| format!("`{}`", folder.display()))
        .collect();
    let reason = format!(
        "there is no `.bin` file whose name starts with `{stem}` in {}",
        searched.join(" or ")
    );
    Err(Error::malformed("HIRIS", seq, reason))
}

fn name_of(name: Option<&std::ffi::OsStr>) -> String {
    name.unwrap_or_default().to_string_lossy().into_owned()
}

/// The folder of the `.seq`.
pub(super) fn folder_of(seq: &Path) -> &Path {
    match seq.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Where bins may be: the folder that the header names, the one of the same name beside the `.seq`, and beside the `.seq` itself.
fn folders(seq: &Path, header: &Header) -> Vec<PathBuf> {
    let beside = folder_of(seq);
    let mut folders = Vec::new();
    for key in ["Bin directory", "Bin repertoire"] {
        let named = header.get(key).map(str::trim).unwrap_or_default();
        if named.is_empty() {
            continue;
        }
        folders.push(beside.join(named));
        folders.push(beside.join(named.replace('\\', "/")));
        let last = last_component(named);
        if !matches!(last, "" | "." | "..") {
            folders.push(beside.join(last));
        }
    }
    folders.push(beside.to_path_buf());
    folders.retain(|folder| folder.is_dir());
    let mut unique: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if !unique.contains(&folder) {
            unique.push(folder);
        }
    }
    unique
}

/// The part behind the last separator of either kind.
fn last_component(path: &str) -> &str {
    path.trim_end_matches(['/', '\\'])
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
}

/// The bins in `folder` that start with `stem` and with no longer stem of another `.seq`.
///
/// Case counts, unless nothing is found with it.
pub(super) fn bins_of(seq: &Path, folder: &Path, stem: &str) -> Vec<PathBuf> {
    let mut others = stems_in(folder_of(seq));
    if folder != folder_of(seq) {
        others.extend(stems_in(folder));
    }
    let names = names_in(folder, "bin");
    for fold in [false, true] {
        let same = |name: &str| {
            if fold {
                name.to_lowercase()
            } else {
                name.to_owned()
            }
        };
        let stem = same(stem);
        let is_ours = |name: &String| {
            let name = same(name);
            let longest = others
                .iter()
                .map(|other| same(other))
                .filter(|other| name.starts_with(other.as_str()))
                .map(|other| other.len())
                .max();
            name.starts_with(&stem) && longest.is_none_or(|longest| longest <= stem.len())
        };
        let mut found: Vec<String> = names.iter().filter(|name| is_ours(name)).cloned().collect();
        if !found.is_empty() {
            found.sort_by(|left, right| natural(left, right));
            return found.iter().map(|name| folder.join(name)).collect();
        }
    }
    Vec::new()
}

/// `rec_2.bin` before `rec_10.bin`, and `rec.bin` before both.
fn natural(left: &str, right: &str) -> Ordering {
    let stem = |name: &str| {
        name.rsplit_once('.')
            .map_or(name, |(stem, _)| stem)
            .to_owned()
    };
    natord::compare_ignore_case(&stem(left), &stem(right)).then_with(|| left.cmp(right))
}

fn stems_in(folder: &Path) -> Vec<String> {
    let stem = |name: String| name.rsplit_once('.').map(|(stem, _)| stem.to_owned());
    names_in(folder, "seq")
        .into_iter()
        .filter_map(stem)
        .collect()
}

/// The names of files with this extension, of any case; hidden ones, such as staged files, left out.
fn names_in(folder: &Path, extension: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let fits = |name: &String| {
        let end = name.rsplit_once('.').map(|(_, end)| end);
        !name.starts_with('.') && end.is_some_and(|end| end.eq_ignore_ascii_case(extension))
    };
    names.filter(fits).collect()
}

fn parts(bins: Vec<PathBuf>, frame_bytes: u64) -> Result<Vec<Part>, Error> {
    let last = bins.len().saturating_sub(1);
    let mut parts = Vec::new();
    for (place, path) in bins.into_iter().enumerate() {
        let length = fs::metadata(&path).map_err(Error::io("open", &path))?.len();
        let count = length / frame_bytes.max(1);
        let cut_bytes = length - count * frame_bytes;
        parts.push(Part {
            path,
            start: 0,
            count,
            cut_bytes,
            // Behind a bin that is not the last nobody knows how many frames are missing.
            missing: u64::from(cut_bytes > 0 && place == last),
            hole: 0,
            reason: None,
        });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[&str], seq: &str, header: &str) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("has a parent")).expect("creates");
            fs::write(path, [0; 10]).expect("writes");
        }
        let seq = folder.path().join(seq);
        let text = format!("[Sequence Settings]\n{header}");
        let text = text.replace("FOLDER", &folder.path().display().to_string());
        let header = Header::parse(&seq, text.as_bytes()).expect("is a header");
        let parts = find(&seq, &header, 4).unwrap_or_default();
        let name = |part: &Part| {
            let name = part.path.strip_prefix(folder.path());
            name.expect("is inside").display().to_string()
        };
        parts.iter().map(name).collect()
    }

    #[test]
    fn bins_come_in_natural_order() {
        let files = [
            "rec_10.bin",
            "rec_2.bin",
            "rec_1.BIN",
            "rec.bin",
            "rec.txt",
            "other.bin",
        ];
        assert_eq!(
            found(&files, "rec.seq", ""),
            ["rec.bin", "rec_1.BIN", "rec_2.bin", "rec_10.bin"]
        );
    }

    #[test]
    fn another_recording_keeps_its_bins() {
        let files = [
            "rec.seq",
            "rec2.seq",
            "rec_1.bin",
            "rec2_1.bin",
            "rec2_2.bin",
        ];
        assert_eq!(found(&files, "rec.seq", ""), ["rec_1.bin"]);
        assert_eq!(found(&files, "rec2.seq", ""), ["rec2_1.bin", "rec2_2.bin"]);
    }

    #[test]
    fn bins_may_be_in_another_folder() {
        let files = ["rec.seq", "data/rec_1.bin", "other/rec_7.bin"];
        for header in [
            "Bin directory=data",
            "Bin directory=data/",
            "Bin directory=.\\data",
            "Bin directory=FOLDER/data",
            "Bin directory=D:\\HIRIS\\2024\\data\\",
            "Bin directory=/gone/data",
            "Bin repertoire=data",
        ] {
            assert_eq!(
                found(&files, "rec.seq", header),
                ["data/rec_1.bin"],
                "{header}"
            );
        }
        let beside = ["rec.seq", "rec_1.bin"];
        assert_eq!(
            found(&beside, "rec.seq", "Bin directory=C:\\gone"),
            ["rec_1.bin"]
        );
    }

    #[test]
    fn a_renamed_header_finds_its_bins_by_their_name() {
        let files = ["new.seq", "old_1.bin", "old_2.bin"];
        assert_eq!(
            found(&files, "new.seq", "Bin File=C:\\x\\old.bin"),
            ["old_1.bin", "old_2.bin"]
        );
        assert_eq!(
            found(&["REC.seq", "rec_1.bin"], "REC.seq", ""),
            ["rec_1.bin"]
        );
        assert!(found(&["a.seq", "b.bin"], "a.seq", "").is_empty());
    }
}
