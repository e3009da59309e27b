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
    /// Every part of the file counts as soon as it is written: see [`EncodeOptions::recording`].
    pub recording: bool,
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
            recording: false,
        }
    }
}

impl EncodeOptions {
    /// Options for a recording that loses nothing of what was flushed when the process is killed.
    ///
    /// The file has its own name from the beginning and is kept whatever happens; what stands in it up to the last
    /// [`FrameWriter::flush`](pimage_core::FrameWriter::flush) can be read. Encoders hold nothing back (no look-ahead, no frames that
    /// refer to later ones), Matroska has short clusters, and MP4 a fragment for each frame: [`remux`](crate::remux) makes an
    /// ordinary file of it.
    #[must_use]
    pub fn recording(codec: &str) -> Self {
        Self {
            codec: Some(codec.to_owned()),
            recording: true,
            ..Self::default()
        }
    }

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
