//! Where the strips and tiles of a page are in the file.

use super::chunk::Chunk;
use crate::tiff::flaw::Flaw;
use crate::tiff::ifd::{Header, Source};
use crate::tiff::page::{Meaning, Packed, Page};

/// Where strips or tiles are, and how long.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) offsets: Vec<u64>,
    lengths: Vec<u64>,
}

impl Places {
    /// Where the bytes of a plane are, when they follow one another as the frame has them.
    pub(super) fn run(&self, page: &Page, plane: usize) -> Result<Option<(u64, u64)>, Flaw> {
        let Some(row_bytes) = page.row_bytes().filter(|_| page.is_plain()) else {
            return Ok(None);
        };
        let mut chunks = page.chunks(plane).peekable();
        let first = chunks.peek().map_or(0, |chunk| chunk.number);
        let start = self.offsets.get(first).copied().unwrap_or(0);
        let mut next = start;
        for chunk in chunks {
            let plain = row_bytes.saturating_mul(chunk.rows as usize);
            let place = self.get(page, chunk.number, plain)?;
            if place.is_none_or(|(offset, length)| offset != next || length < plain as u64) {
                return Ok(None);
            }
            next = next.saturating_add(plain as u64);
        }
        Ok(Some((start, next)))
    }

    /// Takes the lists of a page.
    pub(super) fn load(
        &mut self,
        page: &Page,
        header: Header,
        source: &mut dyn Source,
    ) -> Result<(), Flaw> {
        self.offsets.clear();
        self.lengths.clear();
        let Some(offsets) = &page.offsets else {
            return Err(Flaw::damaged("nothing says where its pixels are"));
        };
        let most = page.chunk_count();
        offsets.integers(header, source, most, &mut self.offsets)?;
        if let Some(lengths) = &page.lengths {
            lengths.integers(header, source, most, &mut self.lengths)?;
        }
        if let Some(base) = page.wrapped_base {
            unwrap(&mut self.offsets, base);
        }
        for offset in &mut self.offsets {
            // 0 stands for a strip that was left out.
            if page.shift > 0 && *offset > 0 {
                *offset = offset.saturating_add(page.shift);
            }
        }
        Ok(())
    }

    /// What is wrong with a page that lists fewer than it has.
    pub(super) fn too_few(&self) -> Flaw {
        let found = self.offsets.len();
        Flaw::Damaged(format!("it lists only {found} strips or tiles"))
    }

    /// Where a strip or tile is; `None` for one that was left out, whose samples are 0.
    pub(super) fn get(
        &self,
        page: &Page,
        number: usize,
        plain: usize,
    ) -> Result<Option<(u64, u64)>, Flaw> {
        let Some(&offset) = self.offsets.get(number) else {
            return Err(self.too_few());
        };
        // Packed codes end by themselves: where nothing says their length, they are followed as far as they may go.
        let most = plain as u64 * 2 + 4096;
        let is_unsaid = page.wrapped_base.is_some() && page.packed != Packed::None;
        let length = match self.lengths.get(number) {
            Some(_) if is_unsaid => most,
            // Nor did others of a strip that is there.
            Some(0) if page.packed == Packed::None && offset > 0 => plain as u64,
            Some(&length) => length,
            None if page.lengths.is_some() => {
                let found = self.lengths.len();
                return Err(Flaw::Damaged(format!(
                    "it lists the lengths of {found} strips or tiles and needs one more"
                )));
            }
            // Early writers said no length of what is not packed.
            None if page.packed == Packed::None => plain as u64,
            None => most,
        };
        if length == 0 && offset == 0 {
            return Ok(None);
        }
        Ok(Some((offset, length)))
    }
}

impl Page {
    /// Where the pixels begin and end, when the strips follow one another and hold what a frame has.
    ///
    /// # Errors
    ///
    /// A flaw when nothing says where the strips are.
    pub fn run(&self, header: Header, source: &mut dyn Source) -> Result<Option<(u64, u64)>, Flaw> {
        let mut places = Places::default();
        places.load(self, header, source)?;
        places.run(self, 0)
    }

    /// Where the strips of all planes begin and end as they are stored, when they are not packed and follow one another.
    ///
    /// # Errors
    ///
    /// A flaw when nothing says where the strips are.
    pub fn piece(
        &self,
        header: Header,
        source: &mut dyn Source,
    ) -> Result<Option<(u64, u64)>, Flaw> {
        if self.packed != Packed::None || self.is_tiled {
            return Ok(None);
        }
        let mut places = Places::default();
        places.load(self, header, source)?;
        let planes = match self.meaning {
            Meaning::Planes if self.is_planar => self.samples,
            _ => 1,
        };
        let start = places.offsets.first().copied().unwrap_or(0);
        let mut next = start;
        for chunk in (0..planes).flat_map(|plane| self.chunks(plane)) {
            let plain = self.chunk_bytes(&chunk)?;
            match places.get(self, chunk.number, plain) {
                Ok(Some((offset, length))) if offset == next && length >= plain as u64 => {
                    next = next.saturating_add(plain as u64);
                }
                _ => return Ok(None),
            }
        }
        Ok(Some((start, next)))
    }
}

/// Makes offsets grow again that were counted with 32 bits, from `base` on.
fn unwrap(offsets: &mut [u64], mut base: u64) {
    let mut before = 0;
    for offset in offsets {
        if *offset < before {
            base = base.saturating_add(1 << 32);
        }
        before = *offset;
        *offset = offset.saturating_add(base);
    }
}

/// Bytes to read of a strip or tile that is said to have `length` at `offset`, in a file of `end` bytes.
pub(super) fn bytes_to_read(
    page: &Page,
    chunk: &Chunk,
    plain: usize,
    (offset, length): (u64, u64),
    end: u64,
) -> Result<u64, Flaw> {
    match page.packed {
        Packed::None if length < plain as u64 => Err(Flaw::Damaged(format!(
            "its strip or tile {} has {length} of {plain} bytes",
            chunk.number
        ))),
        Packed::None => Ok(plain as u64),
        _ if page.lengths.is_none() || page.wrapped_base.is_some() => {
            Ok(length.min(end.saturating_sub(offset)))
        }
        _ => Ok(length),
    }
}
