//! Arrays in column order, whose frames lie scattered over the whole file.

use std::path::{Path, PathBuf};

use pimage_core::{Error, Frame, FrameReader, Limits, SeekFrames, Stamp, StreamInfo};
use pimage_fs::MappedFile;

use super::header::Header;
use crate::ReadOptions;
use crate::flat::stored_frame_bytes;
use crate::samples::Stored;

/// Bytes of gathered frames that are kept.
const CACHE_BYTES: usize = 64 << 20;

/// Gathers frames of a column-order array, as many as the cache holds in one pass over the file.
pub(super) struct FortranReader {
    info: StreamInfo,
    path: PathBuf,
    file: MappedFile,
    limits: Limits,
    stored: Stored,
    data_start: u64,
    count: u64,
    frame_bytes: usize,
    next: u64,
    /// Index of the first gathered frame, and the frames as they would be stored in row order.
    cache: (u64, Vec<u8>),
}

impl FortranReader {
    /// A reader of a whole array; one that is cut has holes in all its frames and is refused.
    pub(super) fn open(
        path: &Path,
        header: &Header,
        info: StreamInfo,
        available: u64,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        let count = info.frame_count.get().unwrap_or(0);
        let frame_bytes = stored_frame_bytes(&info.format, header.stored).unwrap_or(usize::MAX);
        let expected = count.saturating_mul(frame_bytes as u64);
        if available < expected {
            // The last row of every frame lies at the end.
            return Err(Error::Truncated {
                path: path.to_path_buf(),
                frame: 0,
                expected,
                found: available,
            });
        }
        Ok(Self {
            info,
            path: path.to_path_buf(),
            file: MappedFile::open(path)?,
            limits: options.limits,
            stored: header.stored,
            data_start: header.data_start,
            count,
            frame_bytes,
            next: 0,
            cache: (0, Vec::new()),
        })
    }

    /// Frames that are gathered together.
    fn batch(&self) -> u64 {
        (CACHE_BYTES / self.frame_bytes.max(1)).max(1) as u64
    }

    /// Gathers the batch that begins with frame `first`.
    fn gather(&mut self, first: u64) -> Result<(), Error> {
        let frames = self.batch().min(self.count - first) as usize;
        let size = self.stored.bytes();
        let format = self.info.format;
        let (height, width) = (format.height as usize, format.width as usize);
        let channels = format.color.channels();
        let mut gathered = std::mem::take(&mut self.cache.1);
        gathered.clear();
        gathered.resize(frames * self.frame_bytes, 0);
        // In the file, one sample of all frames stands together; such runs follow each other by y, then x, then channel.
        let run_bytes = self.count * size as u64;
        let runs = height * width * channels;
        for run in 0..runs {
            // Of each run only the samples of these frames are looked at.
            let offset = self.data_start + run as u64 * run_bytes + first * size as u64;
            let samples = self.file.slice(offset, frames * size)?;
            if samples.len() < frames * size {
                let reason = "the file was cut while it was read";
                return Err(Error::malformed("npy", &self.path, reason));
            }
            let (y, x, channel) = (run % height, run / height % width, run / height / width);
            let place = ((y * width + x) * channels + channel) * size;
            for (frame, sample) in samples.chunks_exact(size).enumerate() {
                let at = frame * self.frame_bytes + place;
                if let Some(target) = gathered.get_mut(at..at + size) {
                    target.copy_from_slice(sample);
                }
            }
        }
        self.cache = (first, gathered);
        Ok(())
    }

    /// The bytes of frame `index`, from the cache.
    fn cached(&self, index: u64) -> Option<&[u8]> {
        let ahead = usize::try_from(index.checked_sub(self.cache.0)?).ok()?;
        let start = ahead.checked_mul(self.frame_bytes)?;
        self.cache
            .1
            .get(start..start.checked_add(self.frame_bytes)?)
    }
}

impl FrameReader for FortranReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let index = self.next;
        if index >= self.count {
            return Ok(false);
        }
        if self.cached(index).is_none() {
            self.gather(index)?;
        }
        frame.reset(&self.info.format, &self.limits)?;
        self.stored
            .unpack(self.cached(index).unwrap_or_default(), frame);
        frame.stamp = Stamp::at(index);
        self.next += 1;
        Ok(true)
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for FortranReader {
    fn frame_count(&self) -> u64 {
        self.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.count {
            return Err(Error::OutOfRange {
                path: self.path.clone(),
                frame: index,
                frame_count: self.count,
            });
        }
        self.next = index;
        Ok(())
    }
}
