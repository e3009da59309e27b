//! The pictures of a file, decoded ahead on all cores.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{Error, Limits};
use pimage_fs::MappedFile;
use pimage_pool::OrderedPool;

use super::blocks::{Picture, Table};
use super::compose::Palette;
use super::decode::{Coded, Decoded, decode, join, most_bytes};

/// Bytes of decoded pictures that may wait, beyond one.
const WAITING_BYTES: usize = 32 << 20;

/// Pictures by their place.
pub(super) struct Pictures {
    file: MappedFile,
    pictures: Vec<Picture>,
    /// Larger pictures are not decoded.
    most_pixels: u64,
    threads: usize,
    pool: Option<OrderedPool<Coded, Decoded>>,
    /// The picture that was decoded last, and its memory.
    decoded: Decoded,
    /// The next picture to come out of the pool, and the next to go in.
    next: u64,
    submitted: u64,
    /// Pictures that may be on their way.
    depth: usize,
    /// The palette that was read last.
    palette: Option<(Table, Vec<u8>)>,
}

impl Pictures {
    pub(super) const fn new(
        file: MappedFile,
        pictures: Vec<Picture>,
        limits: &Limits,
        threads: usize,
    ) -> Self {
        Self {
            most_pixels: limits.max_pixels,
            file,
            pictures,
            threads,
            pool: None,
            decoded: Decoded {
                indices: Vec::new(),
                problem: None,
                data: Vec::new(),
            },
            next: 0,
            submitted: 0,
            depth: 1,
            palette: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(super) fn all(&self) -> &[Picture] {
        &self.pictures
    }

    pub(super) fn count(&self) -> u64 {
        self.pictures.len() as u64
    }

    pub(super) fn picture(&self, index: u64) -> Option<Picture> {
        self.pictures.get(usize::try_from(index).ok()?).copied()
    }

    /// The colours of a table, three bytes each.
    fn table(&mut self, table: Table) -> Result<&[u8], Error> {
        let colors = match self.palette.take() {
            Some((known, colors)) if known == table => colors,
            _ => self.file.slice(table.offset, table.bytes())?.to_vec(),
        };
        let (_, colors) = self.palette.insert((table, colors));
        Ok(colors)
    }

    /// What the indices of a picture stand for.
    pub(super) fn palette(&mut self, picture: &Picture) -> Result<Palette, Error> {
        let mut palette = [None; 256];
        if let Some(table) = picture.table {
            let colors = self.table(table)?.chunks_exact(3);
            for (entry, color) in palette.iter_mut().zip(colors) {
                *entry = color.first_chunk().copied();
            }
        }
        if let Some(index) = picture.transparent
            && let Some(entry) = palette.get_mut(usize::from(index))
        {
            *entry = None;
        }
        Ok(palette)
    }

    /// Whether all colours of all palettes are gray, but for those that stand for transparency.
    pub(super) fn are_gray(&mut self) -> Result<bool, Error> {
        let mut seen = None;
        for place in 0..self.pictures.len() {
            let Some(picture) = self.pictures.get(place).copied() else {
                break;
            };
            let key = (picture.table, picture.transparent);
            // One table for all is looked at once.
            if seen == Some(key) {
                continue;
            }
            seen = Some(key);
            let palette = self.palette(&picture)?;
            if palette.iter().flatten().any(|[r, g, b]| r != g || g != b) {
                return Ok(false);
            }
        }
        Ok(!self.pictures.is_empty())
    }

    /// The indices of picture `index`, while those that follow are decoded ahead.
    pub(super) fn read(&mut self, index: u64) -> Result<&mut Decoded, Error> {
        if index != self.next {
            if let Some(pool) = &mut self.pool {
                pool.clear();
            }
            self.submitted = index;
            self.depth = 1;
        }
        self.next = index.saturating_add(1);
        let mut pool = match self.pool.take() {
            Some(pool) => pool,
            None => OrderedPool::start("the GIF decoder", self.threads, || {
                |coded| Ok(decode(coded))
            })?,
        };
        let mut most = self.depth;
        while pool.pending() < most && self.submitted < self.count() {
            let Some(coded) = self.coded(self.submitted)? else {
                break;
            };
            most = most.min(WAITING_BYTES / coded.pixels.max(1) + 1);
            pool.submit(coded);
            self.submitted += 1;
        }
        let result = pool.next();
        self.pool = Some(pool);
        self.depth = (self.depth * 2).min(self.threads * 2 + 1);
        self.decoded = match result {
            Some(result) => result?,
            None => Decoded {
                problem: Some("it has no place".to_owned()),
                ..Decoded::default()
            },
        };
        Ok(&mut self.decoded)
    }

    /// What there is to decode of a picture.
    fn coded(&mut self, index: u64) -> Result<Option<Coded>, Error> {
        let Some(picture) = self.picture(index) else {
            return Ok(None);
        };
        let claimed = u64::from(picture.width) * u64::from(picture.height);
        let pixels = usize::try_from(claimed.min(self.most_pixels)).unwrap_or(usize::MAX);
        let (start, end) = picture.data;
        let most = most_bytes(pixels);
        // A chain of blocks is longer than its data by one byte in each.
        let length = usize::try_from(end - start).unwrap_or(usize::MAX);
        let length = length.min(most.saturating_mul(2));
        let mut data = std::mem::take(&mut self.decoded.data);
        join(self.file.slice(start, length)?, most, &mut data);
        let memory = std::mem::take(&mut self.decoded.indices);
        let code_size = picture.code_size;
        Ok(Some(Coded {
            code_size,
            pixels,
            data,
            memory,
        }))
    }
}
