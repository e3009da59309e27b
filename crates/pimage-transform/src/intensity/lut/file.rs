//! Which kind of table a file is, and its numbers.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use pimage_codec::npy::header::MAGIC;
use pimage_core::Error;

use super::{Lut, cube, npy, text};

/// Bytes of the largest table that is read: 65,536 colours as text are 4 MB.
const MOST_BYTES: u64 = 64 << 20;

/// Numbers of a file.
pub(super) struct Numbers {
    /// One column, or three.
    pub(super) columns: Vec<Vec<f64>>,
    /// The value of the full scale, where the kind of file says so.
    pub(super) top: Option<f64>,
    /// Where on the full range the entries begin and end.
    pub(super) domains: Vec<(f64, f64)>,
}

/// Reads a table.
pub(super) fn read(path: &Path, top: Option<f64>) -> Result<Lut, Error> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Error::io("open", path))?;
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(Error::io("read", path))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(malformed(path, "it is larger than 64 MB"));
    }
    let numbers = if bytes.starts_with(MAGIC) {
        npy::parse(path, &bytes)?
    } else {
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            malformed(path, format!("it is neither an array nor text: {error}"))
        })?;
        match cube::is_cube(path, text) {
            true => cube::parse(path, text)?,
            false => text::parse(path, text)?,
        }
    };
    let top = match top.or(numbers.top) {
        Some(top) => top,
        None => top_of(&numbers.columns).ok_or_else(|| {
            malformed(
                path,
                "its numbers are beyond 65535 and nothing says what the full scale is: `top` can",
            )
        })?,
    };
    let parts = numbers.columns.into_iter().map(|column| {
        let parts = column.into_iter().map(|entry| entry / top);
        parts.collect()
    });
    Lut::of_columns(parts.collect(), numbers.domains).map_err(|found| {
        malformed(
            path,
            format!("it is {found}: expected at least two numbers"),
        )
    })
}

/// The value that stands for the full scale, by the numbers themselves.
fn top_of(columns: &[Vec<f64>]) -> Option<f64> {
    let greatest = columns
        .iter()
        .flatten()
        .fold(0.0, |most: f64, entry| most.max(*entry));
    let is_whole = columns
        .iter()
        .flatten()
        .all(|entry| entry.fract().abs() <= 0.0);
    if !is_whole || greatest <= 1.0 {
        return Some(1.0);
    }
    let last = columns.first().map_or(0, Vec::len) as f64 - 1.0;
    [last, 255.0, 65_535.0]
        .into_iter()
        .find(|top| greatest <= *top)
}

/// What is wrong with a table.
pub(super) fn malformed(path: &Path, reason: impl Into<String>) -> Error {
    Error::malformed("table", path, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_scale_is_told_by_the_numbers() {
        let top = |entries: &[f64]| top_of(&[entries.to_vec()]);
        assert_eq!(top(&[0.0, 0.5, 2.0]), Some(1.0));
        assert_eq!(top(&[1.0, 0.0]), Some(1.0));
        assert_eq!(top(&[0.0, 2.0, 1.0]), Some(2.0));
        assert_eq!(top(&[0.0, 200.0, 1.0]), Some(255.0));
        assert_eq!(top(&[0.0, 256.0]), Some(65_535.0));
        assert_eq!(top(&vec![4095.0; 4096]), Some(4095.0));
        assert_eq!(top(&[0.0, 1e6]), None);
    }

    #[test]
    fn files_that_are_no_tables_are_refused() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let check = |name: &str, bytes: &[u8], expected: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("writes");
            let error = read(&path, None).expect_err(name).to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("a.txt", b"", "it is of 0 entries");
        check("b.txt", b"1", "it is of 1 entries");
        check("c.txt", b"1 2 three", "line 1 has `three`");
        check("d.bin", b"\xff\xfe", "neither an array nor text");
        check("e.npy", b"\x93NUMPY", "the header is cut");
        check("f.cube", b"LUT_3D_SIZE 2\n0 0 0\n", "three dimensions");
        check("g.cube", b"LUT_1D_SIZE 3\n0 0 0\n1 1 1\n", "2 of 3 entries");
        check("h.txt", b"0 99999", "`top` can");
        let missing = read(&folder.path().join("none"), None).expect_err("is not there");
        assert!(missing.to_string().starts_with("cannot open"), "{missing}");
    }
}
