//! The index of a whole store in one file, which is read faster than those of its chunks.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use pimage_core::{Error, Limits};
use pimage_fs::{StagedFile, Storage};

use super::{ChunkEntry, FrameIndex};
use crate::chunks::ChunkFiles;
use crate::folder::StoreFolder;

/// The name of the file in the folder of a store. Other programs take no notice of it.
///
/// Magic, version, checksum (CRC-32C of all that follows), length of the signature, chunks, frames, whether there are original numbers,
/// the signature (number, length and time of each chunk's index, by which it is known whether this file is still true),
/// number and frames of each chunk, and the numbers, times and original numbers of all frames; integers of 64 bits, little-endian.
pub const SAVED_INDEX: &str = ".index.pimage";

const MAGIC: &[u8; 8] = b"PIMGINDX";
const VERSION: u64 = 1;

/// Bytes that a saved index may have: 100 million frames.
const MOST_BYTES: u64 = 3 << 30;

/// What the files say by which it is known whether a saved index is still true: `None` when a chunk has no index or was not closed.
pub(crate) fn signature(folder: &Path, chunks: &[ChunkFiles]) -> Option<Vec<u8>> {
    let mut signature = Vec::with_capacity(chunks.len().saturating_mul(24));
    for chunk in chunks {
        if chunk.has_journal {
            return None;
        }
        let mut names = chunk.index_names().into_iter();
        let metadata = names.find_map(|name| folder.join(name).symlink_metadata().ok())?;
        let modified = metadata.modified().ok()?;
        let modified = match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => u64::try_from(after.as_nanos()).unwrap_or(u64::MAX),
            // Before 1970: never equal to a time that was saved.
            Err(_) => return None,
        };
        for value in [chunk.number, metadata.len(), modified] {
            signature.extend(value.to_le_bytes());
        }
    }
    Some(signature)
}

/// Saves the index in the folder of its store, in place of one that is there.
pub(crate) fn save(
    index: &FrameIndex,
    folder: &Path,
    signature: &[u8],
    storage: &Arc<dyn Storage>,
) -> Result<(), Error> {
    use std::io::Write;
    let mut body = Vec::new();
    let mut add = |value: u64| body.extend(value.to_le_bytes());
    add(signature.len() as u64);
    add(index.chunks.len() as u64);
    add(index.len());
    add(u64::from(index.originals.is_some()));
    body.extend(signature);
    for chunk in &index.chunks {
        body.extend(chunk.number.to_le_bytes());
        let frames = chunk.frames.end.saturating_sub(chunk.frames.start);
        body.extend(frames.to_le_bytes());
    }
    body.extend(index.numbers.iter().flat_map(|number| number.to_le_bytes()));
    body.extend(index.times.iter().flat_map(|time| time.to_le_bytes()));
    if let Some(originals) = &index.originals {
        body.extend(originals.iter().flat_map(|number| number.to_le_bytes()));
    }
    let sum = u64::from(crc32c::crc32c(&body));
    let path = folder.join(SAVED_INDEX);
    let mut file = StagedFile::create(storage, &path, true)?;
    let head = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &sum.to_le_bytes()].concat();
    file.write_all(&head)
        .and_then(|()| file.write_all(&body))
        .map_err(Error::io("write", &path))?;
    file.commit()?;
    Ok(())
}

/// The saved index of a store, when it is whole and of these files.
pub(crate) fn load(folder: &StoreFolder, signature: &[u8], limits: &Limits) -> Option<FrameIndex> {
    let mut bytes = Vec::new();
    folder.read(SAVED_INDEX, MOST_BYTES, &mut bytes).ok()?;
    parse(&bytes, signature, limits)
}

/// Takes bytes from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn bytes(&mut self, length: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }

    fn number(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    fn list<T>(&mut self, count: u64, value: fn([u8; 8]) -> T) -> Option<Vec<T>> {
        let (values, _) = self.bytes(count.checked_mul(8)?)?.as_chunks();
        Some(values.iter().map(|bytes| value(*bytes)).collect())
    }
}

fn parse(bytes: &[u8], signature: &[u8], limits: &Limits) -> Option<FrameIndex> {
    let mut cursor = Cursor(bytes);
    let is_ours = cursor.bytes(8)? == MAGIC && cursor.number()? == VERSION;
    let sum = cursor.number()?;
    if !is_ours || u64::from(crc32c::crc32c(cursor.0)) != sum {
        return None;
    }
    let signature_bytes = cursor.number()?;
    let (chunk_count, count, has_originals) =
        (cursor.number()?, cursor.number()?, cursor.number()?);
    if cursor.bytes(signature_bytes)? != signature {
        return None;
    }
    limits.check_frames(count).ok()?;
    let mut chunks = Vec::new();
    let mut start = 0u64;
    for _ in 0..chunk_count {
        let (number, frames) = (cursor.number()?, cursor.number()?);
        let end = start.checked_add(frames)?;
        chunks.push(ChunkEntry {
            number,
            frames: start..end,
        });
        start = end;
    }
    let numbers = cursor.list(count, i64::from_le_bytes)?;
    let times = cursor.list(count, f64::from_le_bytes)?;
    let originals = match has_originals {
        0 => None,
        _ => Some(cursor.list(count, i64::from_le_bytes)?),
    };
    (start == count && cursor.0.is_empty()).then(|| FrameIndex {
        numbers,
        times,
        originals,
        chunks,
        ..FrameIndex::default()
    })
}

#[cfg(test)]
mod tests {
    use pimage_fs::Disk;

    use super::*;
    use crate::ChunkIndex;

    #[test]
    fn what_is_saved_is_loaded_and_nothing_else() {
        let folder = tempfile::tempdir().expect("is made");
        let mut first = ChunkIndex::new(vec![5, -3, 5], vec![0.5, f64::NAN, 2.0]).expect("as many");
        let second = ChunkIndex::new(vec![9], vec![3.0]).expect("as many");
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let opened = StoreFolder::open(folder.path()).expect("is a folder");
        let limits = Limits::default();
        for originals in [None, Some(vec![1, 2, 3])] {
            first.original_numbers = originals;
            let chunks = [(0, first.clone()), (4, second.clone())];
            let index = FrameIndex::from_chunks(chunks).expect("is small");
            save(&index, folder.path(), b"signature", &storage).expect("is saved");
            assert_eq!(load(&opened, b"signature", &limits), Some(index));
            assert_eq!(load(&opened, b"another", &limits), None);
        }
        let path = folder.path().join(SAVED_INDEX);
        let bytes = std::fs::read(&path).expect("is there");
        for end in 0..bytes.len() {
            let cut = bytes.get(..end).expect("is shorter");
            assert_eq!(parse(cut, b"signature", &limits), None, "{end}");
        }
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            *changed.get_mut(place).expect("is inside") ^= 4;
            assert_eq!(parse(&changed, b"signature", &limits), None, "{place}");
        }
    }
}
