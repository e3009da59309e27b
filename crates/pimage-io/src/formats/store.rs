//! Recording stores (a folder with `metadata.yaml`), interchangeable with imgstore.
//!
//! # What it stores
//!
//! Chunks, each a video or a folder of images, and the number and the time of each frame.
//!
//! # What pimage reads
//!
//! Version 2 and older dialects, every format of chunks; see the crate `pimage-store`.
//! The folder and its `metadata.yaml` are the same. Raw frames whose `encoding` the store names become colour by OpenCV's rules.
//!
//! # What it writes
//!
//! A new store, or more chunks of an existing one: every format of `pimage_store::FORMATS`, by its name as the codec.
//!
//! # What is lost
//!
//! Extra data beside the frames, which are columns of their own.
//!
//! # Specification
//!
//! The Python package `imgstore`, 0.4.

use crate::{CreateWriter, Format, OpenReader, Probe};

/// The name of the file in the folder of a store.
const METADATA_FILE: &str = "metadata.yaml";

/// The key that the file of a store has.
const KEY: &[u8] = b"__store";

/// Bytes of the file in which the key is sought.
const LOOKED_AT: u64 = 1 << 20;

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "imgstore",
    title: "Recording store (imgstore)",
    extensions: &["imgstore"],
    reads: "chunks of images, arrays and video, their numbers and times; `metadata.yaml` or its folder",
    writes: "a new store of npy images, or with --codec of png, mjpeg/avi, h264/mkv … chunks; more chunks of an existing one with --append",
    detect: Some(detect),
    feature: "store",
    open: OPEN,
    create: CREATE,
};

#[cfg(feature = "store")]
const OPEN: Option<OpenReader> = Some(reader::open);
#[cfg(not(feature = "store"))]
const OPEN: Option<OpenReader> = None;

#[cfg(feature = "store")]
const CREATE: Option<CreateWriter> = Some(writer::create);
#[cfg(not(feature = "store"))]
const CREATE: Option<CreateWriter> = None;

fn detect(probe: &Probe<'_>) -> bool {
    if !probe.is_folder {
        return probe
            .path
            .file_name()
            .is_some_and(|name| name == METADATA_FILE)
            && has_key(probe.path);
    }
    is_store(probe.path)
}

/// Whether the folder is a store.
pub(crate) fn is_store(folder: &std::path::Path) -> bool {
    has_key(&folder.join(METADATA_FILE))
}

/// Whether the file has the key of a store.
fn has_key(path: &std::path::Path) -> bool {
    use std::io::Read;
    // A pipe of that name would keep whoever opens it waiting.
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    let Some(file) = is_file.then(|| std::fs::File::open(path).ok()).flatten() else {
        return false;
    };
    let mut bytes = Vec::new();
    let is_read = file.take(LOOKED_AT).read_to_end(&mut bytes).is_ok();
    is_read && bytes.windows(KEY.len()).any(|part| part == KEY)
}

#[cfg(feature = "store")]
mod reader {
    use std::path::Path;

    use pimage_core::{Error, FrameReader};
    use pimage_store::{StoreOptions, StoreReader};

    use crate::ReadOptions;

    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
        let options = StoreOptions {
            limits: options.limits,
            on_damage: options.on_damage,
            raw: options.undecoded,
            gray: options.gray,
            threads: options.threads,
            ..StoreOptions::default()
        };
        Ok(Box::new(StoreReader::open(path, &options)?))
    }
}

#[cfg(feature = "store")]
mod writer {
    use std::path::Path;

    use pimage_core::{Error, FrameWriter, Limits, StreamInfo};
    use pimage_store::{
        Durability, FORMATS, RecordOptions, StagedStore, StoreFormat, StoreMetadata, StoreWriter,
    };

    use crate::WriteOptions;

    /// What a store is made of unless a codec is given.
    const USUAL: &str = "npy";

    pub(super) fn create(
        path: &Path,
        info: &StreamInfo,
        options: &WriteOptions,
    ) -> Result<Box<dyn FrameWriter>, Error> {
        let row = match existing(path, options)? {
            Some(row) => row,
            None => row_of(options)?,
        };
        if options.overwrite && path.symlink_metadata().is_ok() {
            let reason = "it exists, and stores are never written over: remove it first";
            return Err(Error::unsupported(path, reason));
        }
        let record = RecordOptions {
            append: options.append,
            // What is converted can be converted again.
            durability: match options.sync {
                true => Durability::Chunk,
                false => Durability::None,
            },
            rate: options.rate,
            paces: options.rate.is_some(),
            quality: options.quality.clone(),
            preset: options.preset.clone(),
            threads: options.threads,
            storage: options.storage.clone(),
            ..RecordOptions::new(row.name)
        };
        if options.append && path.symlink_metadata().is_ok() {
            return Ok(Box::new(StoreWriter::new(path, info, &record)?));
        }
        Ok(Box::new(StagedStore::new(path, info, &record)?))
    }

    /// That of the store which is gone on with, unless another is asked for.
    fn existing(
        path: &Path,
        options: &WriteOptions,
    ) -> Result<Option<&'static StoreFormat>, Error> {
        let is_there = options.append && path.join(super::METADATA_FILE).is_file();
        if !is_there || options.codec.is_some() {
            return Ok(None);
        }
        let metadata = StoreMetadata::read(path, &Limits::default())?;
        match metadata.row().filter(|row| row.is_written) {
            Some(row) if row.is_lossless || !options.lossless => Ok(Some(row)),
            Some(_) => Ok(None),
            None => {
                let reason = format!("stores of `{}` are only read", metadata.format);
                Err(Error::unsupported(path, reason))
            }
        }
    }

    /// The format that is meant by the codec: its whole name, or that of the codec of its videos.
    fn row_of(options: &WriteOptions) -> Result<&'static StoreFormat, Error> {
        let rows = || FORMATS.iter().filter(|row| row.is_written);
        let wanted = options.codec.as_deref().unwrap_or(USUAL);
        let named = rows().find(|row| row.name == wanted);
        let found =
            named.or_else(|| rows().find(|row| row.class.is_video() && row.codec == wanted));
        let fits = |row: &StoreFormat| !options.lossless || row.is_lossless;
        let found = found.filter(|row| fits(row));
        found.ok_or_else(|| {
            let names: Vec<_> = rows().filter(|row| fits(row)).map(|row| row.name).collect();
            let kind = if options.lossless { "lossless " } else { "" };
            let expected = format!("a {kind}format of stores: {}", names.join(", "));
            Error::bad_option("--codec", format!("`{wanted}`"), expected)
        })
    }
}
