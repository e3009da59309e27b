//! What a caller may ask for when packing an array.

use std::sync::Arc;

use pimage_core::{Cancel, FrameRate};
use pimage_fs::{Disk, Storage};

use crate::goal::Goal;

/// What the values of a group are made from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// Whatever takes the fewest bytes.
    #[default]
    Auto,
    /// Neighbours that were decoded before.
    Predicted,
    /// A video at full size, and what it got wrong, unless a group takes fewer bytes without. Gray frames only.
    Video,
    /// ZFP, unless it does not keep the bound in a group. Floats and a bound above 0 only.
    Zfp,
}

/// The video beside values that are not made from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preview {
    /// As large and as smooth as about one percent of the file allow.
    #[default]
    Auto,
    /// Every frame at its full size.
    Full,
    /// The least that players open: one tiny picture a group.
    None,
}

/// How to pack an array; the default keeps every value as it is.
#[derive(Debug, Clone)]
pub struct CompressOptions {
    /// What is promised of the values that come back.
    pub goal: Goal,
    /// What values are made from.
    pub layer: Layer,
    /// The video to look at.
    pub preview: Preview,
    /// Frames that are packed together, and unpacked for any one of them;
    /// `None` is as many as have about four million values, up to 256.
    pub group_frames: Option<u64>,
    /// Packing threads; `None` is one for each core.
    pub threads: Option<usize>,
    /// Bytes that groups under way may take together; where they would take more, fewer are packed at a time.
    pub memory: u64,
    /// Unpack each group again and compare; not done where nothing is promised of the values.
    pub check: bool,
    /// Frames a second, instead of the source's rate and times.
    pub rate: Option<FrameRate>,
    /// Replace an existing output.
    pub overwrite: bool,
    /// Wait until the data are on the disk before the output gets its name.
    pub sync: bool,
    /// Where to write.
    pub storage: Arc<dyn Storage>,
    /// Stops the work.
    pub cancel: Cancel,
}

impl Default for CompressOptions {
    fn default() -> Self {
        Self {
            goal: Goal::Exact,
            layer: Layer::Auto,
            preview: Preview::Auto,
            group_frames: None,
            threads: None,
            memory: 1 << 30,
            check: true,
            rate: None,
            overwrite: false,
            sync: true,
            storage: Arc::new(Disk),
            cancel: Cancel::new(),
        }
    }
}
