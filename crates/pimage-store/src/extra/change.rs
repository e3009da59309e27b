//! Extra data of a closed chunk written again with its rows changed, of which only one is held as values.

use std::io::Write;
use std::path::Path;

use pimage_core::{Cancel, Error};
use serde_json::{Deserializer, Map, Value};

use crate::folder::read_own;

/// Bytes of extra data of a chunk that are changed.
const MOST_BYTES: u64 = 1 << 30;

/// Bytes that are written at once.
const BLOCK: usize = 1 << 16;

/// Writes the rows of an array of extra data, each as `change` makes it.
///
/// # Errors
///
/// [`Error::Malformed`] for what is no array of maps; [`Error::TooLarge`], [`Error::Io`], [`Error::Stopped`].
pub(crate) fn change_rows(
    path: &Path,
    out: &mut impl Write,
    cancel: &Cancel,
    mut change: impl FnMut(&mut Map<String, Value>),
) -> Result<(), Error> {
    let bytes = read_own(
        path,
        MOST_BYTES,
        "bytes of extra data",
        "fewer frames a chunk",
    )?;
    let wrong = || {
        let reason = "it is no list of maps: repair the store first";
        Error::malformed("imgstore extra data", path, reason)
    };
    let list = bytes.trim_ascii().strip_prefix(b"[");
    let list = list.and_then(|list| list.strip_suffix(b"]"));
    let mut rest = list.ok_or_else(wrong)?.trim_ascii();
    let mut text = b"[".to_vec();
    while !rest.is_empty() {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let mut rows = Deserializer::from_slice(rest).into_iter::<Map<String, Value>>();
        let Some(Ok(mut row)) = rows.next() else {
            return Err(wrong());
        };
        rest = rest.get(rows.byte_offset()..).unwrap_or_default();
        rest = rest.trim_ascii_start();
        change(&mut row);
        serde_json::to_writer(&mut text, &row)
            .map_err(|error| Error::bad_option("extra data", error.to_string(), "JSON"))?;
        if !rest.is_empty() {
            rest = rest
                .strip_prefix(b",")
                .ok_or_else(wrong)?
                .trim_ascii_start();
            if rest.is_empty() {
                return Err(wrong());
            }
            text.extend_from_slice(b", ");
        }
        if text.len() > BLOCK {
            out.write_all(&text).map_err(Error::io("write", path))?;
            text.clear();
        }
    }
    text.push(b']');
    out.write_all(&text).map_err(Error::io("write", path))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(text: &str) -> Result<String, Error> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("000000.extra.json");
        std::fs::write(&path, text).expect("is written");
        let mut out = Vec::new();
        change_rows(&path, &mut out, &Cancel::new(), |row| {
            row.insert("b".to_owned(), json!(2));
        })?;
        Ok(String::from_utf8(out).expect("is text"))
    }

    #[test]
    fn each_row_is_changed_and_what_is_no_list_of_maps_is_refused() {
        assert_eq!(changed("[]").expect("is a list"), "[]");
        let rows = "[{\"a\": 1.5}, \n{} ]";
        let expected = "[{\"a\":1.5,\"b\":2}, {\"b\":2}]";
        assert_eq!(changed(rows).expect("is a list"), expected);
        for wrong in [
            "", "{}", "[1]", "[{}", "[{},]", "[{} {}]", "[{}]]", "[{}, 1]",
        ] {
            assert!(changed(wrong).is_err(), "{wrong}");
        }
    }
}
