//! Where things are in the repository, and which crates it has.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::manifest::Manifest;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(1)
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// Cargo's target folder.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The manifests of all members, in the order of their folders.
pub(crate) fn members() -> anyhow::Result<Vec<Manifest>> {
    let mut folders = vec![root().join("tests"), root().join("xtask")];
    let crates = root().join("crates");
    let listing = std::fs::read_dir(&crates)
        .with_context(|| format!("cannot list `{}`", crates.display()))?;
    for entry in listing {
        folders.push(entry?.path());
    }
    folders.sort();
    folders
        .iter()
        .map(|folder| folder.join("Cargo.toml"))
        .filter(|path| path.is_file())
        .map(|path| Manifest::read(&path))
        .collect()
}

/// Every file with one of `extensions` below the folders that people write in, sorted.
pub(crate) fn sources(extensions: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![
        root().join("crates"),
        root().join("tests"),
        root().join("xtask"),
    ];
    while let Some(folder) = folders.pop() {
        let listing = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot list `{}`", folder.display()))?;
        for entry in listing {
            let path = entry?.path();
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            if path.is_dir() {
                if name != "target" && name != "__pycache__" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if path
                .extension()
                .and_then(OsStr::to_str)
                .is_some_and(|extension| extensions.contains(&extension))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// `path` as people write it: relative to the root where it lies inside.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}
