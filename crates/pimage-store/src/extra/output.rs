//! Extra data as CSV and JSON.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::ExtraTable;

impl ExtraTable {
    /// Writes comma-separated values, names first; nothing where a row does not have a value.
    ///
    /// # Errors
    ///
    /// Whatever writing answers.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let names = self.columns().iter().map(|column| quoted(&column.name));
        writeln!(out, "{}", names.collect::<Vec<_>>().join(","))?;
        for row in 0..self.len() {
            let values = self
                .columns()
                .iter()
                .map(|column| match column.values.get(row) {
                    Value::Null => String::new(),
                    Value::String(text) => quoted(&text),
                    other => quoted(&other.to_string()),
                });
            writeln!(out, "{}", values.collect::<Vec<_>>().join(","))?;
        }
        Ok(())
    }

    /// Writes a list of maps, one a row, without what a row does not have.
    ///
    /// # Errors
    ///
    /// Whatever writing answers.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"[")?;
        for row in 0..self.len() {
            let values = self.columns().iter();
            let values = values.map(|column| (column.name.clone(), column.values.get(row)));
            let map: Map<_, _> = values.filter(|(_, value)| !value.is_null()).collect();
            out.write_all(if row == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut *out, &map)?;
        }
        out.write_all(b"\n]\n")
    }
}

/// In quotes when a comma, a quote or the end of a line is inside.
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_lines() {
        let mut table = ExtraTable::default();
        for row in [json!({"a,b": 1, "t": "x \"y\""}), json!({"a,b": 0.5})] {
            if let Value::Object(row) = row {
                table.push(row);
            }
        }
        let mut out = Vec::new();
        table.write_csv(&mut out).expect("is written");
        let text = String::from_utf8(out).expect("is text");
        assert_eq!(text, "\"a,b\",t\n1.0,\"x \"\"y\"\"\"\n0.5,\n");
        let mut out = Vec::new();
        table.write_json(&mut out).expect("is written");
        let again: Value = serde_json::from_slice(&out).expect("is JSON");
        assert_eq!(again, json!([{"a,b": 1.0, "t": "x \"y\""}, {"a,b": 0.5}]));
    }
}
