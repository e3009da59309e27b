//! A reader that keeps what it read.

use std::fmt;
use std::path::{Path, PathBuf};

use pimage_core::{Damage, Error, Frame, FrameReader, SeekFrames, StreamInfo};

use super::chunks::Chunks;
use super::pool::{BufferMode, BufferPool};
use super::ranges::Ranges;

/// A reader over another, which reads each frame of it once and then answers in any order.
///
/// It gives what the source gives: pixels, stamps, gaps, damage and errors. A source that only goes forward can be sought too:
/// what is passed is kept. Where that source does not know how many frames it has, [`FrameReader::as_seek`] is `None` until
/// the end was met (see [`Buffered::read_to_end`]), and [`SeekFrames::seek`] reads as far as it has to.
///
/// ```
/// use pimage_core::{Color, Error, Frame, FrameFormat, FrameReader, MemoryReader, SampleType, SeekFrames};
/// use pimage_mosaic::{BufferOptions, BufferPool, Buffered};
///
/// let frames = vec![Frame::zeroed(FrameFormat::new(4, 2, Color::Gray, SampleType::U8)); 3];
/// let pool = BufferPool::new(BufferOptions::default(), 1)?;
/// let mut buffered = Buffered::new(MemoryReader::new(frames)?, &pool)?;
/// let mut frame = Frame::empty();
/// for index in [2, 0, 1] {
///     buffered.seek(index)?;
///     assert!(buffered.read_into(&mut frame)?);
///     assert_eq!(frame.stamp.index, index);
/// }
/// # Ok::<(), Error>(())
/// ```
pub struct Buffered<R> {
    source: R,
    info: StreamInfo,
    pool: BufferPool,
    /// `None` when nothing is kept.
    chunks: Option<Chunks>,
    can_seek: bool,
    /// Frames of the source, once that is known.
    count: Option<u64>,
    /// From where on the source has no more frames.
    end: Option<u64>,
    /// Indices that the source leaves out.
    gaps: Ranges,
    /// The frame to be delivered next.
    next: u64,
    /// The frame that the source delivers next; `None` after an error of one that seeks.
    position: Option<u64>,
}

impl<R> fmt::Debug for Buffered<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffered")
            .field("chunks", &self.chunks)
            .field("can_seek", &self.can_seek)
            .field("next", &self.next)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl<R: FrameReader> Buffered<R> {
    /// A buffer of `source`, which has not been read from yet, with the memory of `pool`.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] for frames that no memory holds.
    pub fn new(mut source: R, pool: &BufferPool) -> Result<Self, Error> {
        let info = source.info().clone();
        let found = source.as_seek().map(|seek| seek.frame_count());
        let can_seek = found.is_some();
        let count = found.or(info.frame_count.exact());
        let title = source.files().into_iter().next();
        let title = title.unwrap_or_else(|| PathBuf::from(&info.container));
        let chunks = match pool.mode() {
            BufferMode::None => None,
            _ => Some(Chunks::new(pool, &title, info.format, count)?),
        };
        Ok(Self {
            source,
            info,
            pool: pool.clone(),
            chunks,
            can_seek,
            count,
            end: None,
            gaps: Ranges::default(),
            next: 0,
            position: Some(0),
        })
    }

    /// The source.
    pub const fn source(&self) -> &R {
        &self.source
    }

    /// The number of frames, once it is known.
    #[must_use]
    pub const fn known_count(&self) -> Option<u64> {
        match self.count {
            Some(count) => Some(count),
            None => self.end,
        }
    }

    /// Reads a source that does not know its length to its end and keeps all frames; the number of them.
    ///
    /// The frame that is read next stays the same.
    ///
    /// # Errors
    ///
    /// Whatever the source answers; [`Error::Stopped`]; whatever keeping frames answers.
    pub fn read_to_end(&mut self) -> Result<u64, Error> {
        let mut frame = Frame::empty();
        loop {
            if let Some(count) = self.known_count() {
                return Ok(count);
            }
            let next = self.position.unwrap_or(self.next);
            self.fetch(next, &mut frame)?;
        }
    }

    /// Makes what was read so far a Zarr array (time, height, width, channels) at `target`, on the disk of the buffer's folder.
    ///
    /// Frames that were not read are black.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] when there is something of that name; [`Error::Io`]; [`Error::NotBuilt`] without the feature `zarr`;
    /// [`Error::BadOption`] when nothing is kept.
    pub fn keep(self, target: &Path) -> Result<(), Error> {
        let end = self.known_count();
        match self.chunks {
            Some(chunks) => chunks.keep(target, end),
            None => Err(Error::bad_option("--buffer", "none", "a buffer to keep")),
        }
    }

    fn only_forward(&self) -> Error {
        let path = PathBuf::from(&self.info.container);
        Error::unsupported(path, "frames come in order only")
    }

    fn seek_source(&mut self, index: u64) -> Result<(), Error> {
        self.position = None;
        match self.source.as_seek() {
            Some(seek) => seek.seek(index)?,
            None => return Err(self.only_forward()),
        }
        self.position = Some(index);
        Ok(())
    }

    /// Where the source is to read from for frame `wanted`: from the start of its chunk or behind what is known of it, or from where it is on the way.
    fn approach(&mut self, wanted: u64) -> Result<u64, Error> {
        let gaps = &self.gaps;
        let start = self.chunks.as_ref().map_or(wanted, |chunks| {
            chunks.start_of_unknown(wanted, |index| gaps.contains(index))
        });
        match self.position {
            Some(at) if (start..=wanted).contains(&at) => Ok(at),
            Some(at) if !self.can_seek && at <= wanted => Ok(at),
            _ => {
                self.seek_source(start)?;
                Ok(start)
            }
        }
    }

    /// Reads the source up to frame `wanted`, keeps all that comes, and leaves it in `frame`; `false` when there is no such frame.
    fn fetch(&mut self, wanted: u64, frame: &mut Frame) -> Result<bool, Error> {
        let mut at = self.approach(wanted)?;
        loop {
            if self.pool.cancel().is_cancelled() {
                return Err(Error::Stopped);
            }
            match self.source.read_into(frame) {
                Ok(true) => {}
                Ok(false) => {
                    self.position = Some(at);
                    self.end = Some(self.end.map_or(at, |end| end.min(at)));
                    return Ok(false);
                }
                Err(error) => {
                    if self.can_seek {
                        self.position = None;
                        // Frames on the way that cannot be read are not those that were asked for.
                        if at < wanted && !matches!(error, Error::Stopped) {
                            self.seek_source(wanted)?;
                            at = wanted;
                            continue;
                        }
                    }
                    return Err(error);
                }
            }
            at = self.accept(at, frame)?;
            if at > wanted {
                return Ok(at - 1 == wanted);
            }
        }
    }

    /// Keeps the frame that came when frame `at` was expected; the index behind it.
    fn accept(&mut self, at: u64, frame: &Frame) -> Result<u64, Error> {
        let found = frame.stamp.index;
        if self.can_seek {
            // Until it is kept, it has to be read again.
            self.position = None;
        }
        if found < at {
            let path = PathBuf::from(&self.info.container);
            let reason = format!("frame {found} comes where frame {at} was expected");
            return Err(Error::unsupported(path, reason));
        }
        self.info.format.expect_same(frame.format(), found)?;
        self.gaps.insert(at..found);
        let behind = found.saturating_add(1);
        if !self.can_seek {
            self.position = Some(behind);
        }
        if let Some(chunks) = &mut self.chunks {
            chunks.put(found, frame)?;
            if chunks.shape().place(behind).1 == 0 {
                chunks.end_chunk(found)?;
            }
        }
        self.position = Some(behind);
        Ok(behind)
    }

    /// Without a buffer: the source's own next frame.
    fn read_source(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let is_filled = self.source.read_into(frame)?;
        if is_filled {
            self.next = frame.stamp.index.saturating_add(1);
        }
        Ok(is_filled)
    }
}

impl<R: FrameReader> FrameReader for Buffered<R> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.chunks.is_none() {
            return self.read_source(frame);
        }
        loop {
            if let Some(end) = self.gaps.end_of(self.next) {
                self.next = end;
            }
            let end = self.end.or(self.count);
            if end.is_some_and(|end| self.next >= end) {
                return Ok(false);
            }
            let next = self.next;
            let is_kept = match &mut self.chunks {
                Some(chunks) => chunks.get(next, frame)?,
                None => false,
            };
            if is_kept || self.fetch(next, frame)? {
                self.next = next.saturating_add(1);
                return Ok(true);
            }
        }
    }

    fn damage(&self) -> &[Damage] {
        self.source.damage()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.source.files()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        let can_seek = if self.chunks.is_some() {
            self.known_count().is_some()
        } else {
            self.can_seek
        };
        if can_seek { Some(self) } else { None }
    }
}

impl<R: FrameReader> SeekFrames for Buffered<R> {
    /// The number of frames; of a source that does not know it, that of those read so far.
    fn frame_count(&self) -> u64 {
        self.known_count().or(self.position).unwrap_or(self.next)
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if self.chunks.is_none() {
            self.seek_source(index)?;
            self.next = index;
            return Ok(());
        }
        let mut frame = Frame::empty();
        loop {
            if let Some(count) = self.known_count() {
                self.info.expect_within(index, count)?;
                break;
            }
            match self.position {
                Some(at) if at < index => self.fetch(at, &mut frame)?,
                _ => break,
            };
        }
        self.next = index;
        Ok(())
    }
}
