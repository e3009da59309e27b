//! One thread that reads and decodes chunks.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use pimage_core::Error;

use super::codecs::Decompressors;
use super::permute::gather;
use super::shard::ShardIndex;
use super::source::{ChunkRef, Content, Source};

/// The shard that was read last.
#[derive(Debug)]
struct OpenShard {
    name: String,
    file: File,
    length: u64,
    index: Result<ShardIndex, String>,
}

/// Working memory for decoding chunks.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    decompressors: Decompressors,
    shard: Option<OpenShard>,
    spare: Vec<u8>,
}

/// The bytes of a chunk as they lie in the file.
enum Encoded {
    Absent,
    Bytes(Vec<u8>),
    Damaged(String),
}

/// Opens a file that holds chunks; `None` when there is none.
fn open_chunk(path: &Path) -> Result<Option<(File, u64)>, Error> {
    let failed = Error::io("open", path);
    match path.metadata() {
        // What is no file, such as a folder or a pipe, is no chunk.
        Ok(metadata) if !metadata.is_file() => Ok(None),
        Ok(metadata) => Ok(Some((File::open(path).map_err(failed)?, metadata.len()))),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(failed(error)),
    }
}

impl Decoder {
    /// Reads and decodes a part of a chunk, into `memory` where that fits.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the system refuses; what is wrong with the chunk itself is in the [`Content`].
    pub(super) fn decode(
        &mut self,
        source: &Source,
        wanted: ChunkRef,
        memory: Vec<u8>,
    ) -> Result<Content, Error> {
        let (name, place) = source.file_of(wanted.chunk);
        let damaged = |reason: String| Content::Damaged(format!("chunk `{name}`: {reason}"));
        let encoded = match source.document.shards {
            None => self.read_file(source, &name)?,
            Some(_) => self.read_shard(source, &name, place)?,
        };
        let encoded = match encoded {
            Encoded::Absent => return Ok(Content::Fill),
            Encoded::Damaged(reason) => return Ok(damaged(reason)),
            Encoded::Bytes(bytes) => bytes,
        };
        let mut decoded = memory;
        let codecs = &source.document.codecs;
        let result = self
            .decompressors
            .decode(codecs, encoded, source.chunk_bytes, &mut decoded);
        if let Err(reason) = result {
            return Ok(damaged(reason));
        }
        if !source.runs.is_empty() {
            let mut moved = std::mem::take(&mut self.spare);
            moved.clear();
            moved.reserve(decoded.len());
            gather(&decoded, &source.runs, source.sample_bytes, &mut moved);
            self.spare = std::mem::replace(&mut decoded, moved);
        }
        let (start, stop) = source.frames_of_part(wanted.part);
        let plane = source.plane_bytes();
        let (start, stop) = (start.saturating_mul(plane), stop.saturating_mul(plane));
        if stop - start < decoded.len() {
            decoded = decoded.get(start..stop).unwrap_or_default().to_vec();
        }
        Ok(Content::Bytes(decoded))
    }

    /// Most bytes that an encoded chunk can have.
    fn most(source: &Source) -> u64 {
        (source.chunk_bytes as u64)
            .saturating_mul(2)
            .saturating_add(1 << 20)
    }

    fn read_file(&mut self, source: &Source, name: &str) -> Result<Encoded, Error> {
        let path = source.path_of(name);
        let Some((mut file, length)) = open_chunk(&path)? else {
            return Ok(Encoded::Absent);
        };
        Self::read_part(&mut file, 0, length, source).map_err(Error::io("read", &path))
    }

    fn read_part(
        file: &mut File,
        offset: u64,
        length: u64,
        source: &Source,
    ) -> io::Result<Encoded> {
        let most = Self::most(source);
        if length > most {
            let reason = format!("it has {length} bytes, at most {most} were expected");
            return Ok(Encoded::Damaged(reason));
        }
        if offset > 0 {
            file.seek(SeekFrom::Start(offset))?;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(length).read_to_end(&mut bytes)?;
        Ok(Encoded::Bytes(bytes))
    }

    fn read_shard(&mut self, source: &Source, name: &str, place: u64) -> Result<Encoded, Error> {
        let path = source.path_of(name);
        let known = self.shard.take().filter(|shard| shard.name == name);
        let shard = match known {
            Some(shard) => shard,
            None => {
                let Some((mut file, length)) = open_chunk(&path)? else {
                    return Ok(Encoded::Absent);
                };
                let chunks = source.document.chunks_in_file().iter().product();
                let index = match source.document.shards {
                    Some(indexing) => ShardIndex::read(&mut file, indexing, chunks),
                    None => Ok(ShardIndex::default()),
                };
                OpenShard {
                    name: name.to_owned(),
                    file,
                    length,
                    index,
                }
            }
        };
        let shard = self.shard.insert(shard);
        let found = match &shard.index {
            Ok(index) => index.get(place),
            Err(reason) => return Ok(Encoded::Damaged(reason.clone())),
        };
        let Some((offset, length)) = found else {
            return Ok(Encoded::Absent);
        };
        if offset
            .checked_add(length)
            .is_none_or(|end| end > shard.length)
        {
            let reason = format!(
                "its {length} bytes at {offset} are not in the file of {}",
                shard.length
            );
            return Ok(Encoded::Damaged(reason));
        }
        if offset == 0 {
            shard
                .file
                .seek(SeekFrom::Start(0))
                .map_err(Error::io("read", &path))?;
        }
        Self::read_part(&mut shard.file, offset, length, source).map_err(Error::io("read", &path))
    }
}
