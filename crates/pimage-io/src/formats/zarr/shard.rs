//! Files that hold several chunks, and the table that finds them.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::samples::ByteOrder;

/// Offset and length of a chunk that is not there.
const ABSENT: u64 = u64::MAX;

/// Bytes of an entry: offset and length.
const ENTRY_BYTES: usize = 16;

/// Where the table of a shard is and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShardIndexing {
    /// Before the chunks instead of behind them.
    pub(super) is_at_start: bool,
    /// Whether a checksum follows it.
    pub(super) has_checksum: bool,
    /// Which byte of its numbers comes first.
    pub(super) order: ByteOrder,
}

impl ShardIndexing {
    /// Bytes of the table of a shard of `chunks` chunks; `None` when it exceeds the address space.
    pub(super) fn bytes(self, chunks: u64) -> Option<usize> {
        let sum = if self.has_checksum { 4 } else { 0 };
        usize::try_from(chunks)
            .ok()?
            .checked_mul(ENTRY_BYTES)?
            .checked_add(sum)
    }
}

/// Where each chunk of a shard is, in row-major order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShardIndex {
    entries: Vec<(u64, u64)>,
}

impl ShardIndex {
    /// A table of `chunks` chunks, none of them there.
    pub(super) fn empty(chunks: usize) -> Self {
        Self {
            entries: vec![(ABSENT, ABSENT); chunks],
        }
    }

    /// Reads the table of `file`; a text that says what is wrong with it.
    pub(super) fn read(
        file: &mut File,
        indexing: ShardIndexing,
        chunks: u64,
    ) -> Result<Self, String> {
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let bytes = indexing.bytes(chunks).ok_or("its table is too long")?;
        let start = if indexing.is_at_start {
            Some(0)
        } else {
            length.checked_sub(bytes as u64)
        };
        // The file is as long as the table, before memory for it is asked for.
        let start = start.filter(|start| start.saturating_add(bytes as u64) <= length);
        let start = start
            .ok_or_else(|| format!("it ends after {length} bytes, before its table of {bytes}"))?;
        let mut table = vec![0; bytes];
        file.seek(SeekFrom::Start(start))
            .and_then(|_| file.read_exact(&mut table))
            .map_err(|error| error.to_string())?;
        if indexing.has_checksum {
            let (content, sum) = table.split_last_chunk().ok_or("its table is empty")?;
            if crc32c::crc32c(content) != u32::from_le_bytes(*sum) {
                return Err("the checksum of its table is wrong".to_owned());
            }
        }
        let number = |bytes: &[u8; 8]| match indexing.order {
            ByteOrder::Little => u64::from_le_bytes(*bytes),
            ByteOrder::Big => u64::from_be_bytes(*bytes),
        };
        let (numbers, _) = table.as_chunks::<8>();
        let (pairs, _) = numbers.as_chunks::<2>();
        let entries = pairs
            .iter()
            .map(|[offset, length]| (number(offset), number(length)));
        Ok(Self {
            entries: entries.collect(),
        })
    }

    /// Offset and length of a chunk; `None` when it is not there.
    pub(super) fn get(&self, chunk: u64) -> Option<(u64, u64)> {
        let at = usize::try_from(chunk).ok()?;
        self.entries
            .get(at)
            .copied()
            .filter(|entry| *entry != (ABSENT, ABSENT))
    }

    /// Says where a chunk is.
    pub(super) fn set(&mut self, chunk: usize, offset: u64, length: u64) {
        if let Some(entry) = self.entries.get_mut(chunk) {
            *entry = (offset, length);
        }
    }

    /// Offset and length of each chunk.
    pub(super) fn entries(&self) -> &[(u64, u64)] {
        &self.entries
    }
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use std::io::Write;

    use super::*;

    /// The usual table.
    const USUAL: ShardIndexing = ShardIndexing {
        is_at_start: false,
        has_checksum: true,
        order: ByteOrder::Little,
    };

    fn written(index: &ShardIndex) -> Vec<u8> {
        let numbers = index.entries.iter().flat_map(|entry| [entry.0, entry.1]);
        let mut bytes: Vec<u8> = numbers.flat_map(u64::to_le_bytes).collect();
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("writes");
        file
    }

    #[test]
    fn a_table_comes_back() {
        let mut index = ShardIndex::empty(3);
        index.set(1, 7, 9);
        let mut bytes = vec![0; 16];
        bytes.extend(written(&index));
        let found = ShardIndex::read(&mut file_of(&bytes), USUAL, 3);
        assert_eq!(found.as_ref(), Ok(&index));
        assert_eq!(index.get(1), Some((7, 9)));
        assert_eq!((index.get(0), index.get(3)), (None, None));
    }

    #[test]
    fn a_damaged_table_is_told() {
        let mut bytes = written(&ShardIndex::empty(3));
        let short = ShardIndex::read(&mut file_of(&bytes), USUAL, 4);
        assert_eq!(
            short,
            Err("it ends after 52 bytes, before its table of 68".to_owned())
        );
        bytes[5] ^= 1;
        let damaged = ShardIndex::read(&mut file_of(&bytes), USUAL, 3);
        assert!(damaged.is_err_and(|text| text.contains("checksum")));
    }
}
