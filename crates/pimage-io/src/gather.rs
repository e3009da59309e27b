//! Frames of an array whose samples lie in another order than a frame's, or scattered over the whole file.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::Error;

use crate::source::Source;

/// Bytes of gathered frames that are kept.
const CACHE_BYTES: usize = 64 << 20;

/// Most bytes that are looked at together.
const SLICE_BYTES: u64 = 8 << 20;

/// Most frames that are gathered together, by which a table is bounded.
const MOST_FRAMES: u64 = 1 << 16;

/// Positions that are copied for one frame before the next, so that what they were read from is still in the cache.
const TILE: usize = 32;

/// Rows, columns or channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelDim {
    /// Number of positions.
    pub(crate) length: usize,
    /// Samples in the file from one position to the next.
    pub(crate) stride: u64,
    /// Samples in the frame from one position to the next.
    pub(crate) step: usize,
}

/// A dimension that frames run through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameDim {
    /// Number of positions.
    pub(crate) length: u64,
    /// Samples in the file from one position to the next.
    pub(crate) stride: u64,
}

/// Gathers frames, as many as the cache holds in one pass over the file where they are interleaved.
#[derive(Debug)]
pub(crate) struct Gather {
    sample_bytes: usize,
    frame_samples: usize,
    /// Farthest apart in the file first.
    pixels: Vec<PixelDim>,
    /// Slowest first.
    frames: Vec<FrameDim>,
    /// Frames that lie between each other, in runs of consecutive ones.
    interleaved: u64,
    /// Index of the first gathered frame.
    first: u64,
    /// The gathered frames as they would be stored in row order.
    cache: Vec<u8>,
}

/// What is gathered at a time.
struct Batch<'a> {
    source: &'a mut Source,
    /// Samples from the first of the batch to the same place of each frame.
    offsets: &'a [u64],
    /// The largest of the offsets.
    farthest: u64,
    /// Byte offset of the first sample of the array.
    start: u64,
    sample_bytes: usize,
    frame_samples: usize,
    target: &'a mut [u8],
}

impl Gather {
    /// Frames of samples of `sample_bytes` bytes; the lengths multiply to what is in the file, which was checked.
    pub(crate) fn new(
        sample_bytes: usize,
        mut pixels: Vec<PixelDim>,
        frames: Vec<FrameDim>,
    ) -> Self {
        let frame_samples = pixels.iter().map(|dim| dim.length).product();
        pixels.retain(|dim| dim.length > 1);
        pixels.sort_by_key(|dim| std::cmp::Reverse(dim.stride));
        let extent = extent_of(&pixels);
        // Frames in one piece are best read one by one.
        let is_between = |dim: &&FrameDim| dim.length <= 1 || dim.stride < extent;
        let interleaved = frames.iter().rev().take_while(is_between);
        let interleaved = interleaved
            .map(|dim| dim.length.max(1))
            .fold(1u64, u64::saturating_mul);
        Self {
            sample_bytes,
            frame_samples,
            pixels,
            frames,
            interleaved,
            first: 0,
            cache: Vec::new(),
        }
    }

    /// Whether it knows where each frame is, not only what is where in one.
    pub(crate) const fn is_of_many(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Number of the first frames that lie wholly within so many bytes of the array.
    pub(crate) fn whole_frames(&self, available: u64) -> u64 {
        let count = self
            .frames
            .iter()
            .fold(1u64, |count, dim| count.saturating_mul(dim.length));
        let samples = available / self.sample_bytes.max(1) as u64;
        let Some(mut left) = samples.checked_sub(extent_of(&self.pixels)) else {
            return 0;
        };
        // The first index whose offset is over what is left: each place is the smallest with which a later one can be.
        let mut index = 0u64;
        let mut rest_count = count;
        for (place, dim) in self.frames.iter().enumerate() {
            rest_count /= dim.length.max(1);
            let rest = self.frames.get(place + 1..).unwrap_or_default();
            let farthest = rest
                .iter()
                .map(|dim| dim.length.saturating_sub(1).saturating_mul(dim.stride))
                .fold(0u64, u64::saturating_add);
            let needed = left.saturating_add(1).saturating_sub(farthest);
            let at = needed.div_ceil(dim.stride.max(1));
            if at >= dim.length {
                return count;
            }
            index = index.saturating_add(at.saturating_mul(rest_count));
            let Some(less) = left.checked_sub(at.saturating_mul(dim.stride)) else {
                return index;
            };
            left = less;
        }
        count
    }

    /// The bytes of frame `index` of `count`, samples in row order; fewer when the source ends before.
    pub(crate) fn frame(
        &mut self,
        source: &mut Source,
        start: u64,
        index: u64,
        count: u64,
    ) -> Result<&[u8], Error> {
        if self.place_of(index).is_none() {
            let is_whole = self.gather(source, start, index, count)?;
            if !is_whole {
                self.cache.clear();
            }
        }
        let place = self.place_of(index);
        let bytes = place.and_then(|place| self.cache.get(place..place + self.frame_bytes()));
        Ok(bytes.unwrap_or_default())
    }

    /// The bytes of the frame that begins at byte `start`, alone.
    pub(crate) fn single(&mut self, source: &mut Source, start: u64) -> Result<&[u8], Error> {
        self.cache.clear();
        self.frame(source, start, 0, 1)
    }

    /// The samples of one frame, all of which are in `bytes`, in row order.
    pub(crate) fn reordered(&mut self, bytes: &[u8]) -> &[u8] {
        self.cache.resize(self.frame_bytes(), 0);
        let (target, samples) = (self.cache.as_mut_slice(), self.frame_samples);
        copy_sized(
            self.sample_bytes,
            bytes,
            target,
            &self.pixels,
            0,
            &[0],
            samples,
        );
        &self.cache
    }

    const fn frame_bytes(&self) -> usize {
        self.frame_samples.saturating_mul(self.sample_bytes)
    }

    /// Where the frame is in the cache.
    fn place_of(&self, index: u64) -> Option<usize> {
        let ahead = usize::try_from(index.checked_sub(self.first)?).ok()?;
        let place = ahead.checked_mul(self.frame_bytes())?;
        (place < self.cache.len()).then_some(place)
    }

    /// Samples from the start of the array to frame `index`.
    fn offset_of(&self, mut index: u64) -> u64 {
        let mut offset = 0u64;
        for dim in self.frames.iter().rev() {
            let length = dim.length.max(1);
            offset = offset.saturating_add((index % length).saturating_mul(dim.stride));
            index /= length;
        }
        offset
    }

    /// Gathers the batch that holds frame `index`; whether the source had all of it.
    fn gather(
        &mut self,
        source: &mut Source,
        start: u64,
        index: u64,
        count: u64,
    ) -> Result<bool, Error> {
        let fitting = (CACHE_BYTES / self.frame_bytes().max(1)).max(1) as u64;
        let batch = fitting.min(self.interleaved).min(MOST_FRAMES);
        // Batches have fixed places, so that reading backwards finds the last one again, and none spans two runs.
        let in_run = index % self.interleaved;
        let first = index - in_run % batch;
        let run_end = (index - in_run).saturating_add(self.interleaved);
        let end = first.saturating_add(batch).min(run_end).min(count);
        let mut offsets: Vec<u64> = (first..end).map(|index| self.offset_of(index)).collect();
        let nearest = offsets.iter().copied().min().unwrap_or(0);
        for offset in &mut offsets {
            *offset -= nearest;
        }
        let mut target = std::mem::take(&mut self.cache);
        target.clear();
        target.resize(offsets.len() * self.frame_bytes(), 0);
        let mut batch = Batch {
            source,
            farthest: offsets.iter().copied().max().unwrap_or(0),
            offsets: &offsets,
            start,
            sample_bytes: self.sample_bytes,
            frame_samples: self.frame_samples,
            target: &mut target,
        };
        let is_whole = batch.fill(nearest, 0, &self.pixels)?;
        self.first = first;
        self.cache = target;
        Ok(is_whole)
    }
}

/// Samples from the first of a frame to behind its last.
fn extent_of(pixels: &[PixelDim]) -> u64 {
    pixels
        .iter()
        .map(|dim| (dim.length as u64 - 1).saturating_mul(dim.stride))
        .fold(1u64, u64::saturating_add)
}

impl Batch<'_> {
    /// Fills `place` and what `dims` span from there, which begins at sample `at` of the file.
    fn fill(&mut self, at: u64, place: usize, dims: &[PixelDim]) -> Result<bool, Error> {
        let span = extent_of(dims).saturating_add(self.farthest);
        let size = self.sample_bytes as u64;
        if span.saturating_mul(size) <= SLICE_BYTES {
            return self.copy_span(at, span, place, dims);
        }
        let Some((outer, inner)) = dims.split_first() else {
            return self.copy_singly(at, place);
        };
        for position in 0..outer.length {
            let at = at.saturating_add((position as u64).saturating_mul(outer.stride));
            if !self.fill(at, place + position * outer.step, inner)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn copy_span(
        &mut self,
        at: u64,
        span: u64,
        place: usize,
        dims: &[PixelDim],
    ) -> Result<bool, Error> {
        let size = self.sample_bytes;
        let offset = self.start.saturating_add(at.saturating_mul(size as u64));
        let length = usize::try_from(span)
            .unwrap_or(usize::MAX)
            .saturating_mul(size);
        let bytes = self.source.slice(offset, length)?;
        if bytes.len() < length {
            return Ok(false);
        }
        let (offsets, frame_samples) = (self.offsets, self.frame_samples);
        copy_sized(
            size,
            bytes,
            self.target,
            dims,
            place,
            offsets,
            frame_samples,
        );
        Ok(true)
    }

    /// One sample of each frame, which are too far apart to be looked at together.
    fn copy_singly(&mut self, at: u64, place: usize) -> Result<bool, Error> {
        let size = self.sample_bytes;
        for (frame, offset) in self.offsets.iter().enumerate() {
            let at = at.saturating_add(*offset).saturating_mul(size as u64);
            let bytes = self.source.slice(self.start.saturating_add(at), size)?;
            let place = (frame * self.frame_samples + place) * size;
            match self.target.get_mut(place..place + size) {
                Some(target) if bytes.len() == size => target.copy_from_slice(bytes),
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}

/// Copies samples of 1, 2, 4 or 8 bytes.
fn copy_sized(
    sample_bytes: usize,
    bytes: &[u8],
    target: &mut [u8],
    dims: &[PixelDim],
    place: usize,
    offsets: &[u64],
    frame_samples: usize,
) {
    match sample_bytes {
        1 => copy::<1>(bytes, target, dims, place, offsets, frame_samples),
        2 => copy::<2>(bytes, target, dims, place, offsets, frame_samples),
        4 => copy::<4>(bytes, target, dims, place, offsets, frame_samples),
        _ => copy::<8>(bytes, target, dims, place, offsets, frame_samples),
    }
}

/// Copies samples of `N` bytes.
fn copy<const N: usize>(
    bytes: &[u8],
    target: &mut [u8],
    dims: &[PixelDim],
    place: usize,
    offsets: &[u64],
    frame_samples: usize,
) {
    let source = bytes.as_chunks::<N>().0;
    let target = target.as_chunks_mut::<N>().0;
    let Some((inner, outer)) = dims.split_last() else {
        let single = PixelDim {
            length: 1,
            stride: 1,
            step: 1,
        };
        runs(source, target, single, (0, place), offsets, frame_samples);
        return;
    };
    // The nest of the outer loops, as one counter for each.
    let mut positions = vec![0usize; outer.len()];
    loop {
        let (mut at, mut to) = (0usize, place);
        for (position, dim) in positions.iter().zip(outer) {
            // Within a slice, whose length was checked.
            at += position * usize::try_from(dim.stride).unwrap_or(usize::MAX);
            to += position * dim.step;
        }
        runs(source, target, *inner, (at, to), offsets, frame_samples);
        let mut counters = positions.iter_mut().zip(outer).rev();
        let has_next = counters.any(|(position, dim)| {
            *position += 1;
            let is_inside = *position < dim.length;
            if !is_inside {
                *position = 0;
            }
            is_inside
        });
        if !has_next {
            return;
        }
    }
}

/// Copies the positions of the innermost dimension for every frame.
fn runs<const N: usize>(
    source: &[[u8; N]],
    target: &mut [[u8; N]],
    dim: PixelDim,
    (at, place): (usize, usize),
    offsets: &[u64],
    frame_samples: usize,
) {
    let stride = usize::try_from(dim.stride).unwrap_or(usize::MAX);
    let is_together = stride == 1 && dim.step == 1;
    let tile = if is_together { dim.length } else { TILE };
    let mut done = 0;
    while done < dim.length {
        let count = tile.min(dim.length - done);
        for (frame, offset) in offsets.iter().enumerate() {
            let from = at + usize::try_from(*offset).unwrap_or(usize::MAX) + done * stride;
            let to = frame * frame_samples + place + done * dim.step;
            let (from, to) = (source.get(from..), target.get_mut(to..));
            let (Some(from), Some(to)) = (from, to) else {
                continue;
            };
            if let (true, Some(from), Some(to)) =
                (is_together, from.get(..count), to.get_mut(..count))
            {
                to.copy_from_slice(from);
                continue;
            }
            let samples = from.iter().step_by(stride.max(1)).take(count);
            for (target, sample) in to.iter_mut().step_by(dim.step.max(1)).zip(samples) {
                *target = *sample;
            }
        }
        done += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(lengths: &[(u64, u64)]) -> Vec<FrameDim> {
        let dim = |(length, stride): &(u64, u64)| FrameDim {
            length: *length,
            stride: *stride,
        };
        lengths.iter().map(dim).collect()
    }

    #[test]
    fn whole_frames_are_counted_in_every_order() {
        // Frames of two samples, in arrays of up to three frame axes, in every order of the strides.
        for strides in [
            [24, 8, 2, 1],
            [1, 2, 8, 24],
            [1, 24, 8, 2],
            [2, 1, 24, 12],
            [4, 24, 1, 12],
            [8, 24, 2, 1],
        ] {
            let lengths = [2u64, 3, 4];
            let pixel = PixelDim {
                length: 2,
                stride: strides[3],
                step: 1,
            };
            let dims: Vec<_> = lengths.iter().copied().zip(strides).collect();
            let gather = Gather::new(1, vec![pixel], frames(&dims));
            for available in 0..60 {
                let end = |index: &u64| gather.offset_of(*index) + strides[3] + 1;
                let expected = (0..24).take_while(|index| end(index) <= available).count();
                let found = gather.whole_frames(available);
                assert_eq!(found, expected as u64, "{strides:?}, {available} bytes");
            }
        }
    }
}
