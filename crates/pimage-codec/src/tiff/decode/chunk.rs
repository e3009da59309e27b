//! The strips and tiles of a page: how many, which pixels each has, how many bytes.

use pimage_core::Color;

use crate::samples::ByteOrder;
use crate::tiff::flaw::Flaw;
use crate::tiff::line::{self, Stored};
use crate::tiff::page::{Meaning, Page, Predictor};
use crate::tiff::ycbcr::Units;

/// Tiles of a plane that have more bytes than this together are believed only when the page has at least a quarter as many.
const USUAL_TILE_BYTES: u64 = 64 << 20;

/// One strip or tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) number: usize,
    /// First row and column of the page.
    pub(super) row: u32,
    pub(super) column: u32,
    /// Rows that are stored, and those of them that the page has.
    pub(super) stored_rows: u32,
    pub(super) rows: u32,
    /// Columns that the page has.
    pub(super) columns: u32,
    /// The sample that it holds, when each has a plane of its own.
    pub(super) sample: usize,
    /// The frame of the page that it is for.
    pub(super) plane: usize,
}

impl Chunk {
    /// A flaw of this strip or tile.
    pub(super) fn flaw(&self, reason: String) -> Flaw {
        Flaw::Damaged(format!("strip or tile {}: {reason}", self.number))
    }
}

impl Page {
    /// Samples of a pixel in a strip or tile.
    pub(super) const fn chunk_samples(&self) -> usize {
        if self.is_planar { 1 } else { self.samples }
    }

    /// How its samples are stored.
    pub(super) const fn stored(&self, order: ByteOrder) -> Stored {
        Stored {
            bits: self.bits,
            numbers: self.numbers,
            order,
            inverted_step: match (self.is_inverted, &self.meaning) {
                (false, _) => 0,
                // Opacity is none of the numbers where 0 is white.
                (true, Meaning::Channels(Color::GrayAlpha)) if !self.is_planar => 2,
                (true, _) => 1,
            },
        }
    }

    /// The byte order of its samples once they are unpacked and differences summed up.
    pub(super) const fn unpacked_order(&self, order: ByteOrder) -> ByteOrder {
        match self.predictor {
            Predictor::None => order,
            Predictor::Integers | Predictor::Floats => line::NATIVE,
        }
    }

    /// Bytes of a row of a strip or tile.
    pub(super) fn row_bytes(&self) -> Option<usize> {
        let samples = (self.chunk.0 as usize).checked_mul(self.chunk_samples())?;
        self.stored(line::NATIVE).row_bytes(samples)
    }

    /// Strips or tiles of one plane.
    fn grid(&self) -> (u32, u32) {
        (
            self.width.div_ceil(self.chunk.0),
            self.height.div_ceil(self.chunk.1),
        )
    }

    /// Strips or tiles of all planes.
    pub(super) fn chunk_count(&self) -> u64 {
        let (across, down) = self.grid();
        let planes = if self.is_planar {
            self.samples as u64
        } else {
            1
        };
        (u64::from(across) * u64::from(down)).saturating_mul(planes)
    }

    /// Those that frame `plane` of the page needs.
    pub(super) fn chunks(&self, plane: usize) -> impl Iterator<Item = Chunk> {
        let (across, down) = self.grid();
        let (width, height, chunk, is_tiled) = (self.width, self.height, self.chunk, self.is_tiled);
        let samples = match (self.is_planar, &self.meaning) {
            (false, _) => 0..1,
            (true, Meaning::Planes) => plane..plane + 1,
            (true, _) => 0..self.samples,
        };
        let of_plane = across as usize * down as usize;
        samples.flat_map(move |sample| {
            (0..down).flat_map(move |y| {
                (0..across).map(move |x| {
                    let (row, column) = (y * chunk.1, x * chunk.0);
                    let rows = chunk.1.min(height - row);
                    let place = y as usize * across as usize + x as usize;
                    Chunk {
                        number: sample * of_plane + place,
                        row,
                        column,
                        stored_rows: if is_tiled { chunk.1 } else { rows },
                        rows,
                        columns: chunk.0.min(width - column),
                        sample,
                        plane,
                    }
                })
            })
        })
    }

    /// How luma and shared colour are stored, when they are.
    pub(super) fn units(&self) -> Option<Units> {
        match self.meaning {
            Meaning::Ycbcr {
                unit,
                shares,
                range,
            } => Some(Units {
                unit,
                shares,
                range,
            }),
            _ => None,
        }
    }

    /// Bytes of a strip or tile when it is not packed.
    pub(super) fn chunk_bytes(&self, chunk: &Chunk) -> Result<usize, Flaw> {
        let bytes = match self.units() {
            Some(units) => units.bytes(self.chunk.0, chunk.stored_rows),
            None => self
                .row_bytes()
                .and_then(|row| row.checked_mul(chunk.stored_rows as usize)),
        };
        let of_page = self.plain_bytes().unwrap_or(u64::MAX);
        let most = of_page.saturating_mul(4).max(USUAL_TILE_BYTES);
        // Strips are cut to the page.
        let (across, down) = if self.is_tiled { self.grid() } else { (1, 1) };
        let count = u64::from(across) * u64::from(down);
        match bytes {
            Some(bytes) if (bytes as u64).saturating_mul(count) <= most => Ok(bytes),
            _ => Err(Flaw::Damaged(format!(
                "its tiles have {}x{} pixels, the page has {}x{}",
                self.chunk.0, self.chunk.1, self.width, self.height
            ))),
        }
    }
}
