//! Where the files of a store are written: a folder that gets its name at the end, or one that is there.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::Error;
use pimage_fs::{StagedFile, StagedFolder, Storage, StorageFile};

use crate::WriteOptions;

/// The folder of a store that is being written.
pub(super) enum Place {
    /// A new one.
    New(StagedFolder),
    /// One to which files are added, each of which gets its name when it is whole.
    There(There),
}

/// A store that grows.
pub(super) struct There {
    root: PathBuf,
    storage: Arc<dyn Storage>,
    sync: bool,
    /// Files of names that were free; they mean nothing before the array is said to be longer.
    added: Vec<PathBuf>,
    is_done: bool,
}

/// A file of a store.
pub(super) enum PlacedFile {
    New(Box<dyn StorageFile>, PathBuf),
    There(StagedFile, PathBuf),
}

impl Place {
    /// A new store, of which nothing stands under its name before [`Place::commit`].
    pub(super) fn new(path: &Path, options: &WriteOptions) -> Result<Self, Error> {
        let mut folder = StagedFolder::create(&options.storage, path, options.overwrite)?;
        folder.set_sync(options.sync);
        Ok(Self::New(folder))
    }

    /// The store at `path`, which grows.
    pub(super) fn there(path: &Path, options: &WriteOptions) -> Self {
        Self::There(There {
            root: path.to_path_buf(),
            storage: Arc::clone(&options.storage),
            sync: options.sync,
            added: Vec::new(),
            is_done: false,
        })
    }

    /// Begins the file `name`.
    pub(super) fn create(&mut self, name: &str) -> Result<PlacedFile, Error> {
        match self {
            Self::New(folder) => {
                let file = folder.create_file(Path::new(name))?;
                Ok(PlacedFile::New(file, folder.target().join(name)))
            }
            Self::There(there) => there.create(name, false),
        }
    }

    /// Writes a whole file; its length.
    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<u64, Error> {
        let mut file = self.create(name)?;
        file.write_all(bytes)?;
        file.finish()?;
        Ok(bytes.len() as u64)
    }

    /// Writes descriptions in this order, after all else is on the disk, and completes the store.
    pub(super) fn commit(self, documents: &[(String, Vec<u8>)]) -> Result<u64, Error> {
        let mut bytes = 0;
        let mut place = self;
        if let Self::There(there) = &mut place {
            if there.sync {
                there
                    .storage
                    .sync_tree(&there.root)
                    .map_err(Error::io("sync", &there.root))?;
            }
            for (name, document) in documents {
                let mut file = there.create(name, there.sync)?;
                // From the first longer array on, the files behind it are needed.
                file.write_all(document)?;
                there.added.clear();
                file.finish()?;
                bytes += document.len() as u64;
            }
            there.is_done = true;
            return Ok(bytes);
        }
        for (name, document) in documents {
            bytes += place.write(name, document)?;
        }
        if let Self::New(folder) = place {
            folder.commit()?;
        }
        Ok(bytes)
    }
}

impl There {
    fn create(&mut self, name: &str, sync: bool) -> Result<PlacedFile, Error> {
        let path = self.root.join(name);
        let is_new = path.symlink_metadata().is_err();
        let mut created = StagedFile::create(&self.storage, &path, true);
        let is_without_folder = |error: &Error| matches!(error, Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound);
        if created.as_ref().is_err_and(is_without_folder) {
            self.create_folders(Path::new(name))?;
            created = StagedFile::create(&self.storage, &path, true);
        }
        let mut file = created?;
        file.set_sync(sync);
        if is_new {
            self.added.push(path.clone());
        }
        Ok(PlacedFile::There(file, path))
    }

    fn create_folders(&self, name: &Path) -> Result<(), Error> {
        let mut path = self.root.clone();
        for part in name.parent().into_iter().flat_map(Path::components) {
            path.push(part);
            match self.storage.create_folder(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(Error::io("create", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for There {
    fn drop(&mut self) {
        if !self.is_done {
            for path in &self.added {
                // Nothing can be done about a failure here, and the file means nothing.
                let _ = self.storage.remove(path);
            }
        }
    }
}

impl PlacedFile {
    /// Appends bytes.
    pub(super) fn write_all(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::New(file, path) => file.write_all(bytes).map_err(Error::io("write", path)),
            Self::There(file, path) => file.write_all(bytes).map_err(Error::io("write", path)),
        }
    }

    /// Completes the file.
    pub(super) fn finish(self) -> Result<(), Error> {
        match self {
            Self::New(mut file, path) => file.flush().map_err(Error::io("write", path)),
            Self::There(file, _) => file.commit().map(|_| ()),
        }
    }
}
