//! What all buffers of a mosaic share: memory, a folder, and how they keep frames.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pimage_core::{Cancel, Error};
use pimage_fs::{Disk, ScratchFolder, Storage};

use super::store::StorePlace;
use crate::layout::{name_of, named};

/// Greatest size of a chunk of more than one frame, bytes.
const CHUNK_BYTES: usize = 1 << 20;

/// Where frames are kept that are read more than once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BufferMode {
    /// In memory as long as they fit, then in Zarr chunks too.
    #[default]
    Auto,
    /// In memory; frames that do not fit are an error.
    Memory,
    /// In compressed Zarr chunks, those used last in memory too.
    Zarr,
    /// Nowhere: each time they are read from the source, which has to seek.
    None,
}

impl BufferMode {
    /// Every mode with its name.
    pub const ALL: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("memory", Self::Memory),
        ("zarr", Self::Zarr),
        ("none", Self::None),
    ];
}

impl FromStr for BufferMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        named("--buffer", &Self::ALL, text)
    }
}

impl fmt::Display for BufferMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(&Self::ALL, self))
    }
}

/// How buffers keep frames.
#[derive(Debug, Clone)]
pub struct BufferOptions {
    /// Where.
    pub mode: BufferMode,
    /// Where the folder of Zarr chunks is made; the system's folder for temporary files when `None`.
    pub folder: Option<PathBuf>,
    /// What all buffers together may hold in memory, bytes. Default 256 MiB. One chunk of each source is held even when that is more.
    pub memory_bytes: u64,
    /// Through what chunks are written.
    pub storage: Arc<dyn Storage>,
    /// Stops reading on.
    pub cancel: Cancel,
}

impl Default for BufferOptions {
    fn default() -> Self {
        Self {
            mode: BufferMode::Auto,
            folder: None,
            memory_bytes: 256 << 20,
            storage: Arc::new(Disk),
            cancel: Cancel::new(),
        }
    }
}

/// The memory and the folder that all buffers of a mosaic share; cheap to clone.
///
/// The folder is made when the first chunk is written, and removed with the last clone and the last buffer.
#[derive(Debug, Clone)]
pub struct BufferPool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: BufferOptions,
    memory_bytes: usize,
    sources: usize,
    used: AtomicUsize,
    /// Whether a buffer with less than its share found no memory.
    is_short: AtomicBool,
    place: StorePlace,
}

impl BufferPool {
    /// A pool for as many buffers as there are `sources`; removes what crashes left of the buffers of others.
    ///
    /// # Errors
    ///
    /// [`Error::NotBuilt`] for [`BufferMode::Zarr`] without the feature `zarr`.
    pub fn new(options: BufferOptions, sources: usize) -> Result<Self, Error> {
        if options.mode == BufferMode::Zarr && !cfg!(feature = "zarr") {
            return Err(Error::NotBuilt {
                format: "--buffer zarr".to_owned(),
                feature: "zarr",
            });
        }
        ScratchFolder::sweep(options.folder.as_deref());
        let memory_bytes = usize::try_from(options.memory_bytes).unwrap_or(usize::MAX);
        Ok(Self {
            shared: Arc::new(Shared {
                place: StorePlace::new(&options),
                options,
                memory_bytes,
                sources: sources.max(1),
                used: AtomicUsize::new(0),
                is_short: AtomicBool::new(false),
            }),
        })
    }

    /// Bytes that all buffers hold in memory.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        self.shared.used.load(Ordering::SeqCst)
    }

    /// The folder of chunks, once there is one.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        self.shared.place.folder()
    }

    pub(super) fn mode(&self) -> BufferMode {
        self.shared.options.mode
    }

    /// Where folders of chunks are made.
    pub(super) fn place(&self) -> &StorePlace {
        &self.shared.place
    }

    pub(super) fn cancel(&self) -> &Cancel {
        &self.shared.options.cancel
    }

    /// What all buffers together may hold, bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.shared.memory_bytes
    }

    /// What is one buffer's when all have the same, bytes.
    pub(super) fn share(&self) -> usize {
        self.shared.memory_bytes / self.shared.sources
    }

    /// How large chunks are to be: a quarter of the share, so that one fits that is decoded, compressed and read at once.
    pub(super) fn chunk_bytes(&self) -> usize {
        (self.share() / 4).min(CHUNK_BYTES)
    }

    /// Takes memory when there is so much.
    pub(super) fn try_take(&self, bytes: usize) -> bool {
        let used = &self.shared.used;
        let taken = used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |used| {
            let used = used.checked_add(bytes)?;
            (used <= self.shared.memory_bytes).then_some(used)
        });
        taken.is_ok()
    }

    /// Takes memory that cannot be done without.
    pub(super) fn take(&self, bytes: usize) {
        self.shared.used.fetch_add(bytes, Ordering::SeqCst);
    }

    pub(super) fn give(&self, bytes: usize) {
        self.shared.used.fetch_sub(bytes, Ordering::SeqCst);
    }

    /// Says that a buffer has less than its share and needs more.
    pub(super) fn ask(&self) {
        self.shared.is_short.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked since this was answered last.
    pub(super) fn is_asked(&self) -> bool {
        self.shared.is_short.swap(false, Ordering::SeqCst)
    }
}
