//! Waiting for the disk on a thread of its own, so that nobody else has to.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use pimage_core::Error;
use pimage_fs::Storage;

/// What is to reach the disk, and how many frames that makes durable.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) files: Vec<PathBuf>,
    /// Folders with all that is in them.
    pub(crate) trees: Vec<PathBuf>,
    /// The folder of the store, for the names in it.
    pub(crate) folder: PathBuf,
    pub(crate) frames: u64,
}

impl Task {
    /// Waits until it is done.
    pub(crate) fn run(&self, storage: &dyn Storage) -> Result<(), Error> {
        let done = |path: &Path, result: std::io::Result<()>| match result {
            // Closed and renamed meanwhile, which syncs too.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(Error::io("sync", path)),
        };
        // The journal comes first: no frame is without number and time.
        for path in &self.files {
            done(path, storage.sync_file(path))?;
        }
        done(&self.folder, storage.sync_folder(&self.folder))?;
        for path in &self.trees {
            done(path, storage.sync_tree(path))?;
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Shared {
    durable: AtomicU64,
    failed: Mutex<Option<Error>>,
}

/// A thread that syncs one task after another; tasks that come while it is busy are left out, for the next one covers them.
#[derive(Debug)]
pub(crate) struct Syncer {
    tasks: Option<SyncSender<Task>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    pub(crate) fn start(storage: Arc<dyn Storage>) -> Result<Self, Error> {
        let (tasks, queue): (SyncSender<Task>, Receiver<Task>) = sync_channel(1);
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let run = move || {
            while let Ok(task) = queue.recv() {
                match task.run(storage.as_ref()) {
                    Ok(()) => {
                        own.durable.fetch_max(task.frames, Ordering::SeqCst);
                    }
                    Err(error) => {
                        let mut failed = own.failed.lock().unwrap_or_else(PoisonError::into_inner);
                        failed.get_or_insert(error);
                    }
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("the syncer".to_owned())
            .spawn(run)
            .map_err(Error::io("start a thread for", "syncing"))?;
        Ok(Self {
            tasks: Some(tasks),
            shared,
            thread: Some(thread),
        })
    }

    /// Asks for a task, unless one waits already; the error of an earlier one.
    ///
    /// After a failed sync nothing can be said of what was written before: trying again would hide the loss.
    pub(crate) fn ask(&self, task: Task) -> Result<(), Error> {
        if let Some(tasks) = &self.tasks {
            // Full: the one that waits has not begun, and syncs the same files.
            let _ = tasks.try_send(task);
        }
        self.check()
    }

    /// Waits for all tasks; the error of one of them, of which nobody heard yet.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.join();
        self.check()
    }

    fn join(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to say that was not noted.
            let _ = thread.join();
        }
    }

    /// The error of an earlier task, once.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut failed = self
            .shared
            .failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        failed.take().map_or(Ok(()), Err)
    }

    /// Frames that are on the disk.
    pub(crate) fn durable(&self) -> u64 {
        self.shared.durable.load(Ordering::SeqCst)
    }

    /// Notes frames that somebody else synced.
    pub(crate) fn note(&self, frames: u64) {
        self.shared.durable.fetch_max(frames, Ordering::SeqCst);
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.join();
    }
}
