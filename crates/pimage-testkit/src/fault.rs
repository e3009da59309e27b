//! A disk that fails when it is told to.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use pimage_fs::{Disk, Storage, StorageFile};

/// When a [`FaultStorage`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Never.
    Never,
    /// The k-th operation, from 1, and no other.
    Once(u64),
    /// The k-th operation, from 1, and all after it except removing.
    From(u64),
    /// There is room for so many bytes in all files together.
    FullAfter(u64),
}

/// The real disk, of which one operation fails: creating, writing, syncing, renaming, removing or seeking.
///
/// Clones share their count.
#[derive(Debug, Clone)]
pub struct FaultStorage {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    fault: Fault,
    operations: AtomicU64,
    bytes: AtomicU64,
    failed: Mutex<Option<&'static str>>,
}

impl State {
    /// Counts an operation; an error when it is one that fails.
    fn operate(&self, name: &'static str) -> io::Result<()> {
        let count = self.operations.fetch_add(1, Ordering::SeqCst) + 1;
        let fails = match self.fault {
            Fault::Once(k) => count == k,
            Fault::From(k) => count >= k && name != "remove",
            Fault::Never | Fault::FullAfter(_) => false,
        };
        if fails { Err(self.fail(name)) } else { Ok(()) }
    }

    fn fail(&self, name: &'static str) -> io::Error {
        let mut failed = self.failed.lock().expect("no holder panics");
        failed.get_or_insert(name);
        match self.fault {
            Fault::FullAfter(_) => io::Error::from(io::ErrorKind::StorageFull),
            _ => io::Error::other(format!("injected fault in {name}")),
        }
    }

    /// How many of `wanted` bytes still fit.
    fn room(&self, wanted: usize) -> usize {
        let Fault::FullAfter(limit) = self.fault else {
            return wanted;
        };
        let used = self.bytes.load(Ordering::SeqCst);
        let room = limit.saturating_sub(used);
        let taken = room.min(wanted as u64);
        self.bytes.fetch_add(taken, Ordering::SeqCst);
        taken as usize
    }
}

impl FaultStorage {
    /// The real disk with this fault.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self {
            state: Arc::new(State {
                fault,
                operations: AtomicU64::new(0),
                bytes: AtomicU64::new(0),
                failed: Mutex::new(None),
            }),
        }
    }

    /// Itself as a [`Storage`] to write to.
    #[must_use]
    pub fn storage(&self) -> Arc<dyn Storage> {
        Arc::new(self.clone())
    }

    /// Operations so far.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state.operations.load(Ordering::SeqCst)
    }

    /// Which operation was the first to fail, if one did.
    #[must_use]
    pub fn failed(&self) -> Option<&'static str> {
        *self.state.failed.lock().expect("no holder panics")
    }
}

impl Storage for FaultStorage {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        self.state.operate("create")?;
        Ok(Box::new(FaultFile {
            file: Disk.create_new(path)?,
            state: Arc::clone(&self.state),
        }))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.state.operate("create folder")?;
        Disk.create_folder(path)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.state.operate("sync")?;
        Disk.sync_file(path)
    }

    fn rename(&self, from: &Path, to: &Path, replace: bool) -> io::Result<()> {
        self.state.operate("rename")?;
        Disk.rename(from, to, replace)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state.operate("remove")?;
        Disk.remove(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.state.operate("remove")?;
        Disk.remove_tree(path)
    }

    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        self.state.operate("sync tree")?;
        Disk.sync_tree(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.state.operate("sync folder")?;
        Disk.sync_folder(path)
    }
}

struct FaultFile {
    file: Box<dyn StorageFile>,
    state: Arc<State>,
}

impl StorageFile for FaultFile {
    fn sync(&mut self) -> io::Result<()> {
        self.state.operate("sync")?;
        self.file.sync()
    }
}

impl Read for FaultFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.state.operate("read")?;
        self.file.read(bytes)
    }
}

impl Write for FaultFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.state.operate("write")?;
        let room = self.state.room(bytes.len());
        if room == 0 && !bytes.is_empty() {
            return Err(self.state.fail("write"));
        }
        let fitting = bytes.get(..room).unwrap_or(bytes);
        self.file.write_all(fitting)?;
        Ok(fitting.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for FaultFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.state.operate("seek")?;
        self.file.seek(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_operation_asked_for_fails() {
        let folder = tempfile::tempdir().expect("a folder");
        let faulty = FaultStorage::new(Fault::Once(3));
        let storage = faulty.storage();
        let mut file = storage.create_new(&folder.path().join("a")).expect("first");
        assert_eq!(file.write(b"abc").expect("second"), 3);
        assert!(file.write(b"def").is_err());
        assert_eq!(file.write(b"ghi").expect("fourth"), 3);
        assert_eq!(faulty.failed(), Some("write"));
        assert_eq!(faulty.operations(), 4);
    }

    #[test]
    fn a_full_disk_takes_what_fits() {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = FaultStorage::new(Fault::FullAfter(4)).storage();
        let mut file = storage
            .create_new(&folder.path().join("a"))
            .expect("creates");
        let error = file.write_all(b"abcdef").expect_err("is full");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(
            std::fs::read(folder.path().join("a")).expect("is there"),
            b"abcd"
        );
    }
}
