//! Unpacked strips and tiles, kept for the next frame of the same page.

use std::collections::HashMap;

use crate::tiff::page::{Meaning, Packed, Page};

/// Unpacked bytes that are kept of a page at most.
const MOST_HELD_BYTES: usize = 256 << 20;

/// Strips or tiles of the page before, unpacked, when each of its samples is a frame and all are packed together.
#[derive(Debug, Default)]
pub(super) struct Held {
    page: Option<Page>,
    offsets: Vec<u64>,
    chunks: HashMap<usize, Vec<u8>>,
    bytes: usize,
}

impl Held {
    /// Drops what is of another page.
    pub(super) fn turn_to(&mut self, page: &Page, offsets: &[u64]) {
        if self.page.as_ref() == Some(page) && self.offsets == offsets {
            return;
        }
        self.chunks.clear();
        self.bytes = 0;
        let is_shared =
            page.meaning == Meaning::Planes && !page.is_planar && page.packed != Packed::None;
        self.page = is_shared.then(|| page.clone());
        self.offsets.clear();
        if is_shared {
            self.offsets.extend(offsets);
        }
    }

    /// The unpacked bytes of a strip or tile.
    pub(super) fn get(&self, number: usize) -> Option<&[u8]> {
        self.chunks.get(&number).map(Vec::as_slice)
    }

    /// Copies unpacked bytes, when the page asks for it and there is room.
    pub(super) fn keep(&mut self, number: usize, bytes: &[u8]) {
        let all = self.bytes.saturating_add(bytes.len());
        if self.page.is_some() && all <= MOST_HELD_BYTES {
            self.bytes = all;
            self.chunks.insert(number, bytes.to_vec());
        }
    }
}
