//! Files as pimage treats them: an output is whole or it is not there, an input is read through a bounded window.
//!
//! [`StagedFile`] writes beside the final name and renames when all is well; [`MappedFile`] reads a file of any length
//! through a memory map of bounded size; [`same_file()`] tells when an output would destroy its input.
//! Every change to the disk goes through a [`Storage`], so that tests can make the k-th operation fail.

mod map;
mod staged;
mod storage;

pub use map::MappedFile;
pub use staged::{StagedFile, staged_name};
pub use storage::{Disk, Storage, StorageFile};

use std::path::Path;

/// Whether both paths lead to the same existing file (by device and inode, not by name).
#[must_use]
pub fn same_file(left: impl AsRef<Path>, right: impl AsRef<Path>) -> bool {
    same_file::is_same_file(left, right).unwrap_or(false)
}
