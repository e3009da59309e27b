//! A tree of values to a YAML document that `PyYAML`'s safe loader reads.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::scalar::{NOT_FINITE, resolved};

/// The document: maps a line an entry, lists of scalars on one line.
pub(crate) fn written(entries: &Map<String, Value>) -> String {
    let mut out = String::new();
    map(entries, 0, &mut out);
    out
}

fn map(entries: &Map<String, Value>, depth: usize, out: &mut String) {
    for (name, value) in entries {
        out.extend(std::iter::repeat_n("  ", depth));
        text(name, out);
        out.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                map(inner, depth + 1, out);
            }
            _ => {
                out.push(' ');
                flow(value, out);
                out.push('\n');
            }
        }
    }
}

/// A value on one line.
fn flow(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) if number.is_f64() => {
            float(number.as_f64().unwrap_or_default(), out);
        }
        Value::Number(number) => out.push_str(&number.to_string()),
        // These are how a number that is not finite is kept.
        Value::String(word) if NOT_FINITE.contains(&word.as_str()) => out.push_str(word),
        Value::String(word) => text(word, out),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                flow(item, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (place, (name, item)) in entries.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                text(name, out);
                out.push_str(": ");
                flow(item, out);
            }
            out.push('}');
        }
    }
}

/// With a point and a sign of the exponent, without which `PyYAML` takes it for text.
fn float(value: f64, out: &mut String) {
    let text = format!("{value:?}");
    let (mantissa, exponent) = text
        .split_once('e')
        .map_or((text.as_str(), None), |(m, e)| (m, Some(e)));
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    if let Some(exponent) = exponent {
        out.push('e');
        if !exponent.starts_with('-') {
            out.push('+');
        }
        out.push_str(exponent);
    }
}

/// Text, in quotes unless it is a word that nothing takes for anything else.
fn text(word: &str, out: &mut String) {
    let starts_well = word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./+".contains(c);
    if starts_well && word.chars().all(is_plain) && resolved(word).is_string() {
        out.push_str(word);
        return;
    }
    out.push('"');
    for c in word.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            ' '..='~' => out.push(c),
            _ => escape(u32::from(c), out),
        }
    }
    out.push('"');
}

/// Everything beyond ASCII is escaped: which characters YAML prints differs between its versions.
fn escape(code: u32, out: &mut String) {
    // Writing to a string does not fail.
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse;
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let tree = json!({
            "__store": {"imgshape": [4, 6, 3], "format": "mjpeg/avi", "empty": {}, "none": null},
            "yes": "yes", "12": "12", "µ m": "a: b # c\n\u{1F600}\u{85}\u{feff}",
            "f": [1.0, 1e100, -2.5e-7, 0.1], "i": [i64::MIN, u64::MAX], "n": ".nan", "date": "2020-01-01",
            "list": [{"a": [1, {"b": true}]}, []], "e": "1e5", "": "",
        });
        let Value::Object(entries) = &tree else {
            unreachable!("is a map")
        };
        assert_eq!(parse(&written(entries)), Ok(tree.clone()));
    }

    #[test]
    fn a_store_looks_as_one_expects() {
        let tree = json!({"__store": {"class": "VideoImgStore", "imgshape": [4, 6], "uuid": "12"}, "rate": 1.0});
        let Value::Object(entries) = &tree else {
            unreachable!("is a map")
        };
        let expected =
            "__store:\n  class: VideoImgStore\n  imgshape: [4, 6]\n  uuid: \"12\"\nrate: 1.0\n";
        assert_eq!(written(entries), expected);
    }
}
