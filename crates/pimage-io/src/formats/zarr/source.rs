//! The frames of an array: which chunks each needs, and how they become pixels.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::PathBuf;

use pimage_core::{Error, Frame, FrameFormat, Limits};

use super::document::{Document, malformed, refused_type};
use super::layout::Layout;
use super::permute::{Run, is_identity, runs};
use crate::samples::{ByteOrder, Stored};

/// Decoded bytes of the chunks of one frame beyond which only a part of each chunk is kept.
const PART_BYTES: usize = 64 << 20;

/// A part of a chunk: its frames from `part * frames_in_part`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ChunkRef {
    /// Place in the grid, row-major in frame order.
    pub(super) chunk: u64,
    /// Which part.
    pub(super) part: u64,
}

/// What is known of a part of a chunk.
#[derive(Debug)]
pub(super) enum Content {
    /// It is not there: the fill value everywhere.
    Fill,
    /// Its samples as stored, frame after frame.
    Bytes(Vec<u8>),
    /// It cannot be decoded, and why.
    Damaged(String),
}

impl Content {
    /// Memory that it takes.
    pub(super) const fn bytes(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.capacity(),
            _ => 0,
        }
    }
}

/// An array of frames: its description, checked, and the arithmetic of its chunks.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) document: Document,
    pub(super) format: FrameFormat,
    pub(super) stored: Stored,
    /// Frames.
    pub(super) count: u64,
    /// Length of each dimension in frame order, of a chunk along it, and chunks along it.
    shape: Vec<u64>,
    chunk: Vec<u64>,
    grid: Vec<u64>,
    /// The dimension of the array that each is.
    order: Vec<usize>,
    /// How many of them run through the frames.
    outer: usize,
    /// How decoded samples come into frame order; empty when they are.
    pub(super) runs: Vec<Run>,
    pub(super) sample_bytes: usize,
    pub(super) chunk_bytes: usize,
    plane_bytes: usize,
    /// Frames of a chunk that are kept together.
    pub(super) frames_in_part: usize,
    frames_in_chunk: usize,
}

/// Most chunks of which a frame may be made; each takes a place in tables.
const MOST_CHUNKS_OF_FRAME: usize = 1 << 18;

fn product(lengths: &[u64]) -> Option<u64> {
    lengths
        .iter()
        .try_fold(1u64, |product, length| product.checked_mul(*length))
}

/// Bytes of a decoded chunk.
fn chunk_bytes_within(document: &Document, limits: &Limits) -> Result<usize, Error> {
    let limit = limits.max_frame_bytes;
    let bytes = document.chunk_bytes();
    bytes
        .filter(|bytes| *bytes as u64 <= limit)
        .ok_or_else(|| Error::TooLarge {
            what: "bytes a chunk",
            value: bytes.map_or(u64::MAX, |bytes| bytes as u64),
            limit,
            option: "--limit frame-bytes=N",
        })
}

fn check_shard_table(document: &Document, limits: &Limits) -> Result<(), Error> {
    let Some(indexing) = document.shards else {
        return Ok(());
    };
    let chunks = product(&document.chunks_in_file());
    let bytes = chunks.and_then(|chunks| indexing.bytes(chunks));
    let value = bytes.map_or(u64::MAX, |bytes| bytes as u64);
    let limit = limits.max_metadata_bytes;
    if value > limit {
        return Err(Error::TooLarge {
            what: "bytes of the table of a shard",
            value,
            limit,
            option: "--limit metadata-bytes=N",
        });
    }
    Ok(())
}

impl Source {
    /// Checks that the frames of the array can be had within `limits`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for numbers that no frame holds; [`Error::TooLarge`]; [`Error::Malformed`].
    pub(super) fn new(document: Document, layout: &Layout, limits: &Limits) -> Result<Self, Error> {
        let path = &document.path;
        let stored = document
            .number
            .stored()
            .ok_or_else(|| refused_type(&document))?;
        let sample_bytes = document.number.bytes;
        let format = layout.format(path, &document.shape, stored.sample())?;
        limits.check_format(&format)?;
        let order = layout.frame_order();
        let pick = |lengths: &[u64]| -> Vec<u64> {
            order
                .iter()
                .filter_map(|at| lengths.get(*at).copied())
                .collect()
        };
        let (shape, chunk) = (pick(&document.shape), pick(&document.chunk_shape));
        let outer = layout.outer.len();
        let count = product(shape.get(..outer).unwrap_or_default()).unwrap_or(u64::MAX);
        limits.check_frames(count)?;
        let chunk_bytes = chunk_bytes_within(&document, limits)?;
        check_shard_table(&document, limits)?;
        let grid: Vec<u64> = shape
            .iter()
            .zip(&chunk)
            .map(|(length, chunk)| length.div_ceil(*chunk))
            .collect();
        if product(&grid).is_none() {
            return Err(malformed(path, "it has more chunks than can be counted"));
        }
        let small = |lengths: Option<u64>| lengths.and_then(|length| usize::try_from(length).ok());
        let frames_in_chunk =
            small(product(chunk.get(..outer).unwrap_or_default())).unwrap_or(usize::MAX);
        let plane = small(product(chunk.get(outer..).unwrap_or_default())).unwrap_or(usize::MAX);
        let plane_bytes = plane.saturating_mul(sample_bytes);
        let chunks_of_frame =
            small(product(grid.get(outer..).unwrap_or_default())).unwrap_or(usize::MAX);
        if chunks_of_frame > MOST_CHUNKS_OF_FRAME {
            let reason = format!(
                "a frame of it is cut into {chunks_of_frame} chunks: expected at most {MOST_CHUNKS_OF_FRAME}"
            );
            return Err(Error::unsupported(path, reason));
        }
        let kept = PART_BYTES / chunks_of_frame.saturating_mul(plane_bytes).max(1);
        let mut source = Self {
            format,
            stored,
            count,
            runs: Vec::new(),
            sample_bytes,
            chunk_bytes,
            plane_bytes,
            frames_in_part: kept.clamp(1, frames_in_chunk.max(1)),
            frames_in_chunk,
            shape,
            chunk,
            grid,
            order,
            outer,
            document,
        };
        source.runs = source.runs_of_chunk();
        Ok(source)
    }

    /// How the samples of a decoded chunk come into frame order; empty when they are.
    fn runs_of_chunk(&self) -> Vec<Run> {
        let dimensions = self.document.shape.len();
        let coded: Vec<usize> = match &self.document.codecs.order {
            Some(order) => order.clone(),
            None => (0..dimensions).collect(),
        };
        let length = |at: &usize| usize::try_from(*self.document.chunk_shape.get(*at)?).ok();
        let shape: Vec<usize> = coded.iter().filter_map(length).collect();
        let places = self
            .order
            .iter()
            .filter_map(|at| coded.iter().position(|dimension| dimension == at));
        let found = runs(&shape, &places.collect::<Vec<_>>());
        if is_identity(&found) {
            Vec::new()
        } else {
            found
        }
    }

    /// Position of a frame on each axis.
    pub(super) fn positions(&self, index: u64) -> Vec<u64> {
        let lengths = self.shape.get(..self.outer).unwrap_or_default();
        let mut rest = index;
        let mut positions: Vec<u64> = lengths
            .iter()
            .rev()
            .map(|length| {
                let position = rest % (*length).max(1);
                rest /= (*length).max(1);
                position
            })
            .collect();
        positions.reverse();
        positions
    }

    /// The chunks of a frame: the place in the grid of the first, and the place of the frame in each.
    fn place_of(&self, index: u64) -> (u64, u64) {
        let (mut base, mut local) = (0u64, 0u64);
        let sides = self.chunk.iter().zip(&self.grid);
        for (position, (chunk, grid)) in self.positions(index).into_iter().zip(sides) {
            base = base * grid + position / chunk;
            local = local * chunk + position % chunk;
        }
        (base * self.chunks_of_frame(), local)
    }

    /// Chunks that a frame is spread over.
    pub(super) fn chunks_of_frame(&self) -> u64 {
        product(self.grid.get(self.outer..).unwrap_or_default()).unwrap_or(0)
    }

    /// What must be decoded for a frame.
    pub(super) fn chunks_for(&self, index: u64) -> impl Iterator<Item = ChunkRef> + use<> {
        let (base, local) = self.place_of(index);
        let part = local / self.frames_in_part as u64;
        let count = self.chunks_of_frame();
        (base..base + count).map(move |chunk| ChunkRef { chunk, part })
    }

    /// Frames of a part that are there, which are fewer in the last.
    pub(super) fn frames_of_part(&self, part: u64) -> (usize, usize) {
        let start = usize::try_from(part)
            .unwrap_or(usize::MAX)
            .saturating_mul(self.frames_in_part);
        let start = start.min(self.frames_in_chunk);
        let stop = start
            .saturating_add(self.frames_in_part)
            .min(self.frames_in_chunk);
        (start, stop)
    }

    /// Bytes of a frame in a chunk.
    pub(super) const fn plane_bytes(&self) -> usize {
        self.plane_bytes
    }

    /// The file of a chunk, and its place in the file in row-major order.
    pub(super) fn file_of(&self, chunk: u64) -> (String, u64) {
        let mut coordinates = vec![0; self.order.len()];
        let mut rest = chunk;
        for (grid, at) in self.grid.iter().zip(&self.order).rev() {
            if let Some(coordinate) = coordinates.get_mut(*at) {
                *coordinate = rest % (*grid).max(1);
            }
            rest /= (*grid).max(1);
        }
        let mut place = 0u64;
        for (coordinate, count) in coordinates.iter_mut().zip(self.document.chunks_in_file()) {
            place = place * count + *coordinate % count;
            *coordinate /= count;
        }
        (self.document.keys.name(&coordinates), place)
    }

    /// The path of the file with this name.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.document.path.join(name)
    }

    /// Fills `frame`, which has the format, from its chunks in the order of [`Source::chunks_for`].
    pub(super) fn assemble<'a>(
        &self,
        index: u64,
        chunks: impl Iterator<Item = &'a Content>,
        scratch: &mut Vec<u8>,
        frame: &mut Frame,
    ) {
        let (_, local) = self.place_of(index);
        let within = usize::try_from(local % self.frames_in_part as u64).unwrap_or(0);
        let start = within.saturating_mul(self.plane_bytes);
        let native = if cfg!(target_endian = "little") {
            ByteOrder::Little
        } else {
            ByteOrder::Big
        };
        let is_native = matches!(self.stored, Stored::As(_, order) if order == native || self.sample_bytes == 1);
        let mut chunks = chunks.peekable();
        let is_whole = self.chunk.get(self.outer..) == self.shape.get(self.outer..);
        if is_whole && let Some(Content::Bytes(bytes)) = chunks.peek() {
            self.stored
                .unpack(bytes.get(start..).unwrap_or_default(), frame);
        } else if is_native {
            self.place_all(chunks, start, frame.bytes_mut());
        } else {
            let bytes = self.stored.frame_bytes(&self.format).unwrap_or(0);
            scratch.resize(bytes, 0);
            self.place_all(chunks, start, scratch);
            self.stored.unpack(scratch, frame);
        }
    }

    /// Copies what each chunk has of a frame.
    fn place_all<'a>(
        &self,
        chunks: impl Iterator<Item = &'a Content>,
        start: usize,
        target: &mut [u8],
    ) {
        let side = |at: usize| Side {
            length: usize::try_from(self.shape.get(at).copied().unwrap_or(1)).unwrap_or(usize::MAX),
            chunk: usize::try_from(self.chunk.get(at).copied().unwrap_or(1)).unwrap_or(usize::MAX),
        };
        let (rows, columns, colors) =
            (side(self.outer), side(self.outer + 1), side(self.outer + 2));
        let mut chunks = chunks;
        for y in rows.starts() {
            for x in columns.starts() {
                for c in colors.starts() {
                    let Some(content) = chunks.next() else { return };
                    let tile = Tile {
                        rows,
                        columns,
                        colors,
                        at: [y, x, c],
                        bytes: self.sample_bytes,
                    };
                    match content {
                        Content::Bytes(bytes) => {
                            tile.copy(bytes.get(start..).unwrap_or_default(), target);
                        }
                        _ => tile.fill(&self.document.fill, target),
                    }
                }
            }
        }
    }
}

/// One dimension of a frame, and of the chunks along it.
#[derive(Debug, Clone, Copy)]
struct Side {
    length: usize,
    chunk: usize,
}

impl Side {
    fn starts(self) -> impl Iterator<Item = usize> {
        (0..self.length).step_by(self.chunk.max(1))
    }

    /// Positions from `start` that are both in the chunk and in the frame.
    fn count(self, start: usize) -> usize {
        self.chunk.min(self.length.saturating_sub(start))
    }
}

/// Where a chunk lies in a frame.
struct Tile {
    rows: Side,
    columns: Side,
    colors: Side,
    /// First row, column and colour.
    at: [usize; 3],
    /// Size of a sample.
    bytes: usize,
}

impl Tile {
    /// Calls `each` with the byte offsets, in the chunk and in the frame, and the length of every run without gaps.
    fn runs(&self, mut each: impl FnMut(usize, usize, usize)) {
        let [y0, x0, c0] = self.at;
        let (rows, columns, colors) = (
            self.rows.count(y0),
            self.columns.count(x0),
            self.colors.count(c0),
        );
        let is_dense = self.colors.chunk == colors && self.colors.length == colors;
        for y in 0..rows {
            let source = y * self.columns.chunk * self.colors.chunk * self.bytes;
            let target =
                (((y0 + y) * self.columns.length + x0) * self.colors.length + c0) * self.bytes;
            if is_dense {
                each(source, target, columns * colors * self.bytes);
                continue;
            }
            for x in 0..columns {
                each(
                    source + x * self.colors.chunk * self.bytes,
                    target + x * self.colors.length * self.bytes,
                    colors * self.bytes,
                );
            }
        }
    }

    fn copy(&self, source: &[u8], target: &mut [u8]) {
        self.runs(|from, to, length| {
            let parts = (
                source.get(from..from + length),
                target.get_mut(to..to + length),
            );
            if let (Some(source), Some(target)) = parts {
                target.copy_from_slice(source);
            }
        });
    }

    fn fill(&self, sample: &[u8], target: &mut [u8]) {
        self.runs(|_, to, length| {
            let run = target.get_mut(to..to + length).unwrap_or_default();
            for target in run.chunks_exact_mut(sample.len().max(1)) {
                target.copy_from_slice(sample);
            }
        });
    }
}
