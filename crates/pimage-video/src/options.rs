//! What a caller may ask for when a video is opened or created.

use std::path::Path;
use std::sync::Arc;

use pimage_core::{FrameRate, Limits, OnDamage};
use pimage_fs::{Disk, Storage};

/// How to read a video; the default reads what is there and stops at damage.
#[derive(Debug, Clone, Default)]
pub struct VideoOptions {
    /// Bounds on what the file may claim.
    pub limits: Limits,
    /// What to do at a damaged frame.
    pub on_damage: OnDamage,
    /// Deliver luma only, expanded to the full range.
    pub gray: bool,
    /// Leave the rotation tag unheeded.
    pub no_rotation: bool,
    /// Decoding threads; `None` is one for each core.
    pub threads: Option<usize>,
}

impl VideoOptions {
    /// The number of decoding threads.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        threads(self.threads)
    }
}

/// How to write a video; the default is the container's usual codec at its usual quality.
#[derive(Debug, Clone)]
pub struct EncodeOptions {
    /// Replace an existing file.
    pub overwrite: bool,
    /// Wait for the disk before the file gets its name.
    pub sync: bool,
    /// Where to write.
    pub storage: Arc<dyn Storage>,
    /// Codec by its name in [`CODECS`](crate::CODECS).
    pub codec: Option<String>,
    /// `0` to `100`, or a codec's own scale: `crf=23`, `qp=0`, `q=3`.
    pub quality: Option<String>,
    /// The encoder's preset.
    pub preset: Option<String>,
    /// Every pixel comes back as it was, or it is an error.
    pub lossless: bool,
    /// Frames a second, instead of the source's rate and times.
    pub rate: Option<FrameRate>,
    /// Encoding threads; `None` is one for each core.
    pub threads: Option<usize>,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self {
            overwrite: false,
            sync: true,
            storage: Arc::new(Disk),
            codec: None,
            quality: None,
            preset: None,
            lossless: false,
            rate: None,
            threads: None,
        }
    }
}

impl EncodeOptions {
    /// The number of encoding threads.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        threads(self.threads)
    }
}

fn threads(asked: Option<usize>) -> usize {
    asked
        .or_else(|| std::thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1)
        .clamp(1, 64)
}

/// The lower-case extension of a path; empty when there is none.
#[must_use]
pub fn extension_of(path: &Path) -> String {
    path.extension()
        .and_then(|extension| extension.to_str())
        .map(str::to_ascii_lowercase)
        .unwrap_or_default()
}
