//! The journal beside each open chunk: number and time of every frame, appended before the frame itself is stored.
//!
//! A header of [`HEADER_BYTES`] and records of [`RECORD_BYTES`], all numbers little-endian, each ending in a CRC-32C that goes on from
//! the header's. A frame's record comes before its pixels, so that no stored frame is without number and time; a flush record says how many
//! frames can be read since then. Whoever reads stops at the first record that is not whole: what a crash leaves behind is there.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use pimage_core::{Error, Limits};
use pimage_fs::{Storage, StorageFile};

use crate::ChunkIndex;
use crate::folder::open_own;

/// The beginning of every journal.
const MAGIC: &[u8; 8] = b"PIMGJRNL";

/// The version that is written; readers know all up to it.
const VERSION: u32 = 1;

/// Bytes of the header: magic, version (u32), record size (u32), uuid of the store (16), chunk (u64), name of the format (20), CRC-32C.
pub(crate) const HEADER_BYTES: usize = 64;

/// Bytes of a record: kind (u32), reserved (u32), index or frames (u64), number or bytes (i64), time (f64), bytes of extra data (u32), CRC-32C.
pub(crate) const RECORD_BYTES: usize = 40;

/// The longest name of a format.
const NAME_BYTES: usize = 20;

const FRAME: u32 = 1;
const FLUSH: u32 = 2;

/// The journal of a chunk: `.000009.journal`.
#[must_use]
pub fn journal_path(folder: &Path, chunk: u64) -> PathBuf {
    folder.join(format!(".{chunk:06}.journal"))
}

/// The lines of extra data of an open chunk: `.000009.extra.jsonl`.
#[must_use]
pub fn extra_lines_path(folder: &Path, chunk: u64) -> PathBuf {
    folder.join(format!(".{chunk:06}.extra.jsonl"))
}

/// Whether a chunk of the store is open that we began: there is a journal with this uuid, or any.
pub(crate) fn has_journal_of(folder: &Path, uuid: Option<&str>) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    let is_its = |entry: std::fs::DirEntry| {
        let name = entry.file_name();
        let is_journal = name
            .to_str()
            .is_some_and(|name| name.starts_with('.') && name.ends_with(".journal"));
        if !is_journal {
            return false;
        }
        let mut head = [0; HEADER_BYTES];
        let read = open_own(&entry.path()).map(|mut file| file.read_exact(&mut head));
        let header = match read {
            Ok(Ok(())) => JournalHeader::parse(&head),
            _ => None,
        };
        header.is_some_and(|header| uuid.is_none_or(|uuid| header.is_of(uuid)))
    };
    entries.filter_map(Result::ok).any(is_its)
}

/// Whose journal it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalHeader {
    /// The uuid of the store, 32 hexadecimal digits.
    pub uuid: String,
    /// The chunk that it belongs to.
    pub chunk: u64,
    /// The name of the store's format.
    pub format: String,
}

impl JournalHeader {
    /// Whether it is of the store of this uuid.
    pub(crate) fn is_of(&self, uuid: &str) -> bool {
        uuid_bytes(&self.uuid) == uuid_bytes(uuid)
    }

    fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let mut at = 0;
        let mut put = |part: &[u8], room: usize| {
            for (target, source) in bytes.iter_mut().skip(at).take(room).zip(part) {
                *target = *source;
            }
            at += room;
        };
        put(MAGIC, MAGIC.len());
        put(&VERSION.to_le_bytes(), 4);
        put(&(RECORD_BYTES as u32).to_le_bytes(), 4);
        put(&uuid_bytes(&self.uuid).to_le_bytes(), 16);
        put(&self.chunk.to_le_bytes(), 8);
        put(self.format.as_bytes(), NAME_BYTES);
        seal(&mut bytes, 0);
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<8>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (record, rest) = rest.split_first_chunk::<4>()?;
        let (uuid, rest) = rest.split_first_chunk::<16>()?;
        let (chunk, rest) = rest.split_first_chunk::<8>()?;
        let name = rest.get(..NAME_BYTES)?;
        let is_ours = magic == MAGIC
            && u32::from_le_bytes(*version) == VERSION
            && u32::from_le_bytes(*record) as usize == RECORD_BYTES
            && is_sealed(bytes, 0);
        let name: Vec<u8> = name.iter().copied().take_while(|byte| *byte != 0).collect();
        is_ours.then(|| Self {
            uuid: format!("{:032x}", u128::from_le_bytes(*uuid)),
            chunk: u64::from_le_bytes(*chunk),
            format: String::from_utf8_lossy(&name).into_owned(),
        })
    }
}

/// The number that a uuid is; 0 for what is none.
fn uuid_bytes(uuid: &str) -> u128 {
    u128::from_str_radix(&uuid.replace('-', ""), 16).unwrap_or(0)
}

/// Puts the checksum of all but the last four bytes there, going on from `seed`.
fn seal(bytes: &mut [u8], seed: u32) {
    if let Some((body, sum)) = bytes.split_last_chunk_mut::<4>() {
        *sum = crc32c::crc32c_append(seed, body).to_le_bytes();
    }
}

fn is_sealed(bytes: &[u8], seed: u32) -> bool {
    bytes
        .split_last_chunk::<4>()
        .is_some_and(|(body, sum)| *sum == crc32c::crc32c_append(seed, body).to_le_bytes())
}

/// The checksum at the end of a header, from which those of the records go on: records of another journal are not taken for its own.
fn seed_of(header: &[u8]) -> u32 {
    header
        .split_last_chunk::<4>()
        .map_or(0, |(_, sum)| u32::from_le_bytes(*sum))
}

/// One record.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Record {
    kind: u32,
    /// Index of the frame in its chunk, or the frames that were flushed.
    count: u64,
    /// Number of the frame, or the bytes of the chunk that were flushed.
    number: i64,
    time: f64,
    /// Bytes of the chunk's extra data before this frame.
    extra: u32,
}

impl Record {
    fn to_bytes(self, seed: u32) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        let fields = self
            .kind
            .to_le_bytes()
            .into_iter()
            .chain([0; 4])
            .chain(self.count.to_le_bytes())
            .chain(self.number.to_le_bytes())
            .chain(self.time.to_le_bytes())
            .chain(self.extra.to_le_bytes());
        for (target, source) in bytes.iter_mut().zip(fields) {
            *target = source;
        }
        seal(&mut bytes, seed);
        bytes
    }

    fn parse(bytes: &[u8], seed: u32) -> Option<Self> {
        if !is_sealed(bytes, seed) {
            return None;
        }
        let (kind, rest) = bytes.split_first_chunk::<4>()?;
        let (_, rest) = rest.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<8>()?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let (time, rest) = rest.split_first_chunk::<8>()?;
        let (extra, _) = rest.split_first_chunk::<4>()?;
        Some(Self {
            kind: u32::from_le_bytes(*kind),
            count: u64::from_le_bytes(*count),
            number: i64::from_le_bytes(*number),
            time: f64::from_le_bytes(*time),
            extra: u32::from_le_bytes(*extra),
        })
    }
}

/// What a journal says, up to its last whole record.
#[derive(Debug, Clone, PartialEq)]
pub struct Journal {
    /// Whose it is.
    pub header: JournalHeader,
    /// Number and time of every frame that was begun, the last ones perhaps never stored.
    pub index: ChunkIndex,
    /// Frames that were flushed: they can be read, but for a failure of the disk or of power.
    pub flushed: u64,
    /// For each frame, the bytes of extra data that were there before it.
    extra_before: Vec<u32>,
    /// Whether something follows the last whole record: it was cut in the middle of one.
    pub is_cut: bool,
}

impl Journal {
    /// Reads a journal, also one that is being written.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Malformed`] when not even the header is whole; [`Error::TooLarge`] for more frames than `limits` allow.
    pub fn read(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let most = limits
            .max_frames
            .saturating_mul(2 * RECORD_BYTES as u64)
            .min(1 << 32);
        open_own(path)?
            .take(most)
            .read_to_end(&mut bytes)
            .map_err(Error::io("read", path))?;
        Self::parse(&bytes)
            .ok_or_else(|| Error::malformed("pimage journal", path, "its header is not whole"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, records) = bytes.split_at_checked(HEADER_BYTES)?;
        let seed = seed_of(head);
        let mut journal = Self {
            header: JournalHeader::parse(head)?,
            index: ChunkIndex::default(),
            flushed: 0,
            extra_before: Vec::new(),
            is_cut: false,
        };
        for bytes in records.chunks(RECORD_BYTES) {
            let record = Record::parse(bytes, seed).filter(|record| journal.takes(record));
            let Some(record) = record else {
                journal.is_cut = true;
                break;
            };
            if record.kind == FRAME {
                journal.extra_before.push(record.extra);
                journal.index.numbers.push(record.number);
                journal.index.times.push(record.time);
            } else {
                journal.flushed = record.count;
            }
        }
        Some(journal)
    }

    /// Whether a record may come next.
    fn takes(&self, record: &Record) -> bool {
        let frames = self.index.len() as u64;
        match record.kind {
            FRAME => record.count == frames,
            FLUSH => record.count <= frames,
            _ => false,
        }
    }

    /// Bytes of extra data that belong to the first `frames` frames; `None` when all do, or it is not known.
    #[must_use]
    pub fn extra_bytes(&self, frames: u64) -> Option<u64> {
        let before = self.extra_before.get(usize::try_from(frames).ok()?)?;
        // As much as the field holds may be more.
        (*before != u32::MAX).then_some(u64::from(*before))
    }

    /// The index of the first `frames` frames.
    #[must_use]
    pub fn first(&self, frames: u64) -> ChunkIndex {
        let frames = usize::try_from(frames).unwrap_or(usize::MAX);
        let mut index = self.index.clone();
        index.numbers.truncate(frames);
        index.times.truncate(frames);
        index
    }
}

/// A journal being written.
pub(crate) struct JournalWriter {
    path: PathBuf,
    file: Box<dyn StorageFile>,
    seed: u32,
}

impl std::fmt::Debug for JournalWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalWriter")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl JournalWriter {
    /// Begins the journal of a chunk in the folder of a store.
    pub(crate) fn create(
        storage: &dyn Storage,
        folder: &Path,
        header: &JournalHeader,
    ) -> Result<Self, Error> {
        let path = journal_path(folder, header.chunk);
        let file = storage
            .create_new(&path)
            .map_err(Error::io("create", &path))?;
        let bytes = header.to_bytes();
        let mut journal = Self {
            path,
            file,
            seed: seed_of(&bytes),
        };
        journal.put(&bytes)?;
        Ok(journal)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Notes a frame that is about to be stored.
    pub(crate) fn frame(
        &mut self,
        index: u64,
        number: i64,
        time: f64,
        extra: u64,
    ) -> Result<(), Error> {
        self.record(Record {
            kind: FRAME,
            count: index,
            number,
            time,
            extra: u32::try_from(extra).unwrap_or(u32::MAX),
        })
    }

    /// Notes that the first `frames` frames can be read.
    pub(crate) fn flushed(&mut self, frames: u64, extra: u64) -> Result<(), Error> {
        self.record(Record {
            kind: FLUSH,
            count: frames,
            number: 0,
            time: 0.0,
            extra: u32::try_from(extra).unwrap_or(u32::MAX),
        })
    }

    fn record(&mut self, record: Record) -> Result<(), Error> {
        let bytes = record.to_bytes(self.seed);
        self.put(&bytes)
    }

    /// One call of the system for each record: a second writer of the same disk must not find a frame without one.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(bytes)
            .map_err(Error::io("write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use pimage_fs::Disk;

    use super::*;

    fn header() -> JournalHeader {
        JournalHeader {
            uuid: "0123456789abcdef0123456789abcdef".to_owned(),
            chunk: 9,
            format: "mjpeg/avi".to_owned(),
        }
    }

    fn written(folder: &Path) -> PathBuf {
        let mut journal = JournalWriter::create(&Disk, folder, &header()).expect("creates");
        for index in 0..5u64 {
            let number = 7 - 3 * index as i64;
            let time = index as f64 / 3.0;
            journal
                .frame(index, number, time, 10 * index)
                .expect("writes");
            if index == 2 {
                journal.flushed(3, 11).expect("writes");
            }
        }
        journal_path(folder, 9)
    }

    #[test]
    fn a_journal_reads_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = written(folder.path());
        assert!(path.ends_with(".000009.journal"));
        let journal = Journal::read(&path, &Limits::default()).expect("reads");
        assert_eq!(journal.header, header());
        assert_eq!(journal.index.numbers, [7, 4, 1, -2, -5]);
        assert_eq!(journal.index.times[4].to_bits(), (4.0_f64 / 3.0).to_bits());
        assert_eq!(journal.flushed, 3);
        assert!(!journal.is_cut);
        assert_eq!(journal.first(2).numbers, [7, 4]);
        assert_eq!(journal.extra_bytes(2), Some(20));
        assert_eq!(journal.extra_bytes(5), None);
        assert!(has_journal_of(folder.path(), None));
        assert!(has_journal_of(folder.path(), Some(&header().uuid)));
        assert!(!has_journal_of(folder.path(), Some("ab")));
    }

    #[test]
    fn reading_stops_at_the_first_bad_record() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = written(folder.path());
        let bytes = std::fs::read(&path).expect("is there");
        for length in 0..=bytes.len() {
            let journal = Journal::parse(&bytes[..length]);
            let Some(whole) = length.checked_sub(HEADER_BYTES) else {
                assert_eq!(journal, None);
                continue;
            };
            let journal = journal.expect("has a header");
            let records = whole / RECORD_BYTES;
            let frames = records - usize::from(records > 3);
            assert_eq!(journal.index.len(), frames);
            assert_eq!(journal.is_cut, whole % RECORD_BYTES != 0);
        }
        for at in HEADER_BYTES..bytes.len() {
            let mut torn = bytes.clone();
            torn[at] ^= 0x10;
            let journal = Journal::parse(&torn).expect("has a header");
            let records = (at - HEADER_BYTES) / RECORD_BYTES;
            assert_eq!(journal.index.len(), records - usize::from(records > 3));
            assert!(journal.is_cut);
        }
    }

    #[test]
    fn records_of_another_journal_are_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = written(folder.path());
        let mut bytes = std::fs::read(&path).expect("is there");
        let other = JournalHeader {
            chunk: 10,
            ..header()
        };
        bytes[..HEADER_BYTES].copy_from_slice(&other.to_bytes());
        let journal = Journal::parse(&bytes).expect("has a header");
        assert!(journal.index.is_empty() && journal.is_cut);
    }
}
