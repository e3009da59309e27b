//! Rules about single files.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::Context;

use super::Complaint;
use crate::workspace;

/// A file that is longer holds more than one subject.
const FILE_LINES: usize = 700;
/// A function that is longer does more than one thing.
const FUNCTION_LINES: usize = 70;
/// Larger ones are inputs, which belong with the fixtures.
const FILE_BYTES: usize = 200_000;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "helpers", "common", "misc", "stuff"];
/// Marks of unfinished work, in pieces so that they are not found here.
const UNFINISHED: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];

/// What is wrong in any source file.
pub(super) fn complaints() -> anyhow::Result<Vec<Complaint>> {
    let mut found = Vec::new();
    for path in workspace::sources(&["rs", "py"])? {
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        found.extend(check(&path, &text));
    }
    Ok(found)
}

fn check(path: &Path, text: &str) -> Vec<Complaint> {
    let mut found = size(path, text);
    found.extend(name(path));
    found.extend(unfinished(path, text));
    if path.extension() == Some(OsStr::new("rs")) {
        found.extend(module_doc(path, text));
        found.extend(ignored_tests(path, text));
        found.extend(long_functions(path, text));
    }
    found
}

fn module_doc(path: &Path, text: &str) -> Option<Complaint> {
    let is_there = text
        .lines()
        .next()
        .is_some_and(|line| line.starts_with("//! ") && line.len() > "//! ".len());
    (!is_there).then(|| {
        Complaint::failure(
            path,
            1,
            "the first line says with `//!`, in one sentence, what the file is about",
        )
    })
}

fn size(path: &Path, text: &str) -> Vec<Complaint> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LINES {
        let rule = format!("{lines} lines, more than {FILE_LINES}: split it by subject");
        found.push(Complaint::note(path, 1, rule));
    }
    if text.len() > FILE_BYTES {
        let rule = format!("{} bytes, more than {FILE_BYTES}", text.len());
        found.push(Complaint::failure(path, 1, rule));
    }
    found
}

fn name(path: &Path) -> Option<Complaint> {
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    EMPTY_NAMES.contains(&stem).then(|| {
        let rule = format!("`{stem}` says nothing: name the file after what it holds");
        Complaint::failure(path, 1, rule)
    })
}

fn unfinished(path: &Path, text: &str) -> Vec<Complaint> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for mark in UNFINISHED {
            if has_word(line, mark) {
                let rule = format!("`{mark}`: finish it, or open an issue");
                found.push(Complaint::failure(path, number + 1, rule));
            }
        }
    }
    found
}

/// Whether `word` stands in `line` and is not part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let is_part = |letter: Option<char>| {
            letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        };
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line
            .get(at + word.len()..)
            .and_then(|text| text.chars().next());
        !is_part(before) && (word.ends_with('(') || !is_part(after))
    })
}

fn ignored_tests(path: &Path, text: &str) -> Vec<Complaint> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.trim() == concat!("#[ign", "ore]"))
        .map(|(number, _)| Complaint::failure(path, number + 1, "an ignored test says why"))
        .collect()
}

/// Functions by indentation, which the formatter guarantees: from `fn` to the closing brace below it.
fn long_functions(path: &Path, text: &str) -> Vec<Complaint> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (number, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        match open {
            None if is_function(line) => open = Some((number, indent)),
            Some((start, depth)) if indent == depth && line.trim_start().starts_with('}') => {
                let lines = number - start + 1;
                if lines > FUNCTION_LINES {
                    let rule = format!("a function of {lines} lines, more than {FUNCTION_LINES}");
                    found.push(Complaint::note(path, start + 1, rule));
                }
                open = None;
            }
            Some((_, depth)) if indent == depth && line.trim_end().ends_with(';') => open = None,
            _ => {}
        }
    }
    found
}

fn is_function(line: &str) -> bool {
    let code = line.trim_start();
    !code.starts_with("//")
        && (code.starts_with("fn ") || code.contains(" fn "))
        && !line.trim_end().ends_with([';', '}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rules(name: &str, text: &str, expected: &[&str]) {
        let found: Vec<_> = check(Path::new(name), text)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} has no `{expected}`");
        }
    }

    #[test]
    fn rules_are_seen_to_be_broken() {
        rules("a.rs", "//! About a.\n", &[]);
        rules("a.rs", "use b;\n", &["a.rs:1: error: the first line"]);
        rules("utils.rs", "//! About.\n", &["`utils` says nothing"]);
        let mark = UNFINISHED[0];
        rules(
            "a.py",
            &format!("x\n# {mark}: later\n"),
            &["a.py:2: error: `"],
        );
        rules("a.py", &format!("{mark}_LIST = 1\n"), &[]);
        let body = "    let x = 1;\n".repeat(FUNCTION_LINES);
        rules(
            "a.rs",
            &format!("//! About a.\nfn long() {{\n{body}}}\n"),
            &["a.rs:2: note: a function of 72 lines"],
        );
    }
}
