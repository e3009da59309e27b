//! Temporary files that a killed process left: ours are removed, others never touched.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pimage_core::Error;

use super::{RepairOptions, RepairReport};
use crate::chunks::number_of;

/// Files aside that are named.
const NAMED: usize = 5;

/// How long nobody takes to save an index.
const OLD: Duration = Duration::from_secs(3600);

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

/// The names of what repairs moved aside in the folder of a store, the first ones.
pub(super) fn aside(folder: &Path) -> Result<String, Error> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let name = entry.map_err(Error::io("list", folder))?.file_name();
        let name = name.to_string_lossy();
        let is_aside = name
            .rsplit_once(".aside")
            .is_some_and(|(own, count)| own.starts_with('.') && is_count(count));
        if is_aside {
            names.push(format!("`{name}`"));
        }
    }
    names.sort();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let named = names.join(", ");
    Ok(match more {
        0 => named,
        more => format!("{named} and {more} more"),
    })
}

/// Nothing, or `-2`.
fn is_count(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix('-')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
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
        let is_leftover = is_staged(name) && (!is_saved_index(name) || is_old(&entry));
        if kind.is_file() && (is_leftover || (!descends && is_part(name))) {
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

/// Readers save an index without the lock, perhaps on another machine, of whose processes nothing is known here.
fn is_saved_index(name: &str) -> bool {
    let begins = format!("{}.pimage-tmp-", crate::SAVED_INDEX);
    name.trim_start_matches('.')
        .starts_with(begins.trim_start_matches('.'))
}

/// Whether nobody can be at it any more.
fn is_old(entry: &std::fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    let age = modified.ok().and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > OLD)
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
        assert!(is_saved_index("..index.pimage.pimage-tmp-7-0123abcd"));
        assert!(!is_saved_index(".000000.npz.pimage-tmp-7-0123abcd"));
        assert!(is_part(".000003.png.part"));
        assert!(!is_part(".notes.part") && !is_part("000003.png.part"));
    }
}
