//! Some frames that follow on each other, side by side in memory.

use pimage_core::{Error, Frame, FrameFormat, Limits, Stamp};

/// How the frames of a source are cut into chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChunkShape {
    pub(super) format: FrameFormat,
    /// Bytes of a frame.
    pub(super) frame_bytes: usize,
    /// Frames in a chunk, at least 1.
    pub(super) frames: usize,
}

impl ChunkShape {
    /// Chunks of at most `target` bytes, but of at least one frame, and of no more frames than `count`.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] for frames that no memory holds.
    pub(super) fn new(
        format: FrameFormat,
        count: Option<u64>,
        target: usize,
    ) -> Result<Self, Error> {
        Limits::none().check_format(&format)?;
        let frame_bytes = format.frame_bytes().unwrap_or(usize::MAX);
        let each = frame_bytes.saturating_add(size_of::<Option<Stamp>>());
        let most = count.and_then(|count| usize::try_from(count).ok());
        let frames = (target / each).min(most.unwrap_or(usize::MAX)).max(1);
        Ok(Self {
            format,
            frame_bytes,
            frames,
        })
    }

    /// Bytes of the pixels of a chunk.
    pub(super) const fn pixel_bytes(&self) -> usize {
        self.frames.saturating_mul(self.frame_bytes)
    }

    /// Bytes that a chunk takes in memory.
    pub(super) const fn bytes(&self) -> usize {
        self.frames
            .saturating_mul(self.frame_bytes.saturating_add(size_of::<Option<Stamp>>()))
    }

    /// The number of the chunk of a frame, and its place in it.
    pub(super) const fn place(&self, index: u64) -> (u64, usize) {
        let frames = self.frames as u64;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a remainder of a division by a usize"
        )]
        let place = (index % frames) as usize;
        (index / frames, place)
    }
}

/// The frames of a chunk that are known.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// All frames of the chunk, those that are not known unspecified.
    pub(super) pixels: Vec<u8>,
    /// What is said of each frame; `None` for those that are not known.
    pub(super) stamps: Vec<Option<Stamp>>,
    /// Whether it differs from what the store has.
    pub(super) is_changed: bool,
    /// When it was used last.
    pub(super) used: u64,
    /// Bytes of the names of the frames.
    pub(super) name_bytes: usize,
}

impl Chunk {
    /// Makes it one without frames, in the memory that it has.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] when there is no memory.
    pub(super) fn clear(&mut self, shape: &ChunkShape) -> Result<(), Error> {
        let bytes = shape.pixel_bytes();
        if self.pixels.len() != bytes {
            self.pixels = Vec::new();
            self.pixels
                .try_reserve_exact(bytes)
                .map_err(|_source| Error::TooLarge {
                    what: "bytes of a chunk of frames",
                    value: bytes as u64,
                    limit: 0,
                    option: "--memory",
                })?;
            self.pixels.resize(bytes, 0);
        }
        self.stamps.clear();
        self.stamps.resize(shape.frames, None);
        self.is_changed = false;
        self.name_bytes = 0;
        Ok(())
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        let stamps = self.stamps.capacity() * size_of::<Option<Stamp>>();
        self.pixels.capacity() + stamps + self.name_bytes
    }

    pub(super) fn has(&self, place: usize) -> bool {
        matches!(self.stamps.get(place), Some(Some(_)))
    }

    /// Keeps a frame.
    pub(super) fn put(&mut self, shape: &ChunkShape, place: usize, frame: &Frame) {
        let start = place.saturating_mul(shape.frame_bytes);
        let pixels = self
            .pixels
            .get_mut(start..start.saturating_add(shape.frame_bytes));
        let (Some(pixels), Some(stamp)) = (pixels, self.stamps.get_mut(place)) else {
            return;
        };
        if pixels.len() == frame.bytes().len() {
            pixels.copy_from_slice(frame.bytes());
            *stamp = Some(frame.stamp.clone());
            self.name_bytes += frame.stamp.name.as_ref().map_or(0, |name| name.len());
            self.is_changed = true;
        }
    }

    /// Copies a frame out; `false` when it is not known.
    ///
    /// # Errors
    ///
    /// None in practice: the format was checked before.
    pub(super) fn get(
        &self,
        shape: &ChunkShape,
        place: usize,
        frame: &mut Frame,
    ) -> Result<bool, Error> {
        let Some(Some(stamp)) = self.stamps.get(place) else {
            return Ok(false);
        };
        let start = place.saturating_mul(shape.frame_bytes);
        let end = start.saturating_add(shape.frame_bytes);
        let Some(pixels) = self.pixels.get(start..end) else {
            return Ok(false);
        };
        frame.reset(&shape.format, &Limits::none())?;
        frame.bytes_mut().copy_from_slice(pixels);
        frame.stamp.clone_from(stamp);
        Ok(true)
    }

    /// Blackens the frames that are not known, before they are stored.
    pub(super) fn blacken(&mut self, shape: &ChunkShape) {
        if shape.frame_bytes == 0 {
            return;
        }
        let frames = self.pixels.chunks_exact_mut(shape.frame_bytes);
        for (pixels, stamp) in frames.zip(&self.stamps) {
            if stamp.is_none() {
                pixels.fill(0);
            }
        }
    }
}
