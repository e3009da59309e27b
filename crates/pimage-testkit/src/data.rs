//! Real recordings that are not part of the repository.

use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn repository_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file or folder of the real recordings: in `$PIMAGE_TEST_DATA`, else in `../shared/data` from the repository root.
///
/// When it is in neither, says so on standard error and returns `None`; the test then returns.
#[must_use]
#[expect(clippy::print_stderr, reason = "a test that was not run has to say so")]
pub fn test_data(name: &str) -> Option<PathBuf> {
    let places = [
        std::env::var_os("PIMAGE_TEST_DATA").map(PathBuf::from),
        Some(repository_root().join("../shared/data")),
    ];
    let found = places
        .into_iter()
        .flatten()
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!(
            "ignored, data not found: {name} (looked in $PIMAGE_TEST_DATA and ../shared/data)"
        );
    }
    found
}
