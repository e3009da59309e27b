//! The index of a store as the `SQLite` data base that Python's imgstore makes and reads.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use pimage_core::{Error, Limits};
use pimage_fs::{StagedFile, Storage};
use rusqlite::{Connection, MAIN_DB, OpenFlags, params};

use super::FrameIndex;
use crate::ChunkIndex;
use crate::chunks::stem;

/// The name of the file in the folder of a store. shaliulab's imgstore calls it `index.db`.
pub const SQLITE_INDEX: &str = ".index.sqlite";

/// All names that it may have.
pub(crate) const SQLITE_NAMES: [&str; 2] = [SQLITE_INDEX, "index.db"];

const TABLES: &str = "\
    CREATE TABLE frames (chunk INTEGER, frame_idx INTEGER, frame_number INTEGER, frame_time REAL);
    CREATE TABLE chunks (chunk INTEGER, chunk_path TEXT);
    CREATE TABLE index_information (name TEXT, value TEXT);
    CREATE TABLE summary (name TEXT, value REAL);
    INSERT INTO index_information VALUES ('version', '1');
    CREATE INDEX chunk_index ON frames (chunk, frame_idx);";

fn failed(path: &Path) -> impl Fn(rusqlite::Error) -> Error {
    let path = path.to_path_buf();
    move |error| Error::malformed("SQLite index", &path, error.to_string())
}

impl FrameIndex {
    /// Writes the index as a data base that Python's imgstore reads, in place of one that is there.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn write_sqlite(&self, path: &Path, storage: &Arc<dyn Storage>) -> Result<(), Error> {
        let failed = failed(path);
        let mut base = self.to_sqlite().map_err(&failed)?;
        let bytes = base.serialize(MAIN_DB).map_err(&failed)?;
        let mut file = StagedFile::create(storage, path, true)?;
        file.write_all(&bytes).map_err(Error::io("write", path))?;
        file.commit()?;
        Ok(())
    }

    fn to_sqlite(&self) -> rusqlite::Result<Connection> {
        let mut base = Connection::open_in_memory()?;
        base.execute_batch(TABLES)?;
        let transaction = base.transaction()?;
        {
            let mut frame = transaction.prepare("INSERT INTO frames VALUES (?1, ?2, ?3, ?4)")?;
            let mut chunk = transaction.prepare("INSERT INTO chunks VALUES (?1, ?2)")?;
            for entry in self.chunks() {
                let number = entry.number.cast_signed();
                chunk.execute(params![number, stem(entry.number)])?;
                for (place, index) in (0i64..).zip(entry.frames.clone()) {
                    let values = (self.number(index), self.time(index));
                    frame.execute(params![number, place, values.0, values.1])?;
                }
            }
            let mut summary = transaction.prepare("INSERT INTO summary VALUES (?1, ?2)")?;
            let times = self.times().iter().copied().filter(|time| time.is_finite());
            let known = (0..self.len()).filter_map(|index| self.number(index));
            let numbers = known.map(|number| number as f64);
            for (name, value) in [
                (
                    "frame_time_min",
                    times.clone().fold(f64::INFINITY, f64::min),
                ),
                ("frame_time_max", times.fold(f64::NEG_INFINITY, f64::max)),
                ("frame_min", numbers.clone().fold(f64::INFINITY, f64::min)),
                ("frame_max", numbers.fold(f64::NEG_INFINITY, f64::max)),
            ] {
                summary.execute(params![name, value])?;
            }
        }
        transaction.commit()?;
        Ok(base)
    }

    /// Reads a data base that Python's imgstore made. Nothing beside it is written, and the paths in it are not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for what is no such data base; [`Error::TooLarge`].
    pub fn read_sqlite(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let failed = failed(path);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let base = Connection::open_with_flags(address(path), flags).map_err(&failed)?;
        // A view of that name could go on for ever.
        let kind = "SELECT type FROM sqlite_master WHERE name = 'frames'";
        let kind: String = base
            .query_row(kind, [], |row| row.get(0))
            .map_err(&failed)?;
        if kind != "table" {
            let reason = format!("its `frames` is a {kind}: expected a table");
            return Err(Error::malformed("SQLite index", path, reason));
        }
        let rows = "SELECT chunk, frame_number, frame_time FROM frames ORDER BY rowid";
        let mut query = base.prepare(rows).map_err(&failed)?;
        let mut rows = query.query([]).map_err(&failed)?;
        let mut chunks: Vec<(u64, ChunkIndex)> = Vec::new();
        let mut count = 0u64;
        while let Some(row) = rows.next().map_err(&failed)? {
            count += 1;
            limits.check_frames(count)?;
            let chunk: i64 = row.get(0).map_err(&failed)?;
            let number: Option<i64> = row.get(1).map_err(&failed)?;
            let time: Option<f64> = row.get(2).map_err(&failed)?;
            let Ok(chunk) = u64::try_from(chunk) else {
                let reason = format!("it has a chunk {chunk}: expected 0 or more");
                return Err(Error::malformed("SQLite index", path, reason));
            };
            if chunks.last().is_none_or(|(last, _)| *last != chunk) {
                chunks.push((chunk, ChunkIndex::default()));
            }
            if let Some((_, index)) = chunks.last_mut() {
                index.numbers.push(number.unwrap_or(super::UNKNOWN_NUMBER));
                index.times.push(time.unwrap_or(f64::NAN));
            }
        }
        Self::from_chunks(chunks)
    }
}

/// The path as `SQLite` takes it together with the promise that the file does not change, so that no lock is written beside it.
fn address(path: &Path) -> String {
    let text = path.to_string_lossy();
    let mut address = "file:".to_owned();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address + "?immutable=1"
}

#[cfg(test)]
mod tests {
    use pimage_fs::Disk;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().expect("is made");
        let path = folder.path().join("a b%?#.sqlite");
        let chunks = [(0, vec![5, -3, 5]), (4, vec![i64::MAX])].map(|(chunk, numbers)| {
            let times = numbers.iter().map(|number| *number as f64 / 3.0).collect();
            (chunk, ChunkIndex::new(numbers, times).expect("as many"))
        });
        let index = FrameIndex::from_chunks(chunks).expect("is small");
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        index.write_sqlite(&path, &storage).expect("is written");
        let limits = Limits::default();
        assert_eq!(
            FrameIndex::read_sqlite(&path, &limits).expect("is read"),
            index
        );
        std::fs::write(&path, b"SQLite format 3\0 or not").expect("is written");
        assert!(FrameIndex::read_sqlite(&path, &limits).is_err());
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("is listed").count(),
            1
        );
    }
}
