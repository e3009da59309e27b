//! The lock of a store that is being written: held by the system, so that it ends with the process that holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pimage_core::Error;
use serde_json::{Value, json};

/// The name of the file in the folder of a store.
pub const LOCK_FILE: &str = ".lock";

/// Bytes of a lock that are read at most.
const MOST_BYTES: u64 = 4096;

/// Who writes a store, or wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockOwner {
    /// The process.
    pub pid: u32,
    /// The machine.
    pub host: String,
    /// Since when.
    pub since: String,
}

/// What the lock of a store says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockState {
    /// Nobody writes it, and it was closed.
    Closed,
    /// It is being written.
    Held(LockOwner),
    /// Its writer ended without closing it.
    Stale(LockOwner),
    /// An empty file: Python's imgstore is writing it, or was and did not close it.
    Foreign,
}

/// The right to write to a store, given back when dropped.
#[derive(Debug)]
pub(crate) struct StoreLock {
    path: PathBuf,
    /// The system's lock lives as long as this.
    file: File,
}

/// Says who writes the store in this folder.
///
/// # Errors
///
/// [`Error::Io`].
pub fn lock_state(folder: &Path) -> Result<LockState, Error> {
    let path = folder.join(LOCK_FILE);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(LockState::Closed),
        Err(error) => return Err(Error::io("open", &path)(error)),
    };
    let is_held = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    let owner = owner_of(&mut file).map_err(Error::io("read", &path))?;
    Ok(match (owner, is_held) {
        (Some(owner), true) => LockState::Held(owner),
        (Some(owner), false) => LockState::Stale(owner),
        (None, _) => LockState::Foreign,
    })
}

impl StoreLock {
    /// Takes the lock of the store in this folder, also one whose owner ended without giving it back.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when somebody else writes the store, or when the lock is one of imgstore and not `ignores_foreign`; [`Error::Io`].
    pub(crate) fn take(folder: &Path, uuid: &str, ignores_foreign: bool) -> Result<Self, Error> {
        let path = folder.join(LOCK_FILE);
        // Between opening and locking, the owner before may remove the file: then the lock is on nothing.
        for _ in 0..8 {
            let existed = path.symlink_metadata().is_ok();
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(Error::io("open", &path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(held_error(folder, &mut file)),
                Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
            }
            if !is_same(&file, &path) {
                continue;
            }
            let owner = owner_of(&mut file).map_err(Error::io("read", &path))?;
            if existed && owner.is_none() && !ignores_foreign {
                return Err(Error::unsupported(
                    folder,
                    "it has an empty `.lock`: Python's imgstore is writing it or ended without closing it; \
                     remove `.lock` when nobody writes to the store",
                ));
            }
            let text = json!({
                "pid": std::process::id(),
                "host": host(),
                "since": Timestamp::now().to_string(),
                "uuid": uuid,
            });
            let mut replace = || {
                file.set_len(0)?;
                file.seek(SeekFrom::Start(0))?;
                file.write_all(format!("{text}\n").as_bytes())
            };
            replace().map_err(Error::io("write", &path))?;
            return Ok(Self { path, file });
        }
        Err(Error::unsupported(
            folder,
            "its `.lock` is taken and given back all the time: somebody else writes to it",
        ))
    }

    /// Gives the lock back: the store is closed.
    pub(crate) fn release(self) -> Result<(), Error> {
        // Removed while it is held, so that nobody's new lock is.
        std::fs::remove_file(&self.path).map_err(Error::io("remove", &self.path))
    }
}

impl Drop for StoreLock {
    fn drop(&mut self) {
        // Closing the file is not enough: a child that is just being started still has it open.
        let _ = self.file.unlock();
    }
}

fn held_error(folder: &Path, file: &mut File) -> Error {
    let reason = match owner_of(file) {
        Ok(Some(owner)) => format!(
            "process {} on {} has been writing to it since {}",
            owner.pid, owner.host, owner.since
        ),
        _ => "another process is writing to it".to_owned(),
    };
    Error::unsupported(folder, reason)
}

/// Who wrote the lock; `None` when it does not say.
fn owner_of(file: &mut File) -> std::io::Result<Option<LockOwner>> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    let mut part = file.take(MOST_BYTES);
    if part.read_to_string(&mut text).is_err() {
        return Ok(None);
    }
    let Ok(value) = serde_json::from_str::<Value>(&text) else {
        return Ok(None);
    };
    let said = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or("?");
    Ok(Some(LockOwner {
        pid: value
            .get("pid")
            .and_then(Value::as_u64)
            .and_then(|pid| u32::try_from(pid).ok())
            .unwrap_or(0),
        host: said("host").to_owned(),
        since: said("since").to_owned(),
    }))
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), path.metadata()) {
        (Ok(left), Ok(right)) => (left.dev(), left.ino()) == (right.dev(), right.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// The name of this machine.
pub(crate) fn host() -> String {
    let from_file = ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok());
    from_file.map_or_else(|| "this machine".to_owned(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_writers_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(lock_state(folder.path()).expect("reads"), LockState::Closed);
        let lock = StoreLock::take(folder.path(), "ab", false).expect("is free");
        let error = StoreLock::take(folder.path(), "ab", false).expect_err("is held");
        let pid = std::process::id();
        assert!(
            error.to_string().contains(&format!("process {pid} on ")),
            "{error}"
        );
        assert!(
            matches!(lock_state(folder.path()), Ok(LockState::Held(owner)) if owner.pid == pid)
        );
        lock.release().expect("gives back");
        assert_eq!(lock_state(folder.path()).expect("reads"), LockState::Closed);
    }

    #[test]
    fn a_lock_whose_owner_is_gone_is_taken_over() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(StoreLock::take(folder.path(), "ab", false).expect("is free"));
        assert!(matches!(lock_state(folder.path()), Ok(LockState::Stale(_))));
        let lock = StoreLock::take(folder.path(), "cd", false).expect("is stale");
        lock.release().expect("gives back");
    }

    #[test]
    fn an_empty_lock_is_respected() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(LOCK_FILE), "").expect("writes");
        assert_eq!(
            lock_state(folder.path()).expect("reads"),
            LockState::Foreign
        );
        let error = StoreLock::take(folder.path(), "ab", false).expect_err("is another's");
        assert!(error.to_string().contains("Python's imgstore"), "{error}");
        let lock = StoreLock::take(folder.path(), "ab", true).expect("is asked for");
        lock.release().expect("gives back");
    }
}
