//! How a text file is laid out: what stands between its cells, and what its columns are called.

use super::cell::Cell;

/// What may stand between cells, the most telling first.
const SEPARATORS: [u8; 4] = *b"\t;, ";

/// Lines of values that are looked at.
const LINES: usize = 20;

/// The layout, as far as the first lines tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) separator: u8,
    /// The last comment before the values, without its `#`.
    pub(super) comment: Option<String>,
}

impl Dialect {
    /// Finds the layout out from the beginning of a file, of which the last line may be cut.
    pub(super) fn of(head: &[u8], is_whole: bool) -> Self {
        let mut lines: Vec<&[u8]> = head.split(|byte| matches!(byte, b'\n' | b'\r')).collect();
        if !is_whole && lines.len() > 1 {
            lines.pop();
        }
        let mut comment = None;
        let mut kept = Vec::new();
        for line in lines {
            if let Some(text) = line.strip_prefix(b"#") {
                if kept.is_empty() {
                    comment = Some(latin(text.trim_ascii()));
                }
            } else if !line.trim_ascii().is_empty() {
                kept.push(line);
            }
            if kept.len() == LINES {
                break;
            }
        }
        Self {
            separator: separator(&kept),
            comment,
        }
    }

    /// Whether blanks stand between the cells, of which several are as good as one.
    pub(super) const fn is_blank(&self) -> bool {
        self.separator == b' '
    }

    /// Whether numbers may have decimal commas.
    pub(super) const fn has_commas(&self) -> bool {
        self.separator != b','
    }

    /// The cells of a line that is no record of the file.
    pub(super) fn split<'a>(&self, line: &'a str) -> Vec<&'a str> {
        line.split(char::from(self.separator))
            .map(str::trim)
            .filter(|cell| !self.is_blank() || !cell.is_empty())
            .collect()
    }
}

/// The separator that stands equally often in all lines, or at all in the first.
fn separator(lines: &[&[u8]]) -> u8 {
    let counts = |separator: u8| lines.iter().map(move |line| count(line, separator));
    let is_even = |separator: &u8| {
        let mut counts = counts(*separator);
        counts
            .next()
            .is_some_and(|first| first > 0 && counts.all(|count| count == first))
    };
    let is_there = |separator: &u8| counts(*separator).next().is_some_and(|first| first > 0);
    // Blanks are often not even, and often within the names of a header.
    let in_values = |separator: &u8| {
        let values = lines.iter().skip(1).chain(lines.first());
        values
            .take(1)
            .any(|line| count(line.trim_ascii(), *separator) > 0)
    };
    let [tab, semicolon, comma, blank] = SEPARATORS;
    let even = [tab, semicolon, comma].into_iter().find(is_even);
    even.or_else(|| [tab, semicolon, comma].into_iter().find(is_there))
        .or_else(|| in_values(&blank).then_some(blank))
        .unwrap_or(comma)
}

/// How often a byte stands outside of quotes.
fn count(line: &[u8], separator: u8) -> usize {
    let mut is_quoted = false;
    let mut count = 0;
    for byte in line {
        is_quoted ^= *byte == b'"';
        count += usize::from(!is_quoted && *byte == separator);
    }
    count
}

/// The names of the columns when this is a row of them: words, and nothing that is a value.
pub(super) fn is_header(cells: &[&str], has_commas: bool) -> bool {
    let cells = || cells.iter().map(|cell| Cell::parse(cell, has_commas));
    !cells().any(Cell::is_value) && cells().any(|cell| cell == Cell::Words)
}

/// A name and its unit: `speed [m/s]` and `temperature (°C)` have one.
pub(super) fn name_and_unit(text: &str) -> (String, Option<String>) {
    let text = text.trim();
    let whole = (text.to_owned(), None);
    let split = match text.chars().last() {
        Some(']') => text.rsplit_once('['),
        // Without a blank before it, it is a function of something.
        Some(')') => text.rsplit_once(" ("),
        _ => None,
    };
    let Some((name, unit)) = split else {
        return whole;
    };
    let unit = unit.trim_end_matches([']', ')']).trim();
    match name.trim() {
        "" => whole,
        name if unit.is_empty() => (name.to_owned(), None),
        name => (name.to_owned(), Some(unit.to_owned())),
    }
}

/// Text in UTF-8, else in Latin 1.
pub(super) fn latin(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_found_out() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n3,5;4\n", b';'),
            ("a, really\tb\n1\t2\n", b'\t'),
            ("\"a;b\",c\n1,2\n", b','),
            ("1 2\n3 4\n", b' '),
            ("one name\n1\n2\n", b','),
            ("time  x\n  1   2\n", b' '),
            ("1\n2\n", b','),
            ("", b','),
        ] {
            assert_eq!(
                Dialect::of(text.as_bytes(), true).separator,
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn units_stand_in_brackets() {
        let check = |text: &str, name: &str, unit: Option<&str>| {
            assert_eq!(
                name_and_unit(text),
                (name.to_owned(), unit.map(str::to_owned))
            );
        };
        check("temperature (°C)", "temperature", Some("°C"));
        check("speed [m/s]", "speed", Some("m/s"));
        check("speed[m/s]", "speed", Some("m/s"));
        check("f(x)", "f(x)", None);
        check("[m]", "[m]", None);
        check("a ()", "a", None);
        check("", "", None);
    }

    #[test]
    fn headers_have_words_and_no_values() {
        assert!(is_header(&["time", ""], false));
        assert!(!is_header(&["time", "1"], false));
        assert!(!is_header(&["nan", ""], false));
        assert!(!is_header(&["1970-01-01"], false));
        assert!(!is_header(&["0,5", "1,5"], true));
    }
}
