//! The text header: one INI section with a comment of counted length.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::borrow::Cow;
use std::path::Path;

use pimage_core::Error;

/// The section with the keys.
const SECTION: &str = "Sequence Settings";

/// The keys of `[Sequence Settings]`, as they stand in the file; of other sections as `SECTION/KEY`.
#[derive(Debug)]
pub(super) struct Header {
    entries: Vec<(String, String)>,
}

/// Whether a line, without white space around it, opens the section.
pub(super) fn is_section_line(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let name = line
        .strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"));
    name.is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(SECTION.as_bytes()))
}

impl Header {
    /// Reads the keys; text that is not UTF-8 is taken as Windows-1252.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] when the section is missing.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let text = decoded(bytes);
        let mut entries: Vec<(String, String)> = Vec::new();
        let mut section: Option<&str> = None;
        let mut has_section = false;
        let mut rest: &str = &text;
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            let trimmed = line.trim();
            let mut next = after;
            if let Some(name) = section_name(trimmed) {
                section = Some(name);
                has_section |= name.eq_ignore_ascii_case(SECTION);
            } else if let (Some(name), false) = (section, trimmed.starts_with([';', '#']))
                && let Some((key, value)) = line.split_once('=')
            {
                let key = key.trim();
                let is_ours = name.eq_ignore_ascii_case(SECTION);
                let mut value = value.trim();
                if is_ours && key == "Comment" {
                    let start = line.find('=').map_or(line.len(), |at| at + 1);
                    let size = number_in(&entries, "CommentSize");
                    let from_value = rest.get(start..).unwrap_or_default();
                    (value, next) = comment(from_value, size);
                }
                let key = if is_ours {
                    key.to_owned()
                } else {
                    format!("{name}/{key}")
                };
                if !key.is_empty() && !entries.iter().any(|(known, _)| *known == key) {
                    entries.push((key, value.to_owned()));
                }
            }
            rest = next;
        }
        if !has_section {
            let reason = format!("there is no section `[{SECTION}]`");
            return Err(Error::malformed("HIRIS", path, reason));
        }
        Ok(Self { entries })
    }

    /// The value of a key, spelt exactly so.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.entries
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a key as a whole number.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        number_in(&self.entries, key)
    }

    /// All keys and values in the order of the file.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// A number that has to be there and be at least 1.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], which says what was found.
    pub(super) fn positive(&self, path: &Path, key: &str) -> Result<u32, Error> {
        let Some(text) = self.get(key) else {
            let reason = format!("`{key}` is missing from `[{SECTION}]`");
            return Err(Error::malformed("HIRIS", path, reason));
        };
        let number = self.number(key).and_then(|n| u32::try_from(n).ok());
        number.filter(|number| *number > 0).ok_or_else(|| {
            let reason = format!("`{key}` is `{text}`: expected a whole number from 1");
            Error::malformed("HIRIS", path, reason)
        })
    }
}

fn number_in(entries: &[(String, String)], key: &str) -> Option<u64> {
    let (_, value) = entries.iter().find(|(known, _)| known == key)?;
    value.trim().parse().ok()
}

fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    }
}

/// The first line without its end, and what follows it.
fn split_line(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (line.strip_suffix('\r').unwrap_or(line), rest)
}

fn section_name(line: &str) -> Option<&str> {
    Some(line.strip_prefix('[')?.strip_suffix(']')?.trim())
}

/// The comment at the start of `text`, and what follows its line.
///
/// Recorders differ in what they count: characters or bytes, a line end as one or two, a space behind the `=` or not.
/// The count that ends at the end of a line is the right one; without any, the comment is the rest of its line.
fn comment(text: &str, size: Option<u64>) -> (&str, &str) {
    let Some(size) = size.and_then(|size| usize::try_from(size).ok()) else {
        let (line, rest) = split_line(text);
        return (line.trim(), rest);
    };
    let starts = [text.strip_prefix(' '), Some(text)];
    let counts = [length_of_chars, length_of_bytes, length_of_chars_and_lines];
    for start in starts.into_iter().flatten() {
        for count in counts {
            let split = count(start, size).and_then(|end| start.split_at_checked(end));
            if let Some((comment, rest)) = split
                && !(comment.ends_with('\r') && rest.starts_with('\n'))
                && let Some(rest) = rest_of_ended_line(rest)
            {
                return (comment, rest);
            }
        }
    }
    let (line, rest) = split_line(text);
    (line.trim(), rest)
}

/// What follows a line end at the start of `text`; `None` when there is something else.
fn rest_of_ended_line(text: &str) -> Option<&str> {
    let (line, rest) = split_line(text);
    line.trim().is_empty().then_some(rest)
}

fn length_of_chars(text: &str, size: usize) -> Option<usize> {
    let ends = text.char_indices().map(|(at, _)| at);
    ends.chain(std::iter::once(text.len())).nth(size)
}

fn length_of_bytes(text: &str, size: usize) -> Option<usize> {
    text.is_char_boundary(size).then_some(size)
}

/// Counts `\r\n` as one character.
fn length_of_chars_and_lines(text: &str, size: usize) -> Option<usize> {
    let ends = text
        .char_indices()
        .filter(|(_, c)| *c != '\r')
        .map(|(at, _)| at);
    let end = ends.chain(std::iter::once(text.len())).nth(size)?;
    // Before the line end that follows, not in the middle of it.
    let is_inside = text.get(..end).is_some_and(|text| text.ends_with('\r'));
    Some(end - usize::from(is_inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Header {
        Header::parse(Path::new("a.seq"), text.as_bytes()).expect("has the section")
    }

    #[test]
    fn a_comment_may_hold_anything() {
        let comment = "first=1\n[Sequence Settings]\nWidth=7\n100% done; µ";
        let size = comment.chars().count();
        let header = parse(&format!(
            "[Sequence Settings]\nCommentSize={size}\nComment={comment}\nWidth=640\n"
        ));
        assert_eq!(header.get("Comment"), Some(comment));
        assert_eq!(header.get("Width"), Some("640"));
        assert_eq!(header.get("first"), None);
    }

    #[test]
    fn recorders_count_in_several_ways() {
        let comment = "a=1\r\nWidth=7\r\né";
        for size in [
            comment.chars().count(),
            comment.len(),
            comment.chars().count() - 2,
        ] {
            for space in ["", " "] {
                let header = parse(&format!(
                    "[Sequence Settings]\r\nCommentSize={size}\r\nComment={space}{comment}\r\nWidth=640\r\n"
                ));
                assert_eq!(header.get("Width"), Some("640"), "{size} {space:?}");
                let found = header.get("Comment").expect("is there");
                assert_eq!(found.trim_start(), comment, "{size} {space:?}");
            }
        }
    }

    #[test]
    fn a_wrong_size_leaves_the_line() {
        for size in ["3", "100000", "-1", "x"] {
            let header = parse(&format!(
                "[Sequence Settings]\nCommentSize={size}\nComment=some words\nWidth=640"
            ));
            assert_eq!(header.get("Comment"), Some("some words"), "{size}");
            assert_eq!(header.get("Width"), Some("640"));
        }
    }

    #[test]
    fn text_that_is_not_utf8_is_windows_1252() {
        let bytes = b"[Sequence Settings]\nSequence name=caf\xE9 \x96 5\xB5m\n";
        let header = Header::parse(Path::new("a.seq"), bytes).expect("has the section");
        assert_eq!(header.get("Sequence name"), Some("café – 5µm"));
    }

    #[test]
    fn keys_are_kept_exactly() {
        let header = parse(
            "\u{feff}; a note\n[ Sequence Settings ]\nWidth = 4 \nwidth=9\n[Camera]\nWidth=5\nGain=2",
        );
        let entries: Vec<_> = header.entries().collect();
        let expected = [
            ("Width", "4"),
            ("width", "9"),
            ("Camera/Width", "5"),
            ("Camera/Gain", "2"),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn what_is_missing_is_named() {
        let path = Path::new("a.seq");
        let error = Header::parse(path, b"[Other]\nWidth=1").expect_err("no section");
        assert_eq!(
            error.to_string(),
            "`a.seq` is not valid HIRIS: there is no section `[Sequence Settings]`"
        );
        let header = parse("[Sequence Settings]\nWidth=0\nHeight=abc");
        for (key, text) in [
            ("Width", "`Width` is `0`: expected a whole number from 1"),
            (
                "Height",
                "`Height` is `abc`: expected a whole number from 1",
            ),
            ("Depth", "`Depth` is missing from `[Sequence Settings]`"),
        ] {
            let error = header.positive(path, key).expect_err(key).to_string();
            assert_eq!(error, format!("`a.seq` is not valid HIRIS: {text}"));
        }
    }
}
