//! A folder that gets its name when it is finished, and files that get their names in a folder all at once.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use pimage_core::Error;

use crate::{Storage, StorageFile, staged_name};

/// A folder that is filled under a temporary name, `.NAME.pimage-tmp-PID-RANDOM`, until [`StagedFolder::commit`].
///
/// It becomes a new folder ([`StagedFolder::create`]), or its files move into one that is there ([`StagedFolder::create_in`]).
/// Dropped without `commit`, it removes what it wrote. Files can be created from several threads.
pub struct StagedFolder {
    storage: Arc<dyn Storage>,
    /// Empty once nothing is left to remove.
    staged: PathBuf,
    target: PathBuf,
    place: Place,
    overwrite: bool,
    sync: bool,
}

/// What becomes of what is staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The folder `target`.
    Whole,
    /// Files in the folder `target`, which exists.
    Files,
}

impl fmt::Debug for StagedFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StagedFolder")
            .field("staged", &self.staged)
            .field("target", &self.target)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl StagedFolder {
    /// Begins a folder that will be called `target`.
    ///
    /// With `overwrite`, a folder of that name is replaced with all that is in it: the caller makes sure that it may be.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] when something has that name and `overwrite` is not set; [`Error::Io`] when the folder cannot be made.
    pub fn create(
        storage: &Arc<dyn Storage>,
        target: &Path,
        overwrite: bool,
    ) -> Result<Self, Error> {
        if target.file_name().is_none() {
            let source = io::Error::from(io::ErrorKind::InvalidFilename);
            return Err(Error::io("create", target)(source));
        }
        // Without the slash at its end, which would make the name another one.
        let target: PathBuf = target.components().collect();
        if let Ok(metadata) = target.symlink_metadata() {
            if !overwrite {
                return Err(Error::Exists { path: target });
            }
            if !metadata.is_dir() {
                let source = io::Error::other("it is not a folder, and only those are replaced");
                return Err(Error::io("create", target)(source));
            }
        }
        let staged = staged_name(&target);
        Self::begin(storage, staged, target, Place::Whole, overwrite)
    }

    /// Begins files that will be in the existing folder `target`; those already there stay, but for the names taken, with `overwrite`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be written.
    pub fn create_in(
        storage: &Arc<dyn Storage>,
        target: &Path,
        overwrite: bool,
    ) -> Result<Self, Error> {
        let target = if target.as_os_str().is_empty() {
            Path::new(".")
        } else {
            target
        };
        let staged = staged_name(&target.join("frames"));
        Self::begin(
            storage,
            staged,
            target.to_path_buf(),
            Place::Files,
            overwrite,
        )
    }

    fn begin(
        storage: &Arc<dyn Storage>,
        staged: PathBuf,
        target: PathBuf,
        place: Place,
        overwrite: bool,
    ) -> Result<Self, Error> {
        storage
            .create_folder(&staged)
            .map_err(Error::io("create", &target))?;
        Ok(Self {
            storage: Arc::clone(storage),
            staged,
            target,
            place,
            overwrite,
            sync: true,
        })
    }

    /// Whether [`StagedFolder::commit`] waits for the disk (the default).
    pub fn set_sync(&mut self, sync: bool) {
        self.sync = sync;
    }

    /// The final name, or the folder in which the files will be.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The temporary folder, for what must be opened by name.
    #[must_use]
    pub fn staged_path(&self) -> &Path {
        &self.staged
    }

    /// Creates a file; `name` is relative to the folder, and folders in it are made as they are needed.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Exists`] when it was created before.
    pub fn create_file(&self, name: &Path) -> Result<Box<dyn StorageFile>, Error> {
        let path = self.place_of(name)?;
        let mut created = self.storage.create_new(&path);
        if created
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        {
            self.create_folders(name.parent().unwrap_or(Path::new("")))?;
            created = self.storage.create_new(&path);
        }
        created.map_err(|error| self.refused(name, error))
    }

    /// Creates a folder and those it is in, unless they are there.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn create_folders(&self, name: &Path) -> Result<(), Error> {
        self.place_of(name)?;
        let mut path = self.staged.clone();
        for part in name.components() {
            path.push(part);
            match self.storage.create_folder(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(self.refused(name, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Where a name is while it is staged; an error for one that leads elsewhere.
    fn place_of(&self, name: &Path) -> Result<PathBuf, Error> {
        let is_inside = name
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if is_inside {
            Ok(self.staged.join(name))
        } else {
            let source = io::Error::from(io::ErrorKind::InvalidFilename);
            Err(self.refused(name, source))
        }
    }

    fn refused(&self, name: &Path, error: io::Error) -> Error {
        let path = self.target.join(name);
        if error.kind() == io::ErrorKind::AlreadyExists {
            Error::Exists { path }
        } else {
            Error::io("create", path)(error)
        }
    }

    /// Waits for the disk, gives the folder or the files their final names, and removes what they replace.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and, when a final name was taken, [`Error::Exists`]; all is as before then
    /// (but for a folder that cannot be synced at last: what was written is whole then).
    pub fn commit(self) -> Result<(), Error> {
        self.commit_checked(|_| Ok(()))
    }

    /// [`StagedFolder::commit`], asking at the last moment whether the folder that is replaced may be: what `check` is given holds all that will be removed.
    ///
    /// # Errors
    ///
    /// As [`StagedFolder::commit`]; what `check` answers, which gets the name of the folder where it has none.
    pub fn commit_checked(
        mut self,
        check: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.sync {
            self.storage
                .sync_tree(&self.staged)
                .map_err(Error::io("finish", &self.target))?;
        }
        let folder = match self.place {
            Place::Whole => {
                self.commit_whole(check)?;
                let parent = self.target.parent().map(Path::to_path_buf);
                parent.unwrap_or_default()
            }
            Place::Files => {
                self.commit_files()?;
                self.target.clone()
            }
        };
        if self.sync {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                &folder
            };
            self.storage
                .sync_folder(folder)
                .map_err(Error::io("sync", folder))?;
        }
        Ok(())
    }

    /// The old folder moves aside first and is removed last: whenever this stops, one of the two is whole.
    fn commit_whole(
        &mut self,
        check: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let failed = Error::io("finish", &self.target);
        let replaced = self.target.symlink_metadata().is_ok();
        if replaced && !self.overwrite {
            return Err(Error::Exists {
                path: self.target.clone(),
            });
        }
        let aside = staged_name(&self.target);
        if replaced && let Err(error) = self.storage.rename(&self.target, &aside, false) {
            return Err(failed(error));
        }
        // Nobody finds it by its name any more, to put something into it.
        if replaced && let Err(error) = check(&aside) {
            let _ = self.storage.rename(&aside, &self.target, false);
            return Err(error.at_path(&self.target, None));
        }
        if let Err(error) = self.storage.rename(&self.staged, &self.target, false) {
            if replaced {
                // If this fails too, the old folder is whole under its other name, which the error cannot help.
                let _ = self.storage.rename(&aside, &self.target, false);
            }
            return Err(if error.kind() == io::ErrorKind::AlreadyExists {
                Error::Exists {
                    path: self.target.clone(),
                }
            } else {
                failed(error)
            });
        }
        self.staged = PathBuf::new();
        if replaced {
            // The new folder is in place: what remains of the old one has a name that readers ignore.
            let _ = self.storage.remove_tree(&aside);
        }
        Ok(())
    }

    /// Moves each file to its name; at the first that fails, all move back.
    fn commit_files(&mut self) -> Result<(), Error> {
        let names = self.staged_names()?;
        if !self.overwrite {
            let taken = |name: &&PathBuf| self.target.join(name).symlink_metadata().is_ok();
            if let Some(name) = names.iter().find(taken) {
                return Err(Error::Exists {
                    path: self.target.join(name),
                });
            }
        }
        let aside = self.staged.join(".replaced");
        let mut moves = Moves::default();
        for name in &names {
            let target = self.target.join(name);
            let Err(error) = self.move_file(&mut moves, name, &target, &aside) else {
                continue;
            };
            if let Err(undoing) = moves.undo(&*self.storage) {
                // The old files stay where they were moved to: they are not to be removed with the new ones.
                self.staged = PathBuf::new();
                return Err(Error::io("move back the old files, which are in", aside)(
                    undoing,
                ));
            }
            return Err(if error.kind() == io::ErrorKind::AlreadyExists {
                Error::Exists { path: target }
            } else {
                Error::io("finish", target)(error)
            });
        }
        let staged = std::mem::take(&mut self.staged);
        // The files are in place: what remains has a name that readers ignore.
        let _ = self.storage.remove_tree(&staged);
        Ok(())
    }

    fn move_file(
        &self,
        moves: &mut Moves,
        name: &Path,
        target: &Path,
        aside: &Path,
    ) -> io::Result<()> {
        if self.overwrite
            && let Ok(metadata) = target.symlink_metadata()
        {
            if metadata.is_dir() {
                return Err(io::Error::other("it is a folder"));
            }
            if moves.replaced.is_empty() {
                self.storage.create_folder(aside)?;
            }
            let kept = aside.join(name);
            self.storage.rename(target, &kept, false)?;
            moves.replaced.push((kept, target.to_path_buf()));
        }
        self.storage
            .rename(&self.staged.join(name), target, false)?;
        moves.placed.push(target.to_path_buf());
        Ok(())
    }

    /// The names of the files, sorted.
    fn staged_names(&self) -> Result<Vec<PathBuf>, Error> {
        let list = || -> io::Result<Vec<PathBuf>> {
            fs::read_dir(&self.staged)?
                .map(|entry| Ok(PathBuf::from(entry?.file_name())))
                .collect()
        };
        let mut names = list().map_err(Error::io("finish", &self.target))?;
        names.sort();
        Ok(names)
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        if !self.staged.as_os_str().is_empty() {
            // Nothing can be done about a failure here: the name is one that readers ignore.
            let _ = self.storage.remove_tree(&self.staged);
        }
    }
}

/// What was moved, to be undone.
#[derive(Default)]
struct Moves {
    /// Where old files are, and where they were.
    replaced: Vec<(PathBuf, PathBuf)>,
    /// New files.
    placed: Vec<PathBuf>,
}

impl Moves {
    /// Removes the new files and moves the old ones back; the first failure of those.
    fn undo(self, storage: &dyn Storage) -> io::Result<()> {
        for path in &self.placed {
            // What cannot be removed is in the way of an old file, which then says so.
            let _ = storage.remove(path);
        }
        let mut undone = Ok(());
        for (kept, path) in &self.replaced {
            undone = undone.and(storage.rename(kept, path, false));
        }
        undone
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::Disk;

    fn disk() -> Arc<dyn Storage> {
        Arc::new(Disk)
    }

    /// Each file below a folder with its content, sorted.
    fn tree(folder: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("is readable").path();
            let name = path.file_name().expect("has one").display().to_string();
            if path.is_dir() {
                let inner = tree(&path).into_iter();
                found.extend(inner.map(|(file, text)| (format!("{name}/{file}"), text)));
            } else {
                found.push((name, fs::read_to_string(&path).expect("is there")));
            }
        }
        found.sort();
        found
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    fn put(staged: &StagedFolder, name: &str, text: &str) {
        let mut file = staged.create_file(Path::new(name)).expect("creates");
        file.write_all(text.as_bytes()).expect("writes");
    }

    #[test]
    fn a_folder_appears_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out/");
        let staged = StagedFolder::create(&disk(), &target, false).expect("creates");
        put(&staged, "0.png", "a");
        put(&staged, "c/0/1", "b");
        assert!(!target.exists());
        staged.commit().expect("commits");
        let expected = pairs(&[("out/0.png", "a"), ("out/c/0/1", "b")]);
        assert_eq!(tree(folder.path()), expected);
    }

    #[test]
    fn a_dropped_folder_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out");
        let staged = StagedFolder::create(&disk(), &target, false).expect("creates");
        put(&staged, "c/0/1", "b");
        drop(staged);
        assert_eq!(tree(folder.path()), pairs(&[]));
        assert_eq!(fs::read_dir(folder.path()).expect("is there").count(), 0);
    }

    #[test]
    fn an_existing_folder_is_kept_unless_overwriting() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out");
        let staged = StagedFolder::create(&disk(), &target, false).expect("creates");
        put(&staged, "0.png", "new");
        // Somebody else takes the name in the meantime.
        fs::create_dir(&target).expect("creates");
        fs::write(target.join("1.png"), "mine").expect("writes");
        assert!(matches!(staged.commit(), Err(Error::Exists { .. })));
        assert_eq!(tree(folder.path()), pairs(&[("out/1.png", "mine")]));
        let refused = StagedFolder::create(&disk(), &target, false);
        assert!(matches!(refused, Err(Error::Exists { .. })));
        let staged = StagedFolder::create(&disk(), &target, true).expect("creates");
        put(&staged, "0.png", "new");
        staged.commit().expect("commits");
        assert_eq!(tree(folder.path()), pairs(&[("out/0.png", "new")]));
    }

    #[test]
    fn what_came_in_the_meantime_is_not_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out");
        fs::create_dir(&target).expect("creates");
        let staged = StagedFolder::create(&disk(), &target, true).expect("creates");
        put(&staged, "0.png", "new");
        fs::write(target.join("notes.txt"), "mine").expect("writes");
        let check = |old: &Path| {
            assert!(old.join("notes.txt").exists());
            Err(Error::unsupported("", "it holds notes"))
        };
        let error = staged.commit_checked(check).expect_err("is refused");
        assert!(error.to_string().contains("out"), "{error}");
        assert_eq!(tree(folder.path()), pairs(&[("out/notes.txt", "mine")]));
        assert_eq!(fs::read_dir(folder.path()).expect("is there").count(), 1);
    }

    #[test]
    fn a_file_is_not_replaced_by_a_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out");
        fs::write(&target, "mine").expect("writes");
        let error = StagedFolder::create(&disk(), &target, true).expect_err("is refused");
        assert!(matches!(error, Error::Io { .. }), "{error}");
        assert_eq!(tree(folder.path()), pairs(&[("out", "mine")]));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let staged =
            StagedFolder::create(&disk(), &folder.path().join("out"), false).expect("creates");
        for name in ["../a", "/tmp/a", "a/../../b"] {
            assert!(staged.create_file(Path::new(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn files_join_those_of_a_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("notes.txt"), "mine").expect("writes");
        let staged = StagedFolder::create_in(&disk(), folder.path(), false).expect("creates");
        put(&staged, "0.png", "a");
        put(&staged, "1.png", "b");
        assert!(!folder.path().join("0.png").exists());
        staged.commit().expect("commits");
        let expected = pairs(&[("0.png", "a"), ("1.png", "b"), ("notes.txt", "mine")]);
        assert_eq!(tree(folder.path()), expected);
    }

    #[test]
    fn a_name_that_is_taken_stops_all_files() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("1.png"), "mine").expect("writes");
        let staged = StagedFolder::create_in(&disk(), folder.path(), false).expect("creates");
        put(&staged, "0.png", "a");
        put(&staged, "1.png", "b");
        let error = staged.commit().expect_err("is taken");
        assert!(matches!(error, Error::Exists { path } if path.ends_with("1.png")));
        assert_eq!(tree(folder.path()), pairs(&[("1.png", "mine")]));
        let staged = StagedFolder::create_in(&disk(), folder.path(), true).expect("creates");
        put(&staged, "0.png", "a");
        put(&staged, "1.png", "b");
        staged.commit().expect("commits");
        let expected = pairs(&[("0.png", "a"), ("1.png", "b")]);
        assert_eq!(tree(folder.path()), expected);
    }

    #[test]
    fn a_failure_in_the_middle_moves_all_back() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("0.png"), "mine").expect("writes");
        // A folder has the name of the second file: it is not replaced.
        fs::create_dir(folder.path().join("1.png")).expect("creates");
        let staged = StagedFolder::create_in(&disk(), folder.path(), true).expect("creates");
        put(&staged, "0.png", "a");
        put(&staged, "1.png", "b");
        assert!(staged.commit().is_err());
        assert_eq!(tree(folder.path()), pairs(&[("0.png", "mine")]));
    }
}
