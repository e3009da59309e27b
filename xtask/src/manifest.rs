//! As much of a `Cargo.toml` as the checks need, with line numbers.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// A `Cargo.toml`, as the lines of its tables.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Every `key = value` in it, in order.
    pub(crate) entries: Vec<Entry>,
}

/// One `key = value`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The table that it stands in, without brackets: `dependencies`.
    pub(crate) table: String,
    /// `serde`, or `serde.workspace`.
    pub(crate) key: String,
    /// What follows `=`, comments removed, lines joined.
    pub(crate) value: String,
    /// Line in the file, from 1.
    pub(crate) line: usize,
    /// Whether a comment stands directly above.
    pub(crate) is_described: bool,
}

impl Manifest {
    /// Reads the manifest at `path`.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Self::parse(path, &text))
    }

    /// The manifest that `text` is, said to be at `path`.
    pub(crate) fn parse(path: &Path, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            entries: entries(text),
        }
    }

    /// The package's name; empty in a manifest without one.
    pub(crate) fn name(&self) -> &str {
        self.value("package", "name")
            .unwrap_or_default()
            .trim_matches('"')
    }

    /// Whether it goes to the registry.
    pub(crate) fn is_published(&self) -> bool {
        self.value("package", "publish") != Some("false")
    }

    /// The value of one key.
    pub(crate) fn value(&self, table: &str, key: &str) -> Option<&str> {
        self.entries
            .iter()
            .find(|entry| entry.table == table && entry.key == key)
            .map(|entry| entry.value.as_str())
    }

    /// The entries of one table.
    pub(crate) fn table<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.table == table)
    }

    /// The features that it declares, `default` left out.
    pub(crate) fn features(&self) -> Vec<&str> {
        self.table("features")
            .map(|entry| entry.key.as_str())
            .filter(|key| *key != "default")
            .collect()
    }

    /// The names of the crates in one table of dependencies.
    pub(crate) fn dependencies<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a str> {
        self.table(table).map(Entry::crate_name)
    }
}

impl Entry {
    /// The key without `.workspace` and the like.
    pub(crate) fn crate_name(&self) -> &str {
        self.key.split('.').next().unwrap_or_default()
    }
}

fn entries(text: &str) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut table = String::new();
    let mut is_described = false;
    let mut open_brackets = 0;
    for (number, line) in text.lines().enumerate() {
        let code = without_comment(line).trim();
        if open_brackets > 0 {
            if let Some(entry) = found.last_mut() {
                entry.value.push_str(code);
            }
            open_brackets += depth(code);
            continue;
        }
        if let Some(header) = code.strip_prefix('[') {
            table = header.trim_end_matches(']').to_owned();
        } else if let Some((key, value)) = code.split_once('=') {
            open_brackets = depth(value);
            found.push(Entry {
                table: table.clone(),
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
                line: number + 1,
                is_described,
            });
        }
        is_described = code.is_empty() && line.contains('#');
    }
    found
}

fn without_comment(line: &str) -> &str {
    let mut is_quoted = false;
    for (at, letter) in line.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '#' if !is_quoted => return &line[..at],
            _ => {}
        }
    }
    line
}

/// How many brackets `code` opens more than it closes.
fn depth(code: &str) -> i32 {
    code.chars()
        .map(|letter| match letter {
            '[' | '{' => 1,
            ']' | '}' => -1,
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_comments_and_long_lists_are_understood() {
        let text = "\
[package]
name = \"x\" # the name, not `#`
[features]
# Reads films.
film = [
    \"dep:y\", # a comment
    \"z\",
]
bare = []
[dependencies]
y.workspace = true
";
        let entries = entries(text);
        let shown: Vec<_> = entries
            .iter()
            .map(|e| (&*e.table, &*e.key, &*e.value, e.line, e.is_described))
            .collect();
        assert_eq!(
            shown,
            [
                ("package", "name", "\"x\"", 2, false),
                ("features", "film", "[\"dep:y\",\"z\",]", 5, true),
                ("features", "bare", "[]", 9, false),
                ("dependencies", "y.workspace", "true", 11, false),
            ]
        );
        assert_eq!(entries[3].crate_name(), "y");
    }
}
