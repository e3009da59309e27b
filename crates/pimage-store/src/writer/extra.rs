//! Extra data of a chunk: a line of JSON for each record while the chunk is open, an array when it is closed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::Error;
use pimage_fs::{StagedFile, Storage, StorageFile};
use serde_json::{Map, Value};

use super::paths::aside_of;
use crate::folder::open_own;

/// Bytes of a record.
const MOST_BYTES: u64 = 16 << 20;

/// Lists and maps in one another, by which readers of JSON are not surprised: many end at 128.
const MOST_DEPTH: usize = 100;

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
        let line = line_of(record)?;
        self.file
            .write_all(&line)
            .map_err(Error::io("write", &self.path))?;
        self.bytes += line.len() as u64;
        Ok(())
    }
}

/// The line that a record is.
///
/// # Errors
///
/// [`Error::BadOption`] for one that would not be read back: too long, or too deep.
pub(crate) fn line_of(record: &Map<String, Value>) -> Result<Vec<u8>, Error> {
    let deepest = record.values().map(depth).max().unwrap_or(0);
    if deepest >= MOST_DEPTH {
        return Err(Error::bad_option(
            "extra data",
            format!("lists and maps {deepest} deep"),
            format!("fewer than {MOST_DEPTH}"),
        ));
    }
    let mut line = serde_json::to_vec(record)
        .map_err(|error| Error::bad_option("extra data", error.to_string(), "JSON"))?;
    line.push(b'\n');
    if line.len() as u64 > MOST_BYTES {
        return Err(Error::bad_option(
            "extra data",
            format!("a record of {} bytes", line.len()),
            format!("at most {MOST_BYTES}"),
        ));
    }
    Ok(line)
}

fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(values) => values.iter().map(depth).max(),
        Value::Object(values) => values.values().map(depth).max(),
        _ => return 0,
    };
    deepest.unwrap_or(0) + 1
}

/// What became of the lines of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed {
    /// Records of the array.
    pub(crate) records: u64,
    /// Lines that are not in it: no records, too long, or of frames that are lost.
    pub(crate) left_out: u64,
}

/// Makes the array of a closed chunk from the first `most` bytes of its lines, all of them without it.
///
/// The last line may be cut, as a crash leaves it. Where more is left out, the lines move aside.
pub(crate) fn close_lines(
    storage: &Arc<dyn Storage>,
    lines: &Path,
    target: &Path,
    most: Option<u64>,
    syncs: bool,
) -> Result<Closed, Error> {
    let mut source = Lines {
        source: BufReader::new(open_own(lines)?),
        path: lines,
        line: Vec::new(),
        read: 0,
    };
    let mut file = StagedFile::create(storage, target, true)?;
    file.set_sync(syncs);
    let failed = |error| Error::io("write", target)(error);
    let mut out = b"[".to_vec();
    let mut closed = Closed {
        records: 0,
        left_out: 0,
    };
    while let Some(is_whole) = source.next()? {
        let text = source.line.trim_ascii_end();
        let is_wanted = most.is_none_or(|most| source.read <= most);
        if !(is_whole && is_wanted && serde_json::from_slice::<Map<String, Value>>(text).is_ok()) {
            closed.left_out += 1;
            continue;
        }
        if closed.records > 0 {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(text);
        closed.records += 1;
        if out.len() > 1 << 16 {
            file.write_all(&out).map_err(failed)?;
            out.clear();
        }
    }
    out.push(b']');
    file.write_all(&out).map_err(failed)?;
    if closed.left_out > 0 {
        // Before the array is there: a repair that finds it takes the lines for done.
        let renamed = storage.rename(lines, &aside_of(lines), false);
        renamed.map_err(Error::io("rename", lines))?;
    }
    file.commit()?;
    Ok(closed)
}

/// Lines of a file, one after the other, none of them held that is too long.
struct Lines<'a> {
    source: BufReader<File>,
    path: &'a Path,
    line: Vec<u8>,
    /// Bytes that were read.
    read: u64,
}

impl Lines<'_> {
    /// Reads a line, and says whether it is whole and not too long; `None` at the end, and for a last line that is cut.
    fn next(&mut self) -> Result<Option<bool>, Error> {
        self.part()?;
        let mut is_whole = true;
        while !self.line.ends_with(b"\n") {
            if (self.line.len() as u64) < MOST_BYTES {
                return Ok(None);
            }
            is_whole = false;
            self.part()?;
        }
        Ok(Some(is_whole))
    }

    fn part(&mut self) -> Result<(), Error> {
        self.line.clear();
        let read = self
            .source
            .by_ref()
            .take(MOST_BYTES)
            .read_until(b'\n', &mut self.line)
            .map_err(Error::io("read", self.path))?;
        self.read += read as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pimage_fs::Disk;
    use serde_json::json;

    use super::*;

    /// Closes these lines; what is there then, and whether the lines are aside.
    fn closed(text: &[u8], most: Option<u64>) -> (Closed, String, bool) {
        let folder = tempfile::tempdir().expect("a folder");
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let lines = folder.path().join(".000000.extra.jsonl");
        let target = folder.path().join("000000.extra.json");
        std::fs::write(&lines, text).expect("is written");
        let closed = close_lines(&storage, &lines, &target, most, false).expect("is closed");
        let array = std::fs::read_to_string(target).expect("is there");
        let aside = folder.path().join(".000000.extra.jsonl.aside");
        let is_aside = std::fs::read(aside).is_ok_and(|kept| kept == text);
        assert_eq!(is_aside, !lines.exists());
        (closed, array, is_aside)
    }

    fn record(value: Value) -> Map<String, Value> {
        [("a".to_owned(), value)].into_iter().collect()
    }

    #[test]
    fn a_line_that_is_none_takes_no_other_along() {
        let whole = |records, left_out| Closed { records, left_out };
        let (found, array, is_aside) = closed(b"{\"a\":1}\n{\"a\":2}\n{\"a\"", None);
        assert_eq!((found, is_aside), (whole(2, 0), false));
        assert_eq!(array, "[{\"a\":1}, {\"a\":2}]");
        let (found, array, is_aside) = closed(b"{\"a\":1}\n{\"a\":{\"a\":2}\n7\n{\"a\":3}\n", None);
        assert_eq!((found, is_aside), (whole(2, 2), true));
        assert_eq!(array, "[{\"a\":1}, {\"a\":3}]");
        let long = "x".repeat(MOST_BYTES as usize + 5);
        let text = format!("{{\"a\":1}}\n{{\"a\":\"{long}\"}}\n{{\"a\":3}}\n");
        let (found, array, is_aside) = closed(text.as_bytes(), None);
        assert_eq!((found, is_aside), (whole(2, 1), true));
        assert_eq!(array, "[{\"a\":1}, {\"a\":3}]");
        // Those of frames that are lost.
        let (found, array, is_aside) = closed(b"{\"a\":1}\n{\"a\":2}\n", Some(8));
        assert_eq!((found, is_aside), (whole(1, 1), true));
        assert_eq!(array, "[{\"a\":1}]");
    }

    #[test]
    fn what_would_not_be_read_back_is_refused() {
        let long = json!("x".repeat(MOST_BYTES as usize));
        let error = line_of(&record(long)).expect_err("is too long");
        assert!(error.to_string().contains("at most 16777216"), "{error}");
        let mut deep = json!(1);
        for _ in 0..MOST_DEPTH - 1 {
            deep = json!([deep]);
        }
        assert!(line_of(&record(deep.clone())).is_ok());
        let error = line_of(&record(json!([deep]))).expect_err("is too deep");
        assert!(error.to_string().contains("deep"), "{error}");
    }
}
