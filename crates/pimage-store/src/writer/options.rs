//! How a store is written.

use std::sync::Arc;
use std::time::Duration;

use pimage_core::{FrameRate, Limits};
use pimage_fs::{Disk, Storage};
use serde_json::{Map, Value};

/// When what was written is made to outlive a power cut; a crash of the program alone loses nothing that was flushed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// Whenever the system thinks fit, also of what is closed.
    None,
    /// When a chunk is closed.
    Chunk,
    /// At each flush, in the background: about every second.
    #[default]
    Second,
    /// Each frame, before the next one is taken: slow.
    Frame,
}

impl Durability {
    /// Every choice.
    pub const ALL: [Self; 4] = [Self::None, Self::Chunk, Self::Second, Self::Frame];

    /// Lower-case name: `none`, `chunk`, `second`, `frame`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Chunk => "chunk",
            Self::Second => "second",
            Self::Frame => "frame",
        }
    }
}

/// When a chunk is full: at whichever comes first.
///
/// Chunks that end at a limit of bytes or seconds have fewer frames than the store says. Readers go by the indexes and do not mind;
/// reading a frame without any index does ([`extract_only_frame`](crate::extract_only_frame), and the function of that name and `reindex`
/// of Python's imgstore).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ChunkLimits {
    /// Frames; `None` is 200 for folders of images and 10,000 for videos, as imgstore has it, unless another limit is given.
    pub frames: Option<u64>,
    /// Bytes on the disk, counted before each frame.
    pub bytes: Option<u64>,
    /// Seconds from the first frame of the chunk, by the frames' times.
    pub seconds: Option<f64>,
}

/// How to write a store; the default is a new one of `npy` images.
#[derive(Debug, Clone)]
pub struct RecordOptions {
    /// The name of a row of [`FORMATS`](crate::FORMATS).
    pub format: String,
    /// When a new chunk begins.
    pub chunk: ChunkLimits,
    /// Go on with an existing store, in a new chunk after its last; a crashed one is repaired first.
    pub append: bool,
    /// Take an empty `.lock`, as Python's imgstore leaves it, for one of a writer that is gone.
    pub ignores_foreign_lock: bool,
    /// When frames are made to outlive a power cut.
    pub durability: Durability,
    /// How often frames are handed to the system, so that they outlive this process; looked at when a frame is written.
    pub flush: Duration,
    /// Frames a second, instead of what the source says.
    pub rate: Option<FrameRate>,
    /// Give frames the times that follow from the rate, instead of their own.
    pub paces: bool,
    /// The quality of lossy formats, on the codec's scale; `None` is 95 for `jpg` and the codec's usual one for videos.
    pub quality: Option<String>,
    /// The preset of the video encoder.
    pub preset: Option<String>,
    /// How the pixels are coded that are stored as they are (`cv_bayerbg`), for the metadata.
    pub encoding: Option<String>,
    /// The time zone for the metadata, by its IANA name; `None` is the machine's.
    pub timezone: Option<String>,
    /// The user's metadata.
    pub user: Map<String, Value>,
    /// Encoding threads; `None` is one for each core.
    pub threads: Option<usize>,
    /// Bounds on what an existing store may claim.
    pub limits: Limits,
    /// Where to write.
    pub storage: Arc<dyn Storage>,
}

impl Default for RecordOptions {
    fn default() -> Self {
        Self {
            format: "npy".to_owned(),
            chunk: ChunkLimits::default(),
            append: false,
            ignores_foreign_lock: false,
            durability: Durability::default(),
            flush: Duration::from_secs(1),
            rate: None,
            paces: false,
            quality: None,
            preset: None,
            encoding: None,
            timezone: None,
            user: Map::new(),
            threads: None,
            limits: Limits::default(),
            storage: Arc::new(Disk),
        }
    }
}

impl RecordOptions {
    /// A new store of this format.
    #[must_use]
    pub fn new(format: &str) -> Self {
        Self {
            format: format.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn thread_count(&self) -> usize {
        self.threads
            .or_else(|| std::thread::available_parallelism().ok().map(Into::into))
            .unwrap_or(1)
            .clamp(1, 64)
    }

    /// Frames that a chunk has at most; without any limit given, what imgstore takes.
    pub(crate) fn chunk_frames(&self, is_video: bool) -> u64 {
        let usual = if is_video { 10_000 } else { 200 };
        match self.chunk.frames {
            Some(frames) => frames.max(1),
            None if self.chunk.bytes.is_some() || self.chunk.seconds.is_some() => {
                // Six digits name an image within its chunk.
                1_000_000
            }
            None => usual,
        }
    }
}
