//! Writing one whole number for each frame.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::Error;
use serde_json::{Value, json};

use super::codecs::{Codecs, Coder, Step};
use super::columns::NONE;
use super::place::Place;

/// Numbers in a chunk, about.
const CHUNK_NUMBERS: u64 = 1 << 16;

/// How they are coded: by what every program that reads Zarr has.
const LEVEL: i32 = 5;

/// An array of whole numbers beside the frames.
#[derive(Debug)]
pub(super) struct ColumnWriter {
    name: &'static str,
    /// What the numbers are, for xarray; empty when they are plain.
    units: &'static str,
    /// Names of its dimensions, and lengths of all but the first.
    names: Vec<String>,
    inner: Vec<u64>,
    /// Positions of the first axis in a chunk.
    depth: u64,
    numbers: Vec<i64>,
    /// Chunks before.
    chunks: u64,
    has_any: bool,
    coder: Coder,
}

impl ColumnWriter {
    /// A column over dimensions of these names.
    pub(super) fn new(
        name: &'static str,
        units: &'static str,
        names: Vec<String>,
        inner: Vec<u64>,
    ) -> Self {
        let frames = inner.iter().product::<u64>().max(1);
        Self {
            name,
            units,
            names,
            inner,
            depth: (CHUNK_NUMBERS / frames).max(1),
            numbers: Vec::new(),
            chunks: 0,
            has_any: false,
            coder: Coder::default(),
        }
    }

    /// Numbers in a chunk.
    pub(super) fn chunk_length(&self) -> u64 {
        self.inner.iter().product::<u64>().max(1) * self.depth
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
        let name = format!(
            "{}/c/{}{}",
            self.name,
            self.chunks,
            "/0".repeat(self.inner.len())
        );
        self.chunks += 1;
        if numbers.iter().all(|number| *number == NONE) {
            return Ok(0);
        }
        self.has_any = true;
        numbers.resize(length, NONE);
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        let codecs = Codecs {
            order: None,
            steps: vec![Step::Gzip(LEVEL)],
        };
        let coded = self
            .coder
            .encode(&codecs, &bytes)
            .map_err(|reason| Error::Codec {
                codec: "gzip".to_owned(),
                path: name.clone().into(),
                frame: None,
                reason,
            })?;
        place.write(&name, &coded)
    }

    /// Name and content of its `zarr.json`; `None` when no frame had a number.
    pub(super) fn document(&self, length: u64) -> Option<(String, Value)> {
        let mut shape = vec![length];
        shape.extend(&self.inner);
        let mut chunk = vec![self.depth];
        chunk.extend(&self.inner);
        let attributes = match self.units {
            "" => json!({}),
            units => json!({"units": units}),
        };
        let document = json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": shape,
            "data_type": "int64",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": NONE,
            "codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}},
                Step::Gzip(LEVEL).document()
            ],
            "dimension_names": self.names,
            "attributes": attributes,
        });
        self.has_any
            .then(|| (format!("{}/zarr.json", self.name), document))
    }
}
