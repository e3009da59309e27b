//! The chunks of one source: those used last in memory, the others in a store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pimage_core::{Error, Frame, FrameFormat};

use super::chunk::{Chunk, ChunkShape};
use super::pool::{BufferMode, BufferPool};
use super::ranges::Ranges;
use super::store::ChunkStore;

/// Frames by index, of which any may be unknown.
#[derive(Debug)]
pub(super) struct Chunks {
    shape: ChunkShape,
    pool: BufferPool,
    /// Which source this is, for errors.
    source: PathBuf,
    /// Frames of the source, where that is known.
    count: Option<u64>,
    cached: BTreeMap<u64, Chunk>,
    /// The chunks by when they were used; a chunk has one entry.
    order: BTreeMap<u64, u64>,
    clock: u64,
    /// The chunk used last.
    current: Option<u64>,
    /// Bytes of the chunks in memory.
    bytes: usize,
    /// Bytes that the pool counts for them; never less than those of one chunk.
    taken: usize,
    store: Option<ChunkStore>,
    /// Chunks that the store has.
    stored: Ranges,
}

impl Chunks {
    pub(super) fn new(
        pool: &BufferPool,
        source: &Path,
        format: FrameFormat,
        count: Option<u64>,
    ) -> Result<Self, Error> {
        let shape = ChunkShape::new(format, count, pool.chunk_bytes())?;
        let taken = shape.bytes();
        pool.take(taken);
        Ok(Self {
            shape,
            pool: pool.clone(),
            source: source.to_path_buf(),
            count,
            cached: BTreeMap::new(),
            order: BTreeMap::new(),
            clock: 0,
            current: None,
            bytes: 0,
            taken,
            store: None,
            stored: Ranges::default(),
        })
    }

    pub(super) const fn shape(&self) -> &ChunkShape {
        &self.shape
    }

    /// Copies frame `index` out; `false` when it is not known.
    pub(super) fn get(&mut self, index: u64, frame: &mut Frame) -> Result<bool, Error> {
        let (number, place) = self.shape.place(index);
        if !self.hold(number, false)? {
            return Ok(false);
        }
        match self.cached.get(&number) {
            Some(chunk) => chunk.get(&self.shape, place, frame),
            None => Ok(false),
        }
    }

    /// The first of the frames right before `index`, in its chunk, of which `is_known` says nothing and which are not here.
    pub(super) fn start_of_unknown(&self, index: u64, is_known: impl Fn(u64) -> bool) -> u64 {
        let (number, place) = self.shape.place(index);
        let first = index - place as u64;
        let chunk = self.cached.get(&number);
        let is_here = |place: usize| chunk.is_some_and(|chunk| chunk.has(place));
        let places = (0..place).rev();
        let known = places
            .into_iter()
            .find(|&place| is_here(place) || is_known(first + place as u64));
        known.map_or(first, |known| first + known as u64 + 1)
    }

    /// Keeps frame `index`.
    pub(super) fn put(&mut self, index: u64, frame: &Frame) -> Result<(), Error> {
        let (number, place) = self.shape.place(index);
        self.hold(number, true)?;
        if let Some(chunk) = self.cached.get_mut(&number) {
            let before = chunk.bytes();
            chunk.put(&self.shape, place, frame);
            self.bytes += chunk.bytes() - before;
            self.settle()?;
        }
        Ok(())
    }

    /// Writes the chunk that frame `index` ends, when frames are to be in the store rather than in memory.
    pub(super) fn end_chunk(&mut self, index: u64) -> Result<(), Error> {
        if self.pool.mode() == BufferMode::Zarr {
            let (number, _) = self.shape.place(index);
            self.write(number)?;
        }
        Ok(())
    }

    /// Brings a chunk into memory; `false` when nothing of it is known and it is not to `begin`.
    fn hold(&mut self, number: u64, begin: bool) -> Result<bool, Error> {
        if self.current == Some(number) {
            return Ok(true);
        }
        if !self.cached.contains_key(&number) {
            let is_stored = self.stored.contains(number);
            if !is_stored && !begin {
                return Ok(false);
            }
            let mut chunk = self.room()?;
            if is_stored && let Some(store) = &mut self.store {
                store.read(number, &mut chunk)?;
            }
            self.bytes += chunk.bytes();
            self.cached.insert(number, chunk);
        }
        self.clock += 1;
        if let Some(chunk) = self.cached.get_mut(&number) {
            self.order.remove(&chunk.used);
            chunk.used = self.clock;
            self.order.insert(self.clock, number);
        }
        self.current = Some(number);
        self.settle()?;
        Ok(true)
    }

    /// A chunk without frames, in memory that may be used.
    fn room(&mut self) -> Result<Chunk, Error> {
        let wanted = self.shape.bytes();
        let mut spare = Chunk::default();
        if self.is_spilling() && self.pool.is_asked() {
            while self.bytes > self.pool.share() && !self.cached.is_empty() {
                spare = self.evict()?;
            }
        }
        loop {
            let more = (self.bytes + wanted).saturating_sub(self.taken);
            if more == 0 {
                break;
            }
            if self.pool.try_take(more) {
                self.taken += more;
                break;
            }
            if self.cached.is_empty() {
                self.pool.take(more);
                self.taken += more;
                break;
            }
            if self.bytes + wanted <= self.pool.share() {
                self.pool.ask();
            }
            spare = self.evict()?;
        }
        spare.clear(&self.shape)?;
        Ok(spare)
    }

    /// Whether chunks may leave the memory.
    fn is_spilling(&self) -> bool {
        cfg!(feature = "zarr") && self.pool.mode() != BufferMode::Memory
    }

    /// Takes the chunk out of memory that was not used for longest, and gives its memory.
    fn evict(&mut self) -> Result<Chunk, Error> {
        if !self.is_spilling() {
            return Err(self.full());
        }
        let Some((&used, &number)) = self.order.first_key_value() else {
            return Ok(Chunk::default());
        };
        self.write(number)?;
        self.order.remove(&used);
        if self.current == Some(number) {
            self.current = None;
        }
        let chunk = self.cached.remove(&number).unwrap_or_default();
        self.bytes = self.bytes.saturating_sub(chunk.bytes());
        Ok(chunk)
    }

    /// Writes a chunk that the store does not have as it is.
    fn write(&mut self, number: u64) -> Result<(), Error> {
        let Some(chunk) = self.cached.get_mut(&number) else {
            return Ok(());
        };
        if !chunk.is_changed {
            return Ok(());
        }
        let store = match &mut self.store {
            Some(store) => store,
            None => {
                let store = ChunkStore::create(&self.pool, self.shape, self.count)?;
                self.store.insert(store)
            }
        };
        chunk.blacken(&self.shape);
        store.write(number, chunk)?;
        chunk.is_changed = false;
        self.stored.insert(number..number.saturating_add(1));
        Ok(())
    }

    /// Makes the pool count what is in memory; names of frames may have made that more than there was room for.
    fn settle(&mut self) -> Result<(), Error> {
        loop {
            let wanted = self.bytes.max(self.shape.bytes());
            let more = wanted.saturating_sub(self.taken);
            if more == 0 {
                self.pool.give(self.taken - wanted);
                self.taken = wanted;
                return Ok(());
            }
            if self.pool.try_take(more) {
                self.taken = wanted;
            } else if self.cached.len() > 1 {
                self.evict()?;
            } else {
                self.pool.take(more);
                self.taken = wanted;
            }
        }
    }

    fn full(&self) -> Error {
        let memory = self.pool.memory_bytes();
        let source = self.source.display();
        let found = format!("{}, but the frames of `{source}`", self.pool.mode());
        let expected = if cfg!(feature = "zarr") {
            "`--buffer zarr`, or more `--memory`"
        } else {
            "more `--memory`, or a build with the feature `zarr`, which keeps frames on disk"
        };
        let found = format!("{found} do not fit into the {memory} bytes of memory for buffers");
        Error::bad_option("--buffer", found, expected)
    }

    /// Writes all that is known to the store and makes it a Zarr array at `target`.
    pub(super) fn keep(mut self, target: &Path, end: Option<u64>) -> Result<(), Error> {
        let numbers: Vec<u64> = self.cached.keys().copied().collect();
        for number in numbers {
            self.write(number)?;
        }
        let store = match self.store.take() {
            Some(store) => store,
            None => ChunkStore::create(&self.pool, self.shape, self.count)?,
        };
        store.keep(target, end)
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        self.pool.give(self.taken);
    }
}
