//! Where folders of chunks are made: in one scratch folder, which is made when the first of them is needed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pimage_core::Error;
use pimage_fs::{ScratchFolder, Storage};

use super::pool::BufferOptions;

/// The scratch folder of all buffers of a pool.
#[derive(Debug)]
pub(super) struct StorePlace {
    given: Option<PathBuf>,
    storage: Arc<dyn Storage>,
    scratch: Mutex<Option<Arc<ScratchFolder>>>,
    /// Folders that were named.
    named: AtomicU64,
}

impl StorePlace {
    pub(super) fn new(options: &BufferOptions) -> Self {
        Self {
            given: options.folder.clone(),
            storage: Arc::clone(&options.storage),
            scratch: Mutex::new(None),
            named: AtomicU64::new(0),
        }
    }

    /// The scratch folder, once there is one.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        scratch.as_ref().map(|scratch| scratch.path().to_path_buf())
    }

    /// Through what is written.
    pub(super) const fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// The name of a folder that no other has, and the scratch folder that it is in.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when that cannot be made.
    pub(super) fn name(&self) -> Result<(Arc<ScratchFolder>, PathBuf), Error> {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match &*scratch {
            Some(folder) => Arc::clone(folder),
            None => {
                let folder = Arc::new(ScratchFolder::create(self.given.as_deref())?);
                *scratch = Some(Arc::clone(&folder));
                folder
            }
        };
        let number = self.named.fetch_add(1, Ordering::SeqCst);
        let path = folder.path().join(format!("{number}.zarr"));
        Ok((folder, path))
    }
}
