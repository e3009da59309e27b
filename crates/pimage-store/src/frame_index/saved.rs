//! The index of a whole store in one file, which is read faster than those of its chunks.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

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

/// Magic, version and checksum.
const HEAD_BYTES: usize = 24;

/// Bytes that a saved index may have: 100 million frames.
const MOST_BYTES: u64 = 3 << 30;

/// Bytes that are read at once: they stay in the fastest caches.
const BLOCK: usize = 64 << 10;

/// Chunks that a thread of its own looks at, at least.
const CHUNKS_OF_A_THREAD: usize = 256;

/// Threads that look at the files of chunks, at most.
const MOST_THREADS: usize = 8;

/// What the files say by which it is known whether a saved index is still true: `None` when a chunk has no index or was not closed.
pub(crate) fn signature(folder: &StoreFolder, chunks: &[ChunkFiles]) -> Option<Vec<u8>> {
    let threads = (chunks.len() / CHUNKS_OF_A_THREAD).min(pimage_pool::threads(None));
    let each = chunks.len().div_ceil(threads.clamp(1, MOST_THREADS)).max(1);
    let mut parts = chunks.chunks(each);
    let first = parts.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = parts
            .map(|part| {
                let look = move || signature_of(folder, part);
                let thread = std::thread::Builder::new().name("the looker at chunks".to_owned());
                // Where no thread can be started, it is done here.
                (part, thread.spawn_scoped(scope, look).ok())
            })
            .collect();
        let mut signature = signature_of(folder, first)?;
        for (part, thread) in others {
            let found = thread.and_then(|thread| thread.join().ok());
            signature.extend(found.unwrap_or_else(|| signature_of(folder, part))?);
        }
        Some(signature)
    })
}

/// The part of the signature that some chunks are.
fn signature_of(folder: &StoreFolder, chunks: &[ChunkFiles]) -> Option<Vec<u8>> {
    let mut signature = Vec::with_capacity(chunks.len().saturating_mul(24));
    for chunk in chunks {
        if chunk.has_journal {
            return None;
        }
        let mut names = chunk.index_names().into_iter();
        let (length, modified) = names.find_map(|name| folder.length_and_time(&name))?;
        for value in [chunk.number, length, modified] {
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
pub(crate) fn load(
    folder: &StoreFolder,
    chunks: &[ChunkFiles],
    limits: &Limits,
) -> Option<FrameIndex> {
    let file = folder.file(SAVED_INDEX).ok()?;
    let length = file.metadata().ok()?.len();
    if length > MOST_BYTES {
        return None;
    }
    std::thread::scope(|scope| {
        let look = || signature(folder, chunks);
        let thread = std::thread::Builder::new().name("the looker at chunks".to_owned());
        // Most stores have a fresh one: it is read while the files are looked at.
        let looker = thread.spawn_scoped(scope, look).ok();
        let saved = parse(&file, length, limits);
        let found = match looker {
            Some(looker) => looker.join().ok()?,
            None => signature(folder, chunks),
        };
        let saved = saved?;
        (found? == saved.signature).then_some(saved.index)
    })
}

/// What a file says.
struct Saved {
    signature: Vec<u8>,
    index: FrameIndex,
}

/// Takes numbers from the front of a file and sums up what went by.
struct Body<R> {
    source: R,
    /// Bytes that the file still has.
    left: u64,
    sum: u32,
    block: Vec<u8>,
}

impl<R: Read> Body<R> {
    /// Whether that much is left; then it is taken.
    fn takes(&mut self, bytes: u64) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
        self.takes(8)?;
        let mut bytes = [0; 8];
        self.source.read_exact(&mut bytes).ok()?;
        self.sum = crc32c::crc32c_append(self.sum, &bytes);
        Some(u64::from_le_bytes(bytes))
    }

    fn bytes(&mut self, length: u64) -> Option<Vec<u8>> {
        self.takes(length)?;
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.source.read_exact(&mut bytes).ok()?;
        self.sum = crc32c::crc32c_append(self.sum, &bytes);
        Some(bytes)
    }

    fn list<T>(&mut self, count: u64, value: fn([u8; 8]) -> T) -> Option<Vec<T>> {
        let mut bytes = count.checked_mul(8)?;
        self.takes(bytes)?;
        let mut values = Vec::with_capacity(usize::try_from(count).ok()?);
        self.block.resize(BLOCK, 0);
        while bytes > 0 {
            let part = bytes.min(BLOCK as u64);
            let block = self.block.get_mut(..usize::try_from(part).ok()?)?;
            self.source.read_exact(block).ok()?;
            self.sum = crc32c::crc32c_append(self.sum, block);
            let (eights, _) = block.as_chunks();
            values.extend(eights.iter().map(|bytes| value(*bytes)));
            bytes -= part;
        }
        Some(values)
    }
}

/// Reads a whole file of this length.
fn parse(mut source: impl Read, length: u64, limits: &Limits) -> Option<Saved> {
    let mut head = [0; HEAD_BYTES];
    source.read_exact(&mut head).ok()?;
    let (magic, rest) = head.split_first_chunk::<8>()?;
    let (version, sum) = rest.split_first_chunk::<8>()?;
    let sum = u64::from_le_bytes(*sum.first_chunk()?);
    if magic != MAGIC || u64::from_le_bytes(*version) != VERSION {
        return None;
    }
    let mut body = Body {
        source,
        left: length.checked_sub(HEAD_BYTES as u64)?,
        sum: 0,
        block: Vec::new(),
    };
    let signature_bytes = body.number()?;
    let (chunk_count, count, has_originals) = (body.number()?, body.number()?, body.number()?);
    limits.check_frames(count).ok()?;
    let signature = body.bytes(signature_bytes)?;
    let places = body.list(chunk_count.checked_mul(2)?, u64::from_le_bytes)?;
    let mut chunks = Vec::with_capacity(places.len() / 2);
    let mut start = 0u64;
    for place in places.as_chunks::<2>().0 {
        let [number, frames] = *place;
        let end = start.checked_add(frames)?;
        chunks.push(ChunkEntry {
            number,
            frames: start..end,
        });
        start = end;
    }
    let numbers = body.list(count, i64::from_le_bytes)?;
    let times = body.list(count, f64::from_le_bytes)?;
    let originals = match has_originals {
        0 => None,
        _ => Some(body.list(count, i64::from_le_bytes)?),
    };
    let is_whole = start == count && body.left == 0 && u64::from(body.sum) == sum;
    is_whole.then(|| Saved {
        signature,
        index: FrameIndex {
            numbers,
            times,
            originals,
            chunks,
            ..FrameIndex::default()
        },
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
        let limits = Limits::default();
        let path = folder.path().join(SAVED_INDEX);
        let parsed = |bytes: &[u8]| parse(bytes, bytes.len() as u64, &limits);
        for originals in [None, Some(vec![1, 2, 3])] {
            first.original_numbers = originals;
            let chunks = [(0, first.clone()), (4, second.clone())];
            let index = FrameIndex::from_chunks(chunks).expect("is small");
            save(&index, folder.path(), b"signature", &storage).expect("is saved");
            let saved = parsed(&std::fs::read(&path).expect("is there")).expect("is whole");
            assert_eq!(saved.index, index);
            assert_eq!(saved.signature, b"signature");
        }
        let bytes = std::fs::read(&path).expect("is there");
        for end in 0..bytes.len() {
            let cut = bytes.get(..end).expect("is shorter");
            assert!(parsed(cut).is_none(), "{end}");
            let claimed = parse(cut, bytes.len() as u64, &limits);
            assert!(claimed.is_none(), "{end}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(parsed(&longer).is_none());
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            *changed.get_mut(place).expect("is inside") ^= 4;
            assert!(parsed(&changed).is_none(), "{place}");
        }
    }

    #[test]
    fn a_saved_index_is_fresh_until_the_index_of_a_chunk_changes() {
        let folder = tempfile::tempdir().expect("is made");
        let numbers = 0..600u64;
        let chunks: Vec<_> = numbers
            .map(|number| ChunkFiles {
                number,
                content: crate::chunks::Content::Video,
                has_journal: false,
            })
            .collect();
        let file = |number: u64| folder.path().join(format!("{number:06}.npz"));
        for chunk in &chunks {
            std::fs::write(file(chunk.number), b"x").expect("is written");
        }
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let opened = StoreFolder::open(folder.path()).expect("is a folder");
        let one = |number| {
            (
                number,
                ChunkIndex::new(vec![1], vec![0.0]).expect("as many"),
            )
        };
        let index = FrameIndex::from_chunks((0..600).map(one)).expect("is small");
        let all = signature(&opened, &chunks).expect("all are there");
        let parts = chunks.iter().map(std::slice::from_ref);
        let parts: Option<Vec<_>> = parts.map(|chunk| signature_of(&opened, chunk)).collect();
        assert_eq!(parts.map(|parts| parts.concat()), Some(all.clone()));
        save(&index, folder.path(), &all, &storage).expect("is saved");
        let limits = Limits::default();
        assert_eq!(load(&opened, &chunks, &limits), Some(index));
        let fewer = chunks.get(1..).expect("is inside");
        assert_eq!(load(&opened, fewer, &limits), None);
        std::fs::write(file(577), b"xy").expect("is written");
        assert_eq!(load(&opened, &chunks, &limits), None);
        std::fs::remove_file(file(577)).expect("is there");
        assert_eq!(signature(&opened, &chunks), None);
    }
}
