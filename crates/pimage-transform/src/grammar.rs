//! The grammar of steps: `name`, `name=value,value`, `name=key:value,key:value`, and steps between bars.
//!
//! ```text
//! chain     = step *( ( "|" / newline ) step )        ; a line that begins with # is a comment; in a file, so is what follows " # "
//! step      = name [ "=" item *( "," item ) ]
//! item      = key ":" value / value                   ; a value without a key continues the list before it
//! name, key = letter *( letter / digit / "-" / "_" )  ; lower case
//! value     = quoted or plain text
//! ```
//!
//! Text in single or double quotes is taken as it is (the quote itself is written twice),
//! and so is what stands between braces, so that `{time:%H:%M:%S}` needs no quotes.

use std::fmt;
use std::str::FromStr;

use pimage_core::Error;

/// One step as it was written: a name, values without a key, and values with one.
///
/// ```
/// use pimage_transform::Spec;
///
/// let spec: Spec = "colormap=viridis,range:p2,98".parse()?;
/// assert_eq!(spec.name, "colormap");
/// assert_eq!(spec.values, ["viridis"]);
/// assert_eq!(spec.keys, [("range".to_owned(), vec!["p2".to_owned(), "98".to_owned()])]);
/// assert_eq!(spec.to_string(), "colormap=viridis,range:p2,98");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The name of the operation.
    pub name: String,
    /// The values before the first key.
    pub values: Vec<String>,
    /// The keys in the order in which they were written, each with its values: at least one.
    pub keys: Vec<(String, Vec<String>)>,
}

impl Spec {
    /// A step without parameters.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            values: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// The steps of a whole chain, between bars or on lines of their own; empty lines and comments are skipped.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for the first step that breaks the grammar.
    pub fn parse_chain(text: &str) -> Result<Vec<Self>, Error> {
        let lines: Vec<_> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .collect();
        let mut specs = Vec::new();
        for line in split(&lines.join("\n"), '\n').map_err(|reason| bad(text, reason))? {
            for step in split(line, '|').map_err(|reason| bad(line, reason))? {
                if !step.trim().is_empty() {
                    specs.push(step.parse()?);
                }
            }
        }
        Ok(specs)
    }
}

/// The lines of a file of steps, each with its number from 1, without comments; a quote or a brace may go on over several.
pub(crate) fn lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut nesting = Nesting::default();
    let (mut line, mut first, mut number) = (String::new(), 1, 1);
    let (mut before, mut is_comment) = ('\n', false);
    let text = text.replace("\r\n", "\n");
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\n' {
            number += 1;
            is_comment = false;
        }
        if is_comment {
            continue;
        }
        let is_outside = nesting.is_outside(character);
        if is_outside && character == '\n' {
            lines.push((first, std::mem::take(&mut line)));
            first = number;
        } else if is_outside && character == '#' && before.is_whitespace() {
            let ends = characters.peek().is_none_or(|next| next.is_whitespace());
            is_comment = ends || line.trim().is_empty();
        }
        if !(is_comment || is_outside && character == '\n') {
            line.push(character);
        }
        before = character;
    }
    lines.push((first, line));
    lines
}

fn bad(text: &str, reason: &str) -> Error {
    Error::bad_option("a transform", format!("`{}`", text.trim()), reason)
}

/// What is accepted, for messages.
const FORM: &str =
    "name, name=value or name=key:value,key:value; `pimage transforms` lists the names";

impl FromStr for Spec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (name, items) = match text.split_once('=') {
            Some((name, items)) => (name.trim(), Some(items)),
            None => (text, None),
        };
        if !is_word(name) {
            return Err(bad(text, FORM));
        }
        let mut spec = Self::new(name);
        let Some(items) = items else {
            return Ok(spec);
        };
        for item in split(items, ',').map_err(|reason| bad(text, reason))? {
            let item = item.trim();
            let (key, value) = match item.split_once(':') {
                Some((key, value)) if is_word(key.trim()) => (Some(key.trim()), value),
                _ => (None, item),
            };
            let value = unquoted(value.trim()).map_err(|reason| bad(text, reason))?;
            match (key, spec.keys.last_mut()) {
                (Some(key), _) => spec.keys.push((key.to_owned(), vec![value])),
                (None, Some((_, values))) => values.push(value),
                (None, None) => spec.values.push(value),
            }
        }
        let mut names: Vec<_> = spec.keys.iter().map(|(key, _)| key).collect();
        names.sort();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(bad(text, "each key once"));
        }
        Ok(spec)
    }
}

/// A name or a key: lower-case letters, digits, `-` and `_`, beginning with a letter.
fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

/// Follows quotes and braces through a text.
#[derive(Default)]
struct Nesting {
    quote: Option<char>,
    depth: usize,
}

impl Nesting {
    /// Takes the next character; whether it stands outside of quotes and braces.
    fn is_outside(&mut self, character: char) -> bool {
        match (self.quote, character) {
            (Some(quote), _) if quote == character => self.quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') if self.depth == 0 => self.quote = Some(character),
            (None, '{') => self.depth += 1,
            (None, '}') => self.depth = self.depth.saturating_sub(1),
            (None, _) => return self.depth == 0,
        }
        false
    }

    fn end(&self) -> Result<(), &'static str> {
        match (self.quote, self.depth) {
            (Some(_), _) => Err("a closing quote"),
            (None, 0) => Ok(()),
            (None, _) => Err("a closing brace"),
        }
    }
}

/// The parts of `text` between separators that stand outside of quotes and braces.
fn split(text: &str, separator: char) -> Result<Vec<&str>, &'static str> {
    let mut nesting = Nesting::default();
    let mut parts = Vec::new();
    let mut start = 0;
    for (place, character) in text.char_indices() {
        if nesting.is_outside(character) && character == separator {
            parts.extend(text.get(start..place));
            start = place + character.len_utf8();
        }
    }
    nesting.end()?;
    parts.extend(text.get(start..));
    Ok(parts)
}

/// A value without its quotes.
fn unquoted(text: &str) -> Result<String, &'static str> {
    let quote = match text.chars().next() {
        Some(quote @ ('\'' | '"')) => quote,
        _ if text.contains(['\'', '"']) && !text.contains('{') => {
            return Err("quotes around the whole value");
        }
        _ => return Ok(text.to_owned()),
    };
    let inner = text
        .strip_prefix(quote)
        .and_then(|rest| rest.strip_suffix(quote))
        .ok_or("quotes around the whole value")?;
    let double = [quote, quote].iter().collect::<String>();
    if inner.replace(&double, "").contains(quote) {
        return Err("quotes around the whole value");
    }
    Ok(inner.replace(&double, &quote.to_string()))
}

/// A value as it must be written.
struct Written<'a>(&'a str);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        let is_plain = !text.is_empty()
            && text.trim() == text
            && split(text, ',').is_ok_and(|parts| parts.len() == 1)
            && split(text, '|').is_ok_and(|parts| parts.len() == 1)
            && !text.contains(['\'', '"', '\n', '\r'])
            // Of a file it would be a comment.
            && !text.contains(" #")
            && text
                .split_once(':')
                .is_none_or(|(key, _)| !is_word(key.trim()));
        if is_plain {
            f.write_str(text)
        } else {
            write!(f, "'{}'", text.replace('\'', "''"))
        }
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let mut separator = '=';
        for value in &self.values {
            write!(f, "{separator}{}", Written(value))?;
            separator = ',';
        }
        for (key, values) in &self.keys {
            for (place, value) in values.iter().enumerate() {
                match place {
                    0 => write!(f, "{separator}{key}:{}", Written(value))?,
                    _ => write!(f, ",{}", Written(value))?,
                }
                separator = ',';
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_a_step() {
        let check = |text: &str, expected: &str| {
            let spec: Spec = text.parse().expect(text);
            let shown = format!("{} {:?} {:?}", spec.name, spec.values, spec.keys);
            assert_eq!(shown, expected);
            assert_eq!(spec.to_string().parse::<Spec>().expect(text), spec);
        };
        check("invert", "invert [] []");
        check("rotate=90", r#"rotate ["90"] []"#);
        check("crop= 1, 2,3 ,4", r#"crop ["1", "2", "3", "4"] []"#);
        check(
            "crop=top:10,left:20",
            r#"crop [] [("top", ["10"]), ("left", ["20"])]"#,
        );
        check(
            "annotate={time:%H:%M:%S.%3f},color:#ff0",
            r##"annotate ["{time:%H:%M:%S.%3f}"] [("color", ["#ff0"])]"##,
        );
        check("annotate='a,b: it''s'", r#"annotate ["a,b: it's"] []"#);
        check(r#"lut="C:\a|b.txt""#, r#"lut ["C:\\a|b.txt"] []"#);
        check(
            "gray=weights:0.2,0.7,0.1",
            r#"gray [] [("weights", ["0.2", "0.7", "0.1"])]"#,
        );
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        for text in [
            "",
            "=3",
            "Crop=1",
            "a b",
            "annotate='open",
            "annotate={open",
            "x=a:1,a:2",
            "x='a'b",
        ] {
            assert!(text.parse::<Spec>().is_err(), "{text}");
        }
        let error = "Crop=1".parse::<Spec>().expect_err("upper case");
        assert_eq!(
            error.to_string(),
            format!("a transform is `Crop=1`: expected {FORM}")
        );
    }

    #[test]
    fn a_chain_is_steps_between_bars_or_on_lines() {
        let chain = "# first\ncrop=10 | rotate=90\n\n annotate='a|b'\n";
        let names: Vec<_> = Spec::parse_chain(chain)
            .expect("parses")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["crop=10", "rotate=90", "annotate='a|b'"]);
    }

    #[test]
    fn lines_of_a_file_are_without_comments() {
        let check = |text: &str, expected: &[(usize, &str)]| {
            let lines = lines(text);
            let lines: Vec<_> = lines
                .iter()
                .map(|(line, text)| (*line, text.trim()))
                .collect();
            assert_eq!(lines, expected);
        };
        check(
            "# it's one\r\ncrop=1  # two\r\n",
            &[(1, ""), (2, "crop=1"), (3, "")],
        );
        check(
            "a='b # c\nd' #\nx=#ff0",
            &[(1, "a='b # c\nd'"), (3, "x=#ff0")],
        );
        check("a={ # }, #f00\t# x", &[(1, "a={ # }, #f00")]);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_parsed_back(
            name in "[a-z][a-z0-9_-]{0,6}",
            values in prop::collection::vec("[ -~µ\n]{0,8}", 0..3),
            keys in prop::collection::btree_map("[a-z]{1,4}", prop::collection::vec("[ -~]{0,8}", 1..3), 0..3),
        ) {
            let spec = Spec { name, values, keys: keys.into_iter().collect() };
            prop_assert_eq!(spec.to_string().parse::<Spec>().expect("parses"), spec);
        }

        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            let _ = Spec::parse_chain(&text);
        }
    }
}
