//! The table of operations: what each is called, what it takes, how it is built.

use pimage_core::Error;

use crate::{Arguments, Operation};

/// One operation of the grammar.
#[derive(Debug)]
pub struct Operator {
    /// How it is written.
    pub name: &'static str,
    /// What it does, in one line without a full stop.
    pub title: &'static str,
    /// What it takes, in the order in which values without a key are taken.
    pub parameters: &'static [Parameter],
    /// Ways to write it that work, the most useful first.
    pub examples: &'static [&'static str],
    /// What else should be known: exact behaviour, the algorithm and its source. Sentences.
    pub notes: &'static str,
    /// Builds it, or says that this build has not the feature for it.
    pub build: fn(&Arguments<'_>) -> Result<Operation, Error>,
}

/// One parameter of an operation.
#[derive(Debug)]
pub struct Parameter {
    /// Its key.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What it takes: `pixels`, `percent`, `degrees clockwise`, or the words between bars, `nearest|linear|cubic`.
    pub unit: &'static str,
    /// What it is when it is not given.
    pub presence: Presence,
    /// Whether values that follow without a key belong to it too, as a list.
    pub is_list: bool,
}

/// Whether a parameter must be given, and what it is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be given.
    Required,
    /// This value otherwise, as it would be written.
    Default(&'static str),
    /// Nothing otherwise; what happens then, in a few words: `the middle`.
    Optional(&'static str),
}

impl Parameter {
    /// A parameter of one value.
    #[must_use]
    pub const fn new(
        name: &'static str,
        title: &'static str,
        unit: &'static str,
        presence: Presence,
    ) -> Self {
        Self {
            name,
            title,
            unit,
            presence,
            is_list: false,
        }
    }

    /// The same, of several values.
    #[must_use]
    pub const fn list(mut self) -> Self {
        self.is_list = true;
        self
    }
}

/// Operations of one kind.
#[derive(Debug)]
pub struct Group {
    /// What they have in common: `Geometry`.
    pub title: &'static str,
    /// Them, in the order in which they are listed.
    pub operators: &'static [Operator],
}

/// All operations in their groups, in the order in which they are listed.
pub static GROUPS: &[Group] = &[
    Group {
        title: "Geometry",
        operators: crate::geometry::OPERATORS,
    },
    Group {
        title: "Intensity",
        operators: crate::intensity::OPERATORS,
    },
    Group {
        title: "Filters",
        operators: crate::filter::OPERATORS,
    },
    Group {
        title: "Time",
        operators: crate::time::OPERATORS,
    },
    Group {
        title: "Colour",
        operators: crate::color::OPERATORS,
    },
    Group {
        title: "Text",
        operators: crate::text::OPERATORS,
    },
];

/// All operations.
pub fn operators() -> impl Iterator<Item = &'static Operator> {
    GROUPS.iter().flat_map(|group| group.operators)
}

/// What other programs call some of the operations.
const OTHER_WORDS: [(&str, &str); 26] = [
    ("blur", "gaussian"),
    ("smooth", "gaussian"),
    ("scale", "resize"),
    ("zoom", "resize"),
    ("greyscale", "gray"),
    ("grayscale", "gray"),
    ("grey", "gray"),
    ("text", "annotate"),
    ("label", "annotate"),
    ("drawtext", "annotate"),
    ("timestamp", "annotate"),
    ("unsharp", "sharpen"),
    ("mirror", "flip"),
    ("hflip", "flip=horizontal"),
    ("vflip", "flip=vertical"),
    ("transpose", "rotate=90"),
    ("translate", "affine"),
    ("shift", "affine"),
    ("negative", "invert"),
    ("negate", "invert"),
    ("binarize", "threshold"),
    ("overlay", "blend"),
    ("debayer", "demosaic"),
    ("montage", "superframe"),
    ("tile", "superframe"),
    ("colourmap", "colormap"),
];

/// The operation of this name.
///
/// # Errors
///
/// [`Error::BadOption`] when there is none, with the one that is meant where it can be told.
pub fn operator(name: &str) -> Result<&'static Operator, Error> {
    operators()
        .find(|operator| operator.name == name)
        .ok_or_else(|| {
            let found = format!("`{name}`");
            let expected = match meant(name) {
                Some(meant) => format!("`{meant}`, perhaps; `pimage transforms` lists all"),
                None => "one of those that `pimage transforms` lists".to_owned(),
            };
            Error::bad_option("a transform", found, expected)
        })
}

/// What somebody who wrote `name` may have meant.
fn meant(name: &str) -> Option<&'static str> {
    let other = OTHER_WORDS.iter().find(|(word, _)| *word == name);
    other
        .map(|(_, meant)| *meant)
        .or_else(|| nearest(name, operators().map(|operator| operator.name)))
}

/// The word that differs least from `word`, when it differs little.
pub(crate) fn nearest<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    words
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2.min(candidate.len().saturating_sub(1)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements that make one word of the other (Levenshtein).
fn distance(first: &str, second: &str) -> usize {
    let second: Vec<char> = second.chars().collect();
    let mut row: Vec<usize> = (0..=second.len()).collect();
    for (place, character) in first.chars().enumerate() {
        let mut diagonal = place;
        let mut left = place + 1;
        for (slot, other) in row.iter_mut().skip(1).zip(&second) {
            let replaced = diagonal + usize::from(character != *other);
            diagonal = *slot;
            left = replaced.min(left + 1).min(*slot + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = place + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chain, Spec};

    #[test]
    fn names_are_words_and_each_is_there_once() {
        let mut names: Vec<_> = operators().map(|operator| operator.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        for operator in operators() {
            let spec: Spec = operator.name.parse().expect("is a name");
            assert_eq!(spec.name, operator.name);
            let mut keys: Vec<_> = operator.parameters.iter().map(|known| known.name).collect();
            keys.sort_unstable();
            assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "{keys:?}");
        }
    }

    #[test]
    fn texts_are_of_one_form() {
        for operator in operators() {
            let name = operator.name;
            for text in [operator.title]
                .into_iter()
                .chain(operator.parameters.iter().map(|known| known.title))
            {
                assert!(!text.ends_with('.') && !text.is_empty(), "{name}: {text}");
            }
            assert!(
                operator.notes.is_empty() || operator.notes.ends_with('.'),
                "{name}"
            );
            assert!(!operator.examples.is_empty(), "{name} has an example");
        }
    }

    #[test]
    fn examples_are_built_and_printed_as_they_are_written() {
        for operator in operators() {
            for example in operator.examples {
                let chain: Chain = match example.parse() {
                    Ok(chain) => chain,
                    Err(Error::NotBuilt { .. }) => continue,
                    Err(error) => panic!("{example}: {error}"),
                };
                assert_eq!(chain.to_string(), *example);
            }
        }
    }

    #[test]
    fn defaults_are_what_the_parameters_take() {
        for operator in operators() {
            // The first example with all defaults written out.
            let Some(mut spec) = operator
                .examples
                .first()
                .and_then(|text| text.parse::<Spec>().ok())
            else {
                continue;
            };
            for known in operator.parameters.iter().skip(spec.values.len()) {
                if let Presence::Default(value) = known.presence
                    && !spec.keys.iter().any(|(key, _)| key == known.name)
                {
                    let values: Vec<String> = value.split(',').map(str::to_owned).collect();
                    spec.keys.push((known.name.to_owned(), values));
                }
            }
            let text = spec.to_string();
            match text.parse::<Chain>() {
                Ok(_) | Err(Error::NotBuilt { .. }) => {}
                Err(error) => panic!("{text}: {error}"),
            }
        }
    }

    #[test]
    fn a_slip_is_recognised() {
        let error = operator("crap").expect_err("is no name").to_string();
        assert!(error.contains("expected `crop`, perhaps"), "{error}");
        let error = operator("xyzzyx").expect_err("is no name").to_string();
        assert!(!error.contains("perhaps"), "{error}");
    }

    #[test]
    fn words_of_other_programs_lead_to_steps() {
        for (word, meant) in OTHER_WORDS {
            let error = operator(word).expect_err("is another's word").to_string();
            assert!(error.contains(&format!("`{meant}`, perhaps")), "{error}");
            let spec: Spec = meant.parse().expect("is a step");
            operator(&spec.name).expect("is a step");
        }
    }
}
