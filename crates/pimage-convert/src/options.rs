//! What a conversion is told: how much it may use, what it does to each frame, whom it tells.

use std::fmt;
use std::ops::ControlFlow;

use pimage_core::{Cancel, Transform};

/// Told about every frame; says whether to go on. `()` listens to nothing.
pub trait Progress: Sync {
    /// `done` frames are written, of `total` if that is known (it may be an estimate).
    fn frame_written(&self, done: u64, total: Option<u64>) -> ControlFlow<()>;
}

impl Progress for () {
    fn frame_written(&self, _done: u64, _total: Option<u64>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// How a conversion runs; the default uses one transforming thread for each core and 256 MiB of frames on their way.
pub struct ConvertOptions<'a> {
    /// Transforming threads; `None` is one for each core. Reading and writing have a thread each beside them.
    pub threads: Option<usize>,
    /// Bytes of frames that may be between reader and writer. One frame always may.
    ///
    /// No more than `2 * threads + 2` frames are, however small: a fast reader does not fill the budget for nothing.
    pub memory_bytes: u64,
    /// Stops the conversion from outside.
    pub cancel: Cancel,
    /// What is done to each frame, in this order; see [`ConvertOptions::transform`].
    pub transforms: Vec<Box<dyn Transform + 'a>>,
}

impl<'a> ConvertOptions<'a> {
    /// Adds a transform; they are applied in the order in which they were added.
    #[must_use]
    pub fn transform(mut self, transform: impl Transform + 'a) -> Self {
        self.transforms.push(Box::new(transform));
        self
    }

    pub(crate) fn worker_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(cores).max(1)
    }
}

impl Default for ConvertOptions<'_> {
    fn default() -> Self {
        Self {
            threads: None,
            memory_bytes: 256 << 20,
            cancel: Cancel::new(),
            transforms: Vec::new(),
        }
    }
}

impl fmt::Debug for ConvertOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConvertOptions")
            .field("threads", &self.threads)
            .field("memory_bytes", &self.memory_bytes)
            .field("cancel", &self.cancel)
            .field("transforms", &self.transforms.len())
            .finish()
    }
}
