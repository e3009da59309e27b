//! A file that gets its name when it is finished.

use std::ffi::OsString;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::Error;

use crate::{Storage, StorageFile};

/// A file that is written under a temporary name in the target folder and renamed by [`StagedFile::commit`].
///
/// Dropped without `commit`, it removes what it wrote: nothing ever stands under the final name that is not whole.
/// A process that is killed leaves `.NAME.pimage-tmp-PID-RANDOM`.
/// A recording, of which each part counts as soon as it is written, is made [in place](Self::in_place) instead.
pub struct StagedFile {
    file: Option<Box<dyn StorageFile>>,
    storage: Arc<dyn Storage>,
    staged: PathBuf,
    target: PathBuf,
    overwrite: bool,
    sync: bool,
}

impl fmt::Debug for StagedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StagedFile")
            .field("staged", &self.staged)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// The temporary name for `target`: `.NAME.pimage-tmp-PID-RANDOM` in the same folder, a long NAME cut short.
#[must_use]
pub fn staged_name(target: &Path) -> PathBuf {
    /// What the rest of the name leaves of the 255 bytes that file systems allow.
    const LONGEST: usize = 255 - 1 - 40;
    let mut name = OsString::from(".");
    let own = target.file_name().unwrap_or_default();
    if own.len() <= LONGEST {
        name.push(own);
    } else {
        // Only the beginning of a long name, which may be cut anywhere: it is never shown.
        let text = own.to_string_lossy();
        name.push(text.chars().take(LONGEST / 4).collect::<String>());
    }
    let random = RandomState::new().hash_one(std::process::id());
    name.push(format!(
        ".pimage-tmp-{}-{:08x}",
        std::process::id(),
        random as u32
    ));
    target.with_file_name(name)
}

impl StagedFile {
    /// Begins a file that will be called `target`.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] when something has that name and `overwrite` is not set; [`Error::Io`] when the folder cannot be written.
    pub fn create(
        storage: &Arc<dyn Storage>,
        target: &Path,
        overwrite: bool,
    ) -> Result<Self, Error> {
        if target.file_name().is_none() {
            let source = io::Error::from(io::ErrorKind::IsADirectory);
            return Err(Error::io("create", target)(source));
        }
        let existing = target.symlink_metadata();
        if existing.is_ok() && !overwrite {
            return Err(Error::Exists {
                path: target.to_path_buf(),
            });
        }
        if let Ok(metadata) = target.metadata()
            && !metadata.is_file()
        {
            let source = io::Error::other("it is not a regular file, and only those are replaced");
            return Err(Error::io("create", target)(source));
        }
        let staged = staged_name(target);
        let file = storage
            .create_new(&staged)
            .map_err(Error::io("create", target))?;
        Ok(Self {
            file: Some(file),
            storage: Arc::clone(storage),
            staged,
            target: target.to_path_buf(),
            overwrite,
            sync: true,
        })
    }

    /// Begins a file under its own name, which keeps what is written whatever happens to this process.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] when something has that name; [`Error::Io`] when the folder cannot be written.
    pub fn in_place(storage: &Arc<dyn Storage>, path: &Path) -> Result<Self, Error> {
        let file = storage.create_new(path).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                let path = path.to_path_buf();
                Error::Exists { path }
            } else {
                Error::io("create", path)(error)
            }
        })?;
        Ok(Self {
            file: Some(file),
            storage: Arc::clone(storage),
            staged: PathBuf::new(),
            target: path.to_path_buf(),
            overwrite: false,
            sync: true,
        })
    }

    /// Whether [`StagedFile::commit`] waits for the disk (the default).
    pub fn set_sync(&mut self, sync: bool) {
        self.sync = sync;
    }

    /// The final name.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The temporary name, for what must be opened by name.
    #[must_use]
    pub fn staged_path(&self) -> &Path {
        &self.staged
    }

    /// Syncs the file, gives it its final name and syncs the folder. Returns its length in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], after which neither name exists (but for a folder that cannot be synced: the file is whole then); [`Error::Exists`] when the final name was taken meanwhile.
    pub fn commit(mut self) -> Result<u64, Error> {
        let target = self.target.clone();
        let Some(mut file) = self.file.take() else {
            return Ok(0);
        };
        let mut close = || -> io::Result<u64> {
            file.flush()?;
            let length = file.seek(SeekFrom::End(0))?;
            if self.sync {
                file.sync()?;
            }
            Ok(length)
        };
        let closed = close();
        drop(file);
        let renamed = closed.and_then(|length| {
            if !self.staged.as_os_str().is_empty() {
                self.storage
                    .rename(&self.staged, &self.target, self.overwrite)?;
            }
            Ok(length)
        });
        match renamed {
            Ok(length) => {
                self.staged = PathBuf::new();
                if self.sync {
                    let folder = match target.parent() {
                        Some(folder) if !folder.as_os_str().is_empty() => folder,
                        _ => Path::new("."),
                    };
                    self.storage
                        .sync_folder(folder)
                        .map_err(Error::io("sync", folder))?;
                }
                Ok(length)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::Exists { path: target })
            }
            Err(error) => Err(Error::io("finish", target)(error)),
        }
    }

    fn file(&mut self) -> io::Result<&mut Box<dyn StorageFile>> {
        self.file
            .as_mut()
            .ok_or_else(|| io::Error::other("the file is closed"))
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file()?.flush()
    }
}

impl Read for StagedFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file()?.read(bytes)
    }
}

impl Seek for StagedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file()?.seek(position)
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        self.file = None;
        if !self.staged.as_os_str().is_empty() {
            // Nothing can be done about a failure here: the name is one that readers ignore.
            let _ = self.storage.remove(&self.staged);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Disk;

    fn disk() -> Arc<dyn Storage> {
        Arc::new(Disk)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| {
                entry
                    .expect("is readable")
                    .file_name()
                    .display()
                    .to_string()
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_has_the_final_name_before_commit() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("a.avi");
        let mut file = StagedFile::create(&disk(), &target, false).expect("creates");
        file.write_all(b"frames").expect("writes");
        assert!(!target.exists());
        assert!(names(folder.path())[0].starts_with(".a.avi.pimage-tmp-"));
        assert_eq!(file.commit().expect("commits"), 6);
        assert_eq!(names(folder.path()), ["a.avi"]);
    }

    #[test]
    fn the_longest_names_can_be_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join(format!("{}.avi", "n".repeat(251)));
        let file = StagedFile::create(&disk(), &target, false).expect("creates");
        file.commit().expect("commits");
        assert!(target.exists());
    }

    #[test]
    fn a_file_made_in_place_keeps_what_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join(".000000.avi");
        let mut file = StagedFile::in_place(&disk(), &target).expect("creates");
        file.write_all(b"frames").expect("writes");
        drop(file);
        assert_eq!(std::fs::read(&target).expect("is there"), b"frames");
        let again = StagedFile::in_place(&disk(), &target);
        assert!(matches!(again, Err(Error::Exists { .. })));
        let other = folder.path().join("b");
        let mut file = StagedFile::in_place(&disk(), &other).expect("creates");
        file.write_all(b"frames").expect("writes");
        assert_eq!(file.commit().expect("commits"), 6);
        assert_eq!(names(folder.path()), [".000000.avi", "b"]);
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("a.avi");
        let mut file = StagedFile::create(&disk(), &target, false).expect("creates");
        file.write_all(b"frames").expect("writes");
        drop(file);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn an_existing_file_is_kept_unless_overwriting() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("a.avi");
        let staged = StagedFile::create(&disk(), &target, false).expect("creates");
        // Somebody else takes the name in the meantime.
        std::fs::write(&target, b"mine").expect("writes");
        assert!(matches!(staged.commit(), Err(Error::Exists { .. })));
        assert_eq!(std::fs::read(&target).expect("is there"), b"mine");
        assert!(matches!(
            StagedFile::create(&disk(), &target, false),
            Err(Error::Exists { .. })
        ));
        let staged = StagedFile::create(&disk(), &target, true).expect("creates");
        staged.commit().expect("commits");
        assert_eq!(std::fs::read(&target).expect("is there"), b"");
        assert_eq!(names(folder.path()), ["a.avi"]);
    }
}
