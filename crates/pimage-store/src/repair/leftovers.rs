//! Temporary files that a killed process left: ours are removed, others never touched.

use std::path::{Path, PathBuf};

use pimage_core::Error;

use super::{RepairOptions, RepairReport};
use crate::chunks::number_of;

/// Removes what staged writes and images under way left in the folder of a store and in those of its chunks.
pub(super) fn remove(
    folder: &Path,
    options: &RepairOptions,
    report: &mut RepairReport,
) -> Result<(), Error> {
    for path in found_in(folder, true)? {
        options
            .storage
            .remove(&path)
            .map_err(Error::io("remove", &path))?;
        let name = path.strip_prefix(folder).unwrap_or(&path);
        let done = format!("`{}`, which was never finished, is removed", name.display());
        report.done.push(done);
    }
    Ok(())
}

fn found_in(folder: &Path, descends: bool) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            continue;
        };
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_file() && (is_staged(name) || (!descends && is_part(name))) {
            found.push(entry.path());
        } else if kind.is_dir() && descends && number_of(name).is_some() {
            found.extend(found_in(&entry.path(), false)?);
        }
    }
    found.sort();
    Ok(found)
}

/// `.NAME.pimage-tmp-PID-RANDOM` of a process that is gone.
fn is_staged(name: &str) -> bool {
    let Some((_, end)) = name
        .strip_prefix('.')
        .and_then(|rest| rest.rsplit_once(".pimage-tmp-"))
    else {
        return false;
    };
    let Some((pid, random)) = end.split_once('-') else {
        return false;
    };
    let is_random = random.len() == 8 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    pid.parse::<u32>()
        .is_ok_and(|pid| is_random && !is_alive(pid))
}

/// Whether another process of that number may still be at it, such as a reader that saves an index.
fn is_alive(pid: u32) -> bool {
    pid != std::process::id() && Path::new("/proc").join(pid.to_string()).exists()
}

/// `.000003.png.part`, in the folder of a chunk.
fn is_part(name: &str) -> bool {
    name.strip_prefix('.')
        .and_then(|rest| rest.strip_suffix(".part"))
        .and_then(|image| image.split_once('.'))
        .is_some_and(|(stem, _)| number_of(stem).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_are_leftovers() {
        let own = std::process::id();
        for (name, expected) in [
            (format!(".000000.npz.pimage-tmp-{own}-0123abcd"), true),
            (format!("000000.npz.pimage-tmp-{own}-0123abcd"), false),
            (".000000.npz.pimage-tmp-x-0123abcd".to_owned(), false),
            (format!(".a.pimage-tmp-{own}-0123"), false),
            (".notes.tmp".to_owned(), false),
        ] {
            assert_eq!(is_staged(&name), expected, "{name}");
        }
        assert!(is_part(".000003.png.part"));
        assert!(!is_part(".notes.part") && !is_part("000003.png.part"));
    }
}
