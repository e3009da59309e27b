//! Files as pimage treats them: an output is whole or it is not there, an input is read through a bounded window.
//!
//! [`StagedFile`] and [`StagedFolder`] write beside the final name and rename when all is well; [`MappedFile`] reads a file of any length
//! through a memory map of bounded size; [`same_file()`] tells when an output would destroy its input.
//! [`ScratchFolder`] holds working data and survives no crash.
//! Every change to the disk goes through a [`Storage`], so that tests can make the k-th operation fail.

mod map;
mod scratch;
mod staged;
mod staged_folder;
mod storage;

pub use map::MappedFile;
pub use scratch::ScratchFolder;
pub use staged::{StagedFile, staged_name};
pub use staged_folder::StagedFolder;
pub use storage::{Disk, Storage, StorageFile};

use std::fs::Metadata;
use std::path::Path;

/// Whether both paths lead to the same existing file (by device and inode, not by name); nothing is opened.
#[must_use]
pub fn same_file(left: impl AsRef<Path>, right: impl AsRef<Path>) -> bool {
    match (left.as_ref().metadata(), right.as_ref().metadata()) {
        (Ok(left_is), Ok(right_is)) => is_same(&left_is, &right_is, left.as_ref(), right.as_ref()),
        _ => false,
    }
}

#[cfg(unix)]
fn is_same(left_is: &Metadata, right_is: &Metadata, _left: &Path, _right: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    left_is.dev() == right_is.dev() && left_is.ino() == right_is.ino()
}

#[cfg(not(unix))]
fn is_same(left_is: &Metadata, _right_is: &Metadata, left: &Path, right: &Path) -> bool {
    left_is.is_file() && same_file::is_same_file(left, right).unwrap_or(false)
}
