//! What a mosaic works in.

use std::fmt;
use std::path::PathBuf;

use pimage_core::{Cancel, FrameRate, Limits};
use pimage_transform::Open;

use crate::buffer::BufferMode;
use crate::timing::Align;

/// What a mosaic works in: threads, memory, how its sources are brought together.
#[derive(Clone)]
pub struct MosaicOptions {
    /// Threads that decode and resize; `None` is one for each core.
    pub threads: Option<usize>,
    /// Bytes of frames that may wait, buffers included. One frame of each source always may.
    pub memory_bytes: u64,
    /// Sizes that are refused.
    pub limits: Limits,
    /// Stops reading from outside.
    pub cancel: Cancel,
    /// Opens recordings that steps of the cells' chains name; `None` refuses such steps.
    pub open: Option<Open>,
    /// Whether a source that fails is shown as the null image from then on; it is listed in the damage of the mosaic.
    pub keep_going: bool,
    /// How frames of different sources are brought together.
    pub align: Align,
    /// Frames of the mosaic in a second; those of the first source that is no still image when it is `None`.
    pub rate: Option<FrameRate>,
    /// Where resized frames are kept that are read more than once.
    pub buffer: BufferMode,
    /// The folder for buffers on disk; that of the system for temporary files when it is `None`.
    pub buffer_folder: Option<PathBuf>,
}

impl Default for MosaicOptions {
    fn default() -> Self {
        Self {
            threads: None,
            memory_bytes: 128 << 20,
            limits: Limits::default(),
            cancel: Cancel::new(),
            open: None,
            keep_going: false,
            align: Align::default(),
            rate: None,
            buffer: BufferMode::default(),
            buffer_folder: None,
        }
    }
}

impl fmt::Debug for MosaicOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MosaicOptions")
            .field("threads", &self.threads)
            .field("memory_bytes", &self.memory_bytes)
            .field("limits", &self.limits)
            .field("cancel", &self.cancel)
            .field("open", &self.open.is_some())
            .field("keep_going", &self.keep_going)
            .field("align", &self.align)
            .field("rate", &self.rate)
            .field("buffer", &self.buffer)
            .field("buffer_folder", &self.buffer_folder)
            .finish()
    }
}
