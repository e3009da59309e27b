//! Names with numbers in them: `img_%05d.png`, `img_T%t_Z%02z_C%c.png`.

use pimage_core::{Axis, Error};

/// A name of which parts are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `%0Wx`: the position on axis `x`, with at least W digits.
    Field {
        letter: char,
        width: usize,
    },
}

/// What stands in a name for a position on an axis.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A number.
    Number(u64),
    /// A word, such as the name of a channel.
    Word(String),
}

/// Most digits of a padded number.
const WIDEST: usize = 99;

/// The letter of a plain number, as C prints it.
const PLAIN: char = 'd';

impl Pattern {
    /// The pattern in a name; `None` when it has no number. `%%` stands for `%`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        let mut has_field = false;
        while let Some((before, after)) = rest.split_once('%') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                plain.push('%');
                rest = after;
            } else if let Some((field, after)) = parse_field(after) {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(field);
                has_field = true;
                rest = after;
            } else {
                plain.push('%');
                rest = after;
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        has_field.then_some(Self { parts })
    }

    /// Numbers of at least `width` digits and an extension: `00000.png`.
    #[cfg(feature = "images")]
    pub(crate) fn numbered(width: usize, extension: &str) -> Self {
        let field = Part::Field {
            letter: PLAIN,
            width,
        };
        let parts = vec![field, Part::Text(format!(".{extension}"))];
        Self { parts }
    }

    /// The axes in the order in which they stand in the name; the plain number is `None`.
    fn letters(&self) -> impl Iterator<Item = Option<char>> + '_ {
        self.parts.iter().filter_map(|part| match part {
            Part::Field { letter, .. } => Some((*letter != PLAIN).then_some(*letter)),
            Part::Text(_) => None,
        })
    }

    /// Whether it has nothing but one plain number.
    pub(crate) fn is_plain(&self) -> bool {
        let mut letters = self.letters();
        letters.next() == Some(None) && letters.next().is_none()
    }

    /// The names of the axes, the plain number being time.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when one comes twice, or when nothing tells where a number ends.
    pub(crate) fn axes(&self, option: &str) -> Result<Vec<String>, Error> {
        let mut axes: Vec<String> = Vec::new();
        for letter in self.letters() {
            let name = letter.map_or_else(|| Axis::TIME.to_owned(), String::from);
            if axes.contains(&name) {
                let found = format!("a pattern with axis {name} twice");
                return Err(Error::bad_option(option, found, "each axis once"));
            }
            axes.push(name);
        }
        Ok(axes)
    }

    /// The name for positions on the axes, asked for by letter (`None` for the plain number).
    pub(crate) fn name(&self, position: impl Fn(Option<char>) -> u64) -> String {
        let mut name = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Field { letter, width } => {
                    let number = position((*letter != PLAIN).then_some(*letter));
                    name.push_str(&format!("{number:0width$}"));
                }
            }
        }
        name
    }

    /// What stands for each field in this name, in the order of the fields; `None` when the name is another one.
    ///
    /// A number takes all digits that follow, or exactly its width where a digit comes next. A channel, `%c`, may be a word without a dot.
    pub(crate) fn keys(&self, name: &str) -> Option<Vec<Key>> {
        let mut keys = Vec::new();
        matches(&self.parts, name, &mut keys).then_some(keys)
    }
}

/// The name with `number` where it has a number as C prints it, such as `img_%04d.png`; `None` unless that is its only field.
///
/// ```
/// assert_eq!(pimage_io::numbered_name("img_%04d.png", 7).as_deref(), Some("img_0007.png"));
/// assert_eq!(pimage_io::numbered_name("img.png", 7), None);
/// ```
#[must_use]
pub fn numbered_name(name: &str, number: u64) -> Option<String> {
    let pattern = Pattern::parse(name)?;
    pattern.is_plain().then(|| pattern.name(|_| number))
}

/// What follows the `%` of a field, and the rest; `None` when it is none.
fn parse_field(text: &str) -> Option<(Part, &str)> {
    let (width, rest) = match text.strip_prefix('0') {
        Some(padded) => {
            let end = padded.find(|c: char| !c.is_ascii_digit())?;
            let (digits, rest) = padded.split_at_checked(end)?;
            let width = digits.parse().ok().filter(|width| *width <= WIDEST)?;
            (width, rest)
        }
        None => (0, text),
    };
    let letter = rest.chars().next().filter(char::is_ascii_alphabetic)?;
    let letter = letter.to_ascii_lowercase();
    Some((Part::Field { letter, width }, rest.get(1..)?))
}

fn matches(parts: &[Part], text: &str, keys: &mut Vec<Key>) -> bool {
    let Some((part, later)) = parts.split_first() else {
        return text.is_empty();
    };
    let (letter, width) = match part {
        Part::Text(literal) => {
            return text
                .strip_prefix(literal.as_str())
                .is_some_and(|rest| matches(later, rest, keys));
        }
        Part::Field { letter, width } => (*letter, *width),
    };
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let is_followed_by_digit = match later.first() {
        Some(Part::Text(text)) => text.starts_with(|c: char| c.is_ascii_digit()),
        Some(Part::Field { .. }) => true,
        None => false,
    };
    let end = if is_followed_by_digit && width > 0 {
        width
    } else {
        digits
    };
    if digits > 0 {
        let number = text.get(..end).and_then(|digits| digits.parse().ok());
        return match number {
            Some(number) if digits >= end && end >= width => {
                keys.push(Key::Number(number));
                matches(later, text.get(end..).unwrap_or_default(), keys)
            }
            _ => false,
        };
    }
    letter == 'c' && matches_word(later, text, keys)
}

/// The shortest word after which the rest fits.
fn matches_word(later: &[Part], text: &str, keys: &mut Vec<Key>) -> bool {
    let known = keys.len();
    for (end, _) in text.char_indices().skip(1).chain([(text.len(), ' ')]) {
        let Some((word, rest)) = text.split_at_checked(end) else {
            continue;
        };
        if word.is_empty() || word.contains('.') || word.contains(std::path::is_separator) {
            return false;
        }
        keys.truncate(known);
        keys.push(Key::Word(word.to_owned()));
        if matches(later, rest, keys) {
            return true;
        }
    }
    keys.truncate(known);
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(pattern: &str, name: &str) -> Option<Vec<Key>> {
        Pattern::parse(pattern).expect("is one").keys(name)
    }

    fn numbers(list: &[u64]) -> Option<Vec<Key>> {
        Some(list.iter().copied().map(Key::Number).collect())
    }

    #[test]
    fn only_numbers_make_a_pattern() {
        for text in [
            "a.png",
            "100%",
            "50%.png",
            "my%20file.png",
            "a%%d.png",
            "%0",
            "%0100d",
        ] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
        for text in ["%d", "a%05d.png", "%t_%z", "%%%d", "50%_%d"] {
            assert!(Pattern::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn names_come_back_as_their_numbers() {
        for text in [
            "img_%05d.png",
            "%d",
            "T%03tZ%zC%02c.tif",
            "a%%b_%t-%z",
            "%02t%02z",
            "x%03d4.png",
        ] {
            let pattern = Pattern::parse(text).expect(text);
            for (time, depth) in [(0, 0), (7, 12), (99, 3)] {
                let name = pattern.name(|letter| match letter {
                    Some('z') => depth,
                    Some('c') => 1,
                    _ => time,
                });
                let found = pattern.keys(&name).expect(&name);
                assert_eq!(found[0], Key::Number(time), "{text}: {name}");
                if found.len() > 1 {
                    assert_eq!(found[1], Key::Number(depth), "{text}: {name}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern_or_none(text in "[%0-9a-dT_.]{0,12}", name in "[0-9a-d_.]{0,12}", number: u32) {
            let Some(pattern) = Pattern::parse(&text) else {
                return Ok(());
            };
            let _ = pattern.keys(&name);
            if pattern.is_plain() {
                let name = pattern.name(|_| u64::from(number));
                // A digit behind a number without a width leaves its end open.
                if let Some(keys) = pattern.keys(&name) {
                    prop_assert_eq!(keys, [Key::Number(u64::from(number))]);
                }
            }
        }
    }

    #[test]
    fn padding_is_a_least_width() {
        assert_eq!(keys("i%03d.png", "i007.png"), numbers(&[7]));
        assert_eq!(keys("i%03d.png", "i1007.png"), numbers(&[1007]));
        assert_eq!(keys("i%03d.png", "i07.png"), None);
        assert_eq!(keys("i%d.png", "i007.png"), numbers(&[7]));
        assert_eq!(keys("i%d.png", "i.png"), None);
        assert_eq!(keys("i%d.png", "i7.png.bak"), None);
        assert_eq!(keys("i%d.png", "i99999999999999999999999.png"), None);
    }

    #[test]
    fn channels_may_be_words() {
        let word = |text: &str| Key::Word(text.to_owned());
        assert_eq!(
            keys("t%t_%c_z%z.tif", "t3_GFP_z4.tif"),
            Some(vec![Key::Number(3), word("GFP"), Key::Number(4)])
        );
        assert_eq!(
            keys("%c_%d.png", "a_b_1.png"),
            Some(vec![word("a_b"), Key::Number(1)])
        );
        assert_eq!(keys("x_%c.png", "x_.png"), None);
        assert_eq!(keys("x_%z.png", "x_a.png"), None);
    }

    #[test]
    fn an_axis_comes_once() {
        let twice = Pattern::parse("%t_%t").expect("is one").axes("--pattern");
        assert!(twice.is_err());
        let time = Pattern::parse("%d_%t").expect("is one").axes("--pattern");
        assert!(time.is_err());
        let axes = Pattern::parse("%c%Z").expect("is one").axes("--pattern");
        assert_eq!(axes.expect("are two"), ["c", "z"]);
    }
}
