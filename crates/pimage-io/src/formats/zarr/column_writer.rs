//! Writing one whole number for each frame.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;
use std::sync::Arc;

use pimage_core::{Error, Limits};
use serde_json::{Map, Value};
use zarrs::array::ArrayMetadataV3;
use zarrs::array::codec::GzipCodec;

use super::columns::{NONE, UNITS};
use super::document::{Document, Keys};
use super::encode::Encoder;
use super::metadata::{NewArray, internal};
use super::place::Place;

/// Numbers in a chunk, about.
const CHUNK_NUMBERS: u64 = 1 << 16;

/// How they are coded: by what every program that reads Zarr has.
const LEVEL: u32 = 5;

/// An array of whole numbers beside the frames.
#[derive(Debug)]
pub(super) struct ColumnWriter {
    name: &'static str,
    metadata: ArrayMetadataV3,
    encoder: Encoder,
    /// Dimensions but the first.
    inner: usize,
    /// Numbers in a chunk.
    chunk_length: u64,
    numbers: Vec<i64>,
    /// Chunks before.
    chunks: u64,
    has_any: bool,
}

impl ColumnWriter {
    /// A column over dimensions of these names, all but the first of these lengths.
    /// `units` says what the numbers are, for xarray; empty when they are plain.
    ///
    /// # Errors
    ///
    /// None in practice: `zarrs` has gzip.
    pub(super) fn new(
        name: &'static str,
        units: &str,
        names: Vec<String>,
        inner: Vec<u64>,
    ) -> Result<Self, Error> {
        let frames = inner.iter().product::<u64>().max(1);
        let depth = (CHUNK_NUMBERS / frames).max(1);
        let with = |first: u64| {
            let mut lengths = vec![first];
            lengths.extend(&inner);
            lengths
        };
        let mut attributes = Map::new();
        if !units.is_empty() {
            attributes.insert(UNITS.to_owned(), units.into());
        }
        let array = NewArray {
            shape: with(0),
            file_shape: with(depth),
            chunk_shape: with(depth),
            number: "int64",
            fill: NONE.to_ne_bytes().to_vec(),
            codecs: vec![Arc::new(GzipCodec::new(LEVEL).map_err(internal)?)],
            names,
            attributes,
        };
        let metadata = array.metadata()?;
        Ok(Self {
            name,
            encoder: Encoder::new(&metadata).map_err(internal)?,
            metadata,
            inner: inner.len(),
            chunk_length: frames * depth,
            numbers: Vec::new(),
            chunks: 0,
            has_any: false,
        })
    }

    /// Numbers in a chunk.
    pub(super) const fn chunk_length(&self) -> u64 {
        self.chunk_length
    }

    /// Checks that the column of this name in the store at `path`, if there is one, can be gone on with.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when it is cut, coded or measured otherwise.
    pub(super) fn check(&self, path: &Path) -> Result<(), Error> {
        let folder = path.join(self.name);
        let Some(there) = Document::read(&folder, &Limits::default())? else {
            return Ok(());
        };
        let own = &self.metadata;
        let is_own = there.metadata.is_some_and(|there| {
            there.data_type == own.data_type
                && there.chunk_grid == own.chunk_grid
                && there.chunk_key_encoding == own.chunk_key_encoding
                && there.codecs == own.codecs
                && there.attributes.get(UNITS) == own.attributes.get(UNITS)
        });
        if is_own {
            return Ok(());
        }
        let reason = "frames can only be added to times and numbers such as pimage writes";
        Err(Error::unsupported(&folder, reason))
    }

    /// Goes on behind `chunks` chunks that are there, of a column that has numbers when `has_any`.
    pub(super) const fn resume(&mut self, chunks: u64, has_any: bool) {
        self.chunks = chunks;
        self.has_any = has_any;
    }

    /// Appends the number of a frame; the bytes that this took.
    pub(super) fn push(&mut self, number: i64, place: &mut Place) -> Result<u64, Error> {
        self.numbers.push(number);
        if self.numbers.len() as u64 == self.chunk_length() {
            return self.flush(place);
        }
        Ok(0)
    }

    /// Writes the chunk that was begun. One without numbers need not be there.
    pub(super) fn flush(&mut self, place: &mut Place) -> Result<u64, Error> {
        let length = usize::try_from(self.chunk_length()).unwrap_or(0);
        let mut numbers = std::mem::take(&mut self.numbers);
        if numbers.is_empty() {
            return Ok(0);
        }
        let mut coordinates = vec![self.chunks];
        coordinates.resize(1 + self.inner, 0);
        let name = format!("{}/{}", self.name, Keys::USUAL.name(&coordinates));
        self.chunks += 1;
        if numbers.iter().all(|number| *number == NONE) {
            return Ok(0);
        }
        self.has_any = true;
        numbers.resize(length, NONE);
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_ne_bytes())
            .collect();
        let encoded = self.encoder.encode(&bytes).map_err(internal)?;
        place.write(&name, &encoded)
    }

    /// Name and content of its `zarr.json`; `None` when no frame had a number.
    ///
    /// # Errors
    ///
    /// None in practice: its description is JSON.
    pub(super) fn document(&self, length: u64) -> Result<Option<(String, Value)>, Error> {
        let mut metadata = self.metadata.clone();
        if let Some(first) = metadata.shape.first_mut() {
            *first = length;
        }
        let document = serde_json::to_value(metadata).map_err(internal)?;
        Ok(self
            .has_any
            .then(|| (format!("{}/zarr.json", self.name), document)))
    }
}
