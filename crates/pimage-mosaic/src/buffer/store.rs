//! Chunks on disk: a Zarr array (time, height, width, channels), and beside it what is said of the frames.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{Color, Error};
use pimage_fs::{ScratchFolder, Storage};
use zarrs::array::codec::BloscCodec;
use zarrs::array::codec::bytes_to_bytes::blosc::{BloscCompressor, BloscShuffleMode};
use zarrs::array::{
    ArrayBuilder, ArrayBytes, ArrayMetadataV3, ArrayToBytesCodecTraits, CodecChain, CodecOptions,
    DataType, FillValue,
};
use zarrs::metadata::ChunkKeySeparator;

use super::chunk::{Chunk, ChunkShape};
use super::pool::BufferPool;
use super::stamps;

pub(super) use super::place::StorePlace;

/// The folder of what is said of the frames, which is no part of the array.
const STAMPS: &str = "stamps";

/// A Zarr array whose chunks are whole frames.
///
/// Blosc with LZ4 behind a bit shuffle makes gray frames of JPEG 1.15 to 1.2 times smaller at 1,000 MB/s on one core and
/// 1,800 MB/s back; zstd of level 1 makes them 1.07 to 1.25 times smaller at 900 MB/s and 1,300 MB/s, and LZ4 behind a
/// shuffle of bytes not at all.
pub(super) struct ChunkStore {
    shape: ChunkShape,
    folder: PathBuf,
    storage: Arc<dyn Storage>,
    chain: CodecChain,
    numbers: DataType,
    fill: FillValue,
    /// How many frames the array is said to have.
    length: u64,
    is_kept: bool,
    /// Held as long as the store is in it.
    _scratch: Arc<ScratchFolder>,
}

impl fmt::Debug for ChunkStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkStore")
            .field("folder", &self.folder)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

fn internal(error: impl ToString) -> Error {
    Error::Internal {
        part: "the buffer of frames".to_owned(),
        reason: error.to_string(),
    }
}

/// Length of each dimension of an array of `frames` frames; none is 0, which Zarr does not know.
fn sides(shape: &ChunkShape, frames: u64) -> Vec<u64> {
    let format = &shape.format;
    let mut sides = vec![frames, u64::from(format.height), u64::from(format.width)];
    if format.color != Color::Gray {
        sides.push(format.color.channels() as u64);
    }
    sides.into_iter().map(|side| side.max(1)).collect()
}

/// The description of an array of `length` frames.
fn metadata(shape: &ChunkShape, length: u64) -> Result<ArrayMetadataV3, Error> {
    let sample = shape.format.sample;
    let level = 5u8.try_into().map_err(|level: u8| internal(level))?;
    let mode = BloscShuffleMode::BitShuffle;
    let blosc = BloscCodec::new(
        BloscCompressor::LZ4,
        level,
        None,
        mode,
        Some(sample.bytes()),
    );
    let mut shape_of_array = sides(shape, length);
    if let Some(time) = shape_of_array.first_mut() {
        *time = length;
    }
    let names = ["t", "y", "x", "c"].into_iter().take(shape_of_array.len());
    let names: Vec<String> = names.map(str::to_owned).collect();
    ArrayBuilder::new(
        shape_of_array,
        sides(shape, shape.frames as u64),
        sample.name(),
        FillValue::new(vec![0; sample.bytes()]),
    )
    // Files beside each other: a folder for each chunk takes longer than the chunk.
    .chunk_key_encoding_default_separator(ChunkKeySeparator::Dot)
    .bytes_to_bytes_codecs(vec![Arc::new(blosc.map_err(internal)?)])
    .dimension_names(Some(names))
    .build_metadata()
    .map_err(internal)
}

impl ChunkStore {
    /// An array without chunks, in a folder of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be written.
    pub(super) fn create(
        pool: &BufferPool,
        shape: ChunkShape,
        count: Option<u64>,
    ) -> Result<Self, Error> {
        let description = metadata(&shape, count.unwrap_or(0))?;
        let chain = CodecChain::from_metadata(&description.codecs).map_err(internal)?;
        let numbers = DataType::from_metadata(&description.data_type).map_err(internal)?;
        let (scratch, folder) = pool.place().name()?;
        let store = Self {
            shape,
            folder,
            storage: Arc::clone(pool.place().storage()),
            chain,
            numbers,
            fill: FillValue::new(vec![0; shape.format.sample.bytes()]),
            length: count.unwrap_or(0),
            is_kept: false,
            _scratch: scratch,
        };
        for folder in ["", STAMPS] {
            let made = store.storage.create_folder(&store.folder.join(folder));
            made.map_err(|error| store.refused(error))?;
        }
        store.describe(store.length)?;
        Ok(store)
    }

    /// Says how many frames there are.
    fn describe(&self, length: u64) -> Result<(), Error> {
        let description = metadata(&self.shape, length)?;
        let text = serde_json::to_vec_pretty(&description).map_err(internal)?;
        self.write_file(&self.folder.join("zarr.json"), &text)
    }

    /// Writes a chunk, instead of what there may be of it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], which says what to do when the disk is full.
    pub(super) fn write(&mut self, number: u64, chunk: &Chunk) -> Result<(), Error> {
        if self.shape.frame_bytes > 0 {
            let options = CodecOptions::default().with_concurrent_target(1);
            let sides = self.chunk_sides()?;
            let samples = ArrayBytes::new_flen(chunk.pixels.as_slice());
            let coded = self
                .chain
                .encode(samples, &sides, &self.numbers, &self.fill, &options)
                .map_err(internal)?;
            self.write_file(&self.pixels_of(number), &coded)?;
        }
        self.write_file(&self.stamps_of(number), &stamps::to_bytes(&chunk.stamps))?;
        let end = self.first(number.saturating_add(1));
        if end > self.length {
            self.describe(end)?;
            self.length = end;
        }
        Ok(())
    }

    /// Reads a chunk that was written.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Malformed`] when it is not what was written.
    pub(super) fn read(&mut self, number: u64, chunk: &mut Chunk) -> Result<(), Error> {
        let path = self.stamps_of(number);
        let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
        let first = self.first(number);
        let found = stamps::from_bytes(&bytes, first, self.shape.frames);
        let found =
            found.ok_or_else(|| Error::malformed("buffer", &path, "it is not what was written"))?;
        if self.shape.frame_bytes > 0 {
            let path = self.pixels_of(number);
            let coded = fs::read(&path).map_err(Error::io("read", &path))?;
            let options = CodecOptions::default().with_concurrent_target(1);
            let sides = self.chunk_sides()?;
            let samples = self
                .chain
                .decode(coded.into(), &sides, &self.numbers, &self.fill, &options)
                .and_then(|samples| Ok(samples.into_fixed()?))
                .map_err(|error| Error::malformed("buffer", &path, error.to_string()))?;
            if samples.len() != chunk.pixels.len() {
                let (found, expected) = (samples.len(), chunk.pixels.len());
                let reason = format!("it has {found} bytes, {expected} were written");
                return Err(Error::malformed("buffer", &path, reason));
            }
            chunk.pixels = samples.into_owned();
        }
        chunk.set_stamps(found);
        Ok(())
    }

    /// Makes it an array of `end` frames called `target`.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] when there is something of that name; [`Error::Io`].
    pub(super) fn keep(mut self, target: &Path, end: Option<u64>) -> Result<(), Error> {
        self.describe(end.unwrap_or(self.length))?;
        match self.storage.rename(&self.folder, target, false) {
            Ok(()) => {
                self.is_kept = true;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Error::Exists {
                path: target.to_path_buf(),
            }),
            Err(error) => Err(Error::io("keep the buffer as", target)(error)),
        }
    }

    fn chunk_sides(&self) -> Result<Vec<std::num::NonZeroU64>, Error> {
        sides(&self.shape, self.shape.frames as u64)
            .into_iter()
            .map(|side| side.try_into().map_err(internal))
            .collect()
    }

    /// The index of the first frame of a chunk.
    const fn first(&self, number: u64) -> u64 {
        number.saturating_mul(self.shape.frames as u64)
    }

    fn stamps_of(&self, number: u64) -> PathBuf {
        self.folder.join(STAMPS).join(number.to_string())
    }

    fn pixels_of(&self, number: u64) -> PathBuf {
        let others = match self.shape.format.color {
            Color::Gray => "0.0",
            _ => "0.0.0",
        };
        self.folder.join(format!("c.{number}.{others}"))
    }

    /// Writes a file, instead of the one of that name; nothing is left of one that cannot be written.
    fn write_file(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let write = || -> io::Result<()> {
            if path.exists() {
                self.storage.remove(path)?;
            }
            let mut file = self.storage.create_new(path)?;
            file.write_all(bytes)?;
            file.flush()
        };
        write().map_err(|error| {
            // The error of writing is the one to tell of.
            let _ = self.storage.remove(path);
            self.refused(error)
        })
    }

    fn refused(&self, error: io::Error) -> Error {
        let is_full = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        );
        let error = if is_full {
            let reason = "the disk is full; `--buffer-folder DIR` puts the buffer on another one";
            io::Error::new(error.kind(), reason)
        } else {
            error
        };
        Error::io("write the buffer in", &self.folder)(error)
    }
}

impl Drop for ChunkStore {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed now goes with the folder that it is in.
            let _ = self.storage.remove_tree(&self.folder);
        }
    }
}
