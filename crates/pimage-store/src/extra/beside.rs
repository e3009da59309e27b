//! Whether a store has extra data at all, by the names of its files.

use std::path::Path;

/// How the names of files of extra data end.
const ENDS: [&str; 4] = [
    ".extra.json",
    ".extra_data.json",
    ".extra_data.h5",
    ".extra.jsonl",
];

/// The most digits that the name of a chunk has.
const MOST_DIGITS: usize = 20;

/// Whether the store in this folder has files of extra data, for any chunk; `false` when it cannot be listed.
///
/// ```
/// use pimage_store::has_extra_data;
///
/// # let folder = tempfile::tempdir().map_err(pimage_core::Error::io("make", "a folder"))?;
/// # let store = folder.path();
/// assert!(!has_extra_data(store));
/// std::fs::write(store.join("000000.extra.json"), "[]").map_err(pimage_core::Error::io("write", store))?;
/// assert!(has_extra_data(store));
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[must_use]
pub fn has_extra_data(store: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(store) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if ENDS.iter().any(|end| name.ends_with(end)) {
            return true;
        }
        let is_chunk = name.len() <= MOST_DIGITS && name.bytes().all(|byte| byte.is_ascii_digit());
        // What an index of a chunk has beside it.
        is_chunk
            && ENDS.iter().any(|end| {
                let beside = entry.path().join(format!("index{end}"));
                beside.symlink_metadata().is_ok()
            })
    })
}
