//! Rows of extra data from JSON as Python writes it, perhaps cut in the middle.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use serde_json::{Deserializer, Map, Value};

/// What a file holds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Records {
    pub(super) rows: Vec<Map<String, Value>>,
    /// Whether the end is missing.
    pub(super) is_cut: bool,
}

/// Rows from a list of them, a map of columns, or lines of one each.
///
/// # Errors
///
/// What is wrong, in words.
pub(super) fn parse(bytes: &[u8]) -> Result<Records, String> {
    let bytes = plain(bytes);
    let text = bytes.trim_ascii();
    if let Ok(Value::Object(columns)) = serde_json::from_slice(text)
        && columns.values().all(Value::is_array)
    {
        return rows_of(columns);
    }
    let list = text.strip_prefix(b"[");
    let mut rest = list.unwrap_or(text);
    let mut records = Records::default();
    loop {
        let start = rest.iter().position(|byte| !b" \t\r\n,".contains(byte));
        rest = rest.get(start.unwrap_or(rest.len())..).unwrap_or_default();
        if rest.is_empty() {
            // Lines need no end, a list does.
            records.is_cut |= list.is_some();
            return Ok(records);
        }
        if list.is_some() && rest == b"]" {
            return Ok(records);
        }
        let mut values = Deserializer::from_slice(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(Value::Object(row))) => records.rows.push(row),
            Some(Err(error)) if error.is_eof() => {
                records.is_cut = true;
                return Ok(records);
            }
            Some(Ok(other)) => {
                let found: String = other.to_string().chars().take(40).collect();
                return Err(format!("a row is `{found}`: expected a map"));
            }
            Some(Err(error)) => {
                let rows = records.rows.len();
                return Err(format!(
                    "the row behind the first {rows} is no JSON: {error}"
                ));
            }
            None => return Ok(records),
        }
        rest = rest.get(values.byte_offset()..).unwrap_or_default();
    }
}

/// The same text with nothing in place of numbers that are not finite, which Python writes and JSON does not have.
fn plain(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let (mut is_text, mut is_escaped) = (false, false);
    let words: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    while let Some((byte, after)) = rest.split_first() {
        if !is_text {
            // A word that was cut is no more than the cut.
            if words.iter().any(|word| word.starts_with(rest)) && !words.contains(&rest) {
                break;
            }
            if let Some(after) = words.iter().find_map(|word| rest.strip_prefix(*word)) {
                out.extend(b"null");
                rest = after;
                continue;
            }
        }
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            _ => {}
        }
        out.push(*byte);
        rest = after;
    }
    out
}

fn rows_of(columns: Map<String, Value>) -> Result<Records, String> {
    let mut records = Records::default();
    for (name, values) in columns {
        let Value::Array(values) = values else {
            return Err(format!("the column `{name}` is no list"));
        };
        if records.rows.len() < values.len() {
            records.rows.resize_with(values.len(), Map::new);
        }
        for (row, value) in records.rows.iter_mut().zip(values) {
            row.insert(name.clone(), value);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> (usize, bool) {
        let records = parse(text.as_bytes()).expect("is read");
        (records.rows.len(), records.is_cut)
    }

    #[test]
    fn what_a_crash_leaves_is_read() {
        let whole = r#"[{"a": 1, "b": NaN}, {"a": -Infinity, "c": "NaN \" ]"}]"#;
        assert_eq!(count(whole), (2, false));
        let mut rows = Vec::new();
        for end in 1..whole.len() {
            let (found, is_cut) = count(whole.get(..end).expect("is inside"));
            assert!(is_cut, "{end}");
            rows.push(found);
        }
        assert!(rows.is_sorted());
        assert_eq!(rows.last(), Some(&2));
    }

    #[test]
    fn lines_and_columns_are_read_too() {
        assert_eq!(count("{\"a\": 1}\n{\"a\": 2}\n{\"a\":"), (2, true));
        assert_eq!(count("{\"a\": 1}\n{\"a\": 2}\n"), (2, false));
        assert_eq!(count(r#"{"a": [1, 2, 3], "b": [4, 5, 6]}"#), (3, false));
        assert_eq!(count("[]"), (0, false));
        assert!(parse(b"[1, 2]").is_err());
        assert!(parse(b"[{\"a\": 1} x]").is_err());
    }
}
