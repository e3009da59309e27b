//! The operations on a disk that writing needs, as a trait, so that a test can fail any one of them.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// A file open for reading and writing.
pub trait StorageFile: Read + Write + Seek + Send {
    /// Waits until the data are on the disk.
    ///
    /// # Errors
    ///
    /// What the system answers; after an error the data may be lost, and trying again does not help.
    fn sync(&mut self) -> io::Result<()>;
}

impl StorageFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

/// Where outputs are written.
pub trait Storage: fmt::Debug + Send + Sync {
    /// Creates a file that does not exist yet.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` when it does; what the system answers.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>>;

    /// Creates a folder that does not exist yet, in one that does.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` when it does; what the system answers.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Waits until the data of a file, whoever wrote them, are on the disk.
    ///
    /// # Errors
    ///
    /// What the system answers.
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        // Some systems sync only what is open for writing.
        OpenOptions::new().write(true).open(path)?.sync_data()
    }

    /// Gives a file or a folder another name on the same disk, replacing the file that has that name when `replace` is set.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` when something has the name and `replace` is not set; what the system answers.
    fn rename(&self, from: &Path, to: &Path, replace: bool) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// What the system answers.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes a folder with all that is in it.
    ///
    /// # Errors
    ///
    /// What the system answers.
    fn remove_tree(&self, path: &Path) -> io::Result<()>;

    /// Waits until all that is in a folder, and in the folders in it, is on the disk.
    ///
    /// # Errors
    ///
    /// What the system answers.
    fn sync_tree(&self, path: &Path) -> io::Result<()>;

    /// Waits until the names in a folder are on the disk.
    ///
    /// # Errors
    ///
    /// What the system answers.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// The machine's own file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Storage for Disk {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)?;
        Ok(Box::new(file))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path, replace: bool) -> io::Result<()> {
        if replace {
            return fs::rename(from, to);
        }
        // A hard link is the one portable operation that creates a name only if it is free. A folder has none,
        // but nothing is lost if another takes its name just then: only an empty folder can be replaced by a folder.
        match fs::hard_link(from, to) {
            Ok(()) => {
                // The name is given; a second one that cannot be removed is one that readers ignore.
                let _ = fs::remove_file(from);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // File systems without hard links (FAT, some network shares).
            Err(_) if to.symlink_metadata().is_err() => fs::rename(from, to),
            Err(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    #[cfg(target_os = "linux")]
    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        // One call for the whole file system: a call for each of many small files waits for the disk each time.
        Ok(rustix::fs::syncfs(File::open(path)?)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.sync_tree(&entry.path())?;
            } else {
                // Some systems sync only what is open for writing.
                OpenOptions::new()
                    .write(true)
                    .open(entry.path())?
                    .sync_all()?;
            }
        }
        self.sync_folder(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        if cfg!(unix) {
            File::open(path)?.sync_all()
        } else {
            Ok(())
        }
    }
}
