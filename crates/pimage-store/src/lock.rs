//! The lock of a store that is being written: held by the system, so that it ends with the process that holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use jiff::Timestamp;
use pimage_core::Error;
use serde_json::{Value, json};

use crate::folder::open_own;
use crate::journal::has_journal_of;

/// The name of the file in the folder of a store.
pub const LOCK_FILE: &str = ".lock";

/// Bytes of a lock that are read at most.
const MOST_BYTES: u64 = 4096;

/// Somebody who only looks at a lock holds it for a moment: a writer asks again so many times, after so long.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(10);

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
    /// Whether the file stays when this is dropped without being given back: it then says that the store was not closed.
    stays: bool,
}

/// Says who writes the store in this folder.
///
/// # Errors
///
/// [`Error::Io`].
pub fn lock_state(folder: &Path) -> Result<LockState, Error> {
    let path = folder.join(LOCK_FILE);
    let mut file = match open_own(&path) {
        Ok(file) => file,
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(LockState::Closed);
        }
        Err(error) => return Err(error),
    };
    let is_held = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    let owner = owner_of(&mut file).map_err(Error::io("read", &path))?;
    let is_ours = || owner.is_some() || has_journal_of(folder, None);
    Ok(match is_held {
        true => LockState::Held(owner.unwrap_or_else(LockOwner::unknown)),
        false if is_ours() => LockState::Stale(owner.unwrap_or_else(LockOwner::unknown)),
        false => LockState::Foreign,
    })
}

impl LockOwner {
    /// Of a lock whose text never reached the disk.
    fn unknown() -> Self {
        Self {
            pid: 0,
            host: "?".to_owned(),
            since: "?".to_owned(),
        }
    }
}

impl StoreLock {
    /// Takes the lock of the store in this folder, also one whose owner ended without giving it back.
    ///
    /// Dropped, it is given back unless it was there before, or [`StoreLock::stay`] was called.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when somebody else writes the store, when the lock is one of imgstore and not `ignores_foreign`, or no regular
    /// file; [`Error::Io`].
    pub(crate) fn take(folder: &Path, uuid: &str, ignores_foreign: bool) -> Result<Self, Error> {
        let path = folder.join(LOCK_FILE);
        let mut looks = 0;
        // Between opening and locking, the owner before may remove the file: then the lock is on nothing.
        for _ in 0..LOOKS + 8 {
            let existed = path.symlink_metadata().is_ok();
            let mut file = open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if looks < LOOKS => {
                    looks += 1;
                    sleep(LOOK);
                    continue;
                }
                Err(TryLockError::WouldBlock) => return Err(held_error(folder, &mut file)),
                Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
            }
            if !is_same(&file, &path) {
                continue;
            }
            let owner = owner_of(&mut file).map_err(Error::io("read", &path))?;
            // One without text beside a journal of ours is of a writer whose power was cut.
            let is_foreign = existed && owner.is_none() && !has_journal_of(folder, Some(uuid));
            if is_foreign && !ignores_foreign {
                return Err(Error::unsupported(
                    folder,
                    "it has an empty `.lock`: Python's imgstore is writing it or ended without closing it; \
                     when nobody writes to the store, remove `.lock` or use --ignore-lock",
                ));
            }
            sign(&mut file, uuid).map_err(Error::io("write", &path))?;
            return Ok(Self {
                path,
                file,
                stays: existed,
            });
        }
        Err(Error::unsupported(
            folder,
            "its `.lock` is taken and given back all the time: somebody else writes to it",
        ))
    }

    /// From here on only closing the store gives the lock back.
    pub(crate) const fn stay(&mut self) {
        self.stays = true;
    }

    /// Gives the lock back: the store is closed.
    pub(crate) fn release(mut self) -> Result<(), Error> {
        self.stays = true;
        // Removed while it is held, so that nobody's new lock is.
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::io("remove", &self.path)(error))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for StoreLock {
    fn drop(&mut self) {
        if !self.stays {
            let _ = std::fs::remove_file(&self.path);
        }
        // Closing the file is not enough: a child that is just being started still has it open.
        let _ = self.file.unlock();
    }
}

/// Opens the file for reading and writing, created if it is not there; links are not followed.
fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(crate::folder::NOT_FOLLOWED);
    }
    let is_regular =
        |found: std::io::Result<std::fs::Metadata>| found.map_or(true, |found| found.is_file());
    let refused = || Error::unsupported(path, "it is a link or no regular file");
    if !is_regular(path.symlink_metadata()) {
        return Err(refused());
    }
    let file = options.open(path).map_err(Error::io("open", path))?;
    match is_regular(file.metadata()) {
        true => Ok(file),
        false => Err(refused()),
    }
}

/// Says in the lock who has it, also to those who look after a power cut.
fn sign(file: &mut File, uuid: &str) -> std::io::Result<()> {
    let text = json!({
        "pid": std::process::id(),
        "host": host(),
        "since": Timestamp::now().to_string(),
        "uuid": uuid,
    });
    let text = format!("{text}\n");
    // Over the old text, which is cut then: at no moment it is empty.
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
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
        let mut lock = StoreLock::take(folder.path(), "ab", false).expect("is free");
        lock.stay();
        drop(lock);
        assert!(matches!(lock_state(folder.path()), Ok(LockState::Stale(_))));
        let lock = StoreLock::take(folder.path(), "cd", false).expect("is stale");
        lock.release().expect("gives back");
    }

    #[test]
    fn a_lock_that_guarded_nothing_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(StoreLock::take(folder.path(), "ab", false).expect("is free"));
        assert_eq!(lock_state(folder.path()).expect("reads"), LockState::Closed);
        let lock = StoreLock::take(folder.path(), "ab", false).expect("is free");
        std::fs::remove_file(folder.path().join(LOCK_FILE)).expect("is there");
        lock.release().expect("is gone already");
    }

    #[test]
    fn those_who_look_do_not_keep_writers_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(LOCK_FILE);
        std::fs::write(&path, "{\"pid\": 1}").expect("writes");
        let looking = File::open(&path).expect("is there");
        looking.try_lock_shared().expect("is free");
        let looker = std::thread::spawn(move || {
            sleep(Duration::from_millis(40));
            drop(looking);
        });
        let lock = StoreLock::take(folder.path(), "ab", false).expect("is given back soon");
        lock.release().expect("gives back");
        looker.join().expect("ends");
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_a_link_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = tempfile::tempdir().expect("a folder");
        for target in ["precious.json", "not there"] {
            let target = outside.path().join(target);
            if target.extension().is_some() {
                std::fs::write(&target, "{}").expect("writes");
            }
            let path = folder.path().join(LOCK_FILE);
            std::os::unix::fs::symlink(&target, &path).expect("links");
            let error = StoreLock::take(folder.path(), "ab", false).expect_err("is refused");
            assert!(error.to_string().contains("regular file"), "{error}");
            assert!(lock_state(folder.path()).is_err());
            std::fs::remove_file(&path).expect("is there");
        }
        let precious = outside.path().join("precious.json");
        assert_eq!(std::fs::read_to_string(precious).expect("is there"), "{}");
        assert!(!outside.path().join("not there").exists());
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
