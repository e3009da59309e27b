//! Extra data of a chunk: a line of JSON for each record while the chunk is open, an array when it is closed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::Error;
use pimage_fs::{StagedFile, Storage, StorageFile};
use serde_json::{Map, Value};

/// Bytes of a record.
const MOST_BYTES: u64 = 16 << 20;

/// The lines of the open chunk.
pub(crate) struct ExtraLines {
    path: PathBuf,
    file: Box<dyn StorageFile>,
    bytes: u64,
}

impl std::fmt::Debug for ExtraLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExtraLines")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl ExtraLines {
    pub(crate) fn create(storage: &dyn Storage, path: PathBuf) -> Result<Self, Error> {
        let file = storage
            .create_new(&path)
            .map_err(Error::io("create", &path))?;
        Ok(Self {
            path,
            file,
            bytes: 0,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends a record, at once in the system's hands.
    pub(crate) fn add(&mut self, record: &Map<String, Value>) -> Result<(), Error> {
        let mut line = serde_json::to_vec(record)
            .map_err(|error| Error::bad_option("extra data", error.to_string(), "JSON"))?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .map_err(Error::io("write", &self.path))?;
        self.bytes += line.len() as u64;
        Ok(())
    }
}

/// Makes the array of a closed chunk from its lines; a line that is cut ends it. Returns the number of records.
pub(crate) fn close_lines(
    storage: &Arc<dyn Storage>,
    lines: &Path,
    target: &Path,
    syncs: bool,
) -> Result<u64, Error> {
    let source = File::open(lines).map_err(Error::io("open", lines))?;
    let mut source = BufReader::new(source);
    let mut file = StagedFile::create(storage, target, true)?;
    file.set_sync(syncs);
    let failed = |error| Error::io("write", target)(error);
    let mut line = Vec::new();
    let mut out = b"[".to_vec();
    let mut records = 0;
    loop {
        line.clear();
        source
            .by_ref()
            .take(MOST_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(Error::io("read", lines))?;
        let Some(text) = line.strip_suffix(b"\n") else {
            break;
        };
        if serde_json::from_slice::<Map<String, Value>>(text).is_err() {
            break;
        }
        if records > 0 {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(text);
        records += 1;
        if out.len() > 1 << 16 {
            file.write_all(&out).map_err(failed)?;
            out.clear();
        }
    }
    out.push(b']');
    file.write_all(&out).map_err(failed)?;
    file.commit()?;
    Ok(records)
}
