//! Numbers from files: CSV and its like, and numpy arrays of one or two dimensions.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

mod cell;
mod dialect;
mod npy;
mod text;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use pimage_core::{Cancel, Error, Limits};

use crate::Table;

pub use cell::EPOCH_SECONDS;

/// Bytes that are looked at to find out what a file is.
const HEAD_BYTES: usize = 64 << 10;

/// The most columns of a table.
const MAX_COLUMNS: usize = 10_000;

/// Whether a file that begins with these bytes is one that [`read_table`] reads, as far as they tell: text, or a numpy array of at most two dimensions.
///
/// ```
/// use pimage_plot::is_table;
///
/// assert!(is_table(b"time,speed\n0,1.5\n"));
/// assert!(!is_table(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
/// ```
#[must_use]
pub fn is_table(head: &[u8]) -> bool {
    match npy::is_array(head) {
        true => npy::is_table(head),
        false => text::is_text(head),
    }
}

/// Reads a file of numbers: CSV, or a numpy array of one dimension (a column) or two (rows and columns).
///
/// Of text, commas, semicolons, tabs or blanks between the cells are found out, and so is whether the first row is a header, which may have
/// units in brackets: `speed [m/s]`. Lines that begin with `#` are comments; the last one before the numbers is taken for the header where
/// it fits and there is no other. Empty cells and `nan` are not a number; dates and times of ISO 8601 are seconds since 1970
/// ([`EPOCH_SECONDS`]), taken for UTC where they do not say. Where no comma separates, numbers may have decimal
/// commas. Columns of words are left out, of which [`Table::notes`] tells.
///
/// # Errors
///
/// [`Error::Io`]; [`Error::Malformed`] for a cell that is no number, with line and column, and for what is no table;
/// [`Error::TooLarge`] for more numbers than `limits` allow a frame; [`Error::Stopped`].
///
/// ```no_run
/// use pimage_core::{Cancel, Limits};
/// use pimage_plot::read_table;
///
/// let table = read_table("sensors.csv", &Limits::default(), &Cancel::new())?;
/// for column in &table.columns {
///     println!("{} {:?}: {}", column.name, column.unit, column.values.len());
/// }
/// # Ok::<(), pimage_core::Error>(())
/// ```
pub fn read_table(
    path: impl AsRef<Path>,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Table, Error> {
    let path = path.as_ref();
    let file = File::open(path).map_err(Error::io("open", path))?;
    read_table_from(path, file, limits, cancel)
}

/// The same from a stream, which messages call `name`.
///
/// # Errors
///
/// As for [`read_table`].
///
/// ```
/// use std::path::Path;
///
/// use pimage_core::{Cancel, Limits};
/// use pimage_plot::read_table_from;
///
/// let text = "time (s);speed [m/s]\n0;1.5\n0.1;\n";
/// let table = read_table_from(Path::new("text"), text.as_bytes(), &Limits::default(), &Cancel::new())?;
/// assert_eq!(table.columns[1].unit.as_deref(), Some("m/s"));
/// assert!(table.columns[1].values[1].is_nan());
/// # Ok::<(), pimage_core::Error>(())
/// ```
pub fn read_table_from(
    name: &Path,
    source: impl Read,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Table, Error> {
    // Whoever asks for more than the limit is told, instead of being taken for shorter.
    let most = limits.max_frame_bytes;
    let source = source.take(most.saturating_add(1));
    let mut source = BufReader::with_capacity(HEAD_BYTES, source);
    let head = head(&mut source).map_err(Error::io("read", name))?;
    if npy::is_array(&head) {
        return npy::read(name, head.chain(source), limits, cancel);
    }
    text::read(name, &head, source, limits, cancel)
}

/// Takes the first bytes, as many as are looked at, or all.
fn head(source: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    source.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// An error for more bytes, of numbers or of text, than a table may have.
fn check_bytes(bytes: u64, limits: &Limits) -> Result<(), Error> {
    if bytes <= limits.max_frame_bytes {
        return Ok(());
    }
    Err(Error::TooLarge {
        what: "the size of the table in bytes",
        value: bytes,
        limit: limits.max_frame_bytes,
        option: "max_frame_bytes",
    })
}

/// An error for more columns than a table may have.
fn check_columns(name: &Path, format: &'static str, count: u64) -> Result<(), Error> {
    if count <= MAX_COLUMNS as u64 {
        return Ok(());
    }
    let reason = format!("it has {count} columns: expected at most {MAX_COLUMNS}");
    Err(Error::malformed(format, name, reason))
}

/// What a column is called that has no name; the first is 0.
fn unnamed(column: usize) -> String {
    format!("column {column}")
}
