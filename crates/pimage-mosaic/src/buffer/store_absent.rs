//! What stands for the store of chunks in a build that has none.

use std::path::{Path, PathBuf};

use pimage_core::Error;

use super::chunk::{Chunk, ChunkShape};
use super::pool::{BufferOptions, BufferPool};

/// There is none.
#[derive(Debug)]
pub(super) enum ChunkStore {}

impl ChunkStore {
    pub(super) fn create(
        pool: &BufferPool,
        _shape: ChunkShape,
        _count: Option<u64>,
    ) -> Result<Self, Error> {
        let StorePlace = pool.place();
        Err(Error::NotBuilt {
            format: "a buffer on disk".to_owned(),
            feature: "zarr",
        })
    }

    pub(super) fn write(&mut self, _number: u64, _chunk: &Chunk) -> Result<(), Error> {
        match *self {}
    }

    pub(super) fn read(&mut self, _number: u64, _chunk: &mut Chunk) -> Result<(), Error> {
        match *self {}
    }

    pub(super) fn keep(self, _target: &Path, _end: Option<u64>) -> Result<(), Error> {
        match self {}
    }
}

/// Nowhere.
#[derive(Debug)]
pub(super) struct StorePlace;

impl StorePlace {
    pub(super) const fn new(_options: &BufferOptions) -> Self {
        Self
    }

    pub(super) const fn folder(&self) -> Option<PathBuf> {
        None
    }
}
