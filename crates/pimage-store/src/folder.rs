//! The folder of a store, out of which nothing that a file names can lead.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use pimage_core::Error;

/// Opens files by names relative to a folder, never one that lies elsewhere.
#[derive(Debug)]
pub(crate) struct StoreFolder {
    path: PathBuf,
    #[cfg(target_os = "linux")]
    handle: File,
}

impl StoreFolder {
    /// # Errors
    ///
    /// [`Error::Io`] when there is no such folder.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        if !path.metadata().map_err(Error::io("open", path))?.is_dir() {
            let source = io::Error::from(io::ErrorKind::NotADirectory);
            return Err(Error::io("open", path)(source));
        }
        Ok(Self {
            path: path.to_path_buf(),
            #[cfg(target_os = "linux")]
            handle: File::open(path).map_err(Error::io("open", path))?,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a regular file of the store.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Unsupported`] when the name leads out of the folder, or to what is no regular file.
    pub(crate) fn file(&self, relative: &str) -> Result<File, Error> {
        let path = self.path.join(relative);
        let is_inside = Path::new(relative)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if relative.is_empty() || !is_inside {
            return Err(leads_out(&path));
        }
        let file = self.open_beneath(relative, &path)?;
        let metadata = file.metadata().map_err(Error::io("open", &path))?;
        if !metadata.is_file() {
            return Err(Error::unsupported(&path, "it is not a regular file"));
        }
        Ok(file)
    }

    /// Reads a whole file into `bytes`, in place of what they were; its length if that is more than `limit`.
    pub(crate) fn read(
        &self,
        relative: &str,
        limit: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let file = self.file(relative)?;
        let path = || self.path.join(relative);
        let length = file.metadata().map_err(Error::io("read", path()))?.len();
        if length > limit {
            return Err(Error::TooLarge {
                what: "bytes of a file",
                value: length,
                limit,
                option: "--limit frame-bytes=N",
            });
        }
        bytes.clear();
        bytes.reserve(usize::try_from(length).unwrap_or_default());
        file.take(limit.saturating_add(1))
            .read_to_end(bytes)
            .map_err(Error::io("read", path()))?;
        Ok(())
    }

    /// Bytes of what has this name and when it was changed last, nanoseconds since 1970; a link is not followed.
    ///
    /// `None` when there is nothing, and for what was changed before 1970.
    pub(crate) fn length_and_time(&self, relative: &str) -> Option<(u64, u64)> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{AtFlags, statat};
            // A short name in an open folder is found sooner than a whole path.
            let found = statat(&self.handle, relative, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            // The types of these fields are not the same on every machine.
            let (secs, nanos) = (i128::from(found.st_mtime), i128::from(found.st_mtime_nsec));
            let time = u64::try_from(secs * 1_000_000_000 + nanos).ok()?;
            Some((u64::try_from(found.st_size).ok()?, time))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let metadata = self.path.join(relative).symlink_metadata().ok()?;
            let modified = metadata.modified().ok()?;
            let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some((metadata.len(), u64::try_from(since.as_nanos()).ok()?))
        }
    }

    /// The path of a file of the store for what opens by name, after a look that it lies inside.
    #[cfg(feature = "ffmpeg")]
    pub(crate) fn checked(&self, relative: &str) -> Result<PathBuf, Error> {
        self.file(relative)?;
        Ok(self.path.join(relative))
    }

    #[cfg(target_os = "linux")]
    fn open_beneath(&self, relative: &str, path: &Path) -> Result<File, Error> {
        use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
        use rustix::io::Errno;
        // Opening a pipe would wait for somebody to write, but for NONBLOCK.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match openat2(&self.handle, relative, flags, Mode::empty(), resolve) {
            Ok(handle) => Ok(File::from(handle)),
            Err(Errno::XDEV | Errno::LOOP) => Err(leads_out(path)),
            // Older systems do not have the call, some containers forbid it.
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => self.open_stepwise(relative),
            Err(errno) => Err(Error::io("open", path)(errno.into())),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn open_beneath(&self, relative: &str, _path: &Path) -> Result<File, Error> {
        self.open_stepwise(relative)
    }

    /// Looks at each part of the name for links, of which none is followed.
    fn open_stepwise(&self, relative: &str) -> Result<File, Error> {
        let mut path = self.path.clone();
        for part in Path::new(relative).components() {
            path.push(part);
            let metadata = path.symlink_metadata().map_err(Error::io("open", &path))?;
            if metadata.is_symlink() {
                return Err(leads_out(&path));
            }
            if !metadata.is_dir() && !metadata.is_file() {
                return Err(Error::unsupported(&path, "it is not a regular file"));
            }
        }
        File::open(&path).map_err(Error::io("open", &path))
    }
}

/// Opens a regular file by its whole path; a link of that name is not followed, and a pipe is not waited for.
///
/// # Errors
///
/// [`Error::Io`]; [`Error::Unsupported`] for what is no regular file.
pub(crate) fn open_own(path: &Path) -> Result<File, Error> {
    let refused = || Error::unsupported(path, "it is a link or no regular file");
    #[cfg(unix)]
    let file = {
        use std::os::unix::fs::OpenOptionsExt;
        File::options()
            .read(true)
            .custom_flags(NOT_FOLLOWED)
            .open(path)
            .map_err(|error| match is_link(path) {
                true => refused(),
                false => Error::io("open", path)(error),
            })?
    };
    #[cfg(not(unix))]
    let file = match is_link(path) {
        true => return Err(refused()),
        false => File::open(path).map_err(Error::io("open", path))?,
    };
    let metadata = file.metadata().map_err(Error::io("open", path))?;
    if metadata.is_file() {
        Ok(file)
    } else {
        Err(refused())
    }
}

/// Reads a regular file by its whole path, as [`open_own`] opens it.
///
/// # Errors
///
/// As [`open_own`]; [`Error::TooLarge`] for more bytes than `limit`, which `option` raises.
pub(crate) fn read_own(
    path: &Path,
    limit: u64,
    what: &'static str,
    option: &'static str,
) -> Result<Vec<u8>, Error> {
    let file = open_own(path)?;
    let value = file.metadata().map_err(Error::io("read", path))?.len();
    if value > limit {
        return Err(Error::TooLarge {
            what,
            value,
            limit,
            option,
        });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(value).unwrap_or_default());
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(Error::io("read", path))?;
    Ok(bytes)
}

/// Neither links nor, for what is a pipe, waiting for somebody who writes to it.
#[cfg(unix)]
pub(crate) const NOT_FOLLOWED: i32 = {
    let flags = rustix::fs::OFlags::NOFOLLOW.union(rustix::fs::OFlags::NONBLOCK);
    flags.bits() as i32
};

fn is_link(path: &Path) -> bool {
    let found = path.symlink_metadata();
    found.is_ok_and(|found| found.is_symlink())
}

fn leads_out(path: &Path) -> Error {
    Error::unsupported(path, "it leads out of the folder of the store")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, StoreFolder) {
        let parent = tempfile::tempdir().expect("is made");
        let store = parent.path().join("store");
        std::fs::create_dir_all(store.join("000000")).expect("is made");
        std::fs::write(store.join("000000/000000.png"), b"x").expect("is written");
        std::fs::write(parent.path().join("secret"), b"x").expect("is written");
        let opened = StoreFolder::open(&store).expect("is a folder");
        (parent, opened)
    }

    #[test]
    fn names_stay_inside() {
        let (parent, folder) = folder();
        let secret = parent.path().join("secret");
        assert!(folder.file("000000/000000.png").is_ok());
        for name in ["../secret", "/etc/passwd", "000000/../../secret", "", "./x"] {
            let error = folder.file(name).expect_err(name);
            assert!(error.to_string().contains("leads out"), "{error}");
        }
        assert!(folder.file(secret.to_str().expect("is text")).is_err());
        assert!(folder.file("000000").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out() {
        let (parent, folder) = folder();
        let links = [("link", "../secret"), ("000001", "..")];
        for (name, target) in links {
            std::os::unix::fs::symlink(target, folder.path().join(name)).expect("is made");
        }
        let absolute = parent.path().join("secret");
        std::os::unix::fs::symlink(absolute, folder.path().join("far")).expect("is made");
        for name in ["link", "000001/secret", "far"] {
            let error = folder.file(name).expect_err(name);
            assert!(error.to_string().contains("leads out"), "{error}");
            assert!(folder.open_stepwise(name).is_err());
        }
    }
}
