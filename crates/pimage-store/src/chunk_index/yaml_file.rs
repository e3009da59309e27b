//! An index as YAML, which old stores have.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::Error;
use serde_json::{Map, Value};

use super::npz::{NUMBERS, ORIGINALS, TIMES};
use super::{ChunkIndex, whole_number};
use crate::yaml;

/// See [`ChunkIndex::read`].
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<ChunkIndex, Error> {
    let malformed = |reason: String| Error::malformed("imgstore index", path, reason);
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
    let Value::Object(mut index) = yaml::parse(text).map_err(malformed)? else {
        return Err(malformed(format!(
            "it is no map: expected one with `{NUMBERS}`"
        )));
    };
    let wrong = |name: &str| malformed(format!("its `{name}` is missing or no list of numbers"));
    Ok(ChunkIndex {
        numbers: list(&mut index, NUMBERS, whole).ok_or_else(|| wrong(NUMBERS))?,
        times: list(&mut index, TIMES, float).ok_or_else(|| wrong(TIMES))?,
        original_numbers: list(&mut index, ORIGINALS, whole),
    })
}

fn list<T>(
    index: &mut Map<String, Value>,
    name: &str,
    value: fn(&Value) -> Option<T>,
) -> Option<Vec<T>> {
    match index.remove(name)? {
        Value::Array(items) => items.iter().map(value).collect(),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| whole_number(value.as_f64()?))
}

fn float(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some(".nan") => Some(f64::NAN),
        Some(".inf") => Some(f64::INFINITY),
        Some("-.inf") => Some(f64::NEG_INFINITY),
        _ => value.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers_are_read() {
        let text = b"frame_number: [1, 2.0, -3]\nframe_time:\n- 1\n- 1.5\n- .nan\nuuid: 12\n";
        let index = read(text, Path::new("index.yaml")).expect("is an index");
        assert_eq!(index.numbers, [1, 2, -3]);
        let is_third = |time: &f64| time.is_nan();
        assert!(matches!(index.times.as_slice(), [1.0, 1.5, third] if is_third(third)));
        assert!(read(b"frame_number: [a]\nframe_time: [1]\n", Path::new("a")).is_err());
        assert!(read(b"frame_time: [1]\n", Path::new("a")).is_err());
    }
}
