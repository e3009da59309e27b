//! Frames become chunks, and chunks files.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pimage_core::{Error, Frame};

use super::encode::Encoder;
use super::metadata::internal;
use super::place::{Place, PlacedFile};
use super::plan::{Meaning, Plan};
use super::shard::ShardIndex;

/// A chunk to be coded.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Which resolution it is of.
    pub(super) level: usize,
    /// Its place in the grid of chunks.
    pub(super) coordinates: Vec<u64>,
    /// Its samples in the machine's byte order, or what codes them.
    pub(super) bytes: Vec<u8>,
}

/// A shard to which chunks are appended.
struct OpenShard {
    file: PlacedFile,
    index: ShardIndex,
    length: u64,
}

/// One array of a store.
pub(super) struct ArrayWriter {
    /// Its folder in the store.
    name: String,
    level: usize,
    plan: Plan,
    encoder: Arc<Encoder>,
    /// The chunks of the frames that are being gathered, row after row of them.
    slab: Vec<Vec<u8>>,
    /// Position of the first of these frames on each axis, and how many there are.
    start: Vec<u64>,
    gathered: u64,
    shards: BTreeMap<Vec<u64>, OpenShard>,
    /// Where the open shards lie on the axes of the frames.
    shards_at: Vec<u64>,
}

/// Samples between two positions in a chunk.
#[derive(Debug, Clone, Copy)]
struct Strides {
    frame: usize,
    y: usize,
    x: usize,
    color: usize,
}

fn small(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

impl ArrayWriter {
    /// An array in the folder `name` of a store at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for codecs that `zarrs` does not have.
    pub(super) fn new(path: &Path, name: &str, level: usize, plan: Plan) -> Result<Self, Error> {
        let encoder = Encoder::new(&plan.metadata(0)?)
            .map_err(|reason| Error::unsupported(path.join(name), reason))?;
        Ok(Self {
            name: name.to_owned(),
            level,
            plan,
            encoder: Arc::new(encoder),
            slab: Vec::new(),
            start: Vec::new(),
            gathered: 0,
            shards: BTreeMap::new(),
            shards_at: Vec::new(),
        })
    }

    /// What encodes its chunks.
    pub(super) fn encoder(&self) -> &Arc<Encoder> {
        &self.encoder
    }

    /// How it is cut.
    pub(super) const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Its folder in the store.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Length of a frame and of a chunk along rows or columns.
    fn side(&self, meaning: Meaning) -> (usize, usize) {
        self.plan.dimension(meaning).map_or((1, 1), |dimension| {
            (small(dimension.length), small(dimension.chunk))
        })
    }

    fn strides(&self) -> Strides {
        let stride = |meaning: Meaning| {
            let place = self
                .plan
                .dimensions
                .iter()
                .position(|dimension| dimension.meaning == meaning);
            let behind = self.plan.dimensions.get(place? + 1..)?;
            Some(
                behind
                    .iter()
                    .map(|dimension| small(dimension.chunk))
                    .product(),
            )
        };
        Strides {
            frame: stride(Meaning::Outer(self.plan.inner.len())).unwrap_or(0),
            y: stride(Meaning::Rows).unwrap_or(0),
            x: stride(Meaning::Columns).unwrap_or(0),
            color: stride(Meaning::Color).unwrap_or(1),
        }
    }

    fn chunk_bytes(&self) -> usize {
        let sides = self
            .plan
            .dimensions
            .iter()
            .map(|dimension| small(dimension.chunk));
        sides.product::<usize>() * self.plan.format.sample.bytes()
    }

    /// Position of frame `index` on each axis.
    fn positions(&self, index: u64) -> Vec<u64> {
        let mut rest = index;
        let mut positions = Vec::new();
        for length in self.plan.inner.iter().rev() {
            positions.push(rest % (*length).max(1));
            rest /= (*length).max(1);
        }
        positions.push(rest);
        positions.reverse();
        positions
    }

    /// Takes frame `index`; the chunks that it filled.
    pub(super) fn push(
        &mut self,
        frame: &Frame,
        index: u64,
        spare: &mut Vec<Vec<u8>>,
    ) -> Vec<Chunk> {
        let positions = self.positions(index);
        let fastest = positions.last().copied().unwrap_or(0);
        let depth = self.plan.depth().max(1);
        let within = fastest % depth;
        if self.slab.is_empty() {
            self.start = positions;
            self.begin(spare);
        }
        self.place(frame, small(within));
        self.gathered += 1;
        let length = self.plan.inner.last().copied().unwrap_or(u64::MAX);
        if within + 1 == depth || fastest + 1 == length {
            return self.flush();
        }
        Vec::new()
    }

    /// Memory for the chunks of the frames that follow, all zero.
    fn begin(&mut self, spare: &mut Vec<Vec<u8>>) {
        let (height, rows) = self.side(Meaning::Rows);
        let (width, columns) = self.side(Meaning::Columns);
        let bytes = self.chunk_bytes();
        for y in (0..height).step_by(rows.max(1)) {
            for x in (0..width).step_by(columns.max(1)) {
                let is_filled = y + rows <= height && x + columns <= width;
                let known = spare.iter().position(|memory| memory.len() == bytes);
                let mut memory = known.map_or_else(|| vec![0; bytes], |at| spare.swap_remove(at));
                if !is_filled {
                    memory.fill(0);
                }
                self.slab.push(memory);
            }
        }
    }

    /// Copies a frame into the chunks.
    fn place(&mut self, frame: &Frame, within: usize) {
        let (height, rows) = self.side(Meaning::Rows);
        let (width, columns) = self.side(Meaning::Columns);
        let strides = self.strides();
        let channels = self.plan.format.color.channels();
        let bytes = self.plan.format.sample.bytes();
        let samples = frame.bytes();
        let mut chunks = self.slab.iter_mut();
        for y0 in (0..height).step_by(rows.max(1)) {
            for x0 in (0..width).step_by(columns.max(1)) {
                let Some(chunk) = chunks.next() else { return };
                let wide = columns.min(width - x0);
                for y in 0..rows.min(height - y0) {
                    let from = ((y0 + y) * width + x0) * channels * bytes;
                    let row = samples
                        .get(from..from + wide * channels * bytes)
                        .unwrap_or_default();
                    let to = (within * strides.frame + y * strides.y) * bytes;
                    if strides.color == 1 && strides.x == channels {
                        if let Some(target) = chunk.get_mut(to..to + row.len()) {
                            target.copy_from_slice(row);
                        }
                    } else {
                        scatter(row, chunk, to, strides, channels, bytes);
                    }
                }
            }
        }
    }

    /// The chunks that were begun; what is not filled is zero.
    pub(super) fn flush(&mut self) -> Vec<Chunk> {
        let mut full = Vec::new();
        let depth = self.plan.depth().max(1);
        let fastest = self.plan.inner.len();
        let (height, rows) = self.side(Meaning::Rows);
        let (width, columns) = self.side(Meaning::Columns);
        let within = self.start.last().copied().unwrap_or(0) % depth;
        let strides = self.strides();
        let bytes = self.plan.format.sample.bytes();
        let mut chunks = std::mem::take(&mut self.slab).into_iter();
        for y in 0..height.div_ceil(rows.max(1)) as u64 {
            for x in 0..width.div_ceil(columns.max(1)) as u64 {
                let Some(mut chunk) = chunks.next() else {
                    break;
                };
                if within + self.gathered < depth {
                    self.clear_rest(&mut chunk, small(within + self.gathered), strides, bytes);
                }
                let coordinate = |meaning: Meaning| match meaning {
                    Meaning::Outer(place) => {
                        let position = self.start.get(place).copied().unwrap_or(0);
                        if place == fastest {
                            position / depth
                        } else {
                            position
                        }
                    }
                    Meaning::Rows => y,
                    Meaning::Columns => x,
                    Meaning::Color => 0,
                };
                let dimensions = self.plan.dimensions.iter();
                full.push(Chunk {
                    level: self.level,
                    coordinates: dimensions
                        .map(|dimension| coordinate(dimension.meaning))
                        .collect(),
                    bytes: chunk,
                });
            }
        }
        self.gathered = 0;
        full
    }

    /// Blackens the frames of a chunk from `from` on, which are not there.
    fn clear_rest(&self, chunk: &mut [u8], from: usize, strides: Strides, bytes: usize) {
        let period = strides.frame * small(self.plan.depth()) * bytes;
        for repeat in chunk.chunks_exact_mut(period.max(1)) {
            repeat
                .get_mut(from * strides.frame * bytes..)
                .unwrap_or_default()
                .fill(0);
        }
    }

    /// Stores a chunk that was coded; the bytes that this took.
    pub(super) fn store(&mut self, chunk: &Chunk, place: &mut Place) -> Result<u64, Error> {
        if !self.plan.is_sharded() {
            let name = format!(
                "{}/{}",
                self.name,
                self.plan.keys().name(&chunk.coordinates)
            );
            return place.write(&name, &chunk.bytes);
        }
        let mut written = 0;
        let (mut shard, mut at, mut outer) = (Vec::new(), 0u64, Vec::new());
        for (dimension, coordinate) in self.plan.dimensions.iter().zip(&chunk.coordinates) {
            let count = dimension.shard / dimension.chunk.max(1);
            shard.push(coordinate / count.max(1));
            at = at * count + coordinate % count.max(1);
            if matches!(dimension.meaning, Meaning::Outer(_)) {
                outer.push(coordinate / count.max(1));
            }
        }
        if outer != self.shards_at {
            written += self.close_shards()?;
            self.shards_at = outer;
        }
        if !self.shards.contains_key(&shard) {
            let name = format!("{}/{}", self.name, self.plan.keys().name(&shard));
            let counts = self
                .plan
                .dimensions
                .iter()
                .map(|dimension| dimension.shard / dimension.chunk.max(1));
            let opened = OpenShard {
                file: place.create(&name)?,
                index: ShardIndex::empty(small(counts.product())),
                length: 0,
            };
            self.shards.insert(shard.clone(), opened);
        }
        if let Some(open) = self.shards.get_mut(&shard) {
            let length = chunk.bytes.len() as u64;
            open.file.write_all(&chunk.bytes)?;
            open.index.set(small(at), open.length, length);
            open.length += length;
            written += length;
        }
        Ok(written)
    }

    /// Ends the shards that are open with their tables; the bytes of these.
    pub(super) fn close_shards(&mut self) -> Result<u64, Error> {
        let mut written = 0;
        for (_, mut shard) in std::mem::take(&mut self.shards) {
            let table = self.encoder.encode_index(shard.index.entries());
            let table = table.map_err(internal)?;
            shard.file.write_all(&table)?;
            shard.file.finish()?;
            written += table.len() as u64;
        }
        Ok(written)
    }
}

/// Copies a row of pixels whose samples do not stay together.
fn scatter(
    row: &[u8],
    chunk: &mut [u8],
    to: usize,
    strides: Strides,
    channels: usize,
    bytes: usize,
) {
    for (x, pixel) in row.chunks_exact(channels * bytes).enumerate() {
        for (color, sample) in pixel.chunks_exact(bytes).enumerate() {
            let at = to + (x * strides.x + color * strides.color) * bytes;
            if let Some(target) = chunk.get_mut(at..at + bytes) {
                target.copy_from_slice(sample);
            }
        }
    }
}
