//! The files of extra data that a chunk may have.

use std::io::ErrorKind;

use pimage_core::Error;
use serde_json::{Map, Value};

use super::records::{self, Records};
use super::{ExtraData, ExtraTable};
use crate::chunks::{ChunkFiles, Content};
use crate::reader::Opened;

/// Bytes that a file of extra data may have.
const MOST_BYTES: u64 = 1 << 30;

/// Recorders note frames that were never taken with a number below 0.
const NUMBER: &str = "frame_number";

/// Reads those of all chunks.
pub(super) fn read(opened: &Opened) -> Result<ExtraData, Error> {
    let (mut extra, mut table) = (ExtraData::default(), ExtraTable::default());
    read_each(opened, &mut extra, |rows| table.extend(rows))?;
    extra.table = table;
    Ok(extra)
}

/// The rows of all chunks as they are in their files.
pub(super) fn rows(opened: &Opened) -> Result<Vec<Map<String, Value>>, Error> {
    let (mut extra, mut all) = (ExtraData::default(), Vec::new());
    read_each(opened, &mut extra, |rows| all.extend(rows))?;
    Ok(all)
}

/// Hands the rows of each chunk to `take`; what else there is goes to `extra`.
fn read_each(
    opened: &Opened,
    extra: &mut ExtraData,
    mut take: impl FnMut(Vec<Map<String, Value>>),
) -> Result<(), Error> {
    for chunk in &opened.files {
        let stem = chunk.stem();
        let h5 = format!("{stem}.extra_data.h5");
        if opened.folder.file(&h5).is_ok() {
            take(read_h5(opened, &h5, extra)?);
            continue;
        }
        let motif = format!("{stem}.extra_data.json");
        if let Some(found) = load(opened, &motif)? {
            note(extra, &motif, &found);
            take(used(found.rows));
            continue;
        }
        for name in beside(chunk) {
            if let Some(found) = load(opened, &name)? {
                note(extra, &name, &found);
                take(found.rows);
            }
        }
    }
    Ok(())
}

#[cfg(feature = "hdf5")]
fn read_h5(
    opened: &Opened,
    name: &str,
    extra: &mut ExtraData,
) -> Result<Vec<Map<String, Value>>, Error> {
    let mut bytes = Vec::new();
    opened.folder.read(name, MOST_BYTES, &mut bytes)?;
    let path = opened.folder.path().join(name);
    let found = super::h5::read(bytes)
        .map_err(|reason| Error::malformed("Motif extra data", path, reason))?;
    extra.sampled.extend(found.sampled);
    Ok(found.rows)
}

#[cfg(not(feature = "hdf5"))]
fn read_h5(
    _opened: &Opened,
    name: &str,
    _extra: &mut ExtraData,
) -> Result<Vec<Map<String, Value>>, Error> {
    Err(Error::NotBuilt {
        format: name.to_owned(),
        feature: "hdf5",
    })
}

/// Names beside the index of a chunk; that of one which is still open is hidden.
fn beside(chunk: &ChunkFiles) -> Vec<String> {
    let stem = chunk.stem();
    let base = match chunk.content {
        Content::Images => format!("{stem}/index"),
        _ => stem.clone(),
    };
    let mut names = vec![format!("{base}.extra.json")];
    if chunk.content == Content::Images {
        names.push(format!("{base}.extra_data.json"));
    }
    if chunk.has_journal {
        names.push(format!(".{stem}.extra.jsonl"));
    }
    names
}

fn load(opened: &Opened, name: &str) -> Result<Option<Records>, Error> {
    let mut bytes = Vec::new();
    match opened.folder.read(name, MOST_BYTES, &mut bytes) {
        Ok(()) => {}
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let path = opened.folder.path().join(name);
    let found = records::parse(&bytes);
    found
        .map(Some)
        .map_err(|reason| Error::malformed("imgstore extra data", path, reason))
}

fn note(extra: &mut ExtraData, name: &str, found: &Records) {
    if found.is_cut {
        let rows = found.rows.len();
        extra
            .notes
            .push(format!("`{name}` is cut behind {rows} rows"));
    }
}

/// The rows of frames that were taken, in the order of the frames.
fn used(rows: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    let value = |row: &Map<String, Value>, key: &str| row.get(key).and_then(Value::as_f64);
    let mut rows: Vec<_> = rows
        .into_iter()
        .filter(|row| value(row, NUMBER).is_none_or(|number| number >= 0.0))
        .collect();
    rows.sort_by(|left, right| {
        let by = |key| {
            let (left, right) = (value(left, key), value(right, key));
            left.partial_cmp(&right)
                .unwrap_or(std::cmp::Ordering::Equal)
        };
        by("frame_index").then_with(|| by("sensor_time"))
    });
    rows
}

impl ExtraTable {
    fn extend(&mut self, rows: Vec<Map<String, Value>>) {
        for row in rows {
            self.push(row);
        }
    }
}
